import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { writeAsideKeys } from '#db/aside-keys.ts';
import { copyDatabase } from '#db/database-copy.ts';
import { copyName } from '#db/database-names.ts';
import { getActiveKeyRingEntry } from '#db/key-ring.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { stagingName } from '#db/staging.ts';
import { switchLive, undoRestore } from '#db/switch-live.ts';
import type { Endpoint } from '#domain/endpoint.ts';
import type { KeyId } from '#domain/ids.ts';
import { isLockEntry } from '#domain/secret.ts';
import type { KeyRingEntry, Secret } from '#domain/secret.ts';
import { createApiKeys } from '#settings/api-keys.ts';
import { createEndpoints } from '#settings/endpoints.ts';
import { createKeyLock } from '#settings/key-lock.ts';
import { createTestClock, freshNames, openForTest, readRaw } from '../db/fresh-database.ts';
import type { Names } from '../db/fresh-database.ts';

const PASSPHRASE = '옹기 항아리 열쇠';
const typed = (text: string) => ({ kind: 'typed', text }) as const;
const clock = createTestClock();

/** What a page has of the database that is live under these names. */
async function openPage(names: Names) {
  const db = await openForTest({ names });
  const unlocked = new Map<KeyId, CryptoKey>();
  const makers = { db, clock, createId: () => crypto.randomUUID() };
  const apiKeys = createApiKeys({ ...makers, unlocked, bootName: names.bootName });
  const lock = createKeyLock({ ...makers, apiKeys, unlocked });
  return { db, apiKeys, lock, endpoints: createEndpoints({ ...makers, apiKeys }) };
}

/**
 * Two connections with keys; then a restore of data that have only the first, and a copy from before an
 * upgrade beside them.
 */
async function openRestored() {
  const names = freshNames();
  const before = await openPage(names);
  const add = (name: string): Promise<Endpoint> =>
    before.endpoints.add({
      presetId: 'custom',
      name,
      baseUrl: `https://${name}.example.com/v1`,
      chatModels: [],
      apiKey: `sk-marker-of-${name}`,
    });
  const [both, removed] = [await add('both'), await add('removed')];
  const staged = stagingName(names.defaultName, clock());
  await copyDatabase(before.db.name, staged);
  await copyDatabase(before.db.name, copyName(before.db.name, 9));
  await putInPlace(names, before.db, staged);
  const page = await openPage(names);
  await page.endpoints.remove(removed.id);
  return { names, both, removed, page, aside: [before.db.name, copyName(before.db.name, 9)] };
}

/** Waits by turns of the database: the clock stands. */
async function waitUntil(isThere: () => boolean): Promise<void> {
  while (!isThere()) await indexedDB.databases();
}

function putInPlace({ bootName }: Names, db: OnggiDatabase, name: string): Promise<void> {
  return switchLive(db, () => Promise.resolve(name), { bootName, clock });
}

async function readKeys(name: string) {
  return {
    ring: (await readRaw(name, 'keyRing')) as KeyRingEntry[],
    secrets: (await readRaw(name, 'secrets')) as Secret[],
  };
}

