/** What undoing an import gives back, and what is known of one whose page was closed in the middle. */
import { expect, test, vi } from 'vitest';
import { findNoting, forgetMessages } from '#db/forget-changes.ts';
import { readBroughtByImports, removeStrandedBytes } from '#db/import-runs.ts';
import { updateWholeConversation } from '#db/imported-conversations.ts';
import { purgeConversations } from '#db/many-conversations.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { createStoredConversations } from '#db/stored-conversations.ts';
import { watchImportRuns } from '#db/import-list.ts';
import {
  LOCAL_USER_ID,
  toConversationId,
  toEndpointId,
  toMessageId,
  toSessionId,
} from '#domain/ids.ts';
import type { ImportReport } from '#domain/import-report.ts';
import type { ImportRun } from '#domain/stored-rows.ts';
import { addUsage } from '#domain/usage.ts';
import { createUserSettings } from '#domain/user-settings.ts';
import { exportSql } from '#portability/export-sql.ts';
import { createImportClient } from '#portability/import-client.ts';
import { createImportLog } from '#portability/import-log.ts';
import type { ImportLog } from '#portability/import-log.ts';
import { createImportTally } from '#portability/import-tally.ts';
import { noteUpdate } from '#portability/note-update.ts';
import { runImport } from '#portability/run-import.ts';
import { undoImportRun } from '#portability/undo-import.ts';
import workerUrl from '../../support/closing-test.worker.ts?worker&url';
import { makeConversation, makeLine, makeMessage } from '../db/conversation-rows.ts';
import { follow, openForTest } from '../db/fresh-database.ts';
import {
  SESSION_ID,
  chatgptConversation,
  fileOf,
  importOptions,
  snapshot,
  zipOf,
} from './import-files.ts';

const AT = 1_700_000_000_000;
const clock = () => AT + 999_999;

const usageOf = (model: string) =>
  addUsage(undefined, LOCAL_USER_ID, {
    ...{ date: '2026-11-22', model, requestCount: 1, promptTokens: 1, completionTokens: 2 },
    ...{ totalTokens: 3, totalCostUsd: 0, unpricedCount: 1, totalResponseTimeMs: 4 },
    ...{ timedCount: 1, errorCount: 0 },
  });

async function fill({ strict: db }: OnggiDatabase, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const messages = makeLine(id, 2).map((row, seq) => ({
      ...row,
      ...{ id: toMessageId(`${id}${seq}`), seq, sessionId: toSessionId('visit') },
      parentId: seq === 0 ? null : toMessageId(`${id}0`),
    }));
    await db.messages.bulkAdd(messages);
    await db.conversations.add({
      ...makeConversation(id, { messageCount: 2, lastSeq: 1 }),
      sessionId: toSessionId('visit'),
      activeLeafId: messages[1]?.id ?? null,
    });
  }
  await db.sessions.add({
    ...{ id: toSessionId('visit'), userId: LOCAL_USER_ID, createdAt: AT, lastActivity: AT },
    ...{ status: 'active', ipAddress: null, userAgent: 'there', metadata: {} },
  });
  await db.userSettings.add({ ...createUserSettings('ja', AT), theme: 'dark' });
  await db.usageStatistics.add(usageOf('brought'));
}

async function sqliteOf(db: OnggiDatabase): Promise<File> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const write = (part: Uint8Array<ArrayBuffer>) => void parts.push(part);
  await exportSql(db, 'sqlite', new WritableStream({ write }), {});
  return new File(parts, 'onggi.sqlite');
}

/** Imports in a worker that ends with the page in the middle. */
async function importUntilClosed(db: OnggiDatabase, file: File, steps: number): Promise<string> {
  const client = createImportClient({
    createWorker: () => new Worker(workerUrl, { type: 'module', name: String(steps) }),
    databaseName: () => db.name,
    sessionId: () => SESSION_ID,
  });
  void client.run([{ file, path: file.name }], 'update');
  const run = await follow(watchImportRuns(db, 10)).until((runs) => runs.length > 0);
  const [{ id } = { id: '' }] = run;
  // Its lock is free when it is gone, and not before.
  await navigator.locks.request(`onggi-import:${db.name}`, () => undefined);
  return id;
}

