import { mount, unmount } from 'svelte';
import { toOnggiError } from '#domain/errors.ts';
import { FullDisk } from '#state/full-disk.svelte.ts';
import { Recovery } from '#state/recovery.svelte.ts';
import type { RecoveryDeps } from '#state/recovery.svelte.ts';
import type { StorageHealth } from '#state/storage-health.svelte.ts';
import type { Translator } from '#state/translator.svelte.ts';
import RecoveryScreen from './RecoveryScreen.svelte';

interface Opening extends Pick<RecoveryDeps, 'open' | 'clock' | 'createId'> {
  /** The draft that takes what was typed meanwhile. */
  readonly draftId: string;
  /** Keeps it where the draft cannot be written. */
  readonly storage: StorageHealth;
}

/**
 * Says that the disk is full and what can be done meanwhile, until there is room and the database opens.
 * @throws OnggiError as `open`, but `db/no-space`.
 */
export async function openWithRoom(
  target: Element,
  translator: Translator,
  { open, draftId, storage, ...makers }: Opening,
): ReturnType<Opening['open']> {
  const sleep = (pauseMs: number) => new Promise((resolve) => setTimeout(resolve, pauseMs));
  const disk = new FullDisk({ clock: makers.clock, sleep });
  // The screen is not there while the database opens, which may ask and then load the page anew.
  const guard = (event: BeforeUnloadEvent): void => {
    if (disk.text.trim() !== '') event.preventDefault();
  };
  addEventListener('beforeunload', guard);
  for (;;) {
    await waitOnScreen(target, translator, disk, makers);
    // Whoever followed the link to the rescue page and then stayed, for what they typed, is not led there.
    if (location.hash === '#/rescue') history.replaceState(null, '', '#/');
    try {
      const db = await open();
      await disk.handOver(db, draftId, storage);
      removeEventListener('beforeunload', guard);
      return db;
    } catch (error) {
      // After any other failure the text is still guarded.
      if (toOnggiError(error).code !== 'db/no-space') throw error;
    }
  }
}

async function waitOnScreen(
  target: Element,
  translator: Translator,
  disk: FullDisk,
  makers: Pick<RecoveryDeps, 'clock' | 'createId'>,
): Promise<void> {
  await translator.complete();
  document.documentElement.lang = translator.language ?? 'ko';
  target.replaceChildren();
  const refuse = (): Promise<never> => Promise.reject(new Error('nothing is opened here'));
  const recovery = new Recovery({
    ...makers,
    reason: { kind: 'full', disk },
    open: refuse,
    prepareToOpen: refuse,
    followWait: () => undefined,
    reload: () => location.reload(),
  });
  const screen = mount(RecoveryScreen, {
    target,
    props: { recovery, translator, oncontinue: disk.tryNow },
  });
  try {
    await disk.waitForRoom();
  } finally {
    await unmount(screen);
  }
}
