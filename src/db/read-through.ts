/**
 * [Note: Read through] Damaged files of a database look whole until they are read: the browser looks at the one
 * block that it needs. When it meets damage it closes the database and throws all of it away, so that what a start
 * does not read could be lost months later, when no copy has it any more. So everything is read once in a visit, in
 * one tab, when the page is idle and the newest snapshot has all that is there: keys alone, for they lie in the same
 * blocks as the rows.
 */
import type { Clock } from '#domain/ids.ts';
import { ANSWER_LOCK_PREFIX, LOW_BATTERY_LOCK } from '#domain/lock-names.ts';
import { getBackupTarget } from './backup-targets.ts';
import { readDataState } from './data-state.ts';
import { readHeldLocks, tryRunAlone } from './locks.ts';
import type { OnggiDatabase } from './open-database.ts';
import { readKeyPages } from './staging-rows.ts';

/** Web Lock of the tab that reads, with the name of the database. */
const LOCK_PREFIX = 'onggi-read-through:';
/** A mark on the time line of the page: all was read once. `tests/damage` waits for it. */
const MARK = 'onggi-read-through';
/** Where it is noted when a large database was read last, with the name of the database: epoch milliseconds. */
const READ_AT_PREFIX = 'onggi.read-through:';
/** An origin that takes no more, in bytes, is read in every visit; a larger one once in {@link PAUSE_MS}. */
const SMALL_BYTES = 200_000_000;
const PAUSE_MS = 24 * 60 * 60 * 1000;

/**
 * How often it is looked whether all can be read; first after the first look for a copy that is due
 * (`state/copy-keeper.svelte.ts`).
 */
const LOOK_MS = 25_000;
/** How long it may wait for an idle moment. */
const IDLE_PATIENCE_MS = 10_000;

/** Does {@link readThrough} once in this visit, as soon as that can be done. */
export function readThroughWhenIdle(db: OnggiDatabase, clock: Clock): void {
  const look = async (): Promise<void> => {
    if (!(await readThrough(db, clock()))) readThroughWhenIdle(db, clock);
  };
  // What cannot be read closes the database, and that is told; a failure of another kind is no damage.
  setTimeout(() => whenIdle(() => void look().catch(() => undefined)), LOOK_MS);
}

function whenIdle(work: () => void): void {
  // Safari has no requestIdleCallback.
  if ('requestIdleCallback' in globalThis) requestIdleCallback(work, { timeout: IDLE_PATIENCE_MS });
  else work();
}

/**
 * Has the browser read everything in the database once, where the newest snapshot has all of it: what is damaged
 * takes the rest with it. See [Note: Read through].
 * @param now Epoch milliseconds.
 * @returns whether that is over for this visit; false where it has to wait for a snapshot, an answer, a fuller
 *   battery, or another tab that is at it
 * @throws OnggiError `db/*`, where something cannot be read.
 */
export async function readThrough(database: OnggiDatabase, now: number): Promise<boolean> {
  const { name, relaxed: db } = database;
  let isOver = !(await isDue(name, now));
  if (isOver) return true;
  await tryRunAlone(LOCK_PREFIX + name, async () => {
    const { id, isEmpty } = await readDataState(database);
    const { holds } = await getBackupTarget(database, 'snapshot');
    isOver = isEmpty;
    if (isEmpty || holds !== id || (await mustWait())) return;
    for (const table of db.tables) {
      const pages = readKeyPages(table);
      while (!(await pages.next()).done);
    }
    isOver = true;
    noteRead(name, now);
    performance.mark(MARK);
  });
  return isOver;
}

async function mustWait(): Promise<boolean> {
  const held = await Promise.all([ANSWER_LOCK_PREFIX, LOW_BATTERY_LOCK].map(readHeldLocks));
  return held.flat().length > 0;
}

async function isDue(name: string, now: number): Promise<boolean> {
  const { usage = 0 } = await navigator.storage.estimate().catch(() => ({ usage: 0 }));
  if (usage <= SMALL_BYTES) return true;
  const readAt = Number(localStorage.getItem(READ_AT_PREFIX + name) ?? -Infinity);
  return !(now >= readAt && now - readAt < PAUSE_MS);
}

function noteRead(name: string, now: number): void {
  try {
    localStorage.setItem(READ_AT_PREFIX + name, String(now));
  } catch {
    // No room for a note: then it is read at the next start too.
  }
}
