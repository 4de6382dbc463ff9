import { expect, test } from 'vitest';
import { findDocuments, readAllChunks, removeDocuments, renameDocument } from '#db/documents.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { readDocumentDetails } from '#domain/library.ts';
import { previewImport } from '#portability/preview-import.ts';
import { runImport } from '#portability/run-import.ts';
import { undoImportRun } from '#portability/undo-import.ts';
import { openForTest } from '../db/fresh-database.ts';
import { chatgptConversation, fileOf, importOptions, zipOf } from './import-files.ts';

interface Doc {
  readonly uuid: string;
  readonly filename: string;
  readonly content: string;
}

const doc = (uuid: string, content: string, filename = `${uuid}.md`): Doc => ({
  uuid,
  filename,
  content,
});

const projects = (...docs: readonly Doc[]) =>
  fileOf('projects.json', [
    {
      uuid: 'p1',
      name: '살림',
      is_private: true,
      prompt_template: '',
      created_at: '2026-01-01T00:00:00Z',
      docs,
    },
  ]);

const LONG = '된장은 메주를 소금물에 띄워 담근다. '.repeat(300);

async function run(db: OnggiDatabase, file: ReturnType<typeof projects>, now = 1000) {
  const done = await runImport(db, [file], importOptions({ clock: () => now }));
  const [source] = done.report?.sources ?? [];
  return { id: done.id, report: done.report, source };
}

const fates = (newCount: number, updatedCount: number, unchangedCount: number) => ({
  newCount,
  updatedCount,
  unchangedCount,
});

async function textsByName(db: OnggiDatabase): Promise<Record<string, string>> {
  const documents = await db.strict.documents.toArray();
  const entries = documents.map(async ({ id, name }) => [
    name,
    (await readAllChunks(db, id)).map(({ text }) => text).join(''),
  ]);
  return Object.fromEntries(await Promise.all(entries)) as Record<string, string>;
}

test('documents of Claude projects are stored whole, with their project, and truly counted', async () => {
  const db = await openForTest();
  const file = projects(doc('a', LONG), doc('b', '김장'), doc('c', ' '), doc('b', 'twice'));
  const preview = await previewImport(db, [file], importOptions());
  expect(preview.sources).toMatchObject([{ documentCount: 2, documentFates: fates(2, 0, 0) }]);
  expect(await db.strict.documents.toArray()).toEqual([]);

  const { source, report } = await run(db, file);
  expect(source).toMatchObject({
    source: 'claude',
    conversationCount: 0,
    documentCount: 2,
    documentFates: fates(2, 0, 0),
  });
  expect(report?.skipped.map(({ reason, count }) => [reason, count])).toEqual([
    ['document_without_text', 1],
    ['duplicate_in_file', 1],
  ]);
  expect(await textsByName(db)).toEqual({ 'a.md': LONG, 'b.md': '김장' });
  const [stored] = await db.strict.documents.toArray();
  expect(stored && readDocumentDetails(stored)).toMatchObject({
    source: 'claude',
    collection: '살림',
  });
});

test('the same file twice adds nothing, and a newer one updates what changed', async () => {
  const db = await openForTest();
  const file = projects(doc('a', LONG), doc('b', '김장'));
  await run(db, file);
  const before = [await db.strict.documents.toArray(), await db.strict.documentChunks.toArray()];
  expect((await run(db, file, 2000)).source).toMatchObject({ documentFates: fates(0, 0, 2) });
  expect([await db.strict.documents.toArray(), await db.strict.documentChunks.toArray()]).toEqual(
    before,
  );

  const newer = projects(doc('a', 'shorter'), doc('b', '김장'), doc('c', 'new'));
  const preview = await previewImport(db, [newer], importOptions());
  expect(preview.sources).toMatchObject([{ documentFates: fates(1, 1, 1) }]);
  expect((await run(db, newer, 3000)).source).toMatchObject({ documentFates: fates(1, 1, 1) });
  expect(await textsByName(db)).toEqual({ 'a.md': 'shorter', 'b.md': '김장', 'c.md': 'new' });
});

test('a name that the person gave stays, and the date on which it was added', async () => {
  const db = await openForTest();
  await run(db, projects(doc('a', 'one')), 1000);
  const [id = ''] = await db.strict.documents.toCollection().primaryKeys();
  await renameDocument(db, id, '내 이름', 1500);
  await run(db, projects(doc('a', 'two', 'other.md')), 2000);
  expect((await findDocuments(db, [id])).get(id)).toMatchObject({
    name: '내 이름',
    createdAt: 1000,
    updatedAt: 2000,
  });
  expect(await textsByName(db)).toEqual({ '내 이름': 'two' });
});

test('an older export does not bring back the text that a document had before', async () => {
  const db = await openForTest();
  for (const [at, text] of ['one', 'two', 'three'].entries()) {
    await run(db, projects(doc('a', text)), 1000 + at);
  }
  const before = await db.strict.documents.toArray();
  for (const older of ['one', 'two']) {
    const { source } = await run(db, projects(doc('a', older)), 2000);
    expect(source).toMatchObject({ documentFates: fates(0, 0, 1) });
  }
  expect(await db.strict.documents.toArray()).toEqual(before);
  expect(await textsByName(db)).toEqual({ 'a.md': 'three' });
  expect((await run(db, projects(doc('a', 'four')), 3000)).source).toMatchObject({
    documentFates: fates(0, 1, 0),
  });
});

