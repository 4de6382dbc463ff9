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
 * Has the browser read everything in the database once, where the newest snapshot has all of it: what is damaged
 * takes the rest with it. See [Note: Read through] in keep-canary.ts.
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
