/** Objects of a backup as rows of the database; what had to be decided is noted. */
import type { BackupTable } from '#domain/backup-report.ts';
import type { Conversation } from '#domain/conversation.ts';
import type { Endpoint } from '#domain/endpoint.ts';
import { UNREADABLE } from '#domain/file-fields.ts';
import { isFileObject } from '#domain/file-object.ts';
import type { FileObject } from '#domain/file-object.ts';
import {
  CONVERSATION_COLUMNS,
  ENDPOINT_FIELDS,
  MESSAGE_COLUMNS,
  SESSION_COLUMNS,
  USAGE_COLUMNS,
  USER_SETTINGS_COLUMNS,
  USER_SETTINGS_EXTRAS,
  ownOf,
  readConversation,
  readEndpoint,
  readMessage,
  readSession,
  readUsage,
  readUserSettings,
  readUserSettingsExtras,
} from '#domain/file-rows.ts';
import type { ReadRow } from '#domain/file-rows.ts';
import { readInstant, toIsoInstant } from '#domain/instants.ts';
import type { Message } from '#domain/message.ts';
import type { Session } from '#domain/session.ts';
import type {
  Attachment,
  Draft,
  ImportRun,
  MaintenanceRun,
  SchemaVersion,
} from '#domain/stored-rows.ts';
import type { FileUsage } from '#domain/join-usage-days.ts';
import type { UserSettings } from '#domain/user-settings.ts';
import { MAX_JSON_DEPTH } from '#files/limits.ts';
import { measureJsonDepth } from '#files/scan-json.ts';
import { readPart } from './attachment-parts.ts';
import type { AttachmentPart } from './attachment-parts.ts';
import type { ProblemNotes } from './problems.ts';
import {
  ATTACHMENT_ROWS,
  DOCUMENT_ROWS,
  DRAFT_ROWS,
  IMPORT_ROWS,
  MAINTENANCE_ROWS,
  SCHEMA_VERSION_ROWS,
} from './small-rows.ts';
import type { StoredText } from './small-rows.ts';

/** A message, and what of its place in the tree the file said. */
export interface ReadMessage {
  readonly row: Message;
  /** The specification's own rows have neither. */
  readonly hasSeq: boolean;
  readonly hasParent: boolean;
}

/** Rows of one table, in the order of the file. */
export type TableRows =
  | { readonly table: 'sessions'; readonly rows: readonly Session[] }
  | { readonly table: 'user_settings'; readonly rows: readonly UserSettings[] }
  | { readonly table: 'user_settings_extra'; readonly rows: readonly Partial<UserSettings>[] }
  | { readonly table: 'schema_versions'; readonly rows: readonly SchemaVersion[] }
  | { readonly table: 'endpoints'; readonly rows: readonly Endpoint[] }
  | { readonly table: 'usage_statistics'; readonly rows: readonly FileUsage[] }
  | { readonly table: 'documents'; readonly rows: readonly StoredText[] }
  | { readonly table: 'drafts'; readonly rows: readonly Draft[] }
  | { readonly table: 'maintenance_runs'; readonly rows: readonly MaintenanceRun[] }
  | { readonly table: 'imports'; readonly rows: readonly ImportRun[] }
  | {
      readonly table: 'conversations';
      readonly rows: readonly Conversation[];
      /** For rows without any field of ours, as the specification writes them: the keys they say. */
      readonly seedKeys: ReadonlyMap<Conversation, readonly string[]>;
    }
  | { readonly table: 'messages'; readonly rows: readonly ReadMessage[] }
  | { readonly table: 'attachments'; readonly rows: readonly Attachment[] }
  | { readonly table: 'attachment_parts'; readonly rows: readonly AttachmentPart[] };

const names = (...fields: readonly (readonly { readonly name: string }[])[]): readonly string[] =>
  fields.flat().map(({ name }) => name);

/** Columns by table: any other is left out and noted. */
const COLUMNS: Readonly<Record<BackupTable, ReadonlySet<string>>> = {
  sessions: new Set(names(SESSION_COLUMNS)),
  user_settings: new Set(names(USER_SETTINGS_COLUMNS)),
  user_settings_extra: new Set(names(USER_SETTINGS_EXTRAS)),
  schema_versions: new Set(SCHEMA_VERSION_ROWS.columns),
  endpoints: new Set(names(ENDPOINT_FIELDS)),
  usage_statistics: new Set([...names(USAGE_COLUMNS), 'stat_id', 'avg_response_time', 'extra']),
  documents: new Set(DOCUMENT_ROWS.columns),
  drafts: new Set(DRAFT_ROWS.columns),
  maintenance_runs: new Set(MAINTENANCE_ROWS.columns),
  imports: new Set(IMPORT_ROWS.columns),
  conversations: new Set(names(CONVERSATION_COLUMNS)),
  messages: new Set(names(MESSAGE_COLUMNS)),
  attachments: new Set(ATTACHMENT_ROWS.columns),
  attachment_parts: new Set(['attachment_id', 'index', 'data']),
};