test('undoing an import takes away the documents it made, and no others', async () => {
  const db = await openForTest();
  await run(db, projects(doc('a', 'one')));
  const { id } = await run(db, projects(doc('a', 'one'), doc('b', 'two')), 2000);
  const undone = await undoImportRun(db, id, { clock: () => 3000 });
  expect(undone).toMatchObject({ removedDocumentCount: 1, removedConversationCount: 0 });
  expect(await textsByName(db)).toEqual({ 'a.md': 'one' });
  expect(await db.strict.documentChunks.toCollection().primaryKeys()).toHaveLength(1);
});

test('undoing an import whose page was closed finds the documents by what they say', async () => {
  const db = await openForTest();
  const { id } = await run(db, projects(doc('a', 'one')));
  const row = await db.strict.imports.get(id);
  if (!row) throw new Error('no row');
  const { createdDocumentIds: _lost, ...cut } = row;
  await db.strict.imports.put({ ...cut, endedAt: null, report: null });
  expect(await undoImportRun(db, id, { clock: () => 3000 })).toMatchObject({
    removedDocumentCount: 1,
  });
  expect(await textsByName(db)).toEqual({});
});

test('undoing an import leaves a document that was deleted and came again with a later one', async () => {
  const db = await openForTest();
  const first = await run(db, projects(doc('a', 'one')));
  const [id = ''] = await db.strict.documents.toCollection().primaryKeys();
  await removeDocuments(db, [id]);
  await run(db, projects(doc('a', 'one')), 2000);
  expect(await undoImportRun(db, first.id, { clock: () => 3000 })).toMatchObject({
    removedDocumentCount: 0,
  });
  expect(await textsByName(db)).toEqual({ 'a.md': 'one' });
});

test('memories beside conversations are documents, and what cannot be read beside them is named', async () => {
  const db = await openForTest();
  const archive = zipOf({
    'conversations.json': [chatgptConversation('c', [{ id: 'a' }])],
    'memories.json': { memories: [{ id: 'm', content: '장독대' }] },
    'group_chats.json': { chats: [{ id: 'g', title: '우리 방', members: [] }] },
    'user.json': {},
  });
  const file = fileOf('export.zip', archive);
  const preview = await previewImport(db, [file], importOptions());
  expect(preview).toMatchObject({
    refused: [],
    skipped: [{ reason: 'structure_unknown', count: 1, examples: ['우리 방'] }],
  });
  const { source, report } = await run(db, file);
  expect(source).toMatchObject({ newCount: 1, documentFates: fates(1, 0, 0) });
  expect(report?.skipped).toMatchObject(preview.skipped);
  expect(await textsByName(db)).toEqual({ 'ChatGPT memory': '- 장독대' });
  expect((await run(db, file)).source).toMatchObject({ documentFates: fates(0, 0, 1) });

  const odd = zipOf({
    'conversations.json': [chatgptConversation('c', [{ id: 'a' }])],
    'memories.json': { anything: 3 },
  });
  const refused = await previewImport(db, [fileOf('odd.zip', odd)], importOptions());
  expect(refused.refused).toMatchObject([
    { name: 'odd.zip/memories.json', code: 'file/unknown-format' },
  ]);
});

const chatgptMemory = (account: string | null, ...contents: readonly string[]) =>
  fileOf(
    'export.zip',
    zipOf({
      'conversations.json': [],
      'memories.json': { memories: contents.map((content, id) => ({ id: `${id}`, content })) },
      ...(account !== null && { 'user.json': { id: account, email: 'x@example.com' } }),
    }),
  );

const allTexts = async (db: OnggiDatabase): Promise<readonly string[]> => {
  const ids = (await db.strict.documents.orderBy('createdAt').toArray()).map(({ id }) => id);
  const texts = ids.map(async (id) =>
    (await readAllChunks(db, id)).map(({ text }) => text).join(''),
  );
  return Promise.all(texts);
};

test.each([
  ['that say whose they are', 'user-a', 'user-b'],
  ['that do not say whose they are', null, null],
  ['of which one says whose it is', null, 'user-b'],
])('memories of two accounts %s are two documents, whatever comes again', async (_name, a, b) => {
  const db = await openForTest();
  await run(db, chatgptMemory(a, '장을 담근다', 'has a cat'), 1000);
  await run(db, chatgptMemory(b, 'builds boats'), 2000);
  await run(db, chatgptMemory(a, '장을 담근다', 'has a cat', 'has a dog'), 3000);
  expect(await allTexts(db)).toEqual(['- 장을 담근다\n- has a cat\n- has a dog', '- builds boats']);
  expect((await run(db, chatgptMemory(b, 'builds boats'), 4000)).source).toMatchObject({
    documentFates: fates(0, 0, 1),
  });
  // An older one takes nothing back.
  await run(db, chatgptMemory(a, '장을 담근다', 'has a cat'), 5000);
  expect((await allTexts(db))[0]).toContain('has a dog');
});

