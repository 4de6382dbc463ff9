import { findDocuments, renewDocument } from '#db/documents.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { fateOfDocument, importedDocumentId, toDocumentRows } from '#domain/imported-documents.ts';
import type { DocumentFate } from '#domain/imported-documents.ts';
import type { ImportedDocument } from '#domain/imported.ts';

/** What importing a document would do. @throws OnggiError `db/*` */
export async function findDocumentFate(
  db: OnggiDatabase,
  imported: ImportedDocument,
): Promise<DocumentFate> {
  const id = importedDocumentId(imported);
  return fateOfDocument((await findDocuments(db, [id])).get(id), imported);
}

/** Stores a document of an export in the library, unless it is there and the same. @throws OnggiError `db/*` */
export async function writeDocument(
  db: OnggiDatabase,
  imported: ImportedDocument,
  made: { readonly now: number; readonly importId: string },
): Promise<{ readonly id: string; readonly fate: DocumentFate }> {
  const id = importedDocumentId(imported);
  let fate: DocumentFate = 'unchanged';
  await renewDocument(db, id, (stored) => {
    fate = fateOfDocument(stored, imported);
    return fate === 'unchanged' ? undefined : toDocumentRows(stored, imported, made);
  });
  return { id, fate };
}
