import { writeDocumentFields } from './document-fields.ts';
import type { DocumentWithText } from './document-fields.ts';

/** `format` of a document of the library as JSON. */
export const DOCUMENT_FORMAT = 'onggi.document';
export const DOCUMENT_FORMAT_VERSION = 1;

/** How names of documents end in an archive of ours: its text to be read, and what is read back. */
export const DOCUMENT_TEXT = '.document.txt';
export const DOCUMENT_JSON = '.document.json';

/** A document of the library with its text, to come back as it is. */
export function writeDocumentJson(document: DocumentWithText): string {
  const head = { format: DOCUMENT_FORMAT, format_version: DOCUMENT_FORMAT_VERSION };
  return `${JSON.stringify({ ...head, ...writeDocumentFields(document) }, null, 2)}\n`;
}
