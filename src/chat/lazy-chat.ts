import type { Chat, ChatDeps } from './chat.ts';

/** The flows of a conversation, which may be fetched before they are needed. */
export interface LazyChat extends Chat {
  /** Makes all ready for a question, once. Never rejects. */
  prepare(): Promise<unknown>;
}

interface LazyChatDeps extends ChatDeps {
  readonly cache: ChatDeps['cache'] & { prepare(): Promise<void> };
}

/**
 * The flows of a conversation, fetched with their first use: reading needs none of them. A part that
 * cannot be fetched fails the flow before anything was stored or asked, and is fetched again the next
 * time.
 */
export function createLazyChat(deps: LazyChatDeps): LazyChat {
  let loaded: Promise<Chat> | undefined;
  let prepared: Promise<unknown> | undefined;

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
    prepare: () => {
      prepared ??= Promise.allSettled([load(), deps.cache.prepare()]);
      return prepared;
    },
    sendMessage: async (...given) => (await load()).sendMessage(...given),
    regenerate: async (...given) => (await load()).regenerate(...given),
    tryAgain: async (...given) => (await load()).tryAgain(...given),
    continueAnswer: async (...given) => (await load()).continueAnswer(...given),
    saveAnswer: async (...given) => (await load()).saveAnswer(...given),
    askInPassing: async (...given) => (await load()).askInPassing(...given),
  };
}
