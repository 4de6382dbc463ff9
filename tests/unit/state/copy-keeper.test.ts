import { SvelteSet } from 'svelte/reactivity';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createSnapshots } from '#backup/snapshots.ts';
import { createBackup } from '#backup/create-backup.ts';
import { verifyBackup } from '#backup/verify-backup.ts';
import { getBackupTarget, noteBackupSuccess, updateBackupTarget } from '#db/backup-targets.ts';
import { readDataState } from '#db/data-state.ts';
import { addDocument } from '#db/documents.ts';
import { confirmFeed, markFeed } from '#db/feed-reader.ts';
import { purgeConversations, updateConversations } from '#db/many-conversations.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { createStoredConversations } from '#db/stored-conversations.ts';
import type { BackupTarget } from '#domain/stored-rows.ts';
import { toConversationId, toMessageId } from '#domain/ids.ts';
import { createApiKeys } from '#settings/api-keys.ts';
import { createEndpoints } from '#settings/endpoints.ts';
import { createPreferences } from '#settings/preferences.ts';
import { CopyKeeper } from '#state/copy-keeper.svelte.ts';
import { SCHEMA_VERSION, addWhole, wholeConversation } from '../backup/support.ts';
import { createTestClock, createTestIds, openForTest } from '../db/fresh-database.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const C = toConversationId('c');
const IDLE = { isAnswering: () => false, isChangingData: () => false };

/** A keeper over a real database, whose copies are only noted as the app notes them. */
async function openKeeper() {
  const db = await openForTest();
  const clock = createTestClock();
  const made: string[] = [];
  const busy = new SvelteSet<'answer' | 'import'>();
  const note = async (id: BackupTarget['id']): Promise<void> => {
    made.push(id);
    const { id: holds } = await readDataState(db);
    // A whole snapshot leaves a mark in the feed.
    if (id === 'snapshot') await markFeed(db);
    await noteBackupSuccess(db, id, { at: clock(), fileName: id, sizeBytes: 1000, holds });
  };
  const keeper = new CopyKeeper(
    {
      readTarget: (id) => getBackupTarget(db, id),
      readState: () => readDataState(db),
      makeSnapshot: () => note('snapshot'),
      copyToFolder: () => note('folder'),
      inOneTab: (work) => work(),
    },
    clock,
    { isAnswering: () => busy.has('answer'), isChangingData: () => busy.has('import') },
  );
  /** What is copied at a look so many minutes later. */
  const lookAfter = async (minutes: number): Promise<readonly string[]> => {
    clock.now += minutes * MINUTE_MS;
    made.length = 0;
    await keeper.look();
    return [...made];
  };
  return { db, clock, keeper, lookAfter, busy, made };
}

/** The same with one conversation that a snapshot holds. */
async function openCopied() {
  const kept = await openKeeper();
  await addWhole(kept.db, wholeConversation('c', 4));
  expect(await kept.lookAfter(1)).toEqual(['snapshot']);
  expect(await kept.lookAfter(11)).toEqual([]);
  return kept;
}

function createParts(db: OnggiDatabase, clock: () => number) {
  const deps = { db, clock, createId: createTestIds() };
  return {
    store: createStoredConversations(db, clock),
    endpoints: createEndpoints({ ...deps, apiKeys: createApiKeys(deps) }),
    preferences: createPreferences({ db, clock, browserLanguages: ['en'] }),
  };
}

type Parts = ReturnType<typeof createParts> & { readonly db: OnggiDatabase };

const connection = {
  presetId: 'custom',
  name: 'Server',
  baseUrl: 'http://localhost:4180/v1',
  chatModels: [],
} as const;