test('all that an import did before its page was closed is known, and undone', async () => {
  const there = await openForTest();
  await fill(there, ['a', 'b', 'c']);
  const db = await openForTest();
  // One of them is here, and shorter.
  await db.strict.conversations.add(makeConversation('a', { updatedAt: 1, messageCount: 1 }));
  const [first] = makeLine('a', 1);
  if (first) await db.strict.messages.add({ ...first, id: toMessageId('a0') });
  const before = await snapshot(db);

  // The rows beside conversations, then a conversation each.
  const id = await importUntilClosed(db, await sqliteOf(there), 3);
  const { conversations } = await snapshot(db);
  expect(conversations.map((row) => row.id)).toEqual(['a', 'b']);
  expect(await db.strict.imports.get(id)).toMatchObject({ endedAt: null, createdIds: [] });
  const brought = await readBroughtByImports(db);
  expect(brought.usage).toMatchObject([{ model: 'brought' }]);
  expect([...brought.conversations.keys()]).toEqual(['b']);
  expect([...brought.messages.keys()]).toEqual(['a1']);
  // What it is made of is in no list.
  expect(await follow(watchImportRuns(db, 10)).until(() => true)).toMatchObject([{ id }]);

  expect(await undoImportRun(db, id, { clock })).toMatchObject({
    removedConversationCount: 1,
    removedMessageCount: 1,
  });
  const after = await snapshot(db);
  expect(after.messages).toEqual(before.messages);
  expect(await db.strict.sessions.toArray()).toEqual([]);
  expect(await db.strict.imports.toArray()).toMatchObject([{ id, createdIds: ['b'] }]);
});

test('an import that comes to its end leaves one row', async () => {
  const there = await openForTest();
  await fill(there, ['a', 'b']);
  const file = await sqliteOf(there);
  const db = await openForTest();
  const { id } = await runImport(db, [{ file, path: file.name }], importOptions());
  expect(await db.strict.imports.toArray()).toMatchObject([
    { id, createdIds: ['a', 'b'], addedSessionIds: ['visit'], addedUsage: [{ model: 'brought' }] },
  ]);
});

test('undoing gives back settings and visits, where nothing was done since', async () => {
  const there = await openForTest();
  await fill(there, ['a']);
  const file = await sqliteOf(there);
  const own = createUserSettings('ko', AT - 1);
  for (const goesOn of [false, true]) {
    const db = await openForTest();
    await db.strict.userSettings.put(own);
    const { id } = await runImport(db, [{ file, path: file.name }], importOptions());
    expect(await db.strict.userSettings.toArray()).toMatchObject([{ theme: 'dark' }]);
    if (goesOn) {
      await db.strict.userSettings.update(LOCAL_USER_ID, { theme: 'light', updatedAt: AT + 9 });
      const mine = makeConversation('mine');
      await db.strict.conversations.add({ ...mine, sessionId: toSessionId('visit') });
    }
    await undoImportRun(db, id, { clock });
    const [settings] = await db.strict.userSettings.toArray();
    if (goesOn) expect(settings).toMatchObject({ language: 'ja', theme: 'light' });
    else expect(settings).toEqual(own);
    expect(await db.strict.sessions.toArray()).toHaveLength(goesOn ? 1 : 0);
  }
});

const said = (rating: string | null, more: Record<string, unknown> = {}) =>
  chatgptConversation('c', [{ id: 'q' }, { id: 'a', metadata: { rating } }], {
    is_starred: false,
    is_archived: false,
    ...more,
  });
const feedback = (rating: string) => [
  { id: 'f', conversation_id: 'c', message_id: 'a', rating, content: '{}' },
];

