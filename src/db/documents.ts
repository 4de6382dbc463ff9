/**
 * The documents of the library and their text, which is in their chunks. A document and its chunks are
 * written in one transaction, so that neither is ever without the other.
 */
import { Dexie } from 'dexie';
import type { LiveRead } from '#domain/conversation-store.ts';
import { createDocumentRows, cutIntoChunks, readDocumentDetails } from '#domain/library.ts';
import type { DocumentRows, NewDocument } from '#domain/library.ts';
import type { DocumentChange } from '#domain/imported-documents.ts';
import type { DocumentChunk, LibraryDocument } from '#domain/stored-rows.ts';
import { commit, read } from './commit.ts';
import { findNamingDocuments, forgetDocumentNames } from './forget-changes.ts';
import { liveRead } from './live-read.ts';
import type { OnggiDexie } from './onggi-dexie.ts';
import type { OnggiDatabase } from './open-database.ts';
import { readChunkRange } from './search-rows.ts';
import { readTablePages } from './table-pages.ts';

/** Chunks written at once: the page answers in between. */
const CHUNKS_AT_ONCE = 200;

/** The documents added last, newest first, at most `limit`. */
export function watchDocuments(
  { strict: db }: OnggiDatabase,
  limit: number,
): LiveRead<{ readonly documents: readonly LibraryDocument[]; readonly hasMore: boolean }> {
  return liveRead(async () => {
    const newest = db.documents.orderBy('createdAt').reverse();
    const documents = await newest.limit(limit + 1).toArray();
    return { documents: documents.slice(0, limit), hasMore: documents.length > limit };
  });
}

/** One document; undefined when it is not there. */
export function watchDocument(
  { strict: db }: OnggiDatabase,
  id: string,
): LiveRead<LibraryDocument | undefined> {
  return liveRead(() => db.documents.get(id));
}

/** The ids of all documents, newest first. Keys alone are read. */
export async function readDocumentIds({ strict: db }: OnggiDatabase): Promise<readonly string[]> {
  const ids = await read(() => db.documents.orderBy('createdAt').primaryKeys());
  return ids.toReversed();
}

/** Those of the ids that name a document, in their order. */
export async function findDocuments(
  { strict: db }: OnggiDatabase,
  ids: readonly string[],
): Promise<ReadonlyMap<string, LibraryDocument>> {
  const rows = await read(() => db.documents.bulkGet([...ids]));
  return new Map(rows.flatMap((row) => (row ? [[row.id, row]] : [])));
}

/** The documents that came with exports of a product under that name. */
export async function findDocumentsFrom(
  { strict: db }: OnggiDatabase,
  source: string,
  sourceName: string,
): Promise<readonly LibraryDocument[]> {
  const found: LibraryDocument[] = [];
  for await (const page of readTablePages(db.documents, ({ id }) => id)) {
    for (const row of page) {
      const isOfSource = readDocumentDetails(row).source === source;
      if (isOfSource && row.metadata['source_name'] === sourceName) found.push(row);
    }
  }
  return found;
}

/** The chunk of that id; undefined when there is none. */
export const getChunk = (
  { strict: db }: OnggiDatabase,
  id: string,
): Promise<DocumentChunk | undefined> => read(() => db.documentChunks.get(id));

/** The chunk of a document that stands at that place; undefined when there is none. */
export async function getChunkAt(
  db: OnggiDatabase,
  documentId: string,
  seq: number,
): Promise<DocumentChunk | undefined> {
  const [chunk] = await readChunkRange(db, documentId, seq, seq + 1);
  return chunk;
}

/** Adds a document that is not there. @returns false when it is: then nothing is changed */
export function addDocument({ strict: db }: OnggiDatabase, fresh: NewDocument): Promise<boolean> {
  const { document, chunks } = createDocumentRows(fresh);
  return commit(() =>
    db.transaction('rw', db.documents, db.documentChunks, async () => {
      if (await db.documents.get(document.id)) return false;
      await db.documents.add(document);
      await putChunks(db, chunks);
      return true;
    }),
  );
}

/** Puts a document in the place of the one with its id, whose text may be another. */
export async function replaceDocument(db: OnggiDatabase, rows: DocumentRows): Promise<void> {
  await renewDocument(db, rows.document.id, () => rows);
}

/**
 * Makes a document of the one that is there, or of none.
 * @param make Gives the rows to be stored, without chunks where the text stays; undefined to change nothing.
 * @returns whether anything was stored
 */
export function renewDocument(
  { strict: db }: OnggiDatabase,
  id: string,
  make: (stored: LibraryDocument | undefined) => DocumentChange | undefined,
): Promise<boolean> {
  return commit(() =>
    db.transaction('rw', db.documents, db.documentChunks, async () => {
      const rows = make(await db.documents.get(id));
      if (!rows) return false;
      const { document, chunks } = rows;
      await db.documents.put(document);
      if (!chunks) return true;
      const kept = new Set(chunks.map((chunk) => chunk.id));
      const before = await chunkKeys(db, document.id);
      await db.documentChunks.bulkDelete(before.filter((chunkId) => !kept.has(chunkId)));
      await putChunks(db, chunks);
      return true;
    }),
  );
}

/** Gives a document another name. Nothing happens when it is gone. */
export function renameDocument(
  { strict: db }: OnggiDatabase,
  id: string,
  name: string,
  now: number,
): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.documents, async () => {
      const document = await db.documents.get(id);
      if (!document) return;
      // Beside the date of the text: another device may have a later one.
      const metadata = { ...document.metadata, renamed_at: now };
      await db.documents.put({ ...document, name, updatedAt: now, metadata });
    }),
  );
}

/**
 * Deletes documents with their text, of all of them or none, and their names out of the reports of imports.
 * @returns what is gone, for undoing it
 */
