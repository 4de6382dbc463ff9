/** Databases that are filled beside the live one, and the clearing away of those nobody needs. */
import { countAges, forgetDatabase, readBootPointers } from './boot-pointers.ts';
import { deleteCopies, deleteDatabase } from './database-names.ts';
import { tryHoldRestoreLock } from './live-lock.ts';
import { toStorageError } from './storage-errors.ts';

/** How long the data from before a restore can be brought back. */
export const UNDO_MS = 7 * 24 * 60 * 60 * 1000;
/** Time between two looks at them counts up to this. */
const COUNTED_GAP_MS = 24 * 60 * 60 * 1000;

/**
 * The name of a database to be filled beside `baseName`'s.
 * @param now Epoch milliseconds.
 */
export function stagingName(baseName: string, now: number): string {
  const random = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  return `${baseName}-restore-${Math.floor(now)}-${random.toString(16).padStart(8, '0')}`;
}

/** Whether {@link stagingName} gave that name. */
export function isStagingName(baseName: string, name: string): boolean {
  const prefix = `${baseName}-restore-`;
  return name.startsWith(prefix) && /^\d+-[0-9a-f]{8}$/.test(name.slice(prefix.length));
}

/** Deletes a staging database and its copies; nothing happens when it is not there. */
export async function deleteStaging(name: string): Promise<void> {
  try {
    await deleteDatabase(name);
    await deleteCopies(name);
  } catch (error) {
    throw toStorageError(error);
  }
}

export interface StaleOptions {
  readonly bootName?: string;
  /** The name of the first database; those of restores begin with it. */
  readonly baseName?: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Deletes what restores left behind: databases that never became live, and those that were replaced
 * more than {@link UNDO_MS} ago. Never the live one. Does nothing while a restore is under way.
 * @returns the names of those that were deleted.
 */
export async function deleteStaleDatabases({
  bootName = 'onggi-boot',
  baseName = 'onggi',
  now,
}: StaleOptions): Promise<readonly string[]> {
  const release = await tryHoldRestoreLock();
  if (!release) return [];
  try {
    await countAges(bootName, { now, mostMs: COUNTED_GAP_MS });
    const { live, previous, retired } = await readBootPointers(bootName);
    const replaced = [...(previous ? [previous] : []), ...retired];
    const known = new Set([live, ...replaced.map(({ databaseName }) => databaseName)]);
    const stored = await indexedDB.databases();
    const unfinished = stored
      .map(({ name = '' }) => name)
      .filter((name) => isStagingName(baseName, name) && !known.has(name));
    const old = replaced
      .filter(({ databaseName, ageFrom }) => databaseName !== live && now - ageFrom > UNDO_MS)
      .map(({ databaseName }) => databaseName);
    for (const name of [...unfinished, ...old]) {
      await deleteStaging(name);
      await forgetDatabase(bootName, name);
    }
    return [...unfinished, ...old];
  } catch (error) {
    throw toStorageError(error);
  } finally {
    release();
  }
}