test('undoing gives back ratings, pins and names as they were, unless they were changed since', async () => {
  const db = await openForTest();
  const archive = (...parts: readonly [unknown, string?]) =>
    fileOf(
      'export.zip',
      zipOf({
        'conversations.json': [parts[0]],
        ...(parts[1] && { 'message_feedback.json': feedback(parts[1]) }),
      }),
    );
  await runImport(db, [archive(said(null))], importOptions());
  const before = await snapshot(db);
  const newer = archive(
    said(null, { is_starred: true, title: 'Renamed there', update_time: 1_700_002_000 }),
    'thumbs_up',
  );
  const changed = async () => {
    const { conversations, messages } = await snapshot(db);
    return [conversations[0]?.pinned, conversations[0]?.title, messages[1]?.rating];
  };
  const { id } = await runImport(db, [newer], importOptions());
  expect(await changed()).toEqual([1, 'Renamed there', 5]);
  await undoImportRun(db, id, { clock });
  expect(await changed()).toEqual([0, 'Title of c', null]);
  const { conversations, messages } = await snapshot(db);
  expect(messages[1]?.metadata).toEqual(before.messages[1]?.metadata);
  expect(conversations[0]?.metadata).toEqual(before.conversations[0]?.metadata);

  // It comes again; and what the person changed after it stays.
  const again = await runImport(db, [newer], importOptions());
  expect(await changed()).toEqual([1, 'Renamed there', 5]);
  const [row] = (await snapshot(db)).conversations;
  await db.strict.conversations.update(toConversationId(row?.id ?? ''), { title: '내 이름' });
  await undoImportRun(db, again.id, { clock });
  expect(await changed()).toEqual([0, '내 이름', null]);
});

const edited = (text: string, time: number) =>
  fileOf('conversations.json', [
    chatgptConversation('c', [{ id: 'q', text }, { id: 'a' }], { update_time: time }),
  ]);
const textsOf = async (db: OnggiDatabase) =>
  (await snapshot(db)).messages.map(({ content }) => content).sort();
const importAt = (db: OnggiDatabase, file: Parameters<typeof runImport>[1][number], day: number) =>
  runImport(db, [file], importOptions({ clock: () => Date.UTC(2026, 10, day) }));
const undoAt = (db: OnggiDatabase, id: string, day: number) =>
  undoImportRun(db, id, { clock: () => Date.UTC(2026, 10, day) });

test('a text that was edited in its product is taken, named in the report, and given back by undoing', async () => {
  const db = await openForTest();
  await runImport(db, [edited('first text', 1_700_001_000)], importOptions());
  const before = await snapshot(db);
  const { id, report } = await runImport(db, [edited('second', 1_700_002_000)], importOptions());
  expect(report?.notes).toMatchObject([{ note: 'edited_at_source', examples: ['Title of c'] }]);
  expect(await textsOf(db)).toEqual(['first text', 'second', 'text of a']);
  expect(await undoImportRun(db, id, { clock })).toMatchObject({
    removedMessageCount: 1,
    keptMessageCount: 0,
  });
  const after = await snapshot(db);
  expect(after.messages).toEqual(before.messages);
  const [conversation] = after.conversations;
  expect(conversation).toMatchObject({ messageCount: 2 });
  expect(conversation?.metadata).toEqual(before.conversations[0]?.metadata);
});

test.each(['edited again', 'continued here', 'from a backup'] as const)(
  'an earlier text stays where undoing cannot give it back: %s',
  async (later) => {
    const db = await openForTest();
    await importAt(db, edited('first text', 1_700_001_000), 22);
    const { id } = await importAt(db, edited('second', 1_700_002_000), 23);
    const question = (await snapshot(db)).messages.find(({ content }) => content === 'second');
    if (later === 'edited again') await importAt(db, edited('third', 1_700_003_000), 24);
    if (later === 'continued here') {
      const content = 'second, and more of it';
      await db.strict.messages.update(toMessageId(question?.id ?? ''), { content });
    }
    if (later === 'from a backup') {
      const run = await db.strict.imports.get(id);
      const { changes = [], ...rest } = run ?? expect.fail();
      expect(changes).not.toEqual([]);
      await db.strict.imports.put(rest);
    }
    const before = await textsOf(db);
    expect(before).toContain('first text');
    expect(await undoAt(db, id, 25)).toMatchObject({ removedMessageCount: 0, keptMessageCount: 1 });
    expect(await textsOf(db)).toEqual(before);
  },
);

test('edits of several exports are undone one after the other', async () => {
  const db = await openForTest();
  await importAt(db, edited('first text', 1_700_001_000), 22);
  const before = await snapshot(db);
  const second = await importAt(db, edited('second', 1_700_002_000), 23);
  const third = await importAt(db, edited('third', 1_700_003_000), 24);
  await undoAt(db, third.id, 25);
  expect(await textsOf(db)).toEqual(['first text', 'second', 'text of a']);
  await undoAt(db, second.id, 26);
  expect((await snapshot(db)).messages).toEqual(before.messages);
});

