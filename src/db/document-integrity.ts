/** Whether the documents of the library and their passages agree, and what mends it. */
import { Dexie } from 'dexie';
import { readDocumentDetails, toDocumentName } from '#domain/library.ts';
import type { DocumentUndo } from '#domain/maintenance.ts';
import type { LibraryDocument, MaintenanceRun } from '#domain/stored-rows.ts';
import { commit, read } from './commit.ts';
import { readDocumentIds } from './documents.ts';
import { findNextGroup } from './next-group.ts';
import type { OnggiDexie } from './onggi-dexie.ts';
import type { OnggiDatabase } from './open-database.ts';

/** What is wrong in the library. */
export interface DocumentFindings {
  /** Ids that passages name and that no document has. */
  readonly ownerless: readonly string[];
  /** Documents with fewer passages than they say. */
  readonly lackingCount: number;
}

/** Looks through all documents and the keys of all passages. Reads no text. */
export async function checkDocuments(
  database: OnggiDatabase,
  signal?: AbortSignal,
): Promise<DocumentFindings | undefined> {
  const { strict: db } = database;
  const ownerless: string[] = [];
  for (let id = await findNextOwner(db, null); id !== undefined; id = await findNextOwner(db, id)) {
    if (signal?.aborted) return undefined;
    if (await isOwnerless(db, id)) ownerless.push(id);
  }
  let lackingCount = 0;
  for (const id of await readDocumentIds(database)) {
    if (signal?.aborted) return undefined;
    if (await isLackingPassages(db, id)) lackingCount += 1;
  }
  return { ownerless, lackingCount };
}

/** Whether a document has fewer passages than it says, at one moment. */
function isLackingPassages(db: OnggiDexie, id: string): Promise<boolean> {
  return read(() =>
    db.transaction('r', db.documents, db.documentChunks, async () => {
      const document = await db.documents.get(id);
      // One from elsewhere may not say how many there are.
      if (!document || typeof document.metadata['chunk_count'] !== 'number') return false;
      const keys = await passagesOf(db, id).primaryKeys();
      return keys.length < readDocumentDetails(document).chunkCount;
    }),
  );
}

/** Whether a document of that text is there and has lost passages of it: another copy can give them back. */
export async function lacksPassagesOf(db: OnggiDexie, copy: LibraryDocument): Promise<boolean> {
  const here = await read(() => db.documents.get(copy.id));
  if (!here) return false;
  const [own, there] = [here, copy].map(readDocumentDetails);
  const isSameText =
    own?.characterCount === there?.characterCount && own?.sourceDigest === there?.sourceDigest;
  return isSameText && isLackingPassages(db, copy.id);
}

/** Whether passages name a document that is not there, at one moment. */
function isOwnerless(db: OnggiDexie, id: string): Promise<boolean> {
  return read(() =>
    db.transaction('r', db.documents, db.documentChunks, async () => {
      if (await db.documents.get(id)) return false;
      return (await passagesOf(db, id).limit(1).primaryKeys()).length > 0;
    }),
  );
}

const passagesOf = (db: OnggiDexie, id: string) =>
  db.documentChunks.where('[documentId+seq]').between([id, Dexie.minKey], [id, Dexie.maxKey]);

/** The document after `id` in the index of passages that has any; undefined at the end. */
const findNextOwner = (db: OnggiDexie, id: string | null): Promise<string | undefined> =>
  findNextGroup(db.documentChunks, '[documentId+seq]', id);

/**
 * Makes a document for passages that have none, so that their text is found and read again, in one
 * transaction with the note of how to undo that. Durable.
 * @param now Epoch milliseconds.
 */
export function adoptPassages(
  { strict: db }: OnggiDatabase,
  id: string,
  now: number,
  noteIn: (undo: DocumentUndo) => MaintenanceRun,
): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.documents, db.documentChunks, db.maintenanceRuns, async () => {
      const chunks = await passagesOf(db, id).toArray();
      const [first] = chunks;
      if (!first || (await db.documents.get(id))) return;
      const text = chunks.map((chunk) => chunk.text).join('');
      const document: LibraryDocument = {
        id,
        name: toDocumentName(first.text.slice(0, 60)),
        mediaType: 'text/plain',
        sizeBytes: new TextEncoder().encode(text).length,
        createdAt: now,
        updatedAt: now,
        metadata: {
          character_count: text.length,
          // Passages that are lost as well are told from then on.
          chunk_count:
            1 + Math.max(...chunks.map(({ seq }, at) => (Number.isInteger(seq) ? seq : at))),
          source: 'file',
          // Any other copy of it, as in a backup, is the better one.
          text_changed_at: 0,
        },
      };
      await db.documents.add(document);
      await db.maintenanceRuns.put(noteIn({ documentId: id, madeAt: now }));
    }),
  );
}

/**
 * Takes a document away that {@link adoptPassages} made, where it is still as it was made; its passages stay
 * as they were found. Durable.
 */
export function undoAdoption(
  { strict: db }: OnggiDatabase,
  { documentId, madeAt }: DocumentUndo,
  without: MaintenanceRun,
): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.documents, db.maintenanceRuns, async () => {
      await db.maintenanceRuns.put(without);
      const document = await db.documents.get(documentId);
      const isAsMade = document?.createdAt === madeAt && document.updatedAt === madeAt;
      if (isAsMade) await db.documents.delete(documentId);
    }),
  );
}
