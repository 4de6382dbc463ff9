/** What the reports of imports say of conversations that are deleted for good. */
import { expect, test } from 'vitest';
import { removeDocuments } from '#db/documents.ts';
import { saveImportRun } from '#db/import-runs.ts';
import { purgeConversations, updateConversations } from '#db/many-conversations.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { toConversationId } from '#domain/ids.ts';
import type { ConversationId } from '#domain/ids.ts';
import type { ImportReport } from '#domain/import-report.ts';
import { exportSql } from '#portability/export-sql.ts';
import { runImport } from '#portability/run-import.ts';
import { undoImportRun } from '#portability/undo-import.ts';
import { makeConversation } from '../db/conversation-rows.ts';
import { openForTest } from '../db/fresh-database.ts';
import { chatgptConversation, fileOf, importOptions, zipOf } from './import-files.ts';

const missing = { attachments: [{ id: 'file-none', name: 'none.png', mime_type: 'image/png' }] };
const talk = (id: string, time = 1_700_001_000) =>
  chatgptConversation(id, [{ id: `${id}-q`, metadata: missing }, { id: `${id}-a` }], {
    ...{ title: `Secret ${id}`, update_time: time },
  });

/** Two conversations in one file, one of them twice, and one in a file of its own. */
const export_ = () => [
  fileOf('conversations.json', [talk('gone'), talk('kept'), talk('gone'), talk('kept')]),
  fileOf('Secret note.zip', zipOf({ 'chats/Secret note.json': [talk('alone')] })),
  fileOf('Secret note.json', [talk('lonely')]),
];

async function idOf({ strict: db }: OnggiDatabase, sourceId: string): Promise<ConversationId> {
  const row = await db.conversations
    .where('[source+sourceId]')
    .equals(['chatgpt', sourceId])
    .first();
  return row?.id ?? expect.fail();
}

const saidBy = async ({ strict: db }: OnggiDatabase) =>
  JSON.stringify(await db.imports.toArray()).replaceAll(/"(source|format)":"[^"]*"/g, '');

/** As a version wrote it that did not say of which conversation it speaks. */
function olderReport(report: ImportReport | null): ImportReport {
  const { files, skipped, notes, ...rest } = report ?? expect.fail();
  return {
    ...rest,
    files: files.map(({ conversationId: _new, ...file }) => file),
    skipped: skipped.map(({ conversationIds: _new, ...group }) => group),
    notes: notes.map(({ conversationIds: _new, ...group }) => group),
  };
}

test('of a conversation that is deleted for good no report keeps its title, though it was renamed', async () => {
  const db = await openForTest();
  const { report } = await runImport(db, export_(), importOptions());
  expect(report?.notes).toMatchObject([
    {
      note: 'asset_missing',
      examples: ['Secret gone', 'Secret kept', 'Secret lonely', 'Secret alone'],
    },
  ]);
  expect(report?.skipped).toMatchObject([
    { reason: 'duplicate_in_file', count: 2, examples: ['Secret gone', 'Secret kept'] },
  ]);
  const gone = await idOf(db, 'gone');
  await updateConversations(db, [gone], { title: 'Harmless', status: 'active' }, 1);
  await purgeConversations(db, [gone], { isTrashOnly: true });
  expect(await saidBy(db)).toContain('Secret gone');
  await purgeConversations(db, [gone]);
  expect(await saidBy(db)).not.toContain('Secret gone');
  const [run] = await db.strict.imports.toArray();
  expect(run?.report?.skipped).toEqual([
    {
      ...{ reason: 'duplicate_in_file', count: 2, examples: ['Secret kept'] },
      conversationIds: [await idOf(db, 'kept')],
    },
  ]);
  expect(run?.report?.notes).toMatchObject([
    { count: 4, examples: ['Secret kept', 'Secret lonely', 'Secret alone'] },
  ]);
  expect(run?.fileNames).toHaveLength(3);
});

test('nor the name of a file that held nothing else', async () => {
  const db = await openForTest();
  await runImport(db, export_(), importOptions());
  const fileNames = async () => (await db.strict.imports.toArray())[0]?.fileNames;
  await purgeConversations(db, [await idOf(db, 'lonely')]);
  expect(await fileNames()).toEqual(['conversations.json', 'Secret note.zip']);
  await purgeConversations(db, [await idOf(db, 'alone')]);
  expect(await saidBy(db)).not.toContain('Secret note.json');
  expect(await saidBy(db)).toContain('conversations.json');
});

test('a report of an older version forgets what has the same words', async () => {
  const db = await openForTest();
  const files = [...export_(), fileOf('Secret_ gone.json', [talk('other')])];
  const run = await runImport(db, files, importOptions());
  await saveImportRun(db, { ...run, report: olderReport(run.report) });
  await purgeConversations(db, [await idOf(db, 'gone')]);
  expect(await saidBy(db)).not.toMatch(/Secret_? gone/);
  expect(await saidBy(db)).toContain('Secret kept');
  await undoImportRun(db, run.id, importOptions());
  expect(await saidBy(db)).not.toMatch(/Secret (gone|kept|alone|lonely|other)/);
});

test('titles of before go too, and those that an import notes while it goes on', async () => {
  const db = await openForTest();
  await runImport(db, [fileOf('c.json', [talk('gone')])], importOptions());
  const renamed = { ...talk('gone', 1_700_002_000), title: 'Another name' };
  const second = await runImport(db, [fileOf('c.json', [renamed])], importOptions());
  expect(JSON.stringify(second)).toContain('Another name');
  expect(JSON.stringify(second.changes)).toContain('Secret gone');
  await purgeConversations(db, [await idOf(db, 'gone')]);
  await saveImportRun(db, second);
  expect(await saidBy(db)).not.toMatch(/Secret gone|Another name|c.json/);
});