test('an earlier text in which the person went on stays', async () => {
  const db = await openForTest();
  await importAt(db, edited('first text', 1_700_001_000), 22);
  const { id } = await importAt(db, edited('second', 1_700_002_000), 23);
  const earlier = (await snapshot(db)).messages.find(({ content }) => content === 'first text');
  const { conversationId = '', id: earlierId = '' } = earlier ?? {};
  const own = { seq: 9, timestamp: Date.UTC(2026, 10, 24) };
  await db.strict.messages.add(makeMessage(conversationId, 'own', earlierId, own));
  await undoAt(db, id, 25);
  expect(await textsOf(db)).toEqual(['first text', 'first text', 'text of a', 'text of own']);
});

/** An export of one conversation, newer with every message. */
const line = (...ids: readonly string[]) =>
  fileOf('conversations.json', [
    chatgptConversation(
      'c',
      ids.map((id) => ({ id })),
      { update_time: 1_700_000_000 + ids.length },
    ),
  ]);

test('what the person deleted stays deleted when an import is undone and comes again', async () => {
  const db = await openForTest();
  const newer = line('q', 'a', 'own', 'more', 'last');
  await importAt(db, line('q', 'a', 'own'), 22);
  const [deleted] = (await snapshot(db)).messages.filter(
    ({ content }) => content === 'text of own',
  );
  await db.strict.messages.delete(deleted?.id ?? expect.fail());
  const { id } = await importAt(db, newer, 23);
  const texts = ['text of a', 'text of last', 'text of more', 'text of q'];
  expect(await textsOf(db)).toEqual(texts);
  await undoAt(db, id, 24);
  expect(await textsOf(db)).toEqual(['text of a', 'text of q']);
  await importAt(db, newer, 25);
  expect(await textsOf(db)).toEqual(texts);
});

test.each(['last', 'more'])(
  'what the person deleted stays deleted, too, where undoing leaves messages they answered: %s',
  async (answered) => {
    const db = await openForTest();
    const newer = line('q', 'a', 'own', 'more', 'last');
    const idOf = async (text: string) =>
      (await snapshot(db)).messages.find(({ content }) => content === text)?.id ?? expect.fail();
    await importAt(db, line('q', 'a', 'own'), 22);
    await db.strict.messages.delete(await idOf('text of own'));
    for (const day of [23, 26]) {
      const { id } = await importAt(db, newer, day);
      if (day === 23) {
        const { id: conversationId } = (await snapshot(db)).conversations[0] ?? expect.fail();
        const own = { seq: 9, timestamp: Date.UTC(2026, 10, 24) };
        const parentId = await idOf(`text of ${answered}`);
        await db.strict.messages.add(makeMessage(conversationId, 'reply', parentId, own));
      }
      const all = ['text of a', 'text of last', 'text of more', 'text of q', 'text of reply'];
      expect(await textsOf(db)).toEqual(all);
      await undoAt(db, id, day + 1);
      const left = all.filter((text) => answered === 'last' || text !== 'text of last');
      expect(await textsOf(db)).toEqual(left);
    }
  },
);

test('an earlier text is no reason to keep a conversation', async () => {
  const db = await openForTest();
  const first = await importAt(db, edited('first text', 1_700_001_000), 22);
  await importAt(db, edited('second', 1_700_002_000), 23);
  await importAt(db, edited('third', 1_700_003_000), 24);
  expect(await undoAt(db, first.id, 25)).toMatchObject({
    removedConversationCount: 1,
    keptConversationCount: 0,
  });
  expect(await textsOf(db)).toEqual([]);
});

test('an earlier text goes with its message when the import that brought it is undone', async () => {
  const db = await openForTest();
  const answered = (text: string, time: number) =>
    fileOf(`conversations-${time}.json`, [
      chatgptConversation('c', [{ id: 'q' }, { id: 'a', text }], { update_time: time }),
    ]);
  const question = chatgptConversation('c', [{ id: 'q' }], { update_time: 1_700_001_000 });
  await importAt(db, fileOf('conversations.json', [question]), 22);
  const { id } = await importAt(db, answered('one', 1_700_002_000), 23);
  await importAt(db, answered('two', 1_700_003_000), 24);
  expect(await textsOf(db)).toEqual(['one', 'text of q', 'two']);
  await undoAt(db, id, 25);
  expect(await textsOf(db)).toEqual(['text of q']);
});

