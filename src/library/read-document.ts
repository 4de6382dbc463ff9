/** A file that a person adds to the library, as text. */
import { MAX_DOCUMENT_BYTES } from '#domain/library.ts';
import { OnggiError } from '#domain/errors.ts';
import { toFileError } from '#files/file-errors.ts';
import { decodeDocument } from './decode-document.ts';
import type { TextDecoding } from './decode-document.ts';

/** A file as text. */
export interface ReadDocument {
  readonly text: string;
  readonly mediaType: string;
}

export interface ReadDocumentOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told the bytes of each piece that was read. */
  readonly onBytes?: ((count: number) => void) | undefined;
}

/** Bytes read at a time. */
const PIECE_BYTES = 64 * 1024;

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  html: 'text/html',
  htm: 'text/html',
  xhtml: 'text/html',
  md: 'text/markdown',
  markdown: 'text/markdown',
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
  json: 'application/json',
  jsonl: 'application/json',
  ndjson: 'application/json',
  geojson: 'application/json',
};

/**
 * Reads a text file: plain text, Markdown, HTML (its words alone), JSON, CSV, source code.
 * @throws OnggiError `library/not-text` for anything else, `library/unknown-encoding`,
 * `library/too-large`, `file/empty`, `file/unreadable`; the reason of `signal`
 */
export async function readDocument(
  file: File,
  { signal, onBytes }: ReadDocumentOptions = {},
): Promise<ReadDocument> {
  if (file.size > MAX_DOCUMENT_BYTES) {
    throw new OnggiError('library/too-large', `${file.size} bytes`);
  }
  const turn = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
  };
  let decoding: TextDecoding | undefined;
  for (let at = 0; at < file.size; at += PIECE_BYTES) {
    signal?.throwIfAborted();
    const bytes = await readBytes(file.slice(at, at + PIECE_BYTES));
    decoding ??= decodeDocument(bytes);
    decoding.add(bytes);
    onBytes?.(bytes.length);
  }
  const raw = decoding?.end() ?? '';
  const mediaType = mediaTypeOf(file, raw);
  const isPage = mediaType === 'text/html';
  const text = isPage ? await (await loadHtml()).htmlToText(raw, turn) : raw;
  signal?.throwIfAborted();
  if (text.trim() === '') throw new OnggiError('file/empty', 'no text in it');
  return { text, mediaType };
}

const loadHtml = () => import('./html-to-text.ts');

async function readBytes(piece: Blob): Promise<Uint8Array> {
  try {
    return new Uint8Array(await piece.arrayBuffer());
  } catch (cause) {
    throw toFileError(cause);
  }
}

function mediaTypeOf({ name, type }: File, text: string): string {
  const extension = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  const known = MEDIA_TYPES[extension];
  if (known) return known;
  if (/^\s*(<!doctype html|<html[\s>])/i.test(text.slice(0, 1000))) return 'text/html';
  return /^(text\/|application\/(json|xml|javascript))/.test(type) ? type : 'text/plain';
}