export async function removeDocuments(
  { strict: db }: OnggiDatabase,
  ids: readonly string[],
): Promise<readonly DocumentRows[]> {
  const naming = await findNamingDocuments(db, await namesOf(db, ids));
  return commit(() =>
    db.transaction('rw', db.documents, db.documentChunks, db.imports, async () => {
      const removed: DocumentRows[] = [];
      for (const id of ids) {
        const rows = await deleteRows(db, id);
        if (rows) removed.push(rows);
      }
      await forgetDocumentNames(
        db,
        removed.map(({ document }) => document.name),
        naming,
      );
      return removed;
    }),
  );
}

/**
 * {@link removeDocuments} of any number of documents, a transaction each, while no import goes on. The reports
 * are read once for all of them and forget the names first: whatever is stopped, no name outlives its document.
 * @returns after each document, whether it was there
 */
export async function* removeDocumentsOneByOne(
  { strict: db }: OnggiDatabase,
  ids: readonly string[],
): AsyncGenerator<boolean> {
  const names = await namesOf(db, ids);
  const naming = await findNamingDocuments(db, names);
  if (naming.noting.size > 0) {
    await commit(() =>
      db.transaction('rw', db.imports, () => forgetDocumentNames(db, names, naming)),
    );
  }
  for (const id of ids) {
    const rows = await commit(() =>
      db.transaction('rw', db.documents, db.documentChunks, () => deleteRows(db, id)),
    );
    yield rows !== undefined;
  }
}

async function namesOf(db: OnggiDexie, ids: readonly string[]): Promise<readonly string[]> {
  const rows = await read(() => db.documents.bulkGet([...ids]));
  return rows.flatMap((row) => row?.name ?? []);
}

/** In a transaction of its caller. */
async function deleteRows(db: OnggiDexie, id: string): Promise<DocumentRows | undefined> {
  const document = await db.documents.get(id);
  if (!document) return undefined;
  const chunks = await chunksOf(db, id).toArray();
  await db.documents.delete(id);
  // By their keys: of a range the change feed could not say what went.
  await db.documentChunks.bulkDelete(chunks.map((chunk) => chunk.id));
  return { document, chunks };
}

/** Brings back what {@link removeDocuments} took; what is there again stays as it is. */
export function restoreDocuments(
  { strict: db }: OnggiDatabase,
  removed: readonly DocumentRows[],
): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.documents, db.documentChunks, async () => {
      for (const { document, chunks } of removed) {
        if (await db.documents.get(document.id)) continue;
        await db.documents.add(document);
        await putChunks(db, chunks);
      }
    }),
  );
}

/** Chunks read at once. */
const READ_AT_ONCE = 500;

/** All chunks of a document, in order. */
export async function readAllChunks(
  db: OnggiDatabase,
  documentId: string,
): Promise<readonly DocumentChunk[]> {
  const all: DocumentChunk[] = [];
  for (let from = 0; ; from += READ_AT_ONCE) {
    const chunks = await readChunkRange(db, documentId, from, from + READ_AT_ONCE);
    all.push(...chunks);
    if (chunks.length < READ_AT_ONCE) return all;
  }
}

/**
 * A document with its whole text; undefined when it is not there. The text is null when chunks of it are
 * missing: half a text given out as the whole would overwrite a whole one elsewhere.
 */
export async function readDocumentWithText(
  db: OnggiDexie,
  id: string,
): Promise<(LibraryDocument & { readonly text: string | null }) | undefined> {
  return read(() =>
    db.transaction('r', db.documents, db.documentChunks, async () => {
      const document = await db.documents.get(id);
      if (!document) return undefined;
      const chunks = await chunksOf(db, id).toArray();
      const wanted = document.metadata['chunk_count'];
      const isEnough = typeof wanted === 'number' ? chunks.length >= wanted : chunks.length > 0;
      const isWhole = isEnough && chunks.every(({ seq }, place) => seq === place);
      return { ...document, text: isWhole ? chunks.map(({ text }) => text).join('') : null };
    }),
  );
}

/**
 * Makes the chunks of documents anew, of which each has its text or, with null, keeps what it has. What the
 * stored documents say of their length is made true.
 */
export async function putDocumentTexts(
  db: OnggiDexie,
  documents: readonly { readonly id: string; readonly text: string | null }[],
): Promise<void> {
  for (const { id, text } of documents) {
    if (text === null) continue;
    await read(() =>
      db.transaction('rw', db.documents, db.documentChunks, async () => {
        const chunks = cutIntoChunks(id, text);
        await db.documentChunks.bulkDelete(await chunkKeys(db, id));
        await putChunks(db, chunks);
        const document = await db.documents.get(id);
        if (!document) return;
        const { characterCount, chunkCount } = readDocumentDetails(document);
        if (characterCount === text.length && chunkCount === chunks.length) return;
        const lengths = { character_count: text.length, chunk_count: chunks.length };
        await db.documents.put({ ...document, metadata: { ...document.metadata, ...lengths } });
      }),
    );
  }
}

async function putChunks(db: OnggiDexie, chunks: readonly DocumentChunk[]): Promise<void> {
  for (let from = 0; from < chunks.length; from += CHUNKS_AT_ONCE) {
    await db.documentChunks.bulkPut(chunks.slice(from, from + CHUNKS_AT_ONCE));
  }
}

const chunkKeys = (db: OnggiDexie, documentId: string): PromiseLike<string[]> =>
  chunksOf(db, documentId).primaryKeys();

const chunksOf = (db: OnggiDexie, documentId: string) =>
  db.documentChunks
    .where('[documentId+seq]')
    .between([documentId, Dexie.minKey], [documentId, Dexie.maxKey]);
