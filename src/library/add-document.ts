import { addDocument, findDocuments } from '#db/documents.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { Clock } from '#domain/ids.ts';
import { fileDocumentId } from '#domain/library.ts';
import { readDocument } from './read-document.ts';
import type { ReadDocumentOptions } from './read-document.ts';

/** What became of a file. */
export interface AddedDocument {
  readonly kind: 'added' | 'there';
  readonly id: string;
  /** The name it has in the library: what is there already may have got another. */
  readonly name: string;
}

/**
 * Reads a file and stores it as a document, whole or not at all. A file with the same name and text as one
 * before is not stored again, whatever that one is called now.
 * @throws as `readDocument`; OnggiError `db/*`
 */
export async function addDocumentFile(
  { db, clock }: { readonly db: OnggiDatabase; readonly clock: Clock },
  file: File,
  options: ReadDocumentOptions,
): Promise<AddedDocument> {
  const { text, mediaType } = await readDocument(file, options);
  const id = fileDocumentId(file.name, text);
  const there = (await findDocuments(db, [id])).get(id);
  if (there) return { kind: 'there', id, name: there.name };
  const now = clock();
  const isAdded = await addDocument(db, {
    id,
    name: file.name,
    mediaType,
    sizeBytes: file.size,
    text,
    createdAt: now,
    updatedAt: now,
    source: 'file',
  });
  return { kind: isAdded ? 'added' : 'there', id, name: file.name };
}
