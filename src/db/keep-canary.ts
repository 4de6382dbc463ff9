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
 * does not read could be lost months later, when no copy has it any more. So everything is read once soon after
 * each start, in one tab, when the page is idle: keys alone, for they lie in the same blocks as the rows.
 */
const READ_AFTER_MS = 10_000;

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
  setTimeout(() => whenIdle(() => void readThrough(db).catch(() => undefined)), READ_AFTER_MS);
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
  if ('requestIdleCallback' in globalThis) requestIdleCallback(work, { timeout: READ_AFTER_MS });
  else work();
}
