import { mount, unmount } from 'svelte';
import type { Theme } from '#domain/user-settings.ts';
import type { Lock } from '#state/lock.svelte.ts';
import type { Translator } from '#state/translator.svelte.ts';
import LockScreen from './LockScreen.svelte';

/** Shows the lock in the place of everything. @returns once it is open */
export async function passLock(
  target: Element,
  lock: Lock,
  translator: Translator,
  theme: Theme,
): Promise<void> {
  await translator.complete();
  document.documentElement.lang = translator.language ?? 'ko';
  if (theme !== 'auto') document.documentElement.dataset['theme'] = theme;
  target.replaceChildren();
  await new Promise<void>((resolve) => {
    const onopen = () => {
      void unmount(screen);
      resolve();
    };
    const screen = mount(LockScreen, { target, props: { lock, translator, onopen } });
  });
}
