/** Two copies of one document, of two devices: whose text and whose name is later, each by itself. */
import { readDocumentDetails } from './library.ts';
import type { LibraryDocument } from './stored-rows.ts';

/** What a merge makes of the document that is here. */
export interface MergedDocument {
  readonly row: LibraryDocument;
  /** The text of the other one is the later. */
  readonly takesText: boolean;
}

/** Digests of the texts that it had before, newest first. */
export function readEarlierDigests({ metadata }: LibraryDocument): readonly string[] {
  const earlier = metadata['earlier_digests'];
  return Array.isArray(earlier) ? earlier.filter((each) => typeof each === 'string') : [];
}

/** Whether the person gave it another name than its source. */
export function isRenamed({ name, metadata }: LibraryDocument): boolean {
  return typeof metadata['source_name'] === 'string' && metadata['source_name'] !== name;
}

/**
 * The document here with the later text and the later name of two; undefined when those are here. Its
 * day, and the import that brought it, stay: undoing an import of another device must not take it.
 */
export function mergeDocuments(
  here: LibraryDocument,
  other: LibraryDocument,
): MergedDocument | undefined {
  const takesText = hasLaterText(other, here);
  const takesName = hasLaterName(other, here, takesText);
  if (!takesText && !takesName) return undefined;
  const texts = takesText ? other : here;
  const names = takesName ? other : here;
  const { import_id: _import, renamed_at: _renamed, ...metadata } = texts.metadata;
  const row = {
    ...texts,
    name: names.name,
    createdAt: here.createdAt,
    updatedAt: Math.max(here.updatedAt, other.updatedAt),
    metadata: {
      ...metadata,
      ...pick(names.metadata, 'renamed_at'),
      ...pick(here.metadata, 'import_id'),
    },
  };
  return { row, takesText };
}

/** A text that one of them had before is the older; else the dates tell. */
function hasLaterText(other: LibraryDocument, here: LibraryDocument): boolean {
  const [there, own] = [other, here].map((row) => readDocumentDetails(row).sourceDigest);
  if (there && own) {
    if (there === own) return false;
    const wasHere = readEarlierDigests(here).includes(there);
    if (wasHere !== readEarlierDigests(other).includes(own)) return !wasHere;
  }
  return textTimeOf(other) > textTimeOf(here);
}

/** Epoch milliseconds. Of an older row that was renamed only the first date is sure to be of its text. */
function textTimeOf(row: LibraryDocument): number {
  const wasRenamed = isRenamed(row) || timeOf(row, 'renamed_at') !== undefined;
  return timeOf(row, 'text_changed_at') ?? (wasRenamed ? row.createdAt : row.updatedAt);
}

function hasLaterName(other: LibraryDocument, here: LibraryDocument, takesText: boolean): boolean {
  if (other.name === here.name) return false;
  const [there, own] = [nameTimeOf(other), nameTimeOf(here)];
  // Where neither was named by a person, the name goes with the text.
  return there === own ? there === undefined && takesText : (there ?? -1) > (own ?? -1);
}

/** Epoch milliseconds of the name that the person gave it last; undefined where nobody did. */
function nameTimeOf(row: LibraryDocument): number | undefined {
  const at = timeOf(row, 'renamed_at');
  if (at !== undefined) return at;
  const isFile = readDocumentDetails(row).sourceDigest === null;
  // The text of a file never changes: what changed after it was added is its name.
  const wasRenamed = isRenamed(row) || (isFile && row.updatedAt > row.createdAt);
  return wasRenamed ? row.updatedAt : undefined;
}

function timeOf({ metadata }: LibraryDocument, key: string): number | undefined {
  const at = metadata[key];
  return typeof at === 'number' && Number.isFinite(at) ? at : undefined;
}

function pick(metadata: LibraryDocument['metadata'], key: string): LibraryDocument['metadata'] {
  return metadata[key] === undefined ? {} : { [key]: metadata[key] };
}