test('what was undone keeps nothing of what it had changed', async () => {
  const there = await openForTest();
  await fill(there, ['a']);
  const db = await openForTest();
  await db.strict.conversations.add(makeConversation('a', { updatedAt: 1, title: 'here' }));
  const file = await sqliteOf(there);
  const { id } = await runImport(db, [{ file, path: file.name }], importOptions());
  const run = await db.strict.imports.get(id);
  expect(run).toHaveProperty('changes');
  expect(run).toHaveProperty('settings');
  await undoImportRun(db, id, { clock });
  const undone = await db.strict.imports.get(id);
  expect(undone).toMatchObject({ undoneAt: clock() });
  expect(undone).not.toHaveProperty('changes');
  expect(undone).not.toHaveProperty('settings');
});

test.each(['today', 'by an older version'] as const)(
  'of a conversation that is deleted for good no import keeps a text, noted %s, and undoing goes on',
  async (noted) => {
    const db = await openForTest();
    const both = (text: string, time: number) =>
      fileOf('conversations.json', [
        chatgptConversation('gone', [{ id: 'x' }, { id: 'y', text: `secret ${text}` }], {
          update_time: time,
        }),
        chatgptConversation('kept', [{ id: 'q' }, { id: 'a', text: `plain ${text}` }], {
          update_time: time,
        }),
      ]);
    await importAt(db, both('one', 1_700_001_000), 22);
    const { id } = await importAt(db, both('two', 1_700_002_000), 23);
    if (noted === 'by an older version') {
      const run = (await db.strict.imports.get(id)) ?? expect.fail();
      const changes = run.changes?.map(({ conversationId: _new, ...change }) => change) ?? [];
      await db.strict.imports.put({ ...run, changes });
    }
    const saidByImports = async () => JSON.stringify(await db.strict.imports.toArray());
    expect(await saidByImports()).toContain('secret one');
    const conversations = await db.strict.conversations.toArray();
    const gone = conversations.flatMap((row) => (row.sourceId === 'gone' ? row.id : []));
    await purgeConversations(db, gone, { isTrashOnly: true });
    expect(await saidByImports()).toContain('secret one');
    await purgeConversations(db, gone);
    expect(await saidByImports()).not.toContain('secret');
    expect(await textsOf(db)).toEqual(['plain one', 'plain two', 'text of q']);
    await undoAt(db, id, 25);
    expect(await textsOf(db)).toEqual(['plain one', 'text of q']);
  },
);

test.each(['the message', 'the text of before'] as const)(
  'of %s that is deleted no import keeps the text, and putting it back gives the import its note back',
  async (deleted) => {
    const db = await openForTest();
    const store = createStoredConversations(db, clock);
    await importAt(db, edited('secret', 1_700_001_000), 22);
    const before = await snapshot(db);
    const { id } = await importAt(db, edited('edited', 1_700_002_000), 23);
    const text = deleted === 'the message' ? 'edited' : 'secret';
    const message = (await snapshot(db)).messages.find(({ content }) => content === text);
    const { conversationId, id: messageId } = message ?? expect.fail();
    const run = await db.strict.imports.get(id);
    expect(JSON.stringify(run?.changes)).toContain('secret');

    const removed = await store.removeSubtree(conversationId, messageId);
    expect(JSON.stringify(await db.strict.imports.toArray())).not.toContain('secret');
    await store.restoreMessages(conversationId, removed);
    const { changes = [] } = (await db.strict.imports.get(id)) ?? expect.fail();
    expect(new Set(changes)).toEqual(new Set(run?.changes));
    await undoAt(db, id, 25);
    expect((await snapshot(db)).messages).toEqual(before.messages);
  },
);

test('a note of a deleted message does not come back to an import that was undone', async () => {
  const db = await openForTest();
  const store = createStoredConversations(db, clock);
  await importAt(db, edited('first text', 1_700_001_000), 22);
  const { id } = await importAt(db, edited('second', 1_700_002_000), 23);
  const message = (await snapshot(db)).messages.find(({ content }) => content === 'second');
  const { conversationId, id: messageId } = message ?? expect.fail();
  const removed = await store.removeSubtree(conversationId, messageId);
  await undoAt(db, id, 25);
  await store.restoreMessages(conversationId, removed);
  expect(await db.strict.imports.get(id)).not.toHaveProperty('changes');
});

