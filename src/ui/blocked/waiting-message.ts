import { mount, unmount } from 'svelte';
import type { StartWait } from '#state/recovery.svelte.ts';
import type { Translator } from '#state/translator.svelte.ts';
import { showBlocked, useOwnTexts } from './show-blocked.ts';
import UpgradeMessage from './UpgradeMessage.svelte';

/** An upgrade that is over sooner is not told. */
const UPGRADE_PATIENCE_MS = 1000;

/** What a start waits for, on the page. Fetched when something takes long. */
export interface WaitingMessage {
  /** Says this, in the place of what it said before. */
  show(wait: StartWait): void;
  /** Says that there is no answer, unless something better is known. */
  showSilence(): void;
  hide(): Promise<void>;
}

export function createWaitingMessage(target: Element, translator: Translator): WaitingMessage {
  let shown: StartWait | undefined;
  /** Takes away what is shown, once it is there. */
  let takeAway = Promise.resolve((): void => undefined);
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether an upgrade will be told when it is not over soon. */
  let isUpgrading = false;

  function put(wait: StartWait | undefined): void {
    clearTimeout(timer);
    isUpgrading = wait === 'upgrade';
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

  return {
    show(wait) {
      clearTimeout(timer);
      isUpgrading = wait === 'upgrade';
      if (isUpgrading) timer = setTimeout(put, UPGRADE_PATIENCE_MS, wait);
      else put(wait);
    },
    showSilence() {
      if (!shown && !isUpgrading) put('no-answer');
    },
    async hide() {
      put(undefined);
      await takeAway;
    },
  };
}

async function showUpgrade(target: Element, translator: Translator): Promise<() => void> {
  await useOwnTexts(translator);
  target.replaceChildren();
  const component = mount(UpgradeMessage, { target, props: { translator } });
  return () => void unmount(component);
}
