import { expect, onTestFinished, test } from 'vitest';
import { purgeConversations } from '#db/many-conversations.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { OnggiError } from '#domain/errors.ts';
import { CHECK_INTERVAL_MS } from '#domain/maintenance.ts';
import { toConversationId } from '#domain/ids.ts';
import type { SearchStatus } from '#domain/search.ts';
import { readReport } from '#maintenance/read-report.ts';
import { createSearchClient } from '#search/search-client.ts';
import type { SearchClient } from '#search/search-client.ts';
import { addRows, conversationOf } from '../search/support.ts';
import { changeBehind, openInPageSearch } from '../search/in-page-search.ts';
import { openMaintenance } from './support.ts';

/** Has search by meaning begin, and waits until everything is indexed. */
async function beginMeaning(search: SearchClient): Promise<void> {
  let status: SearchStatus | undefined;
  search.watchStatus((next) => (status = next));
  const asked = { kind: 'near', text: 'apple', limit: 1, leastCosine: 0 } as const;
  await search.ask({ ...asked, isInPassing: false }, () => undefined);
  await expect.poll(() => status?.meaning.phase, { timeout: 30_000 }).toBe('ready');
}

const changeText = (db: OnggiDatabase, id: string, content: string): Promise<void> =>
  changeBehind(db, 'messages', (rows) => {
    rows.get(id).onsuccess = ({ target }) => {
      rows.put({ ...(target as IDBRequest<object>).result, content });
    };
  });

const fill = (db: OnggiDatabase): Promise<void> =>
  addRows(db, conversationOf('a', ['red apple', 'green pear']), conversationOf('b', ['blue plum']));

test('a run compares the search index with the rows, and a repair makes anew what differs', async () => {
  const { db, maintenance, openSearch, copies } = await openMaintenance();
  await fill(db);
  await beginMeaning(openSearch());
  const run = async () => {
    const row = await maintenance.run('by-hand');
    return row && readReport(row).search;
  };
  expect(await run()).toEqual({ textCount: 3, vectors: 'checked', problems: {} });
  await changeText(db, 'a-1', 'black cherry');
  await changeBehind(db, 'messages', (rows) => void rows.delete('b-0'));
  const rows = await db.strict.messages.toArray();
  const problems = { 'text-stale': 1, 'text-left': 1, 'vector-missing': 1, 'vector-left': 2 };
  expect(await run()).toEqual({ textCount: 3, vectors: 'checked', problems });

  const steps = new Set<string>();
  const repaired = await maintenance.repair({ onProgress: (step) => steps.add(step) });
  const report = repaired && readReport(repaired);
  expect(report).toMatchObject({
    hasRemadeSearch: true,
    search: { textCount: 2, problems: {} },
    done: ['check', 'search'],
    failure: null,
  });
  expect([...steps]).toEqual(['check', 'search']);
  // The counters of `b` were wrong as well: for them there was a copy.
  expect([report?.repairedConversations, copies()]).toEqual([1, 1]);
  expect(await db.strict.messages.toArray()).toEqual(rows);
  expect(await run()).toEqual({ textCount: 2, vectors: 'checked', problems: {} });
});

test('where only the search index differs, nothing is copied and there is nothing to undo', async () => {
  const { db, maintenance, openSearch, copies } = await openMaintenance();
  await fill(db);
  await beginMeaning(openSearch());
  await db.strict.sessions.add({ id: 's' } as never);
  // Nobody counted the answers that these rows are.
  await maintenance.run('scheduled');
  await changeText(db, 'a-1', 'black cherry');
  const first = await maintenance.repair();
  expect(first && readReport(first)).toMatchObject({
    check: { problems: {} },
    search: { problems: {} },
    hasRemadeSearch: true,
    hasCopy: false,
    repairedConversations: 0,
  });
  expect(copies()).toBe(0);
  const second = await maintenance.repair();
  expect(second && readReport(second).hasRemadeSearch).toBe(false);
});

test('by itself a run mends what search keeps, and says what it was', async () => {
  const { db, maintenance, openSearch, copies } = await openMaintenance();
  await fill(db);
  await beginMeaning(openSearch());
  await changeText(db, 'a-1', 'black cherry');
  await changeBehind(db, 'messages', (rows) => void rows.delete('b-0'));
  const rows = await db.strict.messages.toArray();
  const row = await maintenance.run('scheduled');
  expect(row && readReport(row)).toMatchObject({
    search: { textCount: 2, problems: {} },
    hasRemadeSearch: true,
    mendedSearch: { 'text-stale': 1, 'text-left': 1, 'vector-missing': 1, 'vector-left': 2 },
    failedSteps: [],
  });
  // What it is made of is not touched, and nothing needs a copy.
  expect(await db.strict.messages.toArray()).toEqual(rows);
  expect(copies()).toBe(0);
  const after = await maintenance.run('by-hand');
  expect(after && readReport(after)).toMatchObject({ search: { problems: {} }, mendedSearch: {} });
});