test('what undoing takes away is in no note of a later import', async () => {
  const db = await openForTest();
  const line = (text: string, time: number) =>
    fileOf('conversations.json', [
      chatgptConversation(
        'c',
        [{ id: 'q' }, { id: 'a' }, ...(text ? [{ id: 'more', text }] : [])],
        {
          update_time: time,
        },
      ),
    ]);
  await importAt(db, line('', 1_700_001_000), 22);
  const { id } = await importAt(db, line('secret', 1_700_002_000), 23);
  await importAt(db, line('edited', 1_700_003_000), 24);
  const saidByImports = async () => JSON.stringify(await db.strict.imports.toArray());
  expect(await saidByImports()).toContain('secret');
  await undoAt(db, id, 25);
  expect(await textsOf(db)).toEqual(['text of a', 'text of q']);
  expect(await saidByImports()).not.toContain('secret');
});

/** Has an import that goes on take another text for one message. */
async function edit(db: OnggiDatabase, log: ImportLog, messageId: string): Promise<void> {
  const id = toConversationId(messageId.slice(0, 1));
  const noted = noteUpdate(log, id);
  await updateWholeConversation(db, id, (conversation, messages) => {
    const meant = messages.filter((message) => message.id === messageId);
    const changed = meant.map((message) => ({ ...message, content: 'edited' }));
    const plan = { conversation, added: [], changed };
    return { ...plan, attachments: [], part: noted.toPart(plan, conversation, messages) };
  });
  noted.done();
}

async function beginImport(db: OnggiDatabase): Promise<ImportLog> {
  const log = createImportLog(db, { id: 'going', fileNames: [], clock });
  await log.save();
  return log;
}

const REPORT: ImportReport = {
  ...createImportTally().toPreview([]),
  ...{ startedAt: AT, endedAt: AT, isCancelled: false },
  ...{ addedMessageCount: 0, storedAttachmentCount: 0 },
};

test('what is deleted for good while an import goes on is not in its row at the end, for which no message is read', async () => {
  const db = await openForTest();
  await fill(db, ['a', 'b']);
  const log = await beginImport(db);
  for (const id of ['a0', 'a1', 'b0']) await edit(db, log, id);
  await createStoredConversations(db, clock).removeSubtree(
    toConversationId('a'),
    toMessageId('a1'),
  );
  await purgeConversations(db, [toConversationId('b')]);
  const put = vi.spyOn(IDBObjectStore.prototype, 'put');
  const run = await log.end(REPORT);
  const stores = put.mock.contexts as IDBObjectStore[];
  put.mockRestore();
  expect(stores.map(({ transaction }) => [...transaction.objectStoreNames])).toEqual([
    ['changeFeed', 'conversations', 'imports'],
  ]);
  expect(run.changes).toMatchObject([{ id: 'a0' }]);
  expect(await db.strict.imports.toArray()).toEqual([run]);
});

test('bytes that come before their conversation have one small row written, however much was done', async () => {
  const db = await openForTest();
  await fill(db, ['a']);
  const log = await beginImport(db);
  await edit(db, log, 'a0');
  const lost = toConversationId('lost');
  const put = vi.spyOn(IDBObjectStore.prototype, 'put');
  await log.saveCreated(lost, 'chatgpt');
  await log.saveCreated(lost, 'chatgpt');
  const rows = put.mock.calls.map(([row]) => row as ImportRun);
  put.mockRestore();
  expect(rows).toMatchObject([{ id: 'going/2', partOf: 'going', createdIds: [lost] }]);
  const place = { conversationId: lost, messageId: toMessageId('m') };
  const file = { id: 'early', name: 'p.png', mediaType: 'image/png', sizeBytes: 3 };
  await db.strict.attachments.add({ ...file, ...place, bytes: new ArrayBuffer(3) });
  await removeStrandedBytes(db);
  expect(await db.strict.attachments.count()).toBe(0);
  expect(await log.end(REPORT)).toMatchObject({ createdIds: [lost], changes: [{ id: 'a0' }] });
});

