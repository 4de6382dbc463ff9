import { OnggiError } from '#domain/errors.ts';
import type { ReadItem } from '#domain/imported.ts';
import {
  CONVERSATION_FORMAT,
  CONVERSATION_FORMAT_VERSION,
} from '#portability/conversation-fields.ts';
import type { JsonFormat, ReadContext } from './format.ts';
import { DOCUMENT_TEXTS } from './onggi-document.ts';
import { readNative } from './read-native.ts';
import type { NoteSet } from './read-said.ts';
import { asArray, asText, isObject, member } from './read-value.ts';
import { skipped } from './skipped.ts';

/**
 * What stands beside the JSON in an archive of ours and holds nothing more to import: the pages to
 * read, and files of messages, of which one may itself look like an export.
 */
const ARCHIVE_FILES = [
  DOCUMENT_TEXTS,
  /^index\.html$/,
  /^\d{4}-\d{2}-\d{2}(?: .*)?\.html$/s,
  /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-/,
];

/**
 * Our own conversation JSON (FORMATS 3.2): one object, or an array of them. Everything comes back,
 * the whole tree with its ids. `read` throws `file/newer-version` for a file that a newer onggi
 * wrote: a part of it, taken for the whole, would be worse than nothing.
 */
export const onggiJson: JsonFormat = {
  kind: 'json',
  id: 'onggi-json',
  source: 'onggi',
  matches: ({ first }) => member(first, 'format') === CONVERSATION_FORMAT,
  unit: 'elements',
  ignored: ARCHIVE_FILES,
  read,
};

function* read(value: unknown, context: ReadContext): Generator<ReadItem> {
  if (!isObject(value)) {
    yield skipped('not_an_object', null);
    return;
  }
  refuseNewerVersion(member(value, 'format_version'));
  if (!Array.isArray(value['messages'])) {
    const label = asText(value['title']) ?? asText(value['conversation_id']);
    yield skipped('no_messages_field', label);
    return;
  }
  const notes: NoteSet = new Set();
  const branches = value['branch_messages'];
  if (branches !== undefined && !Array.isArray(branches)) notes.add('value_ignored');
  yield readNative(
    {
      object: value,
      path: asArray(value['messages']),
      branches: asArray(branches),
      source: 'onggi',
      notes,
    },
    context,
  );
}

/** @throws OnggiError `file/newer-version` with the file's version as detail. */
export function refuseNewerVersion(version: unknown): void {
  if (typeof version !== 'number' || version <= CONVERSATION_FORMAT_VERSION) return;
  throw new OnggiError('file/newer-version', `conversation format ${version}`, {
    detail: String(version),
  });
}
