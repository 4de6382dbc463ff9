/** Documents of the library: their rows, made from a text, and what their metadata say. */
import { findCut } from './cut-text.ts';
import { digestText } from './imported.ts';
import { toStableId } from './stable-ids.ts';
import type { DocumentChunk, LibraryDocument } from './stored-rows.ts';

/**
 * A larger file is refused: some five thousand pages of text. No text of it is longer than a field of a
 * backup may be (`MAX_FIELD_CHARACTERS`).
 */
export const MAX_DOCUMENT_BYTES = 10_000_000;
/** A chunk is at most so long, in UTF-16 units: half a page, so that a hit in it is seen at once. */
export const MAX_CHUNK_UNITS = 1600;
/** A name is at most so long, in UTF-16 units. */
export const MAX_NAME_UNITS = 255;

/** A document with its text. */
export interface DocumentRows {
  readonly document: LibraryDocument;
  /** In order; together they are the text, to the character. */
  readonly chunks: readonly DocumentChunk[];
}

/** What is known of a document beside its columns; kept in its metadata. */
export interface DocumentDetails {
  /** UTF-16 units of the text. */
  readonly characterCount: number;
  readonly chunkCount: number;
  /** `file`, or the product whose export it came with. */
  readonly source: string;
  /** The project or folder it belonged to there. */
  readonly collection: string | null;
  /** Of what the source said last; null for a file. */
  readonly sourceDigest: string | null;
}

/** What is needed to make a document. */
export interface NewDocument {
  readonly id: string;
  readonly name: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly text: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly source: string;
  readonly collection?: string | null;
  readonly sourceDigest?: string;
}

/** The rows of a document with that text. */
export function createDocumentRows(fresh: NewDocument): DocumentRows {
  const { id, name, mediaType, sizeBytes, text, createdAt, updatedAt } = fresh;
  const chunks = cutIntoChunks(id, text);
  const { source, collection, sourceDigest } = fresh;
  return {
    document: {
      id,
      name: toDocumentName(name),
      mediaType,
      sizeBytes,
      createdAt,
      updatedAt,
      metadata: {
        character_count: text.length,
        chunk_count: chunks.length,
        source,
        ...(collection && { collection }),
        ...(sourceDigest !== undefined && { source_digest: sourceDigest }),
      },
    },
    chunks,
  };
}

/** The id of a file in the library: the same name and text have the same, so that nothing is there twice. */
export function fileDocumentId(name: string, text: string): string {
  return toStableId('library', 'file', name, digestText(text), String(text.length));
}

/** The id of a chunk: its place in its document, so that a text that changed a little changes few rows. */
export const chunkId = (documentId: string, seq: number): string => `${documentId}.${seq}`;

/** The text in pieces of at most {@link MAX_CHUNK_UNITS}, cut where a paragraph, line or sentence ends. */
export function cutIntoChunks(documentId: string, text: string): readonly DocumentChunk[] {
  const chunks: DocumentChunk[] = [];
  for (let from = 0; from < text.length;) {
    const to = findCut(text, from, MAX_CHUNK_UNITS);
    const seq = chunks.length;
    chunks.push({ id: chunkId(documentId, seq), documentId, seq, text: text.slice(from, to) });
    from = to;
  }
  return chunks;
}

/** A name as it is stored: on one line, not too long; the given one where nothing is left of it. */
export function toDocumentName(name: string): string {
  const line = name.replace(/\s+/g, ' ').trim();
  // No character is cut in two.
  return line.slice(0, MAX_NAME_UNITS).replace(/[\ud800-\udbff]$/, '') || '–';
}

/** Reads what the metadata of a document say; of what they do not say, nothing is known. */
export function readDocumentDetails({ metadata }: LibraryDocument): DocumentDetails {
  const count = (value: unknown): number =>
    typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : 0;
  const text = (value: unknown): string | null =>
    typeof value === 'string' && value !== '' ? value : null;
  return {
    characterCount: count(metadata['character_count']),
    chunkCount: count(metadata['chunk_count']),
    source: text(metadata['source']) ?? 'file',
    collection: text(metadata['collection']),
    sourceDigest: text(metadata['source_digest']),
  };
}
