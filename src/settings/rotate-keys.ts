import { clearAsideKeys, readAsideKeys, withoutRestores, writeAsideKeys } from '#db/aside-keys.ts';
import type { AsideKeys } from '#db/aside-keys.ts';
import {
  addRetiredKeyRingEntry,
  deleteAllKeys,
  deleteRetiredKeyRingEntries,
  putBackSecrets,
  replaceSecrets,
} from '#db/key-rotation.ts';
import { getActiveKeyRingEntry, getKeyRing } from '#db/key-ring.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { getSecret, listSecrets } from '#db/secrets.ts';
import { OnggiError, toOnggiError } from '#domain/errors.ts';
import type { Clock, KeyId } from '#domain/ids.ts';
import { isLockEntry } from '#domain/secret.ts';
import type { KeyRingEntry, Secret } from '#domain/secret.ts';
import { openValue, sealValue } from '#vault/seal.ts';
import { contextOf } from './key-context.ts';

/** A ring entry and its data key. */
export interface FreshKey {
  readonly entry: KeyRingEntry;
  readonly dataKey: CryptoKey;
}

interface RotateDeps {
  readonly db: OnggiDatabase;
  readonly bootName: string | undefined;
  readonly clock: Clock;
  readonly openSecret: (
    secret: Secret,
    entry: KeyRingEntry | undefined,
    origin: string,
  ) => Promise<string>;
}

/**
 * Seals every key with a fresh data key, those aside too (see [Note: Keys aside]); the old one goes after
 * all rows were read back and opened.
 *
 * [Note: Cut rotation] The keys lie in several databases, and a page may be killed between any two of them.
 * Whatever opens a key, then, is in the live ring before the key is sealed with it, and stays there until no key
 * needs it. A fresh key that opens by itself is put there first. With a
 * lock the live keys are the first to be sealed, so that from then on the person is asked for what opens the
 * others; {@link closeAside} does the rest when they answer.
 */
export function rotateKeys(deps: RotateDeps, make: () => Promise<FreshKey>): Promise<void> {
  const { db } = deps;
  return withoutRestores({ now: deps.clock(), bootName: deps.bootName }, async () => {
    const ring = await getKeyRing(db);
    const aside = await readAsideKeys(db, deps.bootName);
    const opened: OpenedAside[] = [];
    for (const keys of aside) opened.push({ keys, apiKeys: await openAside(deps, ring, keys) });
    const live = await openLive(deps);
    const old = await getActiveKeyRingEntry(db);
    const fresh = await make();
    const sealAll = async (): Promise<void> => {
      for (const one of opened) await writeAsideKeys(await sealAside(deps, fresh, one));
    };
    try {
      if (isLockEntry(fresh.entry)) {
        await sealLive(deps, fresh, live, old);
        await sealAll();
      } else {
        await addRetiredKeyRingEntry(db, fresh.entry);
        await sealAll();
        await sealLive(deps, fresh, live, old);
      }
    } catch (error) {
      // Where that fails it is as if the page had been killed here.
      await putBack(deps, fresh.entry.id, { live, old, aside }).catch(() => undefined);
      throw error;
    }
    // Nothing is sealed with them any more. Where they cannot be deleted now the next time does it: the keys
    // are sealed anew all the same, and what opens them must be told.
    await deleteRetiredKeyRingEntries(db).catch(() => undefined);
  });
}

/** The keys before they were sealed anew. */
interface Before {
  readonly live: ReadonlyMap<Secret, string>;
  readonly old: KeyRingEntry | undefined;
  readonly aside: readonly AsideKeys[];
}

/**
 * As it was: whoever is told that no lock was set must not meet one. What failed may have been written all the
 * same, or be written later, so what is stored is looked at and not what was tried. Those aside come first, for
 * with a lock all that is left in between opens by it. Nothing but the fresh entry is deleted: what is aside may
 * hang on any other.
 */
async function putBack(
  { db, bootName }: RotateDeps,
  fresh: KeyId,
  { live, old, aside }: Before,
): Promise<void> {
  const stored = await readAsideKeys(db, bootName);
  for (const keys of aside) {
    const now = stored.find(({ databaseName }) => databaseName === keys.databaseName);
    if (!now || waysTo(now) !== waysTo(keys)) await writeAsideKeys(keys);
  }
  await putBackSecrets(db, { fresh, secrets: [...live.keys()], old });
  const isAside = (await readAsideKeys(db, bootName)).some(({ secrets }) =>
    secrets.some(({ sealed }) => sealed.keyId === fresh),
  );
  if (!isAside) await deleteRetiredKeyRingEntries(db, fresh);
}