test('deleting a message opens no import that noted nothing of its conversation', async () => {
  const db = await openForTest();
  await fill(db, ['a']);
  await importAt(db, edited('first text', 1_700_001_000), 22);
  await importAt(db, edited('second', 1_700_002_000), 23);
  const reads = (['get', 'getAll', 'openCursor'] as const).map((name) =>
    vi.spyOn(IDBObjectStore.prototype, name),
  );
  await createStoredConversations(db, clock).removeSubtree(
    toConversationId('a'),
    toMessageId('a1'),
  );
  const stores = reads.flatMap(({ mock }) => mock.contexts as IDBObjectStore[]);
  const written = stores.filter(({ transaction: { mode } }) => mode === 'readwrite');
  for (const spy of reads) spy.mockRestore();
  expect(written.map(({ name }) => name)).toContain('messages');
  expect(written.map(({ name }) => name)).not.toContain('imports');
});

test.each(['noted', 'noted, and ended', 'ended'] as const)(
  'what an import did between the look for its notes and the deletion of a message is forgotten too: %s',
  async (meanwhile) => {
    const db = await openForTest();
    await fill(db, ['a']);
    const log = await beginImport(db);
    if (meanwhile === 'ended') await edit(db, log, 'a1');
    const rows = await findNoting(db.strict, toConversationId('a'));
    if (meanwhile !== 'ended') await edit(db, log, 'a1');
    if (meanwhile !== 'noted') await log.end(REPORT);
    const saidByImports = async () => JSON.stringify(await db.strict.imports.toArray());
    expect(await saidByImports()).toContain('text of m1');
    await db.strict.transaction('rw', db.strict.imports, () =>
      forgetMessages(db.strict, [toMessageId('a1')], rows),
    );
    expect(await saidByImports()).not.toContain('text of m1');
  },
);

test.each(['stays deleted', 'is put back'] as const)(
  'a rating comes back by undoing although the earlier text was deleted, which %s',
  async (later) => {
    const db = await openForTest();
    const store = createStoredConversations(db, clock);
    const answered = (text: string, time: number, rating?: string) =>
      fileOf(
        'export.zip',
        zipOf({
          'conversations.json': [
            chatgptConversation('c', [{ id: 'q' }, { id: 'a', text }], { update_time: time }),
          ],
          ...(rating && { 'message_feedback.json': feedback(rating) }),
        }),
      );
    await importAt(db, answered('secret', 1_700_001_000), 22);
    const before = await snapshot(db);
    const { id } = await importAt(db, answered('edited', 1_700_002_000, 'thumbs_up'), 23);
    const run = await db.strict.imports.get(id);
    const { messages } = await snapshot(db);
    const edited = messages.find(({ content }) => content === 'edited');
    expect(edited).toMatchObject({ rating: 5 });
    expect(edited).toHaveProperty('metadata.import_rating');
    const earlier = messages.find(({ content }) => content === 'secret') ?? expect.fail();
    const removed = await store.removeSubtree(earlier.conversationId, earlier.id);
    expect(JSON.stringify(await db.strict.imports.toArray())).not.toContain('secret');
    if (later === 'is put back') {
      await store.restoreMessages(earlier.conversationId, removed);
      expect(await db.strict.imports.get(id)).toEqual(run);
    }
    await undoAt(db, id, 25);
    const after = (await snapshot(db)).messages;
    expect(after.map(({ id: each }) => each)).toEqual(before.messages.map(({ id: each }) => each));
    const text = later === 'is put back' ? 'secret' : 'edited';
    const answer = after.find(({ content }) => content === text);
    expect(answer).toMatchObject({ rating: null });
    expect(answer).not.toHaveProperty('metadata.import_rating');
  },
);

test('what an undoing took away before it was stopped is in no note, whether it is called again or not', async () => {
  const db = await openForTest();
  const line = (text: string, time: number) =>
    fileOf('conversations.json', [
      chatgptConversation('c', [{ id: 'q' }, ...(text ? [{ id: 'more', text }] : [])], {
        update_time: time,
      }),
    ]);
  await importAt(db, line('', 1_700_001_000), 22);
  const { id } = await importAt(db, line('secret', 1_700_002_000), 23);
  await importAt(db, line('edited', 1_700_003_000), 24);
  const saidByImports = async () => JSON.stringify(await db.strict.imports.toArray());
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  db.strict.messages.hook('deleting', abort);
  const work = undoImportRun(db, id, { clock, signal: stop.signal });
  await expect(work).rejects.toMatchObject({ name: 'AbortError' });
  db.strict.messages.hook('deleting').unsubscribe(abort);
  expect(await textsOf(db)).toEqual(['text of q']);
  const [, , edited] = await db.strict.imports.orderBy('startedAt').toArray();
  expect(JSON.stringify(edited)).not.toContain('secret');
  await undoAt(db, id, 25);
  expect(await saidByImports()).not.toContain('secret');
});

