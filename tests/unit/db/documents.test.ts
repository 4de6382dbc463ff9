import { expect, test } from 'vitest';
import {
  addDocument,
  findDocuments,
  readAllChunks,
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
