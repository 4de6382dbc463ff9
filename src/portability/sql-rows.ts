import type { Conversation } from '#domain/conversation.ts';
import type { Endpoint } from '#domain/endpoint.ts';
import {
  INSTANT,
  INTEGER,
  NAME,
  TEXT,
  TEXTS,
  optional,
  required,
  writeFields,
} from '#domain/file-fields.ts';
import { isFileObject } from '#domain/file-object.ts';
import type { Field } from '#domain/file-fields.ts';
import type { FileObject } from '#domain/file-object.ts';
import {
  writeConversation,
  writeEndpoint,
  writeMessage,
  writeSession,
  writeUsage,
  writeUserSettings,
  writeUserSettingsExtras,
} from '#domain/file-rows.ts';
import { toIsoInstant } from '#domain/instants.ts';
import type { Message } from '#domain/message.ts';
import type { Session } from '#domain/session.ts';
import type { Attachment, Draft, SchemaVersion } from '#domain/stored-rows.ts';
import type { UsageStatistic } from '#domain/usage.ts';
import type { UserSettings } from '#domain/user-settings.ts';
import { writeDocumentFields } from './document-fields.ts';
import type { DocumentWithText } from './document-fields.ts';
import { createKnownIds } from './known-sql-ids.ts';
import { sqlTable } from './sql-schema.ts';
import type { SqlTable, SqlTableName } from './sql-schema.ts';

/** A table in pages; see db/table-pages.ts. */
export type RowPages<Row> = AsyncIterable<readonly Row[]>;

/** The whole store as an SQL export reads it, each table once. */
export interface StorePages {
  readonly userSettings: RowPages<UserSettings>;
  readonly sessions: RowPages<Session>;
  readonly usageStatistics: RowPages<UsageStatistic>;
  readonly schemaVersions: RowPages<SchemaVersion>;
  readonly endpoints: RowPages<Endpoint>;
  readonly drafts: RowPages<Draft>;
  readonly conversations: RowPages<Conversation>;
  readonly messages: RowPages<Message>;
  /** Small pages: their bytes are in memory. */
  readonly attachments: RowPages<Attachment>;
  /** Small pages, for their text. */
  readonly documents: RowPages<DocumentWithText>;
}

/** Rows of one table, by column name, as domain/file-rows.ts writes them. */
export interface SqlPage {
  readonly table: SqlTable;
  readonly objects: readonly FileObject[];
}

/** What an export wrote. */
export interface SqlTally {
  readonly rowsByTable: Partial<Record<SqlTableName, number>>;
  /**
   * Rows that stayed behind: messages and attachments of a conversation that is not in the file
   * (written while the export ran), days of usage whose date is none, and damaged rows.
   */
  leftOutCount: number;
}

export const DRAFT_COLUMNS: readonly Field[] = [
  required('draft_id', 'id', NAME),
  required('text', 'text', TEXT),
  optional('pasted', 'pasted', TEXTS),
  optional('updated_at', 'updatedAt', INSTANT),
];

const SCHEMA_VERSION_COLUMNS: readonly Field[] = [
  required('version', 'version', INTEGER),
  required('applied_at', 'appliedAt', INSTANT),
  optional('description', 'description', TEXT),
];

const ATTACHMENT_COLUMNS: readonly Field[] = [
  required('attachment_id', 'id', NAME),
  required('conversation_id', 'conversationId', NAME),
  optional('message_id', 'messageId', NAME),
  required('name', 'name', TEXT),
  optional('media_type', 'mediaType', TEXT),
  optional('size_bytes', 'sizeBytes', INTEGER),
];

/**
 * The rows of a store as rows of the tables of sql-schema.ts, every referenced row before the one
 * that refers to it. Sessions and people that a row names and the store no longer has get a row that
 * is marked as a placeholder (known-sql-ids.ts), so that the foreign keys of the specification hold.
 * @param tally Counted up while the pages are read.
 */
export async function* readSqlPages(store: StorePages, tally: SqlTally): AsyncGenerator<SqlPage> {
  for await (const page of collectPages(store, tally)) {
    if (page.objects.length === 0) continue;
    const { rowsByTable } = tally;
    rowsByTable[page.table.name] = (rowsByTable[page.table.name] ?? 0) + page.objects.length;
    yield page;
  }
}

