import { expect, onTestFinished, test } from 'vitest';
import { readBootPointers } from '#db/boot-pointers.ts';
import { requestResult } from '#db/idb-request.ts';
import { findForPointer, mendPointer } from '#db/mend-pointer.ts';
import { stagingName } from '#db/staging.ts';
import { makeConversation, makeLine } from './conversation-rows.ts';
import { freshNames, openForTest } from './fresh-database.ts';
import type { Names } from './fresh-database.ts';

/** A live database with `count` messages, the newest at that time. */
async function makeLive(names: Names, count: number, timestamp: number): Promise<void> {
  const db = await openForTest({ names });
  await db.strict.conversations.add(makeConversation('c'));
  await db.strict.messages.bulkAdd(
    makeLine('c', count).map((row, seq) => ({ ...row, seq, timestamp: timestamp - count + seq })),
  );
  db.close();
}

/** Two databases of one origin: the first, and one of a restore, whose messages are newer. */
async function makeTwo() {
  const names = freshNames();
  const restored = stagingName(names.defaultName, 1000);
  await makeLive(names, 2, 5000);
  await makeLive({ ...names, bootName: `${names.bootName}-other`, defaultName: restored }, 3, 9000);
  const options = { bootName: names.bootName, baseName: names.defaultName };
  return { names, restored, options };
}

async function changeBoot(
  bootName: string,
  work: (store: IDBObjectStore) => unknown,
): Promise<void> {
  const boot = await requestResult(indexedDB.open(bootName, 1));
  const transaction = boot.transaction('pointer', 'readwrite');
  work(transaction.objectStore('pointer'));
  await new Promise((resolve) => (transaction.oncomplete = resolve));
  boot.close();
}

const namesOf = async (...args: Parameters<typeof findForPointer>) =>
  (await findForPointer(...args)).map(({ name }) => name);

test('a sound pointer needs no mending', async () => {
  const { options } = await makeTwo();
  expect(await findForPointer(options)).toEqual([]);
});

for (const [what, row] of [
  ['no name', { id: 'live', databaseName: 7 }],
  ['a name of nothing', { id: 'live', databaseName: 'nowhere' }],
] as const) {
  test(`a pointer with ${what} is mended with the database of the newest messages`, async () => {
    const { names, restored, options } = await makeTwo();
    await changeBoot(names.bootName, (store) => store.put(row));
    const found = await findForPointer(options);
    expect(found.map(({ name, messageCount }) => [name, messageCount])).toEqual([
      [restored, 3],
      [names.defaultName, 2],
    ]);
    await mendPointer({ name: restored, others: [names.defaultName], now: 7 }, options);
    const db = await openForTest({ names });
    expect(db.name).toBe(restored);
    expect(await db.strict.messages.toCollection().primaryKeys()).toHaveLength(3);
    // The other is kept, and can be gone back to.
    const { previous } = await readBootPointers(names.bootName);
    expect(previous).toMatchObject({ databaseName: names.defaultName, replacedAt: 7 });
    expect(await findForPointer(options)).toEqual([]);
  });
}

test('the database that was noted outside comes first', async () => {
  const { names, restored, options } = await makeTwo();
  await changeBoot(names.bootName, (store) => store.clear());
  expect(await namesOf({ ...options, notedName: names.defaultName })).toEqual([
    names.defaultName,
    restored,
  ]);
});

test('a boot database that is none, or of another version, is made anew', async () => {
  for (const version of [1, 5]) {
    const { names, restored, options } = await makeTwo();
    await requestResult(indexedDB.deleteDatabase(names.bootName));
    (await requestResult(indexedDB.open(names.bootName, version))).close();
    expect(await namesOf(options)).toEqual([restored, names.defaultName]);
    await mendPointer({ name: names.defaultName, others: [restored], now: 7 }, options);
    expect((await openForTest({ names })).name).toBe(names.defaultName);
    // What is not named would be cleared away as the rest of a restore.
    expect(await readBootPointers(names.bootName)).toMatchObject({
      previous: { databaseName: restored },
    });
  }
});

test('a database that cannot be used is not offered', async () => {
  const { names, restored, options } = await makeTwo();
  await changeBoot(names.bootName, (store) => store.clear());
  const odd = stagingName(names.defaultName, 2000);
  (await requestResult(indexedDB.open(odd, 20))).close();
  const newer = stagingName(names.defaultName, 3000);
  (await requestResult(indexedDB.open(newer, 9990))).close();
  onTestFinished(() => void indexedDB.deleteDatabase(odd));
  expect(await namesOf(options)).toEqual([restored, names.defaultName]);
});

test('a start whose pointer leads nowhere beside the noted database opens and makes nothing', async () => {
  const { names } = await makeTwo();
  await changeBoot(names.bootName, (store) =>
    store.put({ id: 'live', databaseName: `${names.defaultName}-x` }),
  );
  const opening = openForTest({ names, notedName: names.defaultName });
  await expect(opening).rejects.toMatchObject({ code: 'db/row-damaged' });
  const stored = (await indexedDB.databases()).map(({ name }) => name);
  expect(stored).not.toContain(`${names.defaultName}-x`);
});

test('a start without a boot database opens the noted one', async () => {
  const { names, restored } = await makeTwo();
  await requestResult(indexedDB.deleteDatabase(names.bootName));
  expect((await openForTest({ names, notedName: restored })).name).toBe(restored);
});
