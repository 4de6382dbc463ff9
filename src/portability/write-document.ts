import { findDocuments, findDocumentsFrom, readAllChunks, renewDocument } from '#db/documents.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { fateOfDocument, importedDocumentId, toDocumentRows } from '#domain/imported-documents.ts';
import type { DocumentFate } from '#domain/imported-documents.ts';
import { findSameMemory, isMemory } from '#domain/imported-memories.ts';
import type { ImportedMemory, KnownMemory } from '#domain/imported-memories.ts';
import type { ImportedDocument } from '#domain/imported.ts';
import { toDocumentName } from '#domain/library.ts';

/** What importing a document would do. @throws OnggiError `db/*` */
export async function findDocumentFate(
  db: OnggiDatabase,
  imported: ImportedDocument,
): Promise<DocumentFate> {
  const id = await findDocumentId(db, imported);
  return fateOfDocument((await findDocuments(db, [id])).get(id), imported);
}

/** Stores a document of an export in the library, unless it is there and the same. @throws OnggiError `db/*` */
export async function writeDocument(
  db: OnggiDatabase,
  imported: ImportedDocument,
  made: { readonly now: number; readonly importId: string },
): Promise<{ readonly id: string; readonly fate: DocumentFate }> {
  const id = await findDocumentId(db, imported);
  let fate: DocumentFate = 'unchanged';
  await renewDocument(db, id, (stored) => {
    fate = fateOfDocument(stored, imported);
    return fate === 'unchanged' ? undefined : toDocumentRows(stored, imported, { ...made, id });
  });
  return { id, fate };
}

/** The id of the document that is here, or that it gets. */
async function findDocumentId(db: OnggiDatabase, imported: ImportedDocument): Promise<string> {
  return isMemory(imported) ? findMemoryId(db, imported) : importedDocumentId(imported);
}

/** Where the export does not say whose it is, a memory gets a place that no other one has. */
async function findMemoryId(db: OnggiDatabase, imported: ImportedMemory): Promise<string> {
  const { source, sourceId, name, memoryOf } = imported;
  const id = importedDocumentId(imported);
  if (memoryOf !== null && (await findDocuments(db, [id])).has(id)) return id;
  const known: KnownMemory[] = [];
  for (const document of await findDocumentsFrom(db, source, toDocumentName(name))) {
    const chunks = await readAllChunks(db, document.id);
    known.push({ document, text: chunks.map(({ text }) => text).join('') });
  }
  const same = findSameMemory(known, imported);
  if (same) return same.id;
  for (let place = 1; ; place += 1) {
    const numbered = place === 1 ? sourceId : `${sourceId} ${place}`;
    const free = importedDocumentId({ ...imported, sourceId: numbered });
    if (!(await findDocuments(db, [free])).has(free)) return free;
  }
}
