/** Documents of an export as documents of the library, known again by where they come from. */
import type { ImportedDocument } from './imported.ts';
import { digestText } from './imported.ts';
import { memoryMarks } from './imported-memories.ts';
import {
  createDocumentRows,
  cutIntoChunks,
  readDocumentDetails,
  toDocumentName,
} from './library.ts';
import type { DocumentRows } from './library.ts';
import { isRenamed, mergeDocuments, readEarlierDigests } from './merge-documents.ts';
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
  if (imported.row) return mergeDocuments(stored, imported.row) ? 'updated' : 'unchanged';
  const digest = digestOf(imported);
  const isKnown = readDocumentDetails(stored).sourceDigest === digest;
  return isKnown || readEarlierDigests(stored).includes(digest) ? 'unchanged' : 'updated';
}

/** A document as it is to be stored; without passages where its text stays as it is. */
export type DocumentChange = Pick<DocumentRows, 'document'> & Partial<DocumentRows>;

/**
 * The rows of an imported document. What is here already keeps its id, the date on which it was added,
 * and a name that the person gave it.
 */
export function toDocumentRows(
  stored: LibraryDocument | undefined,
  imported: ImportedDocument,
  { id, now, importId }: { readonly id: string; readonly now: number; readonly importId: string },
): DocumentChange {
  const { name, text, collection, source, createdAt, row, memoryOf = null } = imported;
  if (row) return toOwnRows(stored, row, { text, importId });
  const { document, chunks } = createDocumentRows({
    id,
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
  const earlier = last ? [last, ...readEarlierDigests(stored)].slice(0, MAX_EARLIER) : [];
  const { metadata: before = {} } = stored ?? {};
  const metadata = {
    ...document.metadata,
    ...(earlier.length > 0 && { earlier_digests: earlier }),
    source_name: toDocumentName(name),
    ...(createdAt !== null && { source_created_at: createdAt }),
    text_changed_at: now,
    ...(before['renamed_at'] !== undefined && { renamed_at: before['renamed_at'] }),
    ...(before['source_account'] !== undefined && { source_account: before['source_account'] }),
    ...memoryMarks(memoryOf),
    import_id: before['import_id'] ?? importId,
  };
  return { document: { ...document, metadata }, chunks };
}

/** A document of our own as it was; its passages are cut anew, and what it says of them is made true. */
function toOwnRows(
  stored: LibraryDocument | undefined,
  row: LibraryDocument,
  { text, importId }: { readonly text: string; readonly importId: string },
): DocumentChange {
  const merged = stored && mergeDocuments(stored, row);
  if (merged && !merged.takesText) return { document: merged.row };
  const chunks = cutIntoChunks(row.id, text);
  const { import_id: _there, ...metadata } = row.metadata;
  const { row: document } = merged ?? {
    row: { ...row, metadata: { ...metadata, import_id: importId } },
  };
  const lengths = { character_count: text.length, chunk_count: chunks.length };
  return { document: { ...document, metadata: { ...document.metadata, ...lengths } }, chunks };
}

const digestOf = ({ name, collection, text }: ImportedDocument): string =>
  digestText(JSON.stringify([name, collection, text]));