/** Members that may hold a key. They are never read: only their names are. */
const KEY_NAME =
  /^(api[_-]?keys?(_?encrypted)?|keys?|secrets?|key_?ring|authorization|bearer|(access|auth|refresh)_?tokens?|password|passphrase)$/i;

/** Whether a member of that name may hold a key. */
export function isKeyName(name: string): boolean {
  return KEY_NAME.test(name);
}

/** Texts of JSON in a row that are shorter than this cannot be nested too deep. */
const SHALLOW_CHARACTERS = 2 * MAX_JSON_DEPTH;

export interface RowReader {
  read(table: BackupTable, values: readonly unknown[]): TableRows;
}

/**
 * Reads the rows of one file.
 * @param notes Gets what had to be decided.
 * @param sessionId The visit that rows without one are given to.
 */
export function createRowReader(notes: ProblemNotes, sessionId: string): RowReader {
  /** For a message whose own date cannot be read. */
  const lastDates = new Map<string, number>();

  function readEach<Row>(
    table: BackupTable,
    values: readonly unknown[],
    readRow: (value: unknown) => ReadRow<Row>,
  ): Row[] {
    return values.flatMap((value) => {
      const row = readOne(table, value, readRow);
      return row === undefined ? [] : [row];
    });
  }

  function readOne<Row>(
    table: BackupTable,
    value: unknown,
    readRow: (value: unknown) => ReadRow<Row>,
  ): Row | undefined {
    noteColumns(table, value);
    const { row, ignored } = readRow(withoutDeepText(value));
    if (row === undefined) {
      notes.note('rows_unreadable', `${table} ${labelOf(value)}`);
      return undefined;
    }
    for (const name of ignored) notes.note('values_ignored', `${table}.${name}`);
    return row;
  }

  function noteColumns(table: BackupTable, value: unknown): void {
    if (!isFileObject(value)) return;
    for (const name in value) {
      if (COLUMNS[table].has(name)) continue;
      if (!isKeyName(name)) notes.note('unknown_keys', `${table}.${name}`);
      else if (value[name] !== null) notes.note('keys_ignored', `${table}.${name}`);
    }
  }

  function readMessageRow(value: unknown): ReadMessage[] {
    const parsed = withParsedMetadata(value);
    const mended = mendMessage(parsed);
    const row = readOne('messages', mended, readMessage);
    if (!row) return [];
    if (isFileObject(parsed) && parsed['role'] !== row.role) {
      notes.note('roles_unknown', String(parsed['role']));
    }
    noteZone(parsed, 'timestamp');
    lastDates.set(row.conversationId, row.timestamp);
    const own = isFileObject(parsed) ? ownFields(parsed) : {};
    return [
      {
        row,
        hasSeq: Number.isSafeInteger(own['seq']),
        hasParent: Object.hasOwn(own, 'parent_id'),
      },
    ];
  }

  /** A message without text or date keeps what it has: its place is worth more than its date. */
  function mendMessage(value: unknown): unknown {
    if (!isFileObject(value)) return value;
    let mended = value;
    if (value['content'] === null || value['content'] === undefined) {
      notes.note('values_ignored', 'messages.content');
      mended = { ...mended, content: '' };
    }
    if (readInstant(value['timestamp']) === undefined) {
      const before = lastDates.get(String(value['conversation_id'])) ?? 0;
      notes.note('dates_unknown', `messages ${labelOf(value)}`);
      mended = { ...mended, timestamp: toIsoInstant(before) };
    }
    return withSession(mended);
  }

  function readConversationRow(value: unknown): Conversation | undefined {
    const mended = mendConversation(value);
    const row = readOne('conversations', mended, readConversation);
    if (row) {
      noteZone(value, 'created_at');
      lastDates.set(row.id, row.createdAt);
    }
    return row;
  }

  function readConversations(values: readonly unknown[]): TableRows {
    const seedKeys = new Map<Conversation, readonly string[]>();
    const rows = values.flatMap((value) => {
      const parsed = withParsedMetadata(value);
      const row = readConversationRow(parsed);
      if (!row || !isFileObject(parsed)) return [];
      if (Object.keys(ownFields(parsed)).length === 0) seedKeys.set(row, saidKeys(parsed));
      return [row];
    });
    return { table: 'conversations', rows, seedKeys };
  }

  function mendConversation(value: unknown): unknown {
    if (!isFileObject(value)) return value;
    if (readInstant(value['created_at']) !== undefined) return withSession(value);
    const updatedAt = readInstant(value['updated_at'])?.at ?? 0;
    notes.note('dates_unknown', `conversations ${labelOf(value)}`);
    return withSession({ ...value, created_at: toIsoInstant(updatedAt) });
  }

  function withSession(value: FileObject): FileObject {
    const isThere = typeof value['session_id'] === 'string' && value['session_id'] !== '';
    return isThere ? value : { ...value, session_id: sessionId };
  }

  function noteZone(value: unknown, name: string): void {
    const date = isFileObject(value) ? value[name] : undefined;
    if (typeof date !== 'string' || date.endsWith('+00:00')) return;
    if (readInstant(date)?.isZoneAssumed) notes.note('zone_assumed', date);
  }

  function readParts(values: readonly unknown[]): AttachmentPart[] {
    return values.flatMap((value) => {
      const part = readPart(value);
      if (!part) notes.note('attachments_incomplete', `attachment_parts ${labelOf(value)}`);
      return part ? [part] : [];
    });
  }

  return {
    read(table, values) {
      switch (table) {
        case 'sessions':
          return { table, rows: readEach(table, values, readSession) };
        case 'user_settings':
          return { table, rows: readEach(table, values, readUserSettings) };
        case 'user_settings_extra':
          return { table, rows: readEach(table, values, readUserSettingsExtras) };
        case 'schema_versions':
          return { table, rows: readEach(table, values, SCHEMA_VERSION_ROWS.read) };
        case 'endpoints':
          return { table, rows: readEach(table, values, readEndpoint) };
        case 'usage_statistics':
          return { table, rows: readEach(table, values, readUsage) };
        case 'documents':
          return { table, rows: readEach(table, values, DOCUMENT_ROWS.read) };
        case 'drafts':
          return { table, rows: readEach(table, values, DRAFT_ROWS.read) };
        case 'maintenance_runs':
          return { table, rows: readEach(table, values, MAINTENANCE_ROWS.read) };
        case 'imports':
          return { table, rows: readEach(table, values, IMPORT_ROWS.read) };
        case 'conversations':
          return readConversations(values);
        case 'messages':
          return { table, rows: values.flatMap(readMessageRow) };
        case 'attachments':
          return { table, rows: readEach(table, values, ATTACHMENT_ROWS.read) };
        case 'attachment_parts':
          return { table, rows: readParts(values) };
      }
    },
  };
}

