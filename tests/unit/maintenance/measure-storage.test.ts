import { expect, onTestFinished, test, vi } from 'vitest';
import { sampleDatabase } from '#db/sample-database.ts';
import { measureStorage, weigh } from '#maintenance/measure-storage.ts';
import { openForTest } from '../db/fresh-database.ts';
import { makeConversation, makeLine } from '../db/conversation-rows.ts';

test('weigh counts two bytes a letter where one is not enough, and bytes as they are', () => {
  expect(weigh('abcd')).toBe(9);
  expect(weigh('옹기')).toBe(9);
  expect(weigh(new ArrayBuffer(100))).toBe(105);
  expect(weigh({ a: [null, 1] })).toBe(5 + 6 + 5 + 2 + 9);
});

test('says what each table holds, largest first, in about its size', async () => {
  const db = await openForTest();
  await db.strict.conversations.add(makeConversation('c'));
  const content = 'x'.repeat(5000);
  const rows = makeLine('c', 1500, { content }).map((row, seq) => ({ ...row, seq }));
  await db.strict.messages.bulkAdd(rows);
  const report = await measureStorage(db, new AbortController().signal);
  const [largest] = report?.tables ?? [];
  expect(largest).toMatchObject({ name: 'messages', rowCount: 1500 });
  expect(largest?.aboutBytes).toBeGreaterThan(1500 * 5000);
  expect(largest?.aboutBytes).toBeLessThan(1500 * 6500);
  expect(report?.tables.find(({ name }) => name === 'conversations')?.rowCount).toBe(1);
});

test('says what a database beside the live one holds, in about its size', async () => {
  const name = `beside-${crypto.randomUUID()}`;
  onTestFinished(() => void indexedDB.deleteDatabase(name));
  const length = (at: number) => (at % 7 === 0 ? 20_000 : 1000);
  await new Promise<void>((resolve) => {
    const request = indexedDB.open(name, 7);
    request.onupgradeneeded = () => {
      request.result.createObjectStore('empty');
      const letters = request.result.createObjectStore('letters', { autoIncrement: true });
      const bytes = request.result.createObjectStore('bytes', { autoIncrement: true });
      // More rows than a sample has, the long ones among the short.
      for (let at = 0; at < 1000; at += 1) letters.put({ text: 'x'.repeat(length(at)) });
      bytes.put(new ArrayBuffer(300_000));
    };
    request.onsuccess = () => {
      request.result.close();
      resolve();
    };
  });
  const db = await openForTest();
  const report = await measureStorage(db, new AbortController().signal);
  const found = report?.databases.find((database) => database.name === name);
  expect(found).toMatchObject({ role: 'staging', rowCount: 1001 });
  const stored = 857 * 1000 + 143 * 20_000 + 300_000;
  expect(found?.aboutBytes).toBeGreaterThan(stored * 0.85);
  expect(found?.aboutBytes).toBeLessThan(stored * 1.15);
  // Nothing holds it, and it is in the version that it was in.
  expect((await indexedDB.databases()).find((one) => one.name === name)?.version).toBe(7);
  await new Promise<void>((resolve) => {
    indexedDB.deleteDatabase(name).onsuccess = () => resolve();
  });
});

test('makes none where one is gone', async () => {
  const name = `gone-${crypto.randomUUID()}`;
  expect(await sampleDatabase(name, 10)).toBeUndefined();
  expect((await indexedDB.databases()).map((one) => one.name)).not.toContain(name);
});

test('does not wait for ever for one that opens and then gives nothing', async () => {
  const name = `held-${crypto.randomUUID()}`;
  const database = await new Promise<IDBDatabase>((resolve) => {
    const request = indexedDB.open(name);
    request.onupgradeneeded = () => request.result.createObjectStore('rows');
    request.onsuccess = () => resolve(request.result);
  });
  onTestFinished(() => {
    vi.useRealTimers();
    isHeld = false;
    database.close();
    indexedDB.deleteDatabase(name);
  });
  // A transaction that writes and does not end: whoever reads the store waits for it.
  let isHeld = true;
  const store = database.transaction('rows', 'readwrite').objectStore('rows');
  const goOn = (): void => {
    if (isHeld) store.get('x').onsuccess = goOn;
  };
  goOn();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const sampling = sampleDatabase(name, 10);
  await vi.waitFor(async () => {
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await Promise.race([sampling, Promise.resolve('waits')])).toBeUndefined();
  });
});

test('can be stopped', async () => {
  const db = await openForTest();
  await db.strict.conversations.add(makeConversation('c'));
  expect(await measureStorage(db, AbortSignal.abort())).toBeUndefined();
});
