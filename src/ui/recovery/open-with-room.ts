import { mount, unmount } from 'svelte';
import type { StartScreen } from '#state/open-checked.ts';
import { FullDisk } from '#state/full-disk.svelte.ts';
import type { Meanwhile } from '#state/meanwhile.svelte.ts';
import { Recovery } from '#state/recovery.svelte.ts';
import type { RecoveryDeps } from '#state/recovery.svelte.ts';
import type { Translator } from '#state/translator.svelte.ts';
import { START_PATIENCE_MS } from '#ui/blocked/show-blocked.ts';
import RecoveryScreen from './RecoveryScreen.svelte';

/** What stands on the page while the database is opened behind it. */
export interface OpenBehind {
  /** Says there what is waited for. */
  readonly screen: StartScreen;
  /** Takes it away, before another screen comes in its place. */
  readonly makeWay: () => Promise<void>;
}

interface Opening extends Pick<RecoveryDeps, 'clock' | 'createId'> {
  readonly open: (behind: OpenBehind) => ReturnType<RecoveryDeps['open']>;
  /** What is typed until it is open; whoever gave it looks after it. */
  readonly meanwhile: Meanwhile;
}

/**
 * Says that the disk is full and what can be done meanwhile, until there is room and the database opens. It
 * stays on the page as it is over all tries, with what is typed there.
 * @throws OnggiError as `open`, but those after which it may work the next time.
 */
export async function openWithRoom(
  target: Element,
  translator: Translator,
  { open, meanwhile, ...makers }: Opening,
): ReturnType<Opening['open']> {
  await translator.complete();
  document.documentElement.lang = translator.language ?? 'ko';
  const sleep = (pauseMs: number) => new Promise((resolve) => setTimeout(resolve, pauseMs));
  const disk = new FullDisk({ meanwhile, sleep });
  const refuse = (): Promise<never> => Promise.reject(new Error('nothing is opened here'));
  const recovery = new Recovery({
    ...makers,
    reason: { kind: 'full', disk },
    open: refuse,
    prepareToOpen: refuse,
    followWait: () => undefined,
    reload: () => location.reload(),
  });
  let shown: Record<string, unknown> | undefined;
  const show = (): void => {
    if (shown) return;
    target.replaceChildren();
    const props = { recovery, translator, oncontinue: disk.tryNow };
    shown = mount(RecoveryScreen, { target, props });
  };
  const makeWay = async (): Promise<void> => {
    const gone = shown;
    shown = undefined;
    if (gone) await unmount(gone);
  };
  show();
  try {
    return await disk.openWithRoom(async () => {
      // Whoever followed the link to the rescue page and then stayed, for what they typed, is not led there.
      if (location.hash === '#/rescue') history.replaceState(null, '', '#/');
      try {
        return await open({ screen: tellOn(disk), makeWay });
      } catch (error) {
        show();
        throw error;
      }
    });
  } finally {
    await makeWay();
  }
}

/** Tells what is waited for on the page that stands, in the place of none. */
function tellOn(disk: FullDisk): StartScreen {
  return {
    showWaiting: (wait) => (disk.wait = wait),
    async patiently(work) {
      const timer = setTimeout(() => (disk.wait ??= 'no-answer'), START_PATIENCE_MS);
      try {
        return await work;
      } finally {
        clearTimeout(timer);
        disk.wait = undefined;
      }
    },
  };
}
