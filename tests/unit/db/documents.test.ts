import { describe, expect, test } from 'vitest';
import {
  addDocument,
  findDocuments,
  putDocumentTexts,
  readAllChunks,
  readDocumentWithText,
  removeDocuments,
  renameDocument,
  replaceDocument,
  restoreDocuments,
  watchDocuments,
} from '#db/documents.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { createDocumentRows } from '#domain/library.ts';
import type { NewDocument } from '#domain/library.ts';
import { follow, openForTest } from './fresh-database.ts';

const note = (id: string, text: string, fields: Partial<NewDocument> = {}): NewDocument => ({
  id,
  name: `${id}.txt`,
  mediaType: 'text/plain',
  sizeBytes: text.length,
  text,
  createdAt: 1,
  updatedAt: 1,
  source: 'file',
  ...fields,
});

const LONG = '긴 글이다. '.repeat(2000);

const textOf = async (db: OnggiDatabase, id: string): Promise<string> =>
  (await readAllChunks(db, id)).map(({ text }) => text).join('');

const stored = async (db: OnggiDatabase) => [
  await db.strict.documents.toArray(),
  await db.strict.documentChunks.toArray(),
];

test('a document is stored with its whole text, and not twice', async () => {
  const db = await openForTest();
  expect(await addDocument(db, note('a', LONG))).toBe(true);
  expect(await textOf(db, 'a')).toBe(LONG);
  const before = await stored(db);
  expect(await addDocument(db, note('a', 'another'))).toBe(false);
  expect(await stored(db)).toEqual(before);
});

test('the list is newest first, as long as asked, and says whether there are more', async () => {
  const db = await openForTest();
  for (const at of [1, 3, 2]) await addDocument(db, note(`d${at}`, 'x', { createdAt: at }));
  const read = async (limit: number) => {
    const { documents, hasMore } = await follow(watchDocuments(db, limit)).until(() => true);
    return [documents.map(({ id }) => id), hasMore];
  };
  expect(await read(2)).toEqual([['d3', 'd2'], true]);
  expect(await read(3)).toEqual([['d3', 'd2', 'd1'], false]);
});

test('a shorter text in the place of a longer one leaves nothing of it', async () => {
  const db = await openForTest();
  await addDocument(db, note('a', LONG));
  await replaceDocument(db, createDocumentRows(note('a', '짧다', { name: 'b' })));
  expect(await textOf(db, 'a')).toBe('짧다');
  expect((await findDocuments(db, ['a', 'no'])).get('a')).toMatchObject({ name: 'b' });
});

test('deleting takes the text along, and undoing brings every row back', async () => {
  const db = await openForTest();
  await addDocument(db, note('a', LONG));
  await addDocument(db, note('b', 'kept'));
  const before = await stored(db);
  const removed = await removeDocuments(db, ['a', 'no']);
  expect(removed.map(({ document }) => document.id)).toEqual(['a']);
  expect(await textOf(db, 'a')).toBe('');
  expect(await db.strict.documents.toCollection().primaryKeys()).toEqual(['b']);
  await restoreDocuments(db, removed);
  expect(await stored(db)).toEqual(before);
  await renameDocument(db, 'a', 'new name', 7);
  await restoreDocuments(db, removed);
  expect((await findDocuments(db, ['a'])).get('a')).toMatchObject({
    name: 'new name',
    updatedAt: 7,
  });
});

test('the change feed names what was written and what went, row by row', async () => {
  const db = await openForTest();
  await addDocument(db, note('a', 'x'.repeat(2000)));
  await removeDocuments(db, ['a']);
  const changes = await db.strict.changeFeed.toArray();
  expect(changes.some(({ isWholesale }) => isWholesale)).toBe(false);
  expect(new Set(changes.flatMap(({ documentIds }) => documentIds))).toEqual(new Set(['a']));
  expect(new Set(changes.flatMap(({ chunkIds }) => chunkIds))).toEqual(new Set(['a.0', 'a.1']));
});

describe('the whole text of a document', () => {
  const openWithLong = async () => {
    const db = await openForTest();
    await addDocument(db, note('a', LONG));
    return db;
  };

  test('is what its chunks say together', async () => {
    const db = await openWithLong();
    expect(await readDocumentWithText(db.strict, 'a')).toMatchObject({ id: 'a', text: LONG });
  });

  test.each([
    ['the last of them', [-1]],
    ['one in the middle', [1]],
    ['all of them', [0, 1, 2, 3, 4, 5, 6, 7, 8]],
  ])('is not said to be what is left when %s is missing', async (_what, places) => {
    const db = await openWithLong();
    const chunks = await readAllChunks(db, 'a');
    expect(chunks.length).toBeLessThanOrEqual(9);
    await db.strict.documentChunks.bulkDelete(places.flatMap((at) => chunks.at(at)?.id ?? []));
    expect(await readDocumentWithText(db.strict, 'a')).toMatchObject({ id: 'a', text: null });
  });

  test('may be empty', async () => {
    const db = await openForTest();
    await addDocument(db, note('a', ''));
    expect(await readDocumentWithText(db.strict, 'a')).toMatchObject({ text: '' });
    await db.strict.documents.update('a', { metadata: {} });
    expect(await readDocumentWithText(db.strict, 'a')).toMatchObject({ text: null });
  });

  test('that is put anew makes true what the document says of its length', async () => {
    const db = await openWithLong();
    await db.strict.documents.update('a', { metadata: { chunk_count: 99, source: 'file' } });
    await putDocumentTexts(db.strict, [{ id: 'a', text: 'short' }]);
    expect(await db.strict.documents.get('a')).toMatchObject({
      metadata: { chunk_count: 1, character_count: 5, source: 'file' },
    });
    expect(await readDocumentWithText(db.strict, 'a')).toMatchObject({ text: 'short' });
  });
});