/**
 * The row with its metadata as an object, so that it is parsed once. Changed in place: it was made for
 * this reading alone, and a file may have two million of them.
 */
function withParsedMetadata(value: unknown): unknown {
  if (!isFileObject(value) || typeof value['metadata'] !== 'string') return value;
  if (isTooDeep(value['metadata'])) return value;
  try {
    const row: Record<string, unknown> = value;
    row['metadata'] = JSON.parse(value['metadata']) as unknown;
    return row;
  } catch {
    return value;
  }
}

/** Keys of a conversation's columns that are there and readable. */
function saidKeys(value: FileObject): readonly string[] {
  return CONVERSATION_COLUMNS.flatMap(({ name, key, kind }) => {
    const said = Object.hasOwn(value, name) ? value[name] : undefined;
    return said === undefined || kind.read(said) === UNREADABLE ? [] : [key];
  });
}

function ownFields(value: FileObject): FileObject {
  const { metadata } = value;
  return (isFileObject(metadata) ? ownOf(metadata) : undefined) ?? {};
}

/**
 * The row without JSON texts that are nested too deep: the splitter saw only a string, and no database
 * takes what is in it.
 */
function withoutDeepText(value: unknown): unknown {
  if (!isFileObject(value)) return value;
  let safe: Record<string, unknown> | undefined;
  for (const name of ['metadata', 'attachments', 'tags', 'extra', 'report', 'added_ids']) {
    const text = value[name];
    if (typeof text !== 'string' || !isTooDeep(text)) continue;
    safe ??= { ...value };
    // No JSON: noted as a value that was left out.
    safe[name] = '!';
  }
  return safe ?? value;
}

function isTooDeep(text: string): boolean {
  return text.length > SHALLOW_CHARACTERS && measureJsonDepth(text) > MAX_JSON_DEPTH;
}

/** What a person may recognise a row by. */
function labelOf(value: unknown): string {
  if (!isFileObject(value)) return typeof value;
  for (const name in value) {
    if (name.endsWith('_id') && typeof value[name] === 'string') return value[name];
  }
  return '';
}
