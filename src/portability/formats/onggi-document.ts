import { OnggiError } from '#domain/errors.ts';
import { isFileObject } from '#domain/file-object.ts';
import { readDocumentFields } from '#portability/document-fields.ts';
import { DOCUMENT_FORMAT, DOCUMENT_FORMAT_VERSION } from '#portability/document-json.ts';
import type { JsonFormat } from './format.ts';
import { member } from './read-value.ts';
import { skipped } from './skipped.ts';

/** Beside a document in an archive of ours: its text alone. */
export const DOCUMENT_TEXTS = /\.document\.txt$/;

/** A document of the library out of an archive of ours: its row and its text, as they were. */
export const onggiDocument: JsonFormat = {
  kind: 'json',
  id: 'onggi-document',
  source: 'onggi',
  unit: 'whole',
  ignored: [/^index\.html$/, DOCUMENT_TEXTS],
  matches: ({ first }) => member(first, 'format') === DOCUMENT_FORMAT,
  *read(value) {
    if (!isFileObject(value)) {
      yield skipped('not_an_object', null);
      return;
    }
    const version = value['format_version'];
    if (typeof version === 'number' && version > DOCUMENT_FORMAT_VERSION) {
      throw new OnggiError('file/newer-version', `document format ${version}`, {
        detail: String(version),
      });
    }
    yield readDocumentFields(value);
  },
};