describe('keys that a restore put aside', () => {
  test('are open to nobody but the lock once one is set', async () => {
    const { aside, page } = await openRestored();
    const [first = ''] = aside;
    expect((await readKeys(first)).ring).toHaveLength(1);
    await page.lock.set({ passphrase: PASSPHRASE });
    const active = await getActiveKeyRingEntry(page.db);
    for (const name of aside) {
      const { ring, secrets } = await readKeys(name);
      expect(ring).toEqual([]);
      expect(secrets.map(({ sealed }) => sealed.keyId)).toEqual([active?.id, active?.id]);
    }
  });

  test('come back under the lock when the restore is undone, without being typed again', async () => {
    const { names, both, removed, page } = await openRestored();
    const added = await page.endpoints.add({
      presetId: 'custom',
      name: 'added',
      baseUrl: 'https://added.example.com/v1',
      chatModels: [],
      apiKey: 'sk-marker-of-added',
    });
    await page.lock.set({ passphrase: PASSPHRASE });
    await undoRestore(page.db, { ...names, clock });
    const undone = await openPage(names);
    expect((await undone.lock.readState()).isSet).toBe(true);
    await expect(undone.apiKeys.open(both)).rejects.toMatchObject({ code: 'vault/locked' });
    await undone.lock.unlock(typed(PASSPHRASE));
    for (const endpoint of [both, removed, added]) {
      expect(await undone.apiKeys.open(endpoint)).toBe(`sk-marker-of-${endpoint.name}`);
      expect(await undone.endpoints.get(endpoint.id)).toMatchObject({ name: endpoint.name });
    }
    // And the data that are aside now open to nobody else either.
    expect((await readKeys(page.db.name)).ring).toEqual([]);
    await undone.lock.remove(typed(PASSPHRASE));
    await undoRestore(undone.db, { ...names, clock });
    const again = await openPage(names);
    expect((await again.lock.readState()).isSet).toBe(false);
    expect(await again.apiKeys.open(both)).toBe('sk-marker-of-both');
    expect(await again.apiKeys.open(added)).toBe('sk-marker-of-added');
  });

  test('come back without a lock too', async () => {
    const { names, both, removed, page } = await openRestored();
    await page.apiKeys.save(both, 'sk-marker-of-later');
    await undoRestore(page.db, { ...names, clock });
    const undone = await openPage(names);
    expect(await undone.apiKeys.open(both)).toBe('sk-marker-of-later');
    expect(await undone.apiKeys.open(removed)).toBe('sk-marker-of-removed');
  });

  test('are gone when the keys are given up', async () => {
    const { names, page, aside } = await openRestored();
    await page.lock.set({ passphrase: PASSPHRASE });
    await page.lock.giveUp();
    for (const name of [page.db.name, ...aside]) {
      expect(await readKeys(name)).toEqual({ ring: [], secrets: [] });
    }
    await undoRestore(page.db, { ...names, clock });
    const undone = await openPage(names);
    expect((await undone.lock.readState()).isSet).toBe(false);
    expect(await undone.db.strict.secrets.toArray()).toEqual([]);
  });

  test('do not open by a passphrase from before the restore that was changed since', async () => {
    const { names, both, page } = await openRestored();
    await page.lock.set({ passphrase: PASSPHRASE });
    const staged = stagingName(names.defaultName, clock() + 1);
    await copyDatabase(page.db.name, staged);
    await putInPlace(names, page.db, staged);
    const next = await openPage(names);
    expect((await readKeys(page.db.name)).ring.every(isLockEntry)).toBe(true);
    await next.lock.changePassphrase(typed(PASSPHRASE), 'another passphrase');
    expect((await readKeys(page.db.name)).ring).toEqual([]);
    await undoRestore(next.db, { ...names, clock });
    const undone = await openPage(names);
    await expect(undone.lock.unlock(typed(PASSPHRASE))).rejects.toMatchObject({
      code: 'vault/cannot-open',
    });
    await undone.lock.unlock(typed('another passphrase'));
    expect(await undone.apiKeys.open(both)).toBe('sk-marker-of-both');
  });

  test('that an earlier version left open are closed when the lock is opened', async () => {
    const { page, aside, names } = await openRestored();
    const [first = ''] = aside;
    const left = await readKeys(first);
    await page.lock.set({ passphrase: PASSPHRASE });
    await writeAsideKeys({ databaseName: first, ...left });
    const later = await openPage(names);
    await later.lock.unlock(typed(PASSPHRASE));
    const { ring, secrets } = await readKeys(first);
    expect(ring).toEqual([]);
    expect(secrets).toHaveLength(2);
  });

  test('that something holds are not waited for without end, and nothing of it happens later', async () => {
    const { aside } = await openRestored();
    const [databaseName = ''] = aside;
    const before = await readKeys(databaseName);
    const holder = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open(databaseName);
      request.onsuccess = () => resolve(request.result);
    });
    const held = holder.transaction(['secrets', 'keyRing'], 'readwrite');
    const isOver = new Promise<unknown>((resolve) => (held.oncomplete = resolve));
    let isHeld = true;
    const hold = (): void => {
      held.objectStore('secrets').count().onsuccess = () => isHeld && hold();
    };
    hold();
    const begun = vi.spyOn(IDBDatabase.prototype, 'transaction');
    onTestFinished(() => begun.mockRestore());
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const writing = writeAsideKeys({ databaseName, secrets: [], ring: [] });
    const refusal = expect(writing).rejects.toMatchObject({ code: 'db/no-answer' });
    await waitUntil(() => begun.mock.calls.length > 0);
    await vi.advanceTimersByTimeAsync(8000);
    await refusal;
    isHeld = false;
    await isOver;
    holder.close();
    expect(await readKeys(databaseName)).toEqual(before);
  });

  test('are as they were when a lock could not be set', async () => {
    const { page, aside, both } = await openRestored();
    const [first = ''] = aside;
    const before = await readKeys(first);
    const secret = await page.db.strict.secrets.get(both.id);
    if (!secret) throw new Error('no key');
    await page.db.strict.secrets.put({
      ...secret,
      sealed: { ...secret.sealed, ciphertext: new Uint8Array(40) },
    });
    await expect(page.lock.set({ passphrase: PASSPHRASE })).rejects.toMatchObject({
      code: 'vault/key-unreadable',
    });
    const after = await readKeys(first);
    expect(after.secrets).toEqual(before.secrets);
    expect(after.ring.map(({ id }) => id)).toEqual(before.ring.map(({ id }) => id));
  });
});

