import { createConversation } from '#domain/conversation.ts';
import type { Conversation } from '#domain/conversation.ts';
import { MAX_NAME_CHARACTERS } from '#domain/file-fields.ts';
import type { FileObject } from '#domain/file-object.ts';
import { readConversation, readMessage } from '#domain/file-rows.ts';
import { toConversationId, toSessionId } from '#domain/ids.ts';
import type { SessionId } from '#domain/ids.ts';
import type { ImportNote, ReadItem } from '#domain/imported.ts';
import { readInstant } from '#domain/instants.ts';
import type { Message } from '#domain/message.ts';
import { completeNative } from './complete-native.ts';
import type { FoundMessage } from './complete-native.ts';
import { readDocumentFields } from './document-fields.ts';
import type { SqliteFile } from './open-sqlite.ts';
import { readSqlRow } from './read-sql-row.ts';
import type { SqlObject } from './read-sql-row.ts';
import { sqlTable } from './sql-schema.ts';
import { fromSqlId } from './sql-text.ts';

/** Where the rows of one conversation stand. */
interface Places {
  readonly conversation: number | undefined;
  readonly messages: readonly number[];
  readonly attachments: readonly number[];
}

/**
 * The conversations of an SQLite file, ours or one with the specification's tables alone, one after
 * another. Messages of a conversation that the file does not have come as a conversation of their
 * own; one that cannot be read is skipped alone, and so is a table that is none (see `unreadTables`).
 * @param fileDate Epoch milliseconds that stand in where a conversation and its messages have no date.
 * @throws OnggiError `file/damaged`, `file/too-many-rows`.
 */
export function* readSqliteItems(file: SqliteFile, fileDate: number): Generator<ReadItem> {
  for (const name of file.unreadTables) {
    yield { kind: 'skipped', reason: 'unreadable_element', label: name };
  }
  for (const [key, places] of findPlaces(file)) {
    try {
      yield readItem(file, key, places, fileDate);
    } catch {
      yield { kind: 'skipped', reason: 'unreadable_element', label: shorten(key) };
    }
  }
}

/** The documents of a file, one after another; one whose text is not in it is skipped by its name. */
export function* readSqliteDocuments(file: SqliteFile): Generator<ReadItem> {
  const table = sqlTable('documents');
  for (const number of file.rowNumbers('documents')) {
    const [stored] = file.readRows('documents', [number]);
    const { object } = stored ? readSqlRow(table, stored) : { object: {} };
    yield readDocumentFields(object);
  }
}

/** By conversation id as it is stored: conversations in the table's order, then ids only messages have. */
function findPlaces(file: SqliteFile): ReadonlyMap<string, Places> {
  const conversations = file.groupRows('conversations', 'conversation_id');
  const messages = file.groupRows('messages', 'conversation_id');
  const attachments = file.groupRows('attachments', 'conversation_id');
  const keys = new Set([...conversations.keys(), ...messages.keys()]);
  return new Map(
    Array.from(keys, (key) => [
      key,
      {
        conversation: conversations.get(key)?.[0],
        messages: messages.get(key) ?? [],
        attachments: attachments.get(key) ?? [],
      },
    ]),
  );
}

function readItem(file: SqliteFile, key: string, places: Places, fileDate: number): ReadItem {
  const notes = new Set<ImportNote>();
  const id = fromSqlId(key);
  const found = readMessages(file, places, id, fileDate, notes);
  const messages = found.map(({ message }) => message);
  const conversation = readConversationRow(file, places, id, messages, fileDate, notes);
  if (!conversation) return { kind: 'skipped', reason: 'unreadable_element', label: shorten(id) };
  const completed = completeNative(conversation, found, notes);
  const bytesById = readBytes(file, places, completed.messages);
  return { kind: 'native', native: { ...completed, bytesById, notes: [...notes] } };
}

function readConversationRow(
  file: SqliteFile,
  { conversation: number }: Places,
  id: string,
  messages: readonly Message[],
  fileDate: number,
  notes: Set<ImportNote>,
): Conversation | undefined {
  const dates = messages.map(({ timestamp }) => timestamp);
  const earliest = dates.reduce((low, date) => Math.min(low, date), dates[0] ?? fileDate);
  const latest = dates.reduce((high, date) => Math.max(high, date), earliest);
  const sessionId = messages[0]?.sessionId ?? NO_SESSION;
  const row = number === undefined ? undefined : file.readRows('conversations', [number])[0];
  if (!row) {
    // Messages without their conversation are worth more than its title.
    notes.add('tree_repaired');
    const times = { createdAt: earliest, updatedAt: latest };
    return counted(createConversation({ id: toConversationId(id), sessionId, ...times }), messages);
  }
  const { object, own, isChanged } = readSqlRow(sqlTable('conversations'), row);
  noteDates(object, ['created_at', 'updated_at'], notes);
  const isDated = readInstant(object['created_at']) !== undefined;
  if (!isDated) notes.add('date_unknown');
  const read = readConversation({
    ...object,
    conversation_id: id,
    session_id: textOr(object['session_id'], PLACEHOLDER),
    ...(!isDated && { created_at: earliest }),
    ...(readInstant(object['updated_at']) === undefined && { updated_at: latest }),
  });
  if (isChanged || read.ignored.length > 0) notes.add('value_ignored');
  if (!read.row) return undefined;
  const placed = { ...read.row, sessionId: sessionOf(object, sessionId) };
  return own ? placed : { ...placed, source: 'seed', sourceId: id };
}