test('a text that another device replaced is given back whole or not at all, with its tokens', async () => {
  const there = await openForTest();
  await fill(there, ['a']);
  const file = await sqliteOf(there);
  const answer = toMessageId('a1');
  const changedAt = Date.UTC(2026, 10, 20);
  await there.strict.messages.update(answer, {
    ...{ content: 'asked again', endpointId: toEndpointId('e'), modelUsed: 'other' },
    ...{ tokenCount: 9, temperature: 0.5, responseTimeMs: 70, changedAt },
  });
  const newer = await sqliteOf(there);
  for (const goesOn of [false, true]) {
    const db = await openForTest();
    await importAt(db, { file, path: file.name }, 21);
    const before = await snapshot(db);
    expect(before.conversations).toMatchObject([{ totalTokens: 0 }]);
    const { id } = await importAt(db, { file: newer, path: newer.name }, 22);
    const taken = (await snapshot(db)).messages[1] ?? expect.fail();
    expect(taken).toMatchObject({ content: 'asked again', endpointId: 'e', tokenCount: 9 });
    expect((await snapshot(db)).conversations).toMatchObject([{ totalTokens: 9 }]);
    if (goesOn) await db.strict.messages.update(answer, { content: 'asked again, and on' });
    await undoAt(db, id, 23);
    const after = await snapshot(db);
    if (goesOn) {
      expect(after.messages[1]).toEqual({ ...taken, content: 'asked again, and on' });
      expect(after.conversations).toMatchObject([{ totalTokens: 9 }]);
    } else {
      expect(after.messages).toEqual(before.messages);
      expect(after.conversations).toMatchObject([{ totalTokens: 0 }]);
    }
  }
});

test('the bytes of a text that is undone go with it', async () => {
  const there = await openForTest();
  await fill(there, ['a']);
  const file = await sqliteOf(there);
  const reference = { id: 'picture', name: 'p.png', mediaType: 'image/png', sizeBytes: 3 };
  const answer = toMessageId('a1');
  await there.strict.messages.update(answer, {
    ...{ content: 'drawn', attachments: [reference], changedAt: Date.UTC(2026, 10, 20) },
  });
  const place = { conversationId: toConversationId('a'), messageId: answer };
  await there.strict.attachments.add({ ...reference, ...place, bytes: new ArrayBuffer(3) });
  const newer = await sqliteOf(there);
  const db = await openForTest();
  await importAt(db, { file, path: file.name }, 21);
  const before = await snapshot(db);
  const { id } = await importAt(db, { file: newer, path: newer.name }, 22);
  expect((await snapshot(db)).attachments).toMatchObject([{ id: 'picture' }]);
  await undoAt(db, id, 23);
  const after = await snapshot(db);
  expect(after.messages).toEqual(before.messages);
  expect(after.attachments).toEqual([]);
});

test('a rating that is undone does not make the message one that the person wrote', async () => {
  const there = await openForTest();
  await fill(there, ['a']);
  const file = await sqliteOf(there);
  const changedAt = Date.UTC(2026, 10, 20);
  await there.strict.messages.update(toMessageId('a1'), { rating: 5, changedAt });
  const rated = await sqliteOf(there);
  const db = await openForTest();
  const first = await importAt(db, { file, path: file.name }, 21);
  const before = await snapshot(db);
  const second = await importAt(db, { file: rated, path: rated.name }, 22);
  expect((await snapshot(db)).messages[1]).toMatchObject({ rating: 5 });
  await undoAt(db, second.id, 23);
  expect((await snapshot(db)).messages).toEqual(before.messages);
  expect(await undoAt(db, first.id, 24)).toMatchObject({ removedConversationCount: 1 });
});