/**
 * Lets so many transactions that write through; after them nothing is written any more, as by a page that is
 * killed; or only the next one does not, as when there is no room for it.
 */
function cutAfter(count: number, isOnce = false, onCut = (): void => undefined) {
  const seen = new Set<IDBTransaction>();
  const spies = (['put', 'add', 'delete', 'clear'] as const).map((name) => {
    const real: unknown = Object.getOwnPropertyDescriptor(IDBObjectStore.prototype, name)?.value;
    return vi.spyOn(IDBObjectStore.prototype, name).mockImplementation(function (
      this: IDBObjectStore,
      ...given: unknown[]
    ) {
      seen.add(this.transaction);
      const at = [...seen].indexOf(this.transaction);
      if (at < count || (isOnce && at > count)) {
        return Reflect.apply(real as () => unknown, this, given) as IDBRequest<IDBValidKey>;
      }
      this.transaction.abort();
      if (at === count) onCut();
      throw new DOMException('killed', 'AbortError');
    });
  });
  const end = (): void => spies.forEach((spy) => spy.mockRestore());
  onTestFinished(end);
  /** Of the first transaction that was cut. */
  const databaseName = (): string | undefined => [...seen][count]?.db.name;
  return { seen: () => seen.size, databaseName, end };
}

type Opened = Awaited<ReturnType<typeof openRestored>>;

const FLOWS: readonly {
  readonly name: string;
  readonly before?: (page: Opened['page']) => Promise<unknown>;
  readonly run: (page: Opened['page']) => Promise<unknown>;
}[] = [
  { name: 'set', run: ({ lock }) => lock.set({ passphrase: PASSPHRASE }) },
  {
    name: 'taken away',
    before: ({ lock }) => lock.set({ passphrase: PASSPHRASE }),
    run: ({ lock }) => lock.remove(typed(PASSPHRASE)),
  },
  { name: 'not there, and the keys are sealed anew', run: ({ apiKeys }) => apiKeys.rotate() },
];

