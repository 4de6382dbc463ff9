/** What undoing an import gives back, and what is known of one whose page was closed in the middle. */
import { expect, test } from 'vitest';
import { readBroughtByImports } from '#db/import-runs.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { watchImportRuns } from '#db/import-list.ts';
import { LOCAL_USER_ID, toConversationId, toMessageId, toSessionId } from '#domain/ids.ts';
import { addUsage } from '#domain/usage.ts';
import { createUserSettings } from '#domain/user-settings.ts';
import { exportSql } from '#portability/export-sql.ts';
import { createImportClient } from '#portability/import-client.ts';
import { runImport } from '#portability/run-import.ts';
import { undoImportRun } from '#portability/undo-import.ts';
import workerUrl from '../../support/closing-test.worker.ts?worker&url';
import { makeConversation, makeLine } from '../db/conversation-rows.ts';
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
  const { conversations } = await snapshot(db);
  expect(conversations[0]?.metadata).toEqual(before.conversations[0]?.metadata);

  // It comes again; and what the person changed after it stays.
  const again = await runImport(db, [newer], importOptions());
  expect(await changed()).toEqual([1, 'Renamed there', 5]);
  const [row] = (await snapshot(db)).conversations;
  await db.strict.conversations.update(toConversationId(row?.id ?? ''), { title: '내 이름' });
  await undoImportRun(db, again.id, { clock });
  expect(await changed()).toEqual([0, '내 이름', null]);
});

test('a text that was edited in its product is taken, named in the report, and given back by undoing', async () => {
  const db = await openForTest();
  const file = (text: string, time: number) =>
    fileOf('conversations.json', [
      chatgptConversation('c', [{ id: 'q', text }, { id: 'a' }], { update_time: time }),
    ]);
  await runImport(db, [file('first text', 1_700_001_000)], importOptions());
  const before = await snapshot(db);
  const { id, report } = await runImport(db, [file('second', 1_700_002_000)], importOptions());
  expect(report?.notes).toMatchObject([{ note: 'edited_at_source', examples: ['Title of c'] }]);
  const texts = (await snapshot(db)).messages.map(({ content }) => content);
  expect(texts.sort()).toEqual(['first text', 'second', 'text of a']);
  await undoImportRun(db, id, { clock });
  const bare = ({ messages }: Awaited<ReturnType<typeof snapshot>>) =>
    messages.map(({ changedAt: _changedAt, ...message }) => message);
  expect(bare(await snapshot(db))).toEqual(bare(before));
});