async function* collectPages(store: StorePages, tally: SqlTally): AsyncGenerator<SqlPage> {
  const known = createKnownIds();
  for await (const page of mapPages('user_settings', store.userSettings, settingsObject, tally)) {
    known.add('user_id', page.objects);
    yield page;
  }
  for await (const page of mapPages('sessions', store.sessions, writeSession, tally)) {
    known.add('session_id', page.objects);
    yield page;
  }
  for await (const page of mapPages('usage_statistics', store.usageStatistics, writeUsage, tally)) {
    const objects = kept(page.objects, ({ date }) => isCalendarDay(date), tally);
    yield known.standInUsers(objects);
    yield { ...page, objects };
  }
  yield* mapPages('schema_versions', store.schemaVersions, schemaVersionObject, tally);
  yield* mapPages('endpoints', store.endpoints, writeEndpoint, tally);
  yield* mapPages('drafts', store.drafts, draftObject, tally);
  for await (const page of mapPages('conversations', store.conversations, talkObject, tally)) {
    known.add('conversation_id', page.objects);
    yield known.standInSessions(page.objects, 'created_at');
    yield page;
  }
  for await (const page of mapPages('messages', store.messages, messageObject, tally)) {
    const objects = kept(page.objects, known.hasConversation, tally);
    yield known.standInSessions(objects, 'timestamp');
    yield { ...page, objects };
  }
  for await (const page of mapPages('attachments', store.attachments, attachmentObject, tally)) {
    yield { ...page, objects: kept(page.objects, known.hasConversation, tally) };
  }
  yield* mapPages('documents', store.documents, writeDocumentFields, tally);
}

/** A row that cannot be written stays behind; it must not cost the others. */
async function* mapPages<Row>(
  name: SqlTableName,
  pages: RowPages<Row>,
  write: (row: Row) => FileObject,
  tally: SqlTally,
): AsyncGenerator<SqlPage> {
  const table = sqlTable(name);
  for await (const rows of pages) {
    const objects = rows.flatMap((row) => {
      try {
        return [write(row)];
      } catch {
        tally.leftOutCount += 1;
        return [];
      }
    });
    yield { table, objects: kept(objects, (object) => hasKey(table, object), tally) };
  }
}

function kept(
  objects: readonly FileObject[],
  isKept: (object: FileObject) => boolean,
  tally: SqlTally,
): readonly FileObject[] {
  const rest = objects.filter(isKept);
  tally.leftOutCount += objects.length - rest.length;
  return rest;
}

/** The first column is the key of every table. */
function hasKey({ columns: [key] }: SqlTable, object: FileObject): boolean {
  const value = key && object[key.name];
  return key?.kind === 'integer'
    ? Number.isSafeInteger(value)
    : typeof value === 'string' && value !== '';
}

/** The specification wants a session everywhere; a row that names none gets one name for all. */
function withSession(object: FileObject): FileObject {
  const id = object['session_id'];
  return typeof id === 'string' && id !== '' ? object : { ...object, session_id: 'unknown' };
}

const talkObject = (row: Conversation): FileObject => withSession(writeConversation(row));
const messageObject = (row: Message): FileObject => withSession(writeMessage(row));
const draftObject = (row: Draft): FileObject => writeFields(DRAFT_COLUMNS, row);
const schemaVersionObject = (row: SchemaVersion): FileObject =>
  writeFields(SCHEMA_VERSION_COLUMNS, row);

function settingsObject(settings: UserSettings): FileObject {
  return { ...writeUserSettings(settings), extra: writeUserSettingsExtras(settings) };
}

function attachmentObject(attachment: Attachment): FileObject {
  return { ...writeFields(ATTACHMENT_COLUMNS, attachment), bytes: attachment.bytes };
}

const DAY = /^[1-9]\d{3}-\d{2}-\d{2}$/;

/** Whether a text is a day that a DATE column takes: the years 1000 to 9999. */
function isCalendarDay(date: unknown): boolean {
  if (typeof date !== 'string' || !DAY.test(date)) return false;
  const at = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(at) && toIsoInstant(at).startsWith(date);
}

/** The value of a JSON column as JSON text; the row writers give some of them as text already. */
export function toJsonText(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The object that a JSON column holds, however it is given; empty when it holds none. */
export function toJsonObject(value: unknown): FileObject {
  const parsed: unknown = typeof value === 'string' ? JSON.parse(value) : value;
  return isFileObject(parsed) ? parsed : {};
}
