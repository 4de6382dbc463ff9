import { expect, onTestFinished, test, vi } from 'vitest';
import { requestResult } from '#db/idb-request.ts';
import { rescueEverything } from '#db/rescue.ts';
import { toConversationId, toEndpointId, toMessageId } from '#domain/ids.ts';
import { makeConversation, makeLine } from './conversation-rows.ts';
import { openForTest } from './fresh-database.ts';

test('takes out every row but keys, bytes too', async () => {
  const db = await openForTest();
  const title = `rescued ${crypto.randomUUID()}`;
  await db.strict.conversations.add(makeConversation('c', { title }));
  await db.strict.messages.bulkAdd(makeLine('c', 3).map((row, seq) => ({ ...row, seq })));
  await db.strict.attachments.add({
    id: 'a',
    conversationId: toConversationId('c'),
    messageId: toMessageId('m0'),
    name: 'file',
    mediaType: 'text/plain',
    sizeBytes: 3,
    bytes: new TextEncoder().encode('abc').buffer,
  });
  await db.strict.secrets.add({
    id: toEndpointId('e'),
    origin: 'https://secret.example',
    sealed: {
      version: 1,
      keyId: 'k' as never,
      iv: new Uint8Array(12),
      ciphertext: new Uint8Array(),
    },
    lastFour: '',
    createdAt: 0,
    updatedAt: 0,
  });
  const { blob, rowCount } = await rescueEverything({ now: 0 });
  const text = await blob.text();
  const file = JSON.parse(text) as Record<string, unknown[]>;
  expect(file[`${db.name}/messages`]).toHaveLength(3);
  expect(file[`${db.name}/conversations`]).toMatchObject([{ title }]);
  expect(file[`${db.name}/attachments`]).toMatchObject([{ bytes: { $bytes: btoa('abc') } }]);
  expect(rowCount).toBeGreaterThanOrEqual(5);
  expect(text).not.toContain('secret.example');
  // It neither changed nor blocked the database.
  expect(await db.strict.conversations.get(toConversationId('c'))).toBeDefined();
});

const refusal = () => new DOMException('Internal error opening backing store', 'UnknownError');

async function rescuedTables(
  options: { knownName?: string; bootName?: string; patienceMs?: number } = {},
) {
  const { blob, ...counts } = await rescueEverything({ now: 0, ...options });
  const file = JSON.parse(await blob.text()) as Record<string, unknown>;
  return { file, counts };
}

test('takes the database of the note where the browser does not say which there are', async () => {
  const db = await openForTest();
  await db.strict.conversations.add(makeConversation('c'));
  vi.spyOn(indexedDB, 'databases').mockRejectedValue(refusal());
  onTestFinished(() => void vi.restoreAllMocks());
  const { file } = await rescuedTables({ knownName: db.name, bootName: `none-${db.name}` });
  expect(file['live']).toBe(db.name);
  expect(file[`${db.name}/conversations`]).toMatchObject([{ id: 'c' }]);
});

test('gives a file without rows where nothing can be opened, and says so', async () => {
  vi.spyOn(indexedDB, 'databases').mockRejectedValue(refusal());
  vi.spyOn(indexedDB, 'open').mockImplementation(() => {
    throw refusal();
  });
  onTestFinished(() => void vi.restoreAllMocks());
  expect((await rescuedTables()).counts).toEqual({ rowCount: 0, unreadableCount: 1 });
});

test('makes no database by looking, the one that says which is live neither', async () => {
  const bootName = `boot-${crypto.randomUUID()}`;
  const knownName = `gone-${crypto.randomUUID()}`;
  const { file } = await rescuedTables({ bootName, knownName });
  expect(file['live']).toBe(knownName);
  const names = (await indexedDB.databases()).map(({ name }) => name);
  expect(names).not.toContain(bootName);
  expect(names).not.toContain(knownName);
});

test('says the live database by the note where the pointer to it is damaged', async () => {
  const bootName = `boot-${crypto.randomUUID()}`;
  onTestFinished(() => void indexedDB.deleteDatabase(bootName));
  const request = indexedDB.open(bootName, 1);
  request.onupgradeneeded = () =>
    request.result
      .createObjectStore('pointer', { keyPath: 'id' })
      .put({ id: 'live', databaseName: 7 });
  (await requestResult(request)).close();
  const { file } = await rescuedTables({ bootName, knownName: 'onggi-restore-1-0' });
  expect(file['live']).toBe('onggi-restore-1-0');
});

test('hands the rows to the browser piece by piece', async () => {
  const db = await openForTest();
  const content = '옹'.repeat(10_000);
  await db.strict.messages.bulkAdd(
    makeLine('c', 200).map((row, seq) => ({ ...row, seq, content })),
  );
  const lengths: number[] = [];
  class Measured extends Blob {
    constructor(parts: BlobPart[] = [], options?: BlobPropertyBag) {
      super(parts, options);
      const texts = parts.filter((part) => typeof part === 'string');
      lengths.push(texts.reduce((sum, text) => sum + text.length, 0));
    }
  }
  vi.stubGlobal('Blob', Measured);
  onTestFinished(() => void vi.unstubAllGlobals());
  const { blob } = await rescueEverything({ now: 0 });
  expect(blob.size).toBeGreaterThan(200 * 10_000 * 3);
  expect(Math.max(...lengths)).toBeLessThan(300 * 1024);
});

test('a storage that never answers is not waited for: what answers is taken out', async () => {
  const db = await openForTest();
  await db.strict.conversations.add(makeConversation('c'));
  const silent = `silent-${crypto.randomUUID()}`;
  const open = indexedDB.open.bind(indexedDB);
  vi.spyOn(indexedDB, 'open').mockImplementation((name, version) => {
    // An event that nobody hears is one that never comes.
    if (name !== silent) return open(name, version);
    const request = open(`${silent}-real`);
    onTestFinished(() => void indexedDB.deleteDatabase(`${silent}-real`));
    request.addEventListener('success', (event) => event.stopImmediatePropagation());
    request.addEventListener('upgradeneeded', (event) => event.stopImmediatePropagation());
    return request;
  });
  vi.spyOn(indexedDB, 'databases').mockResolvedValue([{ name: silent }, { name: db.name }]);
  onTestFinished(() => void vi.restoreAllMocks());
  const { file, counts } = await rescuedTables({ patienceMs: 50 });
  expect(file[`${db.name}/conversations`]).toMatchObject([{ id: 'c' }]);
  expect(counts.unreadableCount).toBe(1);
});

test('tells how far it is, ends when it is stopped, and holds no database then', async () => {
  const db = await openForTest();
  await db.strict.messages.bulkAdd(makeLine('c', 500).map((row, seq) => ({ ...row, seq })));
  vi.spyOn(indexedDB, 'databases').mockResolvedValue([{ name: db.name }]);
  onTestFinished(() => void vi.restoreAllMocks());
  const told: number[] = [];
  const stopping = new AbortController();
  const reason = new Error('stopped');
  const onProgress = (rowCount: number): void => {
    told.push(rowCount);
    stopping.abort(reason);
  };
  const stopped = rescueEverything({ now: 0, signal: stopping.signal, onProgress });
  await expect(stopped).rejects.toBe(reason);
  expect(told).toEqual([200]);
  db.close();
  // Deleting waits for every connection.
  await new Promise((resolve) => {
    indexedDB.deleteDatabase(db.name).onsuccess = resolve;
  });
});