test('by itself nothing is embedded that the person put off: that is told, and texts are mended', async () => {
  const person: { hold?: 'paused' } = {};
  let search: SearchClient | undefined;
  const { db, maintenance } = await openMaintenance({
    askSearch: (...asked) =>
      (search ??= openInPageSearch(db, undefined, () => person.hold)).ask(...asked),
  });
  search = openInPageSearch(db, undefined, () => person.hold);
  await fill(db);
  await beginMeaning(search);
  await changeText(db, 'a-1', 'black cherry');
  person.hold = 'paused';
  const row = await maintenance.run('scheduled');
  expect(row && readReport(row)).toMatchObject({
    search: { problems: { 'vector-missing': 1, 'vector-left': 1 } },
    hasRemadeSearch: true,
    mendedSearch: { 'text-stale': 1 },
  });
});

test('a worker that fails is told with its reason, after what was done before', async () => {
  const { maintenance } = await openMaintenance({
    askSearch: () => Promise.reject(new OnggiError('app/worker-failed', 'out of memory')),
  });
  const row = await maintenance.run('by-hand');
  const report = row && readReport(row);
  expect(report).toMatchObject({
    failedSteps: [
      { step: 'search', code: 'app/worker-failed' },
      { step: 'compact', code: 'app/worker-failed' },
    ],
    search: null,
  });
  expect(report?.done.at(-1)).toBe('check');
});

test('a comparison can be stopped, and what was done before is kept', async () => {
  const { db, maintenance } = await openMaintenance();
  await fill(db);
  const abort = new AbortController();
  const row = await maintenance.run('by-hand', {
    signal: abort.signal,
    onProgress: (step) => {
      if (step === 'search') abort.abort();
    },
  });
  expect(row && readReport(row)).toMatchObject({ search: null, failure: null });
  expect(row && readReport(row).done.at(-1)).toBe('check');
});

test('files of the worker that were damaged between two visits are found and mended', async () => {
  const open = (): SearchClient => {
    const url = new URL('../../../src/search/search.worker.ts', import.meta.url);
    const client = createSearchClient({
      db,
      createId: () => crypto.randomUUID(),
      createWorker: () => new Worker(url, { type: 'module' }),
    });
    onTestFinished(() => client.close());
    return client;
  };
  let search: SearchClient | undefined;
  const { db, maintenance } = await openMaintenance({
    askSearch: (...asked) => (search ??= open()).ask(...asked),
  });
  await fill(db);
  search = open();
  await beginMeaning(search);
  const first = await maintenance.run('by-hand');
  expect(first && readReport(first).search).toMatchObject({ vectors: 'checked', problems: {} });
  search.close();

  const root = await navigator.storage.getDirectory();
  const folders = await root.getDirectoryHandle('search');
  const folder = await folders.getDirectoryHandle(db.name.replace(/[^\w-]/g, '_'));
  for await (const name of folder.keys()) {
    if (!name.startsWith('text-')) continue;
    const handle = await folder.getFileHandle(name);
    const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
    bytes[2] = (bytes[2] ?? 0) ^ 1;
    // The worker that had it may not have let it go yet.
    const write = async (): Promise<boolean> => {
      const stream = await handle.createWritable();
      await stream.write(bytes);
      await stream.close();
      return true;
    };
    await expect.poll(() => write().catch(() => false)).toBe(true);
  }
  search = open();
  await beginMeaning(search);
  await changeBehind(db, 'embeddings', (rows) => void rows.clear());
  const damaged = await maintenance.run('by-hand');
  expect(damaged && readReport(damaged).search?.problems).toEqual({
    'text-stale': 1,
    'vector-unreadable': 1,
  });
  await changeText(db, 'b-0', 'black cherry');
  const repaired = await maintenance.repair();
  expect(repaired && readReport(repaired)).toMatchObject({
    hasRemadeSearch: true,
    search: { problems: {} },
  });
  const found: string[] = [];
  const asked = { kind: 'find', query: 'cherry', order: 'best', offset: 0, limit: 5 } as const;
  await search.ask(asked, (answer) => {
    if (answer.kind === 'found') found.push(...answer.page.groups.map(({ id }) => id));
  });
  expect(found).toEqual(['b']);
});

test('a run writes the files of search without what is dead in them, by itself only where it is much', async () => {
  const { db, clock, maintenance } = await openMaintenance();
  const long = '나머지 '.repeat(100_000);
  await addRows(
    db,
    conversationOf('a', ['red apple']),
    conversationOf('b', ['short']),
    conversationOf('c', [long, long]),
  );
  const run = async (kind: 'scheduled' | 'by-hand') => {
    const row = await maintenance.run(kind);
    return row && readReport(row).compactedBytes;
  };
  expect(await run('by-hand')).toBe(0);
  await purgeConversations(db, [toConversationId('b')]);
  expect(await run('scheduled')).toBe(0);
  expect(await run('by-hand')).toBeGreaterThanOrEqual('short'.length);
  await purgeConversations(db, [toConversationId('c')]);
  // Once a week, with the check.
  expect(await run('scheduled')).toBe(0);
  clock.now += CHECK_INTERVAL_MS;
  expect(await run('scheduled')).toBeGreaterThanOrEqual(2 * new TextEncoder().encode(long).length);
  expect(await run('by-hand')).toBe(0);
});
