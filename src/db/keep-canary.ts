import type { Clock, CreateId } from '#domain/ids.ts';
import { noteCanary } from './canary.ts';
import { boundFeed } from './feed-reader.ts';
import type { OnggiDatabase } from './open-database.ts';
import { readThroughWhenIdle } from './read-through.ts';
import { watchFeed } from './watch-feed.ts';

/** How often what is there is noted outside the database. */
const EVERY_MS = 10_000;
/** How soon after a change: several that come together are one note. */
const DELAY_MS = 300;
/** Each note waits for the disk: while an answer is written down every second, not each time. */
const PAUSE_MS = 3000;

/**
 * Notes what is there now, after changes, now and then, and before the page goes, and has all of it read once. See
 * [Note: Canary] and [Note: Read through].
 */
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
  readThroughWhenIdle(db, clock);
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
