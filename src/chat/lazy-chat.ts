import type { Chat, ChatDeps } from './chat.ts';

/**
 * The flows of a conversation, fetched with their first use: reading needs none of them. A part that
 * cannot be fetched fails the flow before anything was stored or asked, and is fetched again the next
 * time.
 * @returns the flows, and `prepare`, which fetches them beforehand and never fails.
 */
export function createLazyChat(deps: ChatDeps): Chat & { prepare(): Promise<void> } {
  let loaded: Promise<Chat> | undefined;

  function load(): Promise<Chat> {
    loaded ??= import('./chat.ts')
      .then(({ createChat }) => createChat(deps))
      .catch((error: unknown) => {
        loaded = undefined;
        throw error;
      });
    return loaded;
  }

  return {
    prepare: () =>
      load().then(
        () => undefined,
        () => undefined,
      ),
    sendMessage: async (...given) => (await load()).sendMessage(...given),
    regenerate: async (...given) => (await load()).regenerate(...given),
    tryAgain: async (...given) => (await load()).tryAgain(...given),
    continueAnswer: async (...given) => (await load()).continueAnswer(...given),
    saveAnswer: async (...given) => (await load()).saveAnswer(...given),
    askInPassing: async (...given) => (await load()).askInPassing(...given),
  };
}