/** Nobody counted these messages before, so no counter of theirs is wrong. */
function counted(conversation: Conversation, messages: readonly Message[]): Conversation {
  const totalTokens = messages.reduce((sum, { tokenCount }) => sum + (tokenCount ?? 0), 0);
  return { ...conversation, messageCount: messages.length, totalTokens };
}

function readMessages(
  file: SqliteFile,
  { messages: numbers }: Places,
  conversationId: string,
  fileDate: number,
  notes: Set<ImportNote>,
): readonly FoundMessage[] {
  let lastDate = fileDate;
  const found: FoundMessage[] = [];
  for (const row of file.readRows('messages', numbers)) {
    const message = readFoundMessage(readSqlRow(sqlTable('messages'), row), conversationId, notes, {
      undated: lastDate + 1,
      index: found.length,
    });
    if (!message) continue;
    lastDate = message.message.timestamp;
    found.push(message);
  }
  return found;
}

function readFoundMessage(
  { object, own, isChanged }: SqlObject,
  conversationId: string,
  notes: Set<ImportNote>,
  place: { readonly undated: number; readonly index: number },
): FoundMessage | undefined {
  noteDates(object, ['timestamp'], notes);
  const isDated = readInstant(object['timestamp']) !== undefined;
  if (!isDated) notes.add('date_unknown');
  if (!isKnownRole(object['role'])) notes.add('role_unknown');
  const read = readMessage({
    ...object,
    conversation_id: conversationId,
    session_id: textOr(object['session_id'], PLACEHOLDER),
    message_id: textOr(object['message_id'], `${conversationId}-${place.index}`),
    role: object['role'] ?? 'assistant',
    content: object['content'] ?? '',
    ...(!isDated && { timestamp: place.undated }),
  });
  if (isChanged || read.ignored.length > 0 || !read.row) notes.add('value_ignored');
  if (!read.row) return undefined;
  // Longer ones could be stored, and come back from no backup.
  const attachments = read.row.attachments.filter(({ id }) => id.length <= MAX_NAME_CHARACTERS);
  if (attachments.length < read.row.attachments.length) notes.add('value_ignored');
  return {
    message: { ...read.row, attachments, sessionId: sessionOf(object, NO_SESSION) },
    hasParent: own !== undefined && Object.hasOwn(own, 'parent_id'),
    hasSeq: typeof own?.['seq'] === 'number',
  };
}

/** The session of rows that name none; whoever stores them attaches the present one. */
const NO_SESSION = toSessionId('');
/** Stands where the table demands an id while a row is read. */
const PLACEHOLDER = 'none';

function sessionOf(object: FileObject, other: SessionId): SessionId {
  const id = textOr(object['session_id'], '');
  return id === '' ? other : toSessionId(id);
}

function textOr(value: unknown, other: string): string {
  return typeof value === 'string' && value !== '' ? value : other;
}

const ROLES: readonly unknown[] = ['user', 'assistant', 'system', 'function', 'tool'];
const isKnownRole = (role: unknown): boolean => ROLES.includes(role);

function noteDates(object: FileObject, keys: readonly string[], notes: Set<ImportNote>): void {
  for (const key of keys) {
    if (readInstant(object[key])?.isZoneAssumed) notes.add('zone_assumed');
  }
}

/** Bytes of the attachments that a message names, where the file holds them. */
function readBytes(
  file: SqliteFile,
  { attachments: numbers }: Places,
  messages: readonly Message[],
): Readonly<Record<string, ArrayBuffer>> {
  const named = new Set(messages.flatMap(({ attachments }) => attachments.map(({ id }) => id)));
  const entries = file.readRows('attachments', numbers).flatMap((row): [string, ArrayBuffer][] => {
    const { object } = readSqlRow(sqlTable('attachments'), row);
    const id = object['attachment_id'];
    const bytes = row['bytes'];
    if (typeof id !== 'string' || !named.has(id) || !(bytes instanceof Uint8Array)) return [];
    return [[id, new Uint8Array(bytes).buffer]];
  });
  return Object.fromEntries(entries);
}

function shorten(text: string): string {
  return Array.from(text.slice(0, 200)).slice(0, 80).join('');
}