function waysTo({ secrets, ring }: AsideKeys): string {
  return [...ring.map(({ id }) => id), '', ...secrets.map(({ sealed }) => sealed.keyId)].join();
}

/** What was read of the keys of a database aside; those that do not open are lost anyway. */
interface OpenedAside {
  readonly keys: AsideKeys;
  readonly apiKeys: ReadonlyMap<Secret, string>;
}

async function openAside(
  { openSecret }: Pick<RotateDeps, 'openSecret'>,
  live: readonly KeyRingEntry[],
  { secrets, ring }: AsideKeys,
): Promise<ReadonlyMap<Secret, string>> {
  const apiKeys = new Map<Secret, string>();
  for (const secret of secrets) {
    const entry = [...ring, ...live].find(({ id }) => id === secret.sealed.keyId);
    const apiKey = await openSecret(secret, entry, secret.origin).catch(() => undefined);
    if (apiKey !== undefined) apiKeys.set(secret, apiKey);
  }
  return apiKeys;
}

async function sealAside(
  { clock }: Pick<RotateDeps, 'clock'>,
  { entry, dataKey }: FreshKey,
  { keys: { databaseName }, apiKeys }: OpenedAside,
): Promise<AsideKeys> {
  const secrets: Secret[] = [];
  for (const [secret, apiKey] of apiKeys) {
    const context = contextOf(secret.id, secret.origin);
    const sealed = await sealValue(dataKey, entry.id, context, apiKey);
    secrets.push({ ...secret, sealed, updatedAt: clock() });
  }
  return { databaseName, secrets, ring: [] };
}

/**
 * Takes every way to keys that are aside away from there, and seals anew what the lock does not open yet.
 * For an open lock: what an earlier version, or a restore under this lock, left there.
 */
export async function closeAside(deps: RotateDeps, lock: FreshKey): Promise<void> {
  const ring = await getKeyRing(deps.db);
  for (const keys of await readAsideKeys(deps.db, deps.bootName)) {
    const isClosed =
      keys.ring.length === 0 && keys.secrets.every(({ sealed }) => sealed.keyId === lock.entry.id);
    if (isClosed) continue;
    const apiKeys = await openAside(deps, ring, keys);
    await writeAsideKeys(await sealAside(deps, lock, { keys, apiKeys }));
  }
  // What a cut rotation left. See [Note: Cut rotation].
  await deleteRetiredKeyRingEntries(deps.db);
}

/**
 * @throws OnggiError `vault/key-unreadable` when one is damaged: sealing the others anew would lose the
 * way to it for good, and whoever is asked for a passphrase must not be told that theirs was wrong.
 */
async function openLive({
  db,
  openSecret,
}: Pick<RotateDeps, 'db' | 'openSecret'>): Promise<ReadonlyMap<Secret, string>> {
  const opened = new Map<Secret, string>();
  for (const { id } of await listSecrets(db)) {
    const found = await getSecret(db, id);
    if (!found) continue;
    const { secret, keyRingEntry } = found;
    const apiKey = await openSecret(secret, keyRingEntry, secret.origin).catch((error: unknown) => {
      const { code } = toOnggiError(error);
      if (code !== 'vault/cannot-open') throw error;
      throw new OnggiError('vault/key-unreadable', `the key of ${id}`, { cause: error });
    });
    opened.set(secret, apiKey);
  }
  return opened;
}

/** The old entry stays, for what is aside. */
async function sealLive(
  { db, clock }: Pick<RotateDeps, 'db' | 'clock'>,
  { entry: fresh, dataKey }: FreshKey,
  opened: ReadonlyMap<Secret, string>,
  old: KeyRingEntry | undefined,
): Promise<void> {
  const secrets: Secret[] = [];
  for (const [secret, apiKey] of opened) {
    const context = contextOf(secret.id, secret.origin);
    const sealed = await sealValue(dataKey, fresh.id, context, apiKey);
    secrets.push({ ...secret, sealed, updatedAt: clock() });
  }
  await replaceSecrets(db, {
    expectedIvs: new Map([...opened.keys()].map(({ id, sealed }) => [id, sealed.iv])),
    secrets,
    retire: old?.id ?? null,
    activate: fresh,
  });
  for (const { id, origin, sealed } of await listSecrets(db)) {
    await openValue(dataKey, sealed, contextOf(id, origin));
  }
}

/** Deletes every key and every way to one, first where they are aside. */
export function deleteKeys({ db, clock, bootName }: Omit<RotateDeps, 'openSecret'>): Promise<void> {
  return withoutRestores({ now: clock(), bootName }, async () => {
    await clearAsideKeys(db, bootName);
    await deleteAllKeys(db);
  });
}
