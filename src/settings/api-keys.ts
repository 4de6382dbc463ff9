import type { LiveRead } from '#domain/conversation-store.ts';
import { endpointOrigin, parseApiKey } from '#domain/endpoint.ts';
import type { Endpoint } from '#domain/endpoint.ts';
import { OnggiError } from '#domain/errors.ts';
import type { Clock, CreateId, EndpointId, KeyId } from '#domain/ids.ts';
import { isLockEntry } from '#domain/secret.ts';
import type { KeyRingEntry, Secret } from '#domain/secret.ts';
import { addKeyRingEntry, getActiveKeyRingEntry } from '#db/key-ring.ts';
import { withExclusiveLock } from '#db/locks.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { deleteSecret, getSecret, putSecret, watchSecretHints } from '#db/secrets.ts';
import { createDeviceKeyRingEntry, unlockDataKey } from '#vault/key-ring.ts';
import { openValue, sealValue } from '#vault/seal.ts';
import { contextOf } from './key-context.ts';
import type { FreshKey } from './rotate-keys.ts';

/** Sealing and rotating exclude each other: a key sealed meanwhile would be lost with the old ring entry. */
const KEYS_LOCK = 'onggi-api-keys';
/** A shorter key shows nothing of itself. */
const HINT_MIN_LENGTH = 8;

/** API keys, sealed at rest and bound to their endpoint's origin. */
export interface ApiKeys {
  /**
   * Stores the key of a stored endpoint in place of an older one.
   * @throws OnggiError `endpoint/key-missing`, `endpoint/key-malformed`, `provider/no-endpoint`,
   * `vault/*`, `db/*`; the older key is then still there.
   */
  save(endpoint: Endpoint, apiKey: string): Promise<void>;
  /** As {@link save}, with `write` to store the sealed row together with something else. */
  sealAndWrite(
    endpoint: Endpoint,
    apiKey: string,
    write: (secret: Secret) => Promise<void>,
  ): Promise<void>;
  /**
   * Opens the key for one request; undefined when the endpoint has none. Keep it no longer.
   * @throws OnggiError `vault/cannot-open` when it was sealed for another origin, or is damaged, or
   * its data key is gone.
   */
  open(endpoint: Endpoint): Promise<string | undefined>;
  /** Deletes the key of an endpoint. Nothing happens when it has none. */
  remove(endpointId: EndpointId): Promise<void>;
  /** The last four characters of each stored key, empty for one shorter than eight. */
  watchHints(): LiveRead<ReadonlyMap<EndpointId, string>>;
  /**
   * Seals every key with a new data key and deletes the old one after all new rows were read back
   * and opened (SECURITY 3.2).
   * @throws OnggiError `vault/cannot-open` when a key does not open (nothing changed then),
   * `db/failed` (retryable) when one changed meanwhile.
   */
  rotate(): Promise<void>;
  /**
   * As {@link rotate}, with an entry of the caller's: to set a lock or to take it away.
   * @param dataKey Its data key.
   */
  rotateTo(entry: KeyRingEntry, dataKey: CryptoKey): Promise<void>;
  /**
   * Leaves no way but the lock to keys that are aside, see [Note: Keys aside].
   * @param entry The active entry. @param dataKey Its data key.
   */
  closeAside(entry: KeyRingEntry, dataKey: CryptoKey): Promise<void>;
  /** Deletes every key and every way to one, aside too. @throws OnggiError `backup/busy`, `db/*` */
  deleteAll(): Promise<void>;
}

interface ApiKeysDeps {
  readonly db: OnggiDatabase;
  readonly clock: Clock;
  readonly createId: CreateId;
  /** Data keys of locked entries that the person opened on this page; no others are kept. */
  readonly unlocked?: ReadonlyMap<KeyId, CryptoKey>;
  /** Only tests give another. */
  readonly bootName?: string;
}

/** Seals, opens and rotates API keys. No crypto runs inside a transaction. */
export function createApiKeys({
  db,
  clock,
  createId,
  unlocked = new Map(),
  bootName,
}: ApiKeysDeps): ApiKeys {
  const rotation = { db, clock, openSecret, bootName };

  async function dataKeyOf(entry: KeyRingEntry): Promise<CryptoKey> {
    return unlocked.get(entry.id) ?? unlockDataKey(entry);
  }

  async function activeEntry(): Promise<KeyRingEntry> {
    const active = await getActiveKeyRingEntry(db);
    return active ?? addKeyRingEntry(db, await createDeviceKeyRingEntry({ createId, clock }));
  }

  async function openSecret(secret: Secret, entry: KeyRingEntry | undefined, origin: string) {
    if (!entry) throw new OnggiError('vault/cannot-open', 'the data key is gone');
    return openValue(await dataKeyOf(entry), secret.sealed, contextOf(secret.id, origin));
  }

  function sealAndWrite(
    endpoint: Endpoint,
    typed: string,
    write: (secret: Secret) => Promise<void>,
  ): Promise<void> {
    return withExclusiveLock(KEYS_LOCK, async () => {
      const apiKey = parseApiKey(typed);
      if (apiKey === undefined) throw new OnggiError('endpoint/key-missing', 'empty key');
      const entry = await activeEntry();
      const dataKey = await dataKeyOf(entry);
      const origin = endpointOrigin(endpoint.baseUrl);
      const now = clock();
      await write({
        id: endpoint.id,
        origin,
        sealed: await sealValue(dataKey, entry.id, contextOf(endpoint.id, origin), apiKey),
        lastFour: apiKey.length < HINT_MIN_LENGTH ? '' : apiKey.slice(-4),
        createdAt: now,
        updatedAt: now,
      });
    });
  }

  async function rotate(): Promise<void> {
    const active = await getActiveKeyRingEntry(db);
    // A lock needs what only the person has: the settings renew it there.
    if (active && isLockEntry(active)) throw new OnggiError('vault/locked', 'a lock is set');
    await rotateTo(async () => {
      const entry = await createDeviceKeyRingEntry({ createId, clock });
      return { entry, dataKey: await unlockDataKey(entry) };
    });
  }

  async function rotateTo(make: () => Promise<FreshKey>): Promise<void> {
    const { rotateKeys } = await import('./rotate-keys.ts');
    await rotateKeys(rotation, make);
  }

  return {
    save: (endpoint, apiKey) => sealAndWrite(endpoint, apiKey, (secret) => putSecret(db, secret)),
    sealAndWrite,
    async open(endpoint) {
      const found = await getSecret(db, endpoint.id);
      if (!found) return undefined;
      return openSecret(found.secret, found.keyRingEntry, endpointOrigin(endpoint.baseUrl));
    },
    remove: (endpointId) => deleteSecret(db, endpointId),
    watchHints: () => watchSecretHints(db),
    rotate: () => withExclusiveLock(KEYS_LOCK, rotate),
    rotateTo: (entry, dataKey) =>
      withExclusiveLock(KEYS_LOCK, () => rotateTo(() => Promise.resolve({ entry, dataKey }))),
    closeAside: (entry, dataKey) =>
      withExclusiveLock(KEYS_LOCK, async () => {
        const { closeAside } = await import('./rotate-keys.ts');
        await closeAside(rotation, { entry, dataKey });
      }),
    deleteAll: () =>
      withExclusiveLock(KEYS_LOCK, async () => {
        const { deleteKeys } = await import('./rotate-keys.ts');
        await deleteKeys(rotation);
      }),
  };
}