test('a memory that was imported before accounts were told apart goes on in its document', async () => {
  const db = await openForTest();
  await run(db, chatgptMemory(null, 'has a cat', 'has a dog'), 1000);
  const named = chatgptMemory('user-a', 'has a cat', 'has a dog', 'has a hen');
  expect((await run(db, named, 2000)).source).toMatchObject({ documentFates: fates(0, 1, 0) });
  // It is that account's now, also when all that it remembers has changed.
  await run(db, chatgptMemory('user-a', 'moved to Jeju'), 3000);
  expect(await allTexts(db)).toEqual(['- moved to Jeju']);
  await run(db, chatgptMemory('user-b', 'moved to Jeju'), 4000);
  expect(await allTexts(db)).toEqual(['- moved to Jeju', '- moved to Jeju']);
});

test('a line in common gives no export without an account the document of one', async () => {
  const db = await openForTest();
  await run(db, chatgptMemory('user-a', 'has a cat', 'has a dog', 'lives in Jeju'), 1000);
  await run(db, chatgptMemory(null, 'has a cat'), 2000);
  await run(db, chatgptMemory(null, 'has a cat', 'builds boats'), 3000);
  const [own, other] = ['- has a cat\n- has a dog\n- lives in Jeju', '- has a cat\n- builds boats'];
  expect(await allTexts(db)).toEqual([own, other]);
  // Nor where it says all that the account does, and more: the account's next export would replace it.
  await run(db, chatgptMemory(null, 'has a cat', 'has a dog', 'lives in Jeju', 'sings'), 4000);
  expect(await allTexts(db)).toEqual([own, other, `${own}\n- sings`]);
  // The very same text is no second document.
  const again = chatgptMemory(null, 'has a cat', 'has a dog', 'lives in Jeju');
  expect((await run(db, again, 5000)).source).toMatchObject({ documentFates: fates(0, 0, 1) });
});

test('a memory of no known account goes on in what says most of the same, not in what has a line of it', async () => {
  const db = await openForTest();
  await run(db, chatgptMemory(null, 'has a cat', 'builds boats', 'plants rice'), 1000);
  await run(db, chatgptMemory(null, 'has a cat', 'builds boats', 'has a dog'), 2000);
  const grown = '- has a cat\n- builds boats\n- has a dog';
  expect(await allTexts(db)).toEqual([grown]);
  await run(db, chatgptMemory(null, 'has a cat', 'bakes bread'), 3000);
  await run(db, chatgptMemory('user-c', 'has a cat', 'grinds coffee'), 4000);
  expect(await allTexts(db)).toEqual([
    grown,
    '- has a cat\n- bakes bread',
    '- has a cat\n- grinds coffee',
  ]);
});

test('a text that another account once replaced comes back', async () => {
  const db = await openForTest();
  await run(db, chatgptMemory(null, 'has a cat'), 1000);
  // As an earlier version left it: the text of one, and of the other that it was there before.
  const [row] = await db.strict.documents.toArray();
  if (!row) throw new Error('no document');
  const chunk = { id: `${row.id}.0`, documentId: row.id, seq: 0, text: '- builds boats' };
  const metadata = {
    ...row.metadata,
    source_digest: 'of-boats',
    earlier_digests: [row.metadata['source_digest']],
  };
  await db.strict.documents.put({ ...row, metadata });
  await db.strict.documentChunks.put(chunk);
  await run(db, chatgptMemory('user-a', 'has a cat'), 2000);
  expect(await allTexts(db)).toEqual(['- builds boats', '- has a cat']);
});

test('memories of two accounts in one folder are both taken', async () => {
  const db = await openForTest();
  const memory = (content: string) => ({ memories: [{ id: 'm', content }] });
  const archive = zipOf({
    'a/memories.json': memory('has a cat'),
    'a/user.json': { id: 'user-a' },
    'b/memories.json': memory('builds boats'),
    'c/memories.json': memory('plants rice'),
  });
  const { source, report } = await run(db, fileOf('both.zip', archive));
  expect(report?.skipped).toEqual([]);
  expect(source).toMatchObject({ documentFates: fates(3, 0, 0) });
  expect(await allTexts(db)).toHaveLength(3);
});

test('memories of two Claude accounts that name none are two documents', async () => {
  const db = await openForTest();
  const memory = (text: string) =>
    fileOf('memories.json', [{ conversations_memory: text, project_memories: {} }]);
  await run(db, memory('**Work context**\n\nBakes bread.'), 1000);
  await run(db, memory('**Work context**\n\nBuilds boats.'), 2000);
  await run(db, memory('**Work context**\n\nBakes bread.\n\nMoved to Jeju.'), 3000);
  expect(await allTexts(db)).toEqual([
    '**Work context**\n\nBakes bread.\n\nMoved to Jeju.',
    '**Work context**\n\nBuilds boats.',
  ]);
});
