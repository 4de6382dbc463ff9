/** Opening connections again that the browser closed, or that answer no more: a chunk of its own. */
import { Dexie, RangeSet } from 'dexie';
import { readStoredState } from './migrate.ts';
import type { OnggiDexie } from './onggi-dexie.ts';
import type { OnggiDatabase } from './open-database.ts';
import { turnLog } from './turn-log.ts';

/** A storage that does not open within this does not answer. */
const PATIENCE_MS = 10_000;

export interface ReopenOptions {
  readonly database: OnggiDatabase;
  /** The version that the code knows. */
  readonly newest: number;
  /** Opens both, with their events. */
  readonly open: () => Promise<void>;
  /** Whether what is open again is what it was. */
  readonly isWhole: (database: OnggiDatabase) => Promise<boolean>;
  /** Only tests give another. */
  readonly patienceMs?: number;
}

/**
 * Opens both connections again, in place: whoever holds one goes on with it, and live reads read anew.
 * Makes nothing: where there is no room, or the database is gone, has another version or is not whole,
 * nothing stays open, and the next start has to ask.
 * @returns whether they are open.
 */
export async function reopenConnections({
  patienceMs = PATIENCE_MS,
  ...options
}: ReopenOptions): Promise<boolean> {
  const { database } = options;
  const turn = (turns.get(database) ?? 0) + 1;
  turns.set(database, turn);
  let isLate = false;
  const both = [database.strict, database.relaxed];
  both.forEach(letGo);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), patienceMs);
  });
  try {
    const opening = openWhole(options, () => isLate);
    // What opens when nobody waits for it any more must not stay open, unless a later try has begun.
    void opening
      .catch(() => undefined)
      .then(() => {
        if (isLate && turns.get(database) === turn) both.forEach(letGo);
      });
    await Promise.race([opening, patience]);
  } catch {
    isLate = true;
    both.forEach(letGo);
    return false;
  } finally {
    clearTimeout(timer);
  }
  readAnew(both);
  return true;
}

/** How often each was begun to be opened again. */
const turns = new WeakMap<OnggiDatabase, number>();

/** Closes what is left of a connection, and keeps its late events from closing the next one. */
function letGo(connection: OnggiDexie): void {
  const native = connection.backendDB() as IDBDatabase | null;
  if (native) [native.onclose, native.onversionchange] = [null, null];
  connection.close({ disableAutoOpen: true });
}

async function openWhole(
  { database, newest, open, isWhole }: ReopenOptions,
  isLate: () => boolean,
): Promise<void> {
  if ((await readStoredState(database.name, newest)) !== 'current') throw new Error('gone');
  // Nothing is written behind what a full disk may have torn.
  await turnLog();
  if (isLate()) throw new Error('too late');
  await open();
  if (!(await isWhole(database))) throw new Error('rows are missing');
}

/** Tells the live reads that anything may have changed: some failed meanwhile. */
function readAnew(both: readonly OnggiDexie[]): void {
  const all = new RangeSet(-Infinity, [[[]]]);
  const parts: Record<string, RangeSet> = {};
  for (const { name, tables } of both) {
    for (const { name: table, schema } of tables) {
      const keys = ['', ':dels', ...schema.indexes.map((index) => index.name)];
      for (const key of keys) parts[`idb://${name}/${table}/${key}`] = all;
    }
  }
  Dexie.on.storagemutated.fire(parts);
}
