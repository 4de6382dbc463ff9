import type { Clock, CreateId } from '#domain/ids.ts';
import { noteCanary } from './canary.ts';
import { boundFeed } from './feed-reader.ts';
import type { OnggiDatabase } from './open-database.ts';
import { readThrough } from './read-through.ts';
import { watchFeed } from './watch-feed.ts';

/** How often what is there is noted outside the database. */
const EVERY_MS = 10_000;
/** How soon after a change: several that come together are one note. */
const DELAY_MS = 300;
/** Each note waits for the disk: while an answer is written down every second, not each time. */
const PAUSE_MS = 3000;

/**
 * [Note: Read through] Damaged files of a database look whole until they are read: the browser looks at the one
 * block that it needs. When it meets damage it closes the database and throws all of it away, so that what a start
 * does not read could be lost months later, when no copy has it any more. So everything is read once in a visit, in
 * one tab, when the page is idle and the newest snapshot has all that is there: keys alone, for they lie in the same
 * blocks as the rows. It is looked whether that can be done this often, first after the first look for a copy that
 * is due (`state/copy-keeper.svelte.ts`).
 */
const READ_AFTER_MS = 25_000;
/** How long it may wait for an idle moment. */
const IDLE_PATIENCE_MS = 10_000;

/** Notes what is there now, after changes, now and then, and before the page goes. See [Note: Canary]. */
export function keepNoting(
  db: OnggiDatabase,
  { clock, createId }: { readonly clock: Clock; readonly createId: CreateId },
): void {
  let notedAt = -Infinity;
  const note = (isTidying = false) => {
    notedAt = performance.now();
    void noteCanary(db, { now: clock(), createId, isTidying });
  };
  setInterval(() => {
    note(true);
    // What nobody reads must not grow for ever; a failure is tried again.
    void boundFeed(db).catch(() => undefined);
  }, EVERY_MS);
  document.addEventListener('visibilitychange', () => note());
  // What cannot be read closes the database, and that is told; a failure of another kind is no damage.
  const read = async (): Promise<void> => {
    if (!(await readThrough(db, clock()))) readLater();
  };
  const readLater = (): void => {
    setTimeout(() => whenIdle(() => void read().catch(() => undefined)), READ_AFTER_MS);
  };
  readLater();
  let soon: ReturnType<typeof setTimeout> | undefined;
  watchFeed(db, () => {
    soon ??= setTimeout(
      () => {
        soon = undefined;
        note();
      },
      Math.max(DELAY_MS, notedAt + PAUSE_MS - performance.now()),
    );
  });
  note(true);
}

function whenIdle(work: () => void): void {
  // Safari has no requestIdleCallback.
  if ('requestIdleCallback' in globalThis) requestIdleCallback(work, { timeout: IDLE_PATIENCE_MS });
  else work();
}
