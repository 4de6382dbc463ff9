import { mount, unmount } from 'svelte';
import type { ErrorCode } from '#domain/errors.ts';
import { pickLanguage } from '#domain/user-settings.ts';
import type { StartScreen } from '#state/open-checked.ts';
import type { Translator } from '#state/translator.svelte.ts';
import BlockedMessage from './BlockedMessage.svelte';
import type { WaitingMessage } from './waiting-message.ts';

/** A storage that does not open for so long is told; it is waited for all the same. */
export const START_PATIENCE_MS = 8000;

/**
 * Shows a screen that needs no database, for when there is none.
 * @param unsaved Text that is only in this page, offered as a file.
 * @returns what takes it away
 */
export async function showBlocked(
  target: Element,
  translator: Translator,
  { code, detail }: { readonly code: ErrorCode; readonly detail?: string | undefined },
  unsaved?: string,
): Promise<() => void> {
  await useOwnTexts(translator);
  target.replaceChildren();
  const component = mount(BlockedMessage, { target, props: { code, detail, translator, unsaved } });
  return () => void unmount(component);
}

/** The language of the browser: the settings that may name another are not open. */
export async function useOwnTexts(translator: Translator): Promise<void> {
  const language = pickLanguage(navigator.languages);
  await translator.use(language);
  await translator.complete();
  document.documentElement.lang = language;
}

/** What stands on the page while the start waits for the storage. */
export function createStartScreen(target: Element, translator: Translator): StartScreen {
  let loaded: Promise<WaitingMessage | undefined> | undefined;
  const withMessage = (work: (message: WaitingMessage) => void): void => {
    loaded ??= import('./waiting-message.ts').then(
      (it) => it.createWaitingMessage(target, translator),
      // Then nothing is said; what is waited for may come all the same.
      () => undefined,
    );
    void loaded.then((message) => message && work(message));
  };
  return {
    showWaiting: (wait) => withMessage((message) => message.show(wait)),
    async patiently(work) {
      const timer = setTimeout(withMessage, START_PATIENCE_MS, (it: WaitingMessage) =>
        it.showSilence(),
      );
      try {
        return await work;
      } finally {
        clearTimeout(timer);
        await (await loaded)?.hide();
      }
    },
  };
}