/** A page that begins anew; the person opens the lock where one is set. */
async function openAgain(names: Names) {
  const page = await openPage(names);
  if ((await page.lock.readState()).isSet) await page.lock.unlock(typed(PASSPHRASE));
  return page;
}

test.each(FLOWS)(
  'every key opens after a kill at any step while a lock is $name',
  async ({ before, run }) => {
    for (let step = 0; ; step += 1) {
      const { names, both, removed, page } = await openRestored();
      await before?.(page);
      const cut = cutAfter(step);
      const outcome = await run(page).then(
        () => 'done',
        () => 'cut',
      );
      cut.end();
      const again = await openAgain(names);
      expect(await again.apiKeys.open(both), `live, step ${step}`).toBe('sk-marker-of-both');
      await undoRestore(again.db, { ...names, clock });
      const undone = await openAgain(names);
      for (const endpoint of [both, removed]) {
        expect(await undone.apiKeys.open(endpoint), `aside, step ${step}`).toBe(
          `sk-marker-of-${endpoint.name}`,
        );
      }
      // More than the one live database, or it proves nothing.
      if (outcome === 'cut') continue;
      expect(cut.seen()).toBeGreaterThan(2);
      return;
    }
  },
  120_000,
);

test('a lock that cannot be set everywhere is not set at all', async () => {
  const { names, both, page, aside } = await openRestored();
  // Only what is aside cannot be written, after the look for room: what is live is put back.
  const cut = cutAfter(3, true);
  await expect(page.lock.set({ passphrase: PASSPHRASE })).rejects.toMatchObject({
    code: 'db/failed',
  });
  cut.end();
  expect(aside).toContain(cut.databaseName());
  expect((await page.lock.readState()).isSet).toBe(false);
  expect(await page.apiKeys.open(both)).toBe('sk-marker-of-both');
  await page.lock.set({ passphrase: PASSPHRASE });
  expect(await (await openAgain(names)).apiKeys.open(both)).toBe('sk-marker-of-both');
});

test('a key that another tab deletes while a lock fails does not come back', async () => {
  const { names, both, page, aside } = await openRestored();
  const other = await openPage(names);
  let removing: Promise<void> | undefined;
  const cut = cutAfter(3, true, () => {
    removing = other.apiKeys.remove(both.id);
  });
  await expect(page.lock.set({ passphrase: PASSPHRASE })).rejects.toMatchObject({
    code: 'db/failed',
  });
  await removing;
  expect(aside).toContain(cut.databaseName());
  expect((await page.lock.readState()).isSet).toBe(false);
  expect(await page.apiKeys.open(both)).toBeUndefined();
});

/** As {@link openRestored}, with keys aside that only the live ring opens. */
async function openHanging(before?: (page: Opened['page']) => Promise<unknown>): Promise<Opened> {
  const opened = await openRestored();
  await (before ? before(opened.page) : opened.page.apiKeys.rotate());
  for (const name of opened.aside) expect((await readKeys(name)).ring).toEqual([]);
  return opened;
}

async function expectAllOpen({ names, both, removed }: Opened): Promise<void> {
  const again = await openAgain(names);
  expect(await again.apiKeys.open(both)).toBe('sk-marker-of-both');
  await undoRestore(again.db, { ...names, clock });
  const undone = await openAgain(names);
  for (const endpoint of [both, removed]) {
    expect(await undone.apiKeys.open(endpoint)).toBe(`sk-marker-of-${endpoint.name}`);
  }
}

/** Tells of every transaction of a database before it begins, on connections that are opened from now on. */
function watchTransactions(
  databaseName: string,
  onBegin: (database: IDBDatabase, stores: readonly string[], mode: string) => void,
): void {
  const real: unknown = Object.getOwnPropertyDescriptor(
    IDBDatabase.prototype,
    'transaction',
  )?.value;
  const spy = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (
    this: IDBDatabase,
    ...given
  ) {
    const [stores, mode = 'readonly'] = given;
    if (this.name === databaseName) onBegin(this, [stores].flat() as string[], mode);
    return Reflect.apply(real as () => unknown, this, given) as IDBTransaction;
  });
  onTestFinished(() => spy.mockRestore());
}

