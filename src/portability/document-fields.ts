/** A document of the library as files of ours hold it: its row with its whole text. */
import { DOCUMENT_FIELDS } from '#domain/document-fields.ts';
import { readFields, writeFields } from '#domain/file-fields.ts';
import { isFileObject } from '#domain/file-object.ts';
import type { FileObject } from '#domain/file-object.ts';
import type { ReadItem } from '#domain/imported.ts';
import type { LibraryDocument } from '#domain/stored-rows.ts';

/** A document of the library; its text is null where some of it is missing. */
export type DocumentWithText = LibraryDocument & { readonly text: string | null };

/** The document in the words of a file. */
export function writeDocumentFields(document: DocumentWithText): FileObject {
  return writeFields(DOCUMENT_FIELDS, document);
}

/** A document of the library out of a file of ours; one without its text is skipped by its name. */
export function readDocumentFields(object: FileObject): ReadItem {
  const { values } = readFields(DOCUMENT_FIELDS, object);
  const { id, name, mediaType, sizeBytes, createdAt, updatedAt, metadata, text } = values;
  if (typeof id !== 'string' || id === '' || typeof name !== 'string') {
    return { kind: 'skipped', reason: 'unreadable_element', label: null };
  }
  if (typeof text !== 'string') {
    return { kind: 'skipped', reason: 'document_without_text', label: name.slice(0, 80) };
  }
  const createdMs = typeof createdAt === 'number' ? createdAt : 0;
  const row = {
    id,
    name,
    mediaType: typeof mediaType === 'string' ? mediaType : '',
    sizeBytes: typeof sizeBytes === 'number' ? sizeBytes : 0,
    createdAt: createdMs,
    updatedAt: typeof updatedAt === 'number' ? updatedAt : createdMs,
    metadata: isFileObject(metadata) ? metadata : {},
  };
  const place = { source: 'onggi', sourceId: id, collection: null } as const;
  return { kind: 'document', document: { ...place, name, text, createdAt: createdMs, row } };
}
