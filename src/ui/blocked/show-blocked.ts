import { mount, unmount } from 'svelte';
import type { ErrorCode } from '#domain/errors.ts';
import { pickLanguage } from '#domain/user-settings.ts';
import type { StartScreen } from '#state/open-checked.ts';
import type { Translator } from '#state/translator.svelte.ts';
import BlockedMessage from './BlockedMessage.svelte';

/** A storage that does not open for so long is told; it is waited for all the same. */
const START_PATIENCE_MS = 8000;

/** Shows a screen that needs no database, for when there is none. @returns what takes it away */
export async function showBlocked(
  target: Element,
  translator: Translator,
  { code, detail }: { readonly code: ErrorCode; readonly detail?: string | undefined },
): Promise<() => void> {
  const language = pickLanguage(navigator.languages);
  await translator.use(language);
  await translator.complete();
  document.documentElement.lang = language;
  target.replaceChildren();
  const component = mount(BlockedMessage, { target, props: { code, detail, translator } });
  return () => void unmount(component);
}

/** What stands on the page while the start waits for the storage. */
export function createStartScreen(target: Element, translator: Translator): StartScreen {
  /** What takes it away. */
  let waiting: Promise<() => void> | undefined;

  function showWaiting(code: ErrorCode): void {
    // Without its texts there is no message; what is waited for may come all the same.
    waiting ??= showBlocked(target, translator, { code }).catch(() => () => undefined);
  }

  async function hideWaiting(): Promise<void> {
    (await waiting)?.();
    waiting = undefined;
  }

  return {
    showWaiting,
    hideWaiting,
    async patiently(work) {
      const timer = setTimeout(() => showWaiting('db/no-answer'), START_PATIENCE_MS);
      try {
        return await work;
      } finally {
        clearTimeout(timer);
        await hideWaiting();
      }
    },
  };
}