const CHANGES: readonly (readonly [string, (parts: Parts) => Promise<unknown>])[] = [
  ['a title', ({ db }) => updateConversations(db, [C], { title: '옹기' }, 1)],
  ['a tag', ({ db }) => updateConversations(db, [C], { tags: ['흙'] }, 1)],
  ['a pin', ({ db }) => updateConversations(db, [C], { pinned: 1 }, 1)],
  ['the archive', ({ db }) => updateConversations(db, [C], { status: 'archived' }, 1)],
  ['the trash', ({ db }) => updateConversations(db, [C], { status: 'deleted' }, 1)],
  ['deleting for good', ({ db }) => purgeConversations(db, [C])],
  ['a rating', ({ store }) => store.updateMessage(toMessageId('c-m1'), { rating: 5 })],
  ['a comment', ({ store }) => store.updateMessage(toMessageId('c-m1'), { feedback: '좋다' })],
  [
    'another branch',
    ({ store }) => store.updateConversation(C, { activeLeafId: toMessageId('c-m1') }),
  ],
  ['a setting', ({ preferences }) => preferences.update({ theme: 'dark' })],
  ['a connection', ({ endpoints }) => endpoints.add(connection)],
];

test.each(CHANGES)('makes a snapshot after %s, and only one', async (_name, change) => {
  const { db, clock, lookAfter } = await openCopied();
  await change({ ...createParts(db, clock), db });
  expect(await lookAfter(1)).toEqual(['snapshot']);
  expect(await lookAfter(11)).toEqual([]);
});

test('makes a snapshot after a connection was changed or taken away', async () => {
  const { db, clock, lookAfter } = await openCopied();
  const { endpoints } = createParts(db, clock);
  const { id } = await endpoints.add(connection);
  expect(await lookAfter(1)).toEqual(['snapshot']);
  await endpoints.update(id, { name: 'Another' });
  expect(await lookAfter(11)).toEqual(['snapshot']);
  await endpoints.remove(id);
  expect(await lookAfter(11)).toEqual(['snapshot']);
  expect(await lookAfter(11)).toEqual([]);
});

test('makes none of an empty database, whatever its settings', async () => {
  const { db, clock, lookAfter } = await openKeeper();
  expect(await lookAfter(1)).toEqual([]);
  await createParts(db, clock).preferences.update({ theme: 'dark' });
  expect(await lookAfter(11)).toEqual([]);
});

test('makes at most one every ten minutes', async () => {
  const { db, lookAfter } = await openCopied();
  const rename = (title: string) => updateConversations(db, [C], { title }, 1);
  await rename('one');
  expect(await lookAfter(1)).toEqual(['snapshot']);
  await rename('two');
  expect(await lookAfter(9)).toEqual([]);
  expect(await lookAfter(1)).toEqual(['snapshot']);
});

test('counts no mark of a reader as a change, and none that all readers have seen as lost', async () => {
  const { db, lookAfter } = await openCopied();
  const { seq } = await markFeed(db);
  for (const reader of ['text', 'vectors']) await confirmFeed(db, reader, seq);
  expect(await lookAfter(11)).toEqual([]);
  await updateConversations(db, [C], { title: '옹기' }, 1);
  const last = await markFeed(db);
  for (const reader of ['text', 'vectors']) await confirmFeed(db, reader, last.seq);
  expect(await lookAfter(11)).toEqual(['snapshot']);
});

test('does not ask the clock what changed', async () => {
  const { db, clock, lookAfter } = await openCopied();
  clock.now -= 400 * DAY_MS;
  expect(await lookAfter(0)).toEqual([]);
  await updateConversations(db, [C], { title: 'said a year ago' }, clock.now);
  expect(await lookAfter(1)).toEqual(['snapshot']);
  clock.now += 4000 * DAY_MS;
  expect(await lookAfter(0)).toEqual([]);
});

test('copies into the folder on its own schedule, after any change', async () => {
  const { db, lookAfter } = await openCopied();
  await updateBackupTarget(db, 'folder', { intervalMs: DAY_MS });
  expect(await lookAfter(1)).toEqual(['folder']);
  await updateConversations(db, [C], { title: '옹기' }, 1);
  expect(await lookAfter(11)).toEqual(['snapshot']);
  expect(await lookAfter(24 * 60)).toEqual(['folder']);
  expect(await lookAfter(24 * 60)).toEqual([]);
});

