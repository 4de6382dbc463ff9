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
  // They need no key, and at a start there is nothing else yet that follows the address.
  const follow = (): void => {
    if (/^#\/(erase|rescue)/.test(location.hash)) location.reload();
  };
  addEventListener('hashchange', follow);
  await new Promise<void>((resolve) => {
    const onopen = () => {
      removeEventListener('hashchange', follow);
      void unmount(screen);
      resolve();
    };
    const screen = mount(LockScreen, { target, props: { lock, translator, onopen } });
  });
}

/** What the hidden page listens to by the window: none of it is meant for it while it is covered. */
const FOR_THE_PAGE = ['keydown', 'keyup', 'paste', 'copy', 'cut', 'dragover', 'drop'] as const;

/**
 * Shows the lock in `cover`, which stands in the place of `hidden`, and brings that back as it was.
 * @returns once it is open
 */
export async function coverPage(
  cover: Element,
  hidden: Element,
  lock: Lock,
  translator: Translator,
  theme: Theme,
): Promise<void> {
  const keepAway = (event: Event): void => event.stopPropagation();
  for (const name of FOR_THE_PAGE) addEventListener(name, keepAway, { capture: true });
  try {
    await passLock(cover, lock, translator, theme);
  } finally {
    for (const name of FOR_THE_PAGE) removeEventListener(name, keepAway, { capture: true });
  }
  cover.replaceWith(hidden);
  // Out of the document a dialog ceases to be modal.
  for (const dialog of hidden.querySelectorAll<HTMLDialogElement>('dialog[open]')) {
    dialog.removeAttribute('open');
    dialog.showModal();
  }
}
