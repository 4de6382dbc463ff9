/** Changing all keys at once: rare, and so in no file that the first load needs. */
import { OnggiError } from '#domain/errors.ts';
import type { EndpointId, KeyId } from '#domain/ids.ts';
import type { KeyRingEntry, KeyWrap, Secret } from '#domain/secret.ts';
import { commit } from './commit.ts';
import type { OnggiDatabase } from './open-database.ts';

interface Rotation {
  /** The iv of every stored secret as it was when it was opened. */
  readonly expectedIvs: ReadonlyMap<EndpointId, Uint8Array>;
  /** The same secrets, sealed anew. */
  readonly secrets: readonly Secret[];
  /** The ring entry that sealed them before; null when there was none. */
  readonly retire: KeyId | null;
  /** The ring entry that seals from now on. */
  readonly activate: KeyRingEntry;
}

/**
 * Puts newly sealed keys and their ring entry in the place of the old ones, all or nothing. The old
 * entry stays, `retired`, until the new rows were read back and opened. Durable.
 * @throws OnggiError `db/failed` (retryable) when a secret came, went or changed meanwhile.
 */
export function replaceSecrets(
  { strict: db }: OnggiDatabase,
  { expectedIvs, secrets, retire, activate }: Rotation,
): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.secrets, db.keyRing, async () => {
      const stored = await db.secrets.toArray();
      const isUnchanged =
        stored.length === expectedIvs.size &&
        stored.every(({ id, sealed }) => hasSameBytes(sealed.iv, expectedIvs.get(id)));
      if (!isUnchanged) {
        throw new OnggiError('db/failed', 'a key changed while it was rotated', {
          retryable: true,
        });
      }
      await db.secrets.bulkPut([...secrets]);
      const old = retire === null ? undefined : await db.keyRing.get(retire);
      if (old) await db.keyRing.put({ ...old, state: 'retired' });
      await db.keyRing.put({ ...activate, state: 'active' });
    }),
  );
}

function hasSameBytes(left: Uint8Array, right: Uint8Array | undefined): boolean {
  return left.length === right?.length && left.every((byte, index) => byte === right[index]);
}

/** Deletes the retired entries that no stored secret needs any more. Durable. */
export function deleteRetiredKeyRingEntries({ strict: db }: OnggiDatabase): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.secrets, db.keyRing, async () => {
      const secrets = await db.secrets.toArray();
      const needed = new Set(secrets.map(({ sealed }) => sealed.keyId));
      const entries = await db.keyRing.toArray();
      const idle = entries.filter(({ id, state }) => state === 'retired' && !needed.has(id));
      await db.keyRing.bulkDelete(idle.map(({ id }) => id));
    }),
  );
}

/**
 * Gives the active entry other wraps of the same data key. Durable.
 * @throws OnggiError `db/failed` (retryable) when it is not active any more.
 */
export function replaceWraps(
  { strict: db }: OnggiDatabase,
  id: KeyId,
  wraps: readonly KeyWrap[],
): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.keyRing, async () => {
      const entry = await db.keyRing.get(id);
      if (entry?.state !== 'active') {
        throw new OnggiError('db/failed', 'the keys changed meanwhile', { retryable: true });
      }
      await db.keyRing.put({ ...entry, wraps });
    }),
  );
}

/** Deletes every key and every way to one. Durable. */
export function deleteAllKeys({ strict: db }: OnggiDatabase): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.secrets, db.keyRing, async () => {
      await db.secrets.clear();
      await db.keyRing.clear();
    }),
  );
}