test('tries again, and not at once, when a snapshot could not be made', async () => {
  const { db, clock } = await openKeeper();
  await addWhole(db, wholeConversation('c', 1));
  const makeSnapshot = vi.fn(() => Promise.reject(new Error('disk full')));
  const keeper = new CopyKeeper(
    {
      readTarget: (id) => getBackupTarget(db, id),
      readState: () => readDataState(db),
      makeSnapshot,
      copyToFolder: () => Promise.resolve(),
      inOneTab: (work) => work(),
    },
    clock,
    IDLE,
  );
  await keeper.look();
  await updateBackupTarget(db, 'snapshot', { lastFailureAt: clock.now });
  await keeper.look();
  expect(makeSnapshot).toHaveBeenCalledOnce();
  clock.now += 10 * MINUTE_MS;
  await keeper.look();
  expect(makeSnapshot).toHaveBeenCalledTimes(2);
});

/** The page is hidden until the test ends. */
function hidePage(): void {
  const state = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
  onTestFinished(() => state.mockRestore());
  document.dispatchEvent(new Event('visibilitychange'));
}

test('lets an answer that began just now go first, and looks when it ends', async () => {
  const { db, keeper, lookAfter, busy, made } = await openCopied();
  keeper.start();
  busy.add('answer');
  await updateConversations(db, [C], { title: '옹기' }, 1);
  expect(await lookAfter(1)).toEqual([]);
  busy.delete('answer');
  await vi.waitFor(() => expect(made).toEqual(['snapshot']));
});

test('waits for no answer longer than ten minutes after a change', async () => {
  const { db, lookAfter, busy } = await openCopied();
  busy.add('answer');
  await updateConversations(db, [C], { title: '옹기' }, 1);
  const copied: number[] = [];
  for (let minute = 1; minute <= 40; minute += 1) {
    if ((await lookAfter(1)).length > 0) copied.push(minute);
    await updateConversations(db, [C], { title: `옹기 ${minute}` }, 1);
  }
  expect(copied).toEqual([9, 19, 29, 39]);
});

test('waits for no answer when nobody looked for ten minutes, nor at the first look', async () => {
  const { db, lookAfter, busy } = await openCopied();
  busy.add('answer');
  await updateConversations(db, [C], { title: '옹기' }, 1);
  expect(await lookAfter(11)).toEqual(['snapshot']);
  const fresh = await openKeeper();
  fresh.busy.add('answer');
  await addWhole(fresh.db, wholeConversation('c', 1));
  expect(await fresh.lookAfter(1)).toEqual(['snapshot']);
});

test('waits for no answer when the page is hidden', async () => {
  const { db, keeper, busy, made } = await openCopied();
  keeper.start();
  busy.add('answer');
  await updateConversations(db, [C], { title: '옹기' }, 1);
  hidePage();
  await vi.waitFor(() => expect(made).toEqual(['snapshot']));
});

test('waits for an import as long as it takes, also when the page is hidden', async () => {
  const { db, keeper, lookAfter, busy, made } = await openCopied();
  keeper.start();
  busy.add('import').add('answer');
  await updateConversations(db, [C], { title: '옹기' }, 1);
  expect(await lookAfter(30)).toEqual([]);
  await keeper.look(true);
  expect(made).toEqual([]);
  busy.delete('import');
  busy.delete('answer');
  await vi.waitFor(() => expect(made).toEqual(['snapshot']));
});

