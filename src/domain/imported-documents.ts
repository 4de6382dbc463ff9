/** Documents of an export as documents of the library, known again by where they come from. */
import type { ImportedDocument } from './imported.ts';
import { digestText } from './imported.ts';
import {
  createDocumentRows,
  cutIntoChunks,
  readDocumentDetails,
  toDocumentName,
} from './library.ts';
import type { DocumentRows } from './library.ts';
import { toStableId } from './stable-ids.ts';
import type { LibraryDocument } from './stored-rows.ts';

/** The same document of a source has the same id, in every import and on every device. */
export function importedDocumentId({ source, sourceId, row }: ImportedDocument): string {
  return row?.id ?? toStableId('library', source, sourceId);
}

/** Texts of one document that are remembered as older ones, at most. */
const MAX_EARLIER = 50;

/** What importing a document does. */
export type DocumentFate = 'new' | 'updated' | 'unchanged';

/**
 * A text that the document had before is of an older export, and changes nothing: exports do not say when a
 * document was changed.
 * @param stored The document with its id that is here, if there is one.
 */
export function fateOfDocument(
  stored: LibraryDocument | undefined,
  imported: ImportedDocument,
): DocumentFate {
  if (!stored) return 'new';
  if (imported.row) return imported.row.updatedAt > stored.updatedAt ? 'updated' : 'unchanged';
  const digest = digestOf(imported);
  const isKnown = readDocumentDetails(stored).sourceDigest === digest;
  return isKnown || readEarlier(stored).includes(digest) ? 'unchanged' : 'updated';
}

/** Digests of the texts that it had before, newest first. */
function readEarlier({ metadata }: LibraryDocument): readonly string[] {
  const earlier = metadata['earlier_digests'];
  return Array.isArray(earlier) ? earlier.filter((each) => typeof each === 'string') : [];
}

/**
 * The rows of an imported document. What is here already keeps the date on which it was added, and a name
 * that the person gave it.
 */
export function toDocumentRows(
  stored: LibraryDocument | undefined,
  imported: ImportedDocument,
  { now, importId }: { readonly now: number; readonly importId: string },
): DocumentRows {
  const { name, text, collection, source, createdAt, row } = imported;
  if (row) return toOwnRows(row, text, stored ? stored.metadata['import_id'] : importId);
  const { document, chunks } = createDocumentRows({
    id: importedDocumentId(imported),
    name: stored && isRenamed(stored) ? stored.name : name,
    mediaType: 'text/plain',
    sizeBytes: new TextEncoder().encode(text).length,
    text,
    createdAt: stored?.createdAt ?? now,
    updatedAt: now,
    source,
    collection,
    sourceDigest: digestOf(imported),
  });
  const last = stored && readDocumentDetails(stored).sourceDigest;
  const earlier = last ? [last, ...readEarlier(stored)].slice(0, MAX_EARLIER) : [];
  const metadata = {
    ...document.metadata,
    ...(earlier.length > 0 && { earlier_digests: earlier }),
    source_name: toDocumentName(name),
    ...(createdAt !== null && { source_created_at: createdAt }),
    import_id: stored?.metadata['import_id'] ?? importId,
  };
  return { document: { ...document, metadata }, chunks };
}

/** A document of our own as it was; its passages are cut anew, and what it says of them is made true. */
function toOwnRows(row: LibraryDocument, text: string, importId: unknown): DocumentRows {
  const chunks = cutIntoChunks(row.id, text);
  const { import_id: _there, ...metadata } = row.metadata;
  const own = {
    ...metadata,
    character_count: text.length,
    chunk_count: chunks.length,
    ...(importId !== undefined && { import_id: importId }),
  };
  return { document: { ...row, metadata: own }, chunks };
}

const digestOf = ({ name, collection, text }: ImportedDocument): string =>
  digestText(JSON.stringify([name, collection, text]));

const isRenamed = ({ name, metadata }: LibraryDocument): boolean =>
  typeof metadata['source_name'] === 'string' && metadata['source_name'] !== name;