test.each([
  ['with notes', missing],
  ['without notes', {}],
] as const)(
  'a file of several keeps its name, though one of them is called the same: %s',
  async (_case, metadata) => {
    const db = await openForTest();
    const named = (id: string, title: string) =>
      chatgptConversation(id, [{ id: `${id}-q`, metadata }], { title });
    const all = [named('gone', 'Conversations'), named('kept', 'Kept')];
    const run = await runImport(db, [fileOf('conversations.json', all)], importOptions());
    expect(run.report?.notes).toHaveLength('attachments' in metadata ? 1 : 0);
    await purgeConversations(db, [await idOf(db, 'gone')]);
    expect(await db.strict.imports.get(run.id)).toMatchObject({
      fileNames: ['conversations.json'],
      report: { files: [{ name: 'conversations.json' }] },
    });
    const older = olderReport(run.report);
    await db.strict.imports.put({ ...run, report: older });
    await db.strict.conversations.add(makeConversation('older', { title: 'Conversations' }));
    await purgeConversations(db, [toConversationId('older')]);
    expect(await db.strict.imports.get(run.id)).toMatchObject({ fileNames: [] });
  },
);

test('a conversation of our own that the storage refuses is named in the row that is stored', async () => {
  const there = await openForTest();
  await there.strict.conversations.bulkAdd([
    makeConversation('bad', { title: 'Refused one' }),
    makeConversation('good', { title: 'Good one' }),
  ]);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const write = (part: Uint8Array<ArrayBuffer>) => void parts.push(part);
  await exportSql(there, 'sqlite', new WritableStream({ write }), {});
  const file = new File(parts, 'onggi.sqlite');
  const db = await openForTest();
  db.relaxed.conversations.hook('creating', (id) => {
    if (id === 'bad') throw new Error('refused');
  });
  const { id } = await runImport(db, [{ file, path: file.name }], importOptions());
  expect(await db.strict.conversations.toCollection().primaryKeys()).toEqual(['good']);
  expect((await db.strict.imports.get(id))?.report?.skipped).toEqual([
    {
      ...{ reason: 'storage_refused', count: 1, examples: ['Refused one'] },
      conversationIds: [null],
    },
  ]);
});

test('an import whose report has anything in the place of ids can be undone, and keeps its names', async () => {
  const db = await openForTest();
  const run = await runImport(db, export_(), importOptions());
  const { notes, files, ...rest } = run.report ?? expect.fail();
  const report = {
    ...rest,
    files: files.map((file) => ({ ...file, conversationId: { no: 'id' } })),
    notes: notes.map((note) => ({ ...note, conversationIds: [{}, 7, [], null] })),
  };
  await db.strict.imports.put(Object.assign({ ...run, createdIds: [] }, { report }));
  await undoImportRun(db, run.id, importOptions());
  const left = await db.strict.imports.get(run.id);
  expect(left?.undoneAt).not.toBeNull();
  expect(left?.report).toEqual(report);
});

test.each([
  { report: {} },
  { report: { files: [1], skipped: [null], notes: [{}], refused: [] } },
  { report: { files: [{}], skipped: [], notes: [{ examples: [7] }], refused: [null] } },
])('deleting for good stands a report that some backup made up: %j', async ({ report }) => {
  const db = await openForTest();
  const run = await runImport(db, export_(), importOptions());
  const made = Object.assign({ ...run }, { report });
  await db.strict.imports.put(made);
  const gone = await idOf(db, 'gone');
  await purgeConversations(db, [gone]);
  expect(await db.strict.conversations.get(gone)).toBeUndefined();
  expect(await db.strict.imports.get(run.id)).toEqual(made);
});

test('of a document that is deleted no report keeps its name, and others keep theirs', async () => {
  const db = await openForTest();
  const file = (name: string, text: string) => {
    const docs = [
      { uuid: name, filename: name, content: text, created_at: '2026-01-02T03:04:05Z' },
    ];
    return { uuid: 'p', name: 'Plans', is_private: true, prompt_template: '', docs };
  };
  const given = [
    fileOf('Secret paper.json', [file('Secret paper.md', 'clay')]),
    fileOf('projects.json', [file('Secret paper.md', 'clay'), file('Other paper.md', 'glaze')]),
  ];
  const { id, report } = await runImport(db, given, importOptions());
  expect(report?.skipped).not.toEqual([]);
  await saveImportRun(db, {
    ...((await db.strict.imports.get(id)) ?? expect.fail()),
    report: {
      ...(report ?? expect.fail()),
      skipped: [
        { reason: 'duplicate_in_file', count: 2, examples: ['Secret paper.md', 'Other paper.md'] },
      ],
    },
  });
  expect(await saidBy(db)).toContain('Secret paper');
  const rows = await db.strict.documents.toArray();
  const gone = rows.filter(({ name }) => name === 'Secret paper.md');
  expect(gone).not.toEqual([]);
  await removeDocuments(
    db,
    gone.map((row) => row.id),
  );
  expect(await saidBy(db)).not.toContain('Secret paper');
  expect((await db.strict.imports.get(id))?.report?.skipped).toMatchObject([
    { count: 2, examples: ['Other paper.md'] },
  ]);
});
