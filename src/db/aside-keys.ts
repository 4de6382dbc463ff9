/**
 * API keys in databases that are not live: what a restore put aside, and copies from before an upgrade.
 * They are read and written as they are, in whatever version: opening one with Dexie would upgrade it.
 *
 * [Note: Keys aside] A database that is not live must not open keys that the live one locks. So whenever
 * the keys are sealed anew, those aside are as well, and the key ring aside is emptied: the only way to
 * them is the live ring. A restore that is undone takes the live ring along, and the keys that open with it.
 */
import { OnggiError } from '#domain/errors.ts';
import { endpointOrigin } from '#domain/endpoint.ts';
import type { Endpoint } from '#domain/endpoint.ts';
import { isLockEntry } from '#domain/secret.ts';
import type { KeyRingEntry, Secret } from '#domain/secret.ts';
import { readBootPointers } from './boot-pointers.ts';
import { read } from './commit.ts';
import { isCopyName } from './database-names.ts';
import { readDatabaseNames, requestResult, transactionDone } from './idb-request.ts';
import { inTime } from './in-time.ts';
import { tryHoldRestoreLock } from './live-lock.ts';
import type { OnggiDatabase } from './open-database.ts';
import { deleteStaleDatabases } from './staging.ts';
import { toStorageError } from './storage-errors.ts';

/** Keys of a database and their way to them, as they are stored. */
export interface StoredKeys {
  readonly secrets: readonly Secret[];
  readonly ring: readonly KeyRingEntry[];
}

/** The same of one that is not live. */
export interface AsideKeys extends StoredKeys {
  readonly databaseName: string;
}

/** How long somebody who clears away old databases may take. */
const PATIENCE_MS = 10_000;

/**
 * Runs `work` while no restore is prepared or undone, so that no copy of the keys comes or goes. What
 * unfinished restores left behind is deleted before.
 * @throws OnggiError `backup/busy` while a restore is under way; as `work`.
 */
export async function withoutRestores<T>(
  {
    now,
    bootName = 'onggi-boot',
  }: { readonly now: number; readonly bootName?: string | undefined },
  work: () => Promise<T>,
): Promise<T> {
  const names = await read(readDatabaseNames);
  // Without one there was no restore.
  if (names.includes(bootName)) await deleteStaleDatabases({ now, bootName });
  const release = await tryHoldRestoreLock(PATIENCE_MS);
  if (!release) throw new OnggiError('backup/busy', 'a restore is under way', { retryable: true });
  try {
    return await work();
  } finally {
    release();
  }
}

/** The keys of every database aside; those without any are left out. */
export async function readAsideKeys(
  { name }: OnggiDatabase,
  bootName = 'onggi-boot',
): Promise<readonly AsideKeys[]> {
  try {
    const names = await readDatabaseNames();
    const aside = new Set<string>();
    if (names.includes(bootName)) {
      const { previous, retired } = await readBootPointers(bootName);
      for (const one of previous ? [previous, ...retired] : retired) aside.add(one.databaseName);
    }
    aside.delete(name);
    const known = [name, ...aside];
    const found = names.filter(
      (each) => aside.has(each) || known.some((of) => isCopyName(of, each)),
    );
    const keys: AsideKeys[] = [];
    for (const databaseName of found) {
      const stored = await readStoredKeys(databaseName);
      if (stored.ring.length + stored.secrets.length > 0) keys.push({ databaseName, ...stored });
    }
    return keys;
  } catch (error) {
    throw toStorageError(error);
  }
}

/** Puts these keys in the place of all of a database aside, in one strict transaction. */
export async function writeAsideKeys({ databaseName, secrets, ring }: AsideKeys): Promise<void> {
  try {
    await withStores(databaseName, 'readwrite', (transaction) => {
      replaceRows(transaction.objectStore('secrets'), secrets);
      replaceRows(transaction.objectStore('keyRing'), ring);
    });
  } catch (error) {
    throw toStorageError(error);
  }
}

