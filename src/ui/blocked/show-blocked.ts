import { mount, unmount } from 'svelte';
import type { ErrorCode } from '#domain/errors.ts';
import { pickLanguage } from '#domain/user-settings.ts';
import type { StartScreen } from '#state/open-checked.ts';
import type { StartWait } from '#state/recovery.svelte.ts';
import type { Translator } from '#state/translator.svelte.ts';
import BlockedMessage from './BlockedMessage.svelte';

/** A storage that does not open for so long is told; it is waited for all the same. */
const START_PATIENCE_MS = 8000;
/** An upgrade that is over sooner is not told. */
const UPGRADE_PATIENCE_MS = 1000;

/** Shows a screen that needs no database, for when there is none. @returns what takes it away */
export async function showBlocked(
  target: Element,
  translator: Translator,
  { code, detail }: { readonly code: ErrorCode; readonly detail?: string | undefined },
): Promise<() => void> {
  await useOwnTexts(translator);
  target.replaceChildren();
  const component = mount(BlockedMessage, { target, props: { code, detail, translator } });
  return () => void unmount(component);
}

/** The same for data that are being upgraded: nothing is wrong. */
async function showUpgrade(target: Element, translator: Translator): Promise<() => void> {
  await useOwnTexts(translator);
  const { default: UpgradeMessage } = await import('./UpgradeMessage.svelte');
  target.replaceChildren();
  const component = mount(UpgradeMessage, { target, props: { translator } });
  return () => void unmount(component);
}

/** The language of the browser: the settings that may name another are not open. */
async function useOwnTexts(translator: Translator): Promise<void> {
  const language = pickLanguage(navigator.languages);
  await translator.use(language);
  await translator.complete();
  document.documentElement.lang = language;
}

/** What stands on the page while the start waits for the storage. */
export function createStartScreen(target: Element, translator: Translator): StartScreen {
  let shown: StartWait | undefined;
  /** Takes away what is shown, once it is there. */
  let takeAway = Promise.resolve((): void => undefined);
  let planned: StartWait | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function show(wait: StartWait | undefined): void {
    clearTimeout(timer);
    planned = undefined;
    if (wait === shown) return;
    shown = wait;
    takeAway = takeAway.then(async (take) => {
      take();
      const nothing = (): void => undefined;
      if (!wait || wait !== shown) return nothing;
      const showing =
        wait === 'upgrade'
          ? showUpgrade(target, translator)
          : showBlocked(target, translator, { code: `db/${wait}` });
      // Without its texts there is no message; what is waited for may come all the same.
      return showing.catch(() => nothing);
    });
  }

  function showSoon(wait: StartWait, patienceMs: number): void {
    clearTimeout(timer);
    planned = wait;
    timer = setTimeout(show, patienceMs, wait);
  }

  return {
    showWaiting: (wait) => (wait === 'upgrade' ? showSoon(wait, UPGRADE_PATIENCE_MS) : show(wait)),
    async patiently(work) {
      if (!shown && !planned) showSoon('no-answer', START_PATIENCE_MS);
      try {
        return await work;
      } finally {
        show(undefined);
        await takeAway;
      }
    },
  };
}
