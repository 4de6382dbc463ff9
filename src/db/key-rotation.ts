/** Changing all keys at once: rare, and so in no file that the first load needs. */
import { OnggiError } from '#domain/errors.ts';
import type { EndpointId, KeyId } from '#domain/ids.ts';
import type { KeyRingEntry, KeyWrap, LockWrap, Secret } from '#domain/secret.ts';
import { commit } from './commit.ts';
import { markFeed } from './feed-reader.ts';
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
 * @throws OnggiError `db/failed` (retryable) when a secret came, went or changed meanwhile, or another
 * entry was activated.
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
      const active = await db.keyRing.filter(({ state }) => state === 'active').primaryKeys();
      if (active.some((id) => id !== retire)) {
        throw new OnggiError('db/failed', 'the keys changed meanwhile', { retryable: true });
      }
      await db.secrets.bulkPut([...secrets]);
      const old = retire === null ? undefined : await db.keyRing.get(retire);
      if (old) await db.keyRing.put({ ...old, state: 'retired' });
      await db.keyRing.put({ ...activate, state: 'active' });
    }),
  );
}

/**
 * Takes {@link replaceSecrets} back, if it happened: the keys that are sealed with the fresh entry are again as
 * they were, and the old entry seals. A key that was deleted meanwhile stays deleted. One transaction, which waits
 * behind a write that gave no event in time, and so is right whatever becomes of that. Durable.
 * @param old Undefined when there was none.
 */
export function putBackSecrets(
  { strict: db }: OnggiDatabase,
  {
    fresh,
    secrets,
    old,
  }: {
    readonly fresh: KeyId;
    readonly secrets: readonly Secret[];
    readonly old: KeyRingEntry | undefined;
  },
): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.secrets, db.keyRing, async () => {
      const entry = await db.keyRing.get(fresh);
      if (entry?.state !== 'active') return;
      const stored = await db.secrets.toArray();
      const changed = new Set(
        stored.filter(({ sealed }) => sealed.keyId === fresh).map(({ id }) => id),
      );
      await db.secrets.bulkPut(secrets.filter(({ id }) => changed.has(id)));
      await db.keyRing.put({ ...entry, state: 'retired' });
      if (old) await db.keyRing.put({ ...old, state: 'active' });
    }),
  );
}

/** Puts an entry into the ring that seals nothing live yet. Durable. */
export function addRetiredKeyRingEntry(
  { strict: db }: OnggiDatabase,
  entry: KeyRingEntry,
): Promise<void> {
  return commit(async () => {
    await db.keyRing.put({ ...entry, state: 'retired' });
  });
}

function hasSameBytes(left: Uint8Array, right: Uint8Array | undefined): boolean {
  return left.length === right?.length && left.every((byte, index) => byte === right[index]);
}

/**
 * Deletes the retired entries that no stored secret needs any more; not to be called while a key aside may.
 * Durable.
 * @param only No other entry than this one.
 */
export function deleteRetiredKeyRingEntries(
  { strict: db }: OnggiDatabase,
  only?: KeyId,
): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.secrets, db.keyRing, async () => {
      const secrets = await db.secrets.toArray();
      const needed = new Set(secrets.map(({ sealed }) => sealed.keyId));
      const entries = await db.keyRing.toArray();
      const idle = entries.filter(
        ({ id, state }) =>
          state === 'retired' && !needed.has(id) && (only === undefined || id === only),
      );
      await db.keyRing.bulkDelete(idle.map(({ id }) => id));
    }),
  );
}

/** Another way of a kind to a data key, and the one of that kind that it takes the place of. */
interface WrapChange {
  readonly kind: LockWrap['kind'];
  /** As it was when the person proved who they are; undefined when there was none. */
  readonly before: KeyWrap | undefined;
  /** Null takes the way away. */
  readonly after: LockWrap | null;
}

/**
 * Changes one way to the data key of the active entry; the ways of other kinds stay as they are stored.
 * Durable.
 * @throws OnggiError `db/failed` (retryable) when the entry is not active any more, or when another tab
 * changed the same way meanwhile: what it said of it must stay true.
 */
export function replaceWrap(
  { strict: db }: OnggiDatabase,
  id: KeyId,
  { kind, before, after }: WrapChange,
): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.keyRing, async () => {
      const entry = await db.keyRing.get(id);
      const present = entry?.wraps.find((wrap) => wrap.kind === kind);
      const isSame = before ? hasSameBytes(before.wrappedKey, present?.wrappedKey) : !present;
      if (entry?.state !== 'active' || !isSame) {
        throw new OnggiError('db/failed', 'the keys changed meanwhile', { retryable: true });
      }
      const others = entry.wraps.filter((wrap) => wrap !== present);
      await db.keyRing.put({ ...entry, wraps: after ? [...others, after] : others });
    }),
  );
}

/**
 * Writes the active entry as it is, or a mark where there is none: what would have no room is known before a
 * passphrase is worked on. @throws OnggiError `db/*`
 */
export async function requireRoomForKeys(database: OnggiDatabase): Promise<void> {
  const { strict: db } = database;
  const isWritten = await commit(() =>
    db.transaction('rw', db.keyRing, async () => {
      const active = (await db.keyRing.toArray()).find(({ state }) => state === 'active');
      if (active) await db.keyRing.put(active);
      return active !== undefined;
    }),
  );
  if (!isWritten) await markFeed(database);
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
