import { mount, unmount } from 'svelte';
import { Recovery } from '#state/recovery.svelte.ts';
import type { RecoveryDeps } from '#state/recovery.svelte.ts';
import type { Translator } from '#state/translator.svelte.ts';
import RecoveryScreen from './RecoveryScreen.svelte';

/** Shows what is missing and what can be done. @returns when the person goes on with what is there */
export async function passRecovery(
  target: Element,
  translator: Translator,
  deps: RecoveryDeps,
): Promise<void> {
  await translator.complete();
  document.documentElement.lang = translator.language ?? 'ko';
  target.replaceChildren();
  const recovery = new Recovery(deps);
  // Nothing else of the app is here to follow the address: back, a bookmark, a typed one.
  const follow = (): void => {
    const isElsewhere = deps.reason.kind === 'rescue' && !location.hash.startsWith('#/rescue');
    const isWanted = isElsewhere || location.hash.startsWith('#/erase');
    if (isWanted && recovery.phase.kind !== 'working') location.reload();
  };
  addEventListener('hashchange', follow);
  await new Promise<void>((resolve) => {
    const oncontinue = () => {
      removeEventListener('hashchange', follow);
      recovery.close();
      void unmount(screen);
      resolve();
    };
    const screen = mount(RecoveryScreen, { target, props: { recovery, translator, oncontinue } });
  });
}