/** Whether the live keys are put in the place of the old ones. */
const isReplacing = (stores: readonly string[], mode: string): boolean =>
  mode === 'readwrite' && stores.includes('secrets') && stores.includes('keyRing');

test.each(FLOWS)(
  'every key opens when what hung is written after all, and a lock is as before: $name',
  async ({ before, run }) => {
    const opened = await openHanging(before);
    const { name } = opened.page.db;
    const blocker = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open(name);
      request.onsuccess = () => resolve(request.result);
    });
    let state: 'idle' | 'free' | 'held' | 'over' = 'idle';
    watchTransactions(name, (database, stores, mode) => {
      if (database === blocker || state !== 'free' || !isReplacing(stores, mode)) return;
      state = 'held';
      const store = blocker.transaction(['secrets', 'keyRing'], 'readwrite').objectStore('keyRing');
      const hold = (): void => {
        if (state === 'held') store.get('').onsuccess = hold;
      };
      hold();
    });
    const page = await openAgain(opened.names);
    const { isSet } = await page.lock.readState();
    state = 'free';
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    let outcome: unknown;
    const running = run(page)
      .then(
        () => 'done',
        (error: unknown) => error,
      )
      .then((what) => (outcome = what));
    while (outcome === undefined) {
      await new Promise((resolve) => setTimeout(resolve));
      if ((state as string) === 'held') await vi.advanceTimersByTimeAsync(500);
    }
    await running;
    vi.useRealTimers();
    expect(outcome).toMatchObject({ code: 'db/hang' });
    state = 'over';
    blocker.close();
    expect((await page.lock.readState()).isSet).toBe(isSet);
    await expectAllOpen(opened);
  },
  60_000,
);

test.each(FLOWS)(
  'every key opens when the new rows cannot be read back, and a lock is as before: $name',
  async ({ before, run }) => {
    const opened = await openHanging(before);
    let state: 'idle' | 'before' | 'replaced' | 'thrown' = 'idle';
    watchTransactions(opened.page.db.name, (_database, stores, mode) => {
      if (state === 'before' && isReplacing(stores, mode)) state = 'replaced';
      if (state !== 'replaced' || mode !== 'readonly') return;
      state = 'thrown';
      throw new DOMException('cannot be read', 'UnknownError');
    });
    const page = await openAgain(opened.names);
    const { isSet } = await page.lock.readState();
    state = 'before';
    await expect(run(page)).rejects.toThrow('cannot be read');
    expect(state).toBe('thrown');
    expect((await page.lock.readState()).isSet).toBe(isSet);
    expect((await readKeys(page.db.name)).ring).toHaveLength(1);
    await expectAllOpen(opened);
  },
  60_000,
);

test('every key opens when a rotation was cut off and the next one fails at any step', async () => {
  for (let step = 0; ; step += 1) {
    const opened = await openHanging();
    // The fresh entry and those aside are written, and the live ones are not.
    const kill = cutAfter(4);
    await expect(opened.page.apiKeys.rotate()).rejects.toBeDefined();
    kill.end();
    expect(kill.databaseName()).toBe(opened.page.db.name);
    const active = await getActiveKeyRingEntry(opened.page.db);
    for (const name of opened.aside) {
      const { secrets } = await readKeys(name);
      expect(secrets.filter(({ sealed }) => sealed.keyId === active?.id)).toEqual([]);
    }
    const cut = cutAfter(step, true);
    const outcome = await opened.page.apiKeys.rotate().then(
      () => 'done',
      () => 'failed',
    );
    cut.end();
    await expectAllOpen(opened);
    if (outcome === 'failed') continue;
    expect(step).toBeGreaterThan(2);
    return;
  }
}, 120_000);
