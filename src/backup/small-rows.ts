/** The tables that the specification does not have, as objects of a backup (FORMATS 3.4). */
import { DOCUMENT_FIELDS } from '#domain/document-fields.ts';
import {
  INSTANT,
  INTEGER,
  LIST,
  NAME,
  OBJECT,
  TEXT,
  TEXTS,
  UNREADABLE,
  nullable,
  optional,
  readFields,
  required,
  writeFields,
} from '#domain/file-fields.ts';
import { isFileObject } from '#domain/file-object.ts';
import type { Field, FieldKind } from '#domain/file-fields.ts';
import type { FileObject } from '#domain/file-object.ts';
import type { ReadRow } from '#domain/file-rows.ts';
import type {
  Attachment,
  Draft,
  ImportRun,
  LibraryDocument,
  MaintenanceRun,
  SchemaVersion,
} from '#domain/stored-rows.ts';

/** Lists of texts by id. Kept as a plain object, which `__proto__` cannot reach: it is defined, not set. */
const TEXTS_BY_ID: FieldKind = {
  write: (value) => value,
  read: (value) => {
    const object = OBJECT.read(value);
    if (!isFileObject(object)) return UNREADABLE;
    const lists = Object.entries(object).map(([id, list]) => [id, TEXTS.read(list)] as const);
    return Object.fromEntries(lists.filter(([, list]) => list !== UNREADABLE));
  },
};

const SCHEMA_VERSION_FIELDS: readonly Field[] = [
  required('version', 'version', INTEGER),
  required('applied_at', 'appliedAt', INSTANT),
  optional('description', 'description', TEXT),
];

const DRAFT_FIELDS: readonly Field[] = [
  required('draft_id', 'id', NAME),
  required('text', 'text', TEXT),
  optional('pasted', 'pasted', TEXTS),
  optional('updated_at', 'updatedAt', INSTANT),
];

const MAINTENANCE_FIELDS: readonly Field[] = [
  required('run_id', 'id', NAME),
  required('kind', 'kind', TEXT),
  required('started_at', 'startedAt', INSTANT),
  optional('ended_at', 'endedAt', nullable(INSTANT)),
  optional('report', 'report', OBJECT),
];

const IMPORT_FIELDS: readonly Field[] = [
  required('import_id', 'id', NAME),
  required('started_at', 'startedAt', INSTANT),
  optional('ended_at', 'endedAt', nullable(INSTANT)),
  optional('file_names', 'fileNames', TEXTS),
  optional('report', 'report', nullable(OBJECT)),
  optional('created_ids', 'createdIds', TEXTS),
  optional('added_ids', 'addedIds', TEXTS_BY_ID),
  optional('created_document_ids', 'createdDocumentIds', TEXTS),
  optional('added_usage', 'addedUsage', LIST),
  optional('added_session_ids', 'addedSessionIds', TEXTS),
  optional('part_of', 'partOf', TEXT),
  optional('undone_at', 'undoneAt', nullable(INSTANT)),
];

const ATTACHMENT_FIELDS: readonly Field[] = [
  required('attachment_id', 'id', NAME),
  required('conversation_id', 'conversationId', NAME),
  required('message_id', 'messageId', NAME),
  required('name', 'name', TEXT),
  optional('media_type', 'mediaType', TEXT),
  required('size_bytes', 'sizeBytes', INTEGER),
];

/** How the rows of one table are written and read, and which columns there are. */
export interface SmallTable<Row> {
  readonly columns: readonly string[];
  readonly write: (row: Row) => FileObject;
  readonly read: (value: unknown) => ReadRow<Row>;
}

function smallTable<Row extends object>(
  fields: readonly Field[],
  resting: (values: FileObject) => FileObject,
): SmallTable<Row> {
  return {
    columns: fields.map(({ name }) => name),
    write: (row) => writeFields(fields, row),
    read(value) {
      const none = { row: undefined, ignored: [] };
      if (!isFileObject(value)) return none;
      const { values, ignored, isComplete } = readFields(fields, value);
      if (!isComplete) return none;
      // Each value was read by its own kind before.
      const row: unknown = { ...resting(values), ...values };
      return { row: row as Row, ignored };
    },
  };
}

export const SCHEMA_VERSION_ROWS = smallTable<SchemaVersion>(SCHEMA_VERSION_FIELDS, () => ({
  description: '',
}));

/** A document as a file holds it: with its text, of which the chunks are made again; null where it is not said. */
export type StoredText = LibraryDocument & { readonly text: string | null };

export const DOCUMENT_ROWS = smallTable<StoredText>(DOCUMENT_FIELDS, (values) => ({
  mediaType: '',
  sizeBytes: 0,
  updatedAt: values['createdAt'],
  metadata: {},
  text: null,
}));

export const DRAFT_ROWS = smallTable<Draft>(DRAFT_FIELDS, () => ({ pasted: [], updatedAt: 0 }));

export const MAINTENANCE_ROWS = smallTable<MaintenanceRun>(MAINTENANCE_FIELDS, () => ({
  endedAt: null,
  report: {},
}));

/**
 * A run as it is restored: what it noticed of the trash and of unused attachments was of the data it looked
 * at. Else what comes back would be gone again with the next run.
 */
export function withoutNotices(run: MaintenanceRun): MaintenanceRun {
  const { announced: _announced, unused: _unused, ...report } = run.report;
  return { ...run, report };
}

/** With the lists of ids that its undoing needs. */
export const IMPORT_ROWS = smallTable<ImportRun>(IMPORT_FIELDS, () => ({
  endedAt: null,
  fileNames: [],
  report: null,
  createdIds: [],
  addedIds: {},
  undoneAt: null,
}));

/** Without the bytes, which follow in `attachment_parts`: until then there are none. */
export const ATTACHMENT_ROWS = smallTable<Attachment>(ATTACHMENT_FIELDS, () => ({
  mediaType: '',
  bytes: new ArrayBuffer(0),
}));