/** Deletes every key aside and every way to one. */
export async function clearAsideKeys(db: OnggiDatabase, bootName?: string): Promise<void> {
  for (const { databaseName } of await readAsideKeys(db, bootName)) {
    await writeAsideKeys({ databaseName, secrets: [], ring: [] });
  }
}

/**
 * Gives a database that becomes live the keys of the one that was: its ring, its keys for the same
 * address, and the connections with a key that the other does not have. Of its own keys it retains those
 * that still open: with a lock only what the lock opens, so that nothing goes around it.
 */
export async function carryKeys(from: string, to: string): Promise<void> {
  const here = await readStoredKeys(from);
  const there = await readStoredKeys(to);
  const active = here.ring.find(({ state }) => state === 'active');
  if (!active) return;
  const ids = new Set(here.ring.map(({ id }) => id));
  const older = isLockEntry(active)
    ? []
    : there.ring
        .filter((entry) => !ids.has(entry.id) && !isLockEntry(entry))
        .map((entry) => ({ ...entry, state: 'retired' as const }));
  const ring = [...here.ring, ...older];
  const openable = new Set(ring.map(({ id }) => id));
  const live = await readRows<Endpoint>(from, 'endpoints');
  const endpoints = new Map(
    (await readRows<Endpoint>(to, 'endpoints')).map((one) => [one.id, one]),
  );
  const keyed = new Set(here.secrets.map(({ id }) => id));
  const missing = live.filter(({ id }) => keyed.has(id) && !endpoints.has(id));
  for (const endpoint of missing) endpoints.set(endpoint.id, endpoint);
  const secrets = new Map(
    there.secrets
      .filter(({ sealed }) => openable.has(sealed.keyId))
      .map((secret) => [secret.id, secret]),
  );
  for (const secret of here.secrets) {
    const endpoint = endpoints.get(secret.id);
    if (endpoint && endpointOrigin(endpoint.baseUrl) === secret.origin)
      secrets.set(secret.id, secret);
  }
  await withStores(to, 'readwrite', (transaction) => {
    for (const endpoint of missing) transaction.objectStore('endpoints').put(endpoint);
    replaceRows(transaction.objectStore('secrets'), [...secrets.values()]);
    replaceRows(transaction.objectStore('keyRing'), ring);
  });
}

async function readStoredKeys(databaseName: string): Promise<StoredKeys> {
  return {
    secrets: await readRows<Secret>(databaseName, 'secrets'),
    ring: await readRows<KeyRingEntry>(databaseName, 'keyRing'),
  };
}

function readRows<Row>(databaseName: string, table: string): Promise<readonly Row[]> {
  return withStores(databaseName, 'readonly', (transaction) =>
    requestResult(transaction.objectStore(table).getAll() as IDBRequest<Row[]>),
  );
}

function replaceRows(store: IDBObjectStore, rows: readonly unknown[]): void {
  store.clear();
  for (const row of rows) store.put(row);
}

/** Every version has these tables, with the same keys. */
const TABLES = ['secrets', 'keyRing', 'endpoints'];

/** @throws OnggiError `db/no-answer`: whoever waits holds the lock of restores. Nothing of it happens later. */
async function withStores<T>(
  databaseName: string,
  mode: IDBTransactionMode,
  work: (transaction: IDBTransaction) => T | Promise<T>,
): Promise<T> {
  const request = indexedDB.open(databaseName);
  // It was deleted meanwhile: none is made.
  request.onupgradeneeded = () => request.transaction?.abort();
  const opening = requestResult(request);
  try {
    const database = await inTime(opening);
    const transaction = database.transaction(TABLES, mode, { durability: 'strict' });
    const done = transactionDone(transaction);
    done.catch(() => undefined);
    try {
      const result = Promise.resolve(work(transaction));
      await inTime(Promise.all([result, done]));
      return await result;
    } catch (error) {
      abort(transaction);
      throw error;
    }
  } finally {
    void opening.then(
      (database) => database.close(),
      () => undefined,
    );
  }
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It is over.
  }
}
