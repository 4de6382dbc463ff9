import type { KeyRingEntry } from '#domain/secret.ts';
import { commit, read } from './commit.ts';
import type { OnggiDatabase } from './open-database.ts';

/** The entry that seals new values; undefined before the first key was saved. */
export function getActiveKeyRingEntry({
  strict: db,
}: OnggiDatabase): Promise<KeyRingEntry | undefined> {
  return read(async () => (await db.keyRing.toArray()).find(({ state }) => state === 'active'));
}

/** Every entry, active or retired. */
export function getKeyRing({ strict: db }: OnggiDatabase): Promise<readonly KeyRingEntry[]> {
  return read(() => db.keyRing.toArray());
}

/**
 * Adds an entry as the active one, unless another tab was first. Durable.
 * @returns the entry that is active afterwards.
 */
export function addKeyRingEntry(
  { strict: db }: OnggiDatabase,
  entry: KeyRingEntry,
): Promise<KeyRingEntry> {
  return commit(() =>
    db.transaction('rw', db.keyRing, async () => {
      const active = (await db.keyRing.toArray()).find(({ state }) => state === 'active');
      if (active) return active;
      await db.keyRing.add(entry);
      return entry;
    }),
  );
}