test('a real snapshot after a rename holds the new title', async () => {
  const { db, clock } = await openCopied();
  const root = await navigator.storage.getDirectory();
  const name = `test-${crypto.randomUUID()}`;
  onTestFinished(() => root.removeEntry(name, { recursive: true }));
  const own = await root.getDirectoryHandle(name, { create: true });
  const options = { appVersion: 'test', schemaVersion: SCHEMA_VERSION };
  const snapshots = createSnapshots({
    live: { db, clock },
    openRoot: () => Promise.resolve(own),
    maker: {
      createBackup: ({ target, segment }) =>
        createBackup(db, { ...options, target, segment, now: clock() }),
      verify: (file, reading) => verifyBackup(file, { ...options, ...reading }),
    },
  });
  const keeper = new CopyKeeper(
    {
      readTarget: (id) => getBackupTarget(db, id),
      readState: () => readDataState(db),
      makeSnapshot: async () => {
        const { id: holds } = await readDataState(db);
        const copy = await snapshots.take();
        await noteBackupSuccess(db, 'snapshot', {
          at: copy.createdAt,
          fileName: copy.name,
          sizeBytes: copy.sizeBytes,
          holds,
        });
      },
      copyToFolder: () => Promise.resolve(),
      inOneTab: (work) => work(),
    },
    clock,
    IDLE,
  );
  for (const title of ['첫 이름', '새 이름']) {
    await updateConversations(db, [C], { title }, 1);
    clock.now += 11 * MINUTE_MS;
    await keeper.look();
  }
  const [newest] = await snapshots.list();
  const { segments } = await snapshots.read(newest?.name ?? '');
  const plain = segments[0]?.stream().pipeThrough(new DecompressionStream('gzip'));
  expect(await new Response(plain).text()).toContain('새 이름');
  // Taking it is no change: there is none without another.
  const { lastSuccessAt } = await getBackupTarget(db, 'snapshot');
  clock.now += 11 * MINUTE_MS;
  await keeper.look();
  expect((await getBackupTarget(db, 'snapshot')).lastSuccessAt).toBe(lastSuccessAt);
});

test('a visit of half a minute is copied, and one that ends earlier when its page is hidden', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  let looks = 0;
  const { db, clock } = await openKeeper();
  const keeper = new CopyKeeper(
    {
      readTarget: (id) => getBackupTarget(db, id),
      readState: () => readDataState(db),
      makeSnapshot: () => Promise.resolve(),
      copyToFolder: () => Promise.resolve(),
      inOneTab: () => Promise.resolve(void (looks += 1)),
    },
    clock,
    IDLE,
  );
  keeper.start();
  vi.advanceTimersByTime(30_000);
  expect(looks).toBe(1);
  vi.advanceTimersByTime(30_000);
  expect(looks).toBe(2);
  hidePage();
  expect(looks).toBe(3);
});

test('a change right after a copy waits ten minutes, not until the look after them', async () => {
  const { db, clock, keeper, made } = await openCopied();
  await updateConversations(db, [C], { title: '옹기' }, 1);
  expect(made).toEqual([]);
  await keeper.look();
  // Writing it took a moment, and the next looks come before the ten minutes are over.
  await updateBackupTarget(db, 'snapshot', { lastSuccessAt: clock.now + 300 });
  await updateConversations(db, [C], { title: '새 옹기' }, 1);
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  made.length = 0;
  clock.now += 10 * MINUTE_MS;
  await keeper.look();
  expect(made).toEqual([]);
  expect(vi.getTimerCount()).toBe(1);
  clock.now += 300;
  vi.advanceTimersByTime(300);
  vi.useRealTimers();
  await vi.waitFor(() => expect(made).toEqual(['snapshot']));
});

test('a library without any conversation is copied too', async () => {
  const { db, lookAfter } = await openKeeper();
  expect(await lookAfter(1)).toEqual([]);
  await addDocument(db, {
    id: 'd',
    name: 'note.txt',
    mediaType: 'text/plain',
    sizeBytes: 4,
    text: 'note',
    createdAt: 5,
    updatedAt: 5,
    source: 'file',
  });
  expect(await lookAfter(1)).toEqual(['snapshot']);
  expect(await readDataState(db)).toMatchObject({ isEmpty: false, firstKeptAt: 5 });
});
