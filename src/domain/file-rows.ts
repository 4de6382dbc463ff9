/**
 * Rows as objects of a file and back, one table per kind of row: the specification's columns under
 * its own names, and our own fields beside them. Backup, conversation JSON, SQL and Markdown all use
 * these lists (FORMATS 3).
 *
 * In backups and SQL the objects have exactly the specification's columns, with JSON columns as
 * text, because its `restore_backup` inserts every key as a column; our own fields stand inside
 * `metadata` under {@link OWN_KEY}.
 */
import { createConversation } from './conversation.ts';
import type { Conversation } from './conversation.ts';
import { PRESET_IDS } from './endpoint-presets.ts';
import { createEndpoint, parseBaseUrl } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { ERROR_CODES } from './errors.ts';
import {
  BOOLEAN,
  FLAG,
  INSTANT,
  INTEGER,
  LIST,
  NAME,
  OBJECT,
  REAL,
  SECONDS,
  TEXT,
  TEXTS,
  asJsonText,
  nullable,
  oneOf,
  optional,
  readFields,
  required,
  writeFields,
} from './file-fields.ts';
import { isFileObject } from './file-object.ts';
import type { Field, ReadFields } from './file-fields.ts';
import type { FileObject } from './file-object.ts';
import { createMessage } from './message.ts';
import type { Message, MessageFailure } from './message.ts';
import { PRICES } from './price-fields.ts';
import type { Session } from './session.ts';
import { createUserSettings, FONT_SIZES, LANGUAGES, THEMES } from './user-settings.ts';
import type { UserSettings } from './user-settings.ts';
import type { FileUsage } from './join-usage-days.ts';
import { usageStatisticId } from './usage.ts';
import type { UsageStatistic } from './usage.ts';

/** Our own fields inside the specification's `metadata`. */
export const OWN_KEY = 'onggi';

const ROLES = ['user', 'assistant', 'system', 'function', 'tool'] as const;
const COUNT = INTEGER;

export const SESSION_COLUMNS: readonly Field[] = [
  required('session_id', 'id', NAME),
  optional('user_id', 'userId', NAME),
  required('created_at', 'createdAt', INSTANT),
  optional('last_activity', 'lastActivity', INSTANT),
  optional('status', 'status', oneOf(['active', 'expired', 'terminated'])),
  optional('ip_address', 'ipAddress', nullable(TEXT)),
  optional('user_agent', 'userAgent', nullable(TEXT)),
  optional('metadata', 'metadata', OBJECT),
];

/** The specification's columns of a conversation, without its `messages`. */
export const CONVERSATION_COLUMNS: readonly Field[] = [
  required('conversation_id', 'id', NAME),
  optional('session_id', 'sessionId', NAME),
  optional('title', 'title', nullable(TEXT)),
  required('created_at', 'createdAt', INSTANT),
  optional('updated_at', 'updatedAt', INSTANT),
  optional('status', 'status', oneOf(['active', 'archived', 'deleted'])),
  optional('summary', 'summary', nullable(TEXT)),
  optional('tags', 'tags', TEXTS),
  optional('message_count', 'messageCount', COUNT),
  optional('total_tokens', 'totalTokens', COUNT),
  optional('metadata', 'metadata', OBJECT),
];

/** What onggi adds to a conversation. */
export const CONVERSATION_EXTRAS: readonly Field[] = [
  optional('active_leaf_id', 'activeLeafId', nullable(NAME)),
  optional('pinned', 'pinned', FLAG),
  optional('source', 'source', NAME),
  optional('source_id', 'sourceId', TEXT),
  optional('system_prompt', 'systemPrompt', nullable(TEXT)),
  optional('model', 'chatModel', nullable(TEXT)),
  optional('endpoint_id', 'endpointId', nullable(NAME)),
  optional('temperature', 'temperature', nullable(REAL)),
  optional('max_tokens', 'maxTokens', nullable(COUNT)),
  optional('title_origin', 'titleOrigin', oneOf(['first-message', 'model', 'person', 'import'])),
  optional('deleted_at', 'deletedAt', nullable(INSTANT)),
  optional('changed_at', 'changedAt', INSTANT),
  optional('last_seq', 'lastSeq', INTEGER),
];

/** The specification's columns of a message. */
export const MESSAGE_COLUMNS: readonly Field[] = [
  required('message_id', 'id', NAME),
  required('conversation_id', 'conversationId', NAME),
  optional('session_id', 'sessionId', NAME),
  required('role', 'role', oneOf(ROLES)),
  required('content', 'content', TEXT),
  required('timestamp', 'timestamp', INSTANT),
  optional('token_count', 'tokenCount', nullable(COUNT)),
  optional('model_used', 'modelUsed', nullable(TEXT)),
  optional('temperature', 'temperature', nullable(REAL)),
  optional('response_time', 'responseTimeMs', nullable(SECONDS)),
  optional('rating', 'rating', nullable(oneOf([1, 2, 3, 4, 5]))),
  optional('feedback', 'feedback', nullable(TEXT)),
  optional('attachments', 'attachments', LIST),
  optional('metadata', 'metadata', OBJECT),
];

/** What onggi adds to a message. */
export const MESSAGE_EXTRAS: readonly Field[] = [
  optional('parent_id', 'parentId', nullable(NAME)),
  optional('seq', 'seq', INTEGER),
  optional('status', 'status', oneOf(['complete', 'interrupted', 'stopped', 'error'])),
  optional('reasoning', 'reasoning', nullable(TEXT)),
  optional('parts', 'parts', LIST),
  optional('finish_reason', 'finishReason', nullable(TEXT)),
  optional('prompt_tokens', 'promptTokens', nullable(COUNT)),
  optional('completion_tokens', 'completionTokens', nullable(COUNT)),
  optional('is_token_count_estimated', 'isTokenCountEstimated', BOOLEAN),
  optional('endpoint_id', 'endpointId', nullable(NAME)),
  optional('time_to_first_token', 'timeToFirstTokenMs', nullable(SECONDS)),
  optional('cost_usd', 'costUsd', nullable(REAL)),
  optional('error', 'error', nullable(OBJECT)),
  optional('changed_at', 'changedAt', INSTANT),
];

export const USER_SETTINGS_COLUMNS: readonly Field[] = [
  required('user_id', 'userId', NAME),
  optional('default_model', 'defaultModel', nullable(TEXT)),
  optional('temperature', 'temperature', REAL),
  optional('max_tokens', 'maxTokens', COUNT),
  optional('system_prompt', 'systemPrompt', nullable(TEXT)),
  optional('theme', 'theme', oneOf(THEMES)),
  optional('language', 'language', oneOf(LANGUAGES)),
  optional('font_size', 'fontSize', oneOf(FONT_SIZES)),
  optional('auto_save', 'autoSave', BOOLEAN),
  optional('stream_response', 'streamResponse', BOOLEAN),
  optional('show_token_count', 'showTokenCount', BOOLEAN),
  optional('enable_markdown', 'enableMarkdown', BOOLEAN),
  optional('save_history', 'saveHistory', BOOLEAN),
  optional('share_analytics', 'shareAnalytics', BOOLEAN),
  optional('created_at', 'createdAt', INSTANT),
  optional('updated_at', 'updatedAt', INSTANT),
];

/** What onggi adds to the settings; the specification's table has no column that could hold it. */
export const USER_SETTINGS_EXTRAS: readonly Field[] = [
  required('user_id', 'userId', NAME),
  optional('default_endpoint_id', 'defaultEndpointId', nullable(NAME)),
  optional('use_cache', 'useCache', BOOLEAN),
  optional('prices', 'prices', PRICES),
  optional('model_cleared_at', 'modelClearedAt', INSTANT),
];

export const USAGE_COLUMNS: readonly Field[] = [
  optional('user_id', 'userId', NAME),
  required('date', 'date', NAME),
  required('model', 'model', TEXT),
  optional('request_count', 'requestCount', COUNT),
  optional('total_tokens', 'totalTokens', COUNT),
  optional('total_cost', 'totalCostUsd', REAL),
  optional('error_count', 'errorCount', COUNT),
];

const USAGE_EXTRAS: readonly Field[] = [
  optional('prompt_tokens', 'promptTokens', COUNT),
  optional('completion_tokens', 'completionTokens', COUNT),
  optional('unpriced_count', 'unpricedCount', COUNT),
  optional('priced_count', 'pricedCount', COUNT),
  optional('total_response_time', 'totalResponseTimeMs', SECONDS),
  optional('timed_count', 'timedCount', COUNT),
  optional('imported_count', 'importedCount', COUNT),
  optional('imported_prompt_tokens', 'importedPromptTokens', COUNT),
  optional('imported_completion_tokens', 'importedCompletionTokens', COUNT),
  optional('imported_cost', 'importedCostUsd', REAL),
];

/** Connections without keys: a key never leaves. */
export const ENDPOINT_FIELDS: readonly Field[] = [
  required('endpoint_id', 'id', NAME),
  required('preset_id', 'presetId', NAME),
  required('name', 'name', TEXT),
  required('base_url', 'baseUrl', NAME),
  optional('chat_models', 'chatModels', LIST),
  optional('chat_models_at', 'chatModelsAt', nullable(INSTANT)),
  optional('refuses_stream_options', 'refusesStreamOptions', BOOLEAN),
  optional('sends_reasoning', 'sendsReasoning', BOOLEAN),
  optional('first_byte_timeout', 'firstByteTimeoutMs', SECONDS),
  optional('created_at', 'createdAt', INSTANT),
  optional('updated_at', 'updatedAt', INSTANT),
];

/** A row read from a file, or why there is none. */
export type ReadRow<Row> =
  | { readonly row: Row; readonly ignored: readonly string[] }
  | { readonly row: undefined; readonly ignored: readonly string[] };

const NO_ROW = { row: undefined, ignored: [] } as const;

/** Reads an object of a file with the specification's columns, our fields in `metadata`. */
function readStored(
  columns: readonly Field[],
  extras: readonly Field[],
  value: unknown,
): ReadFields | undefined {
  if (!isFileObject(value)) return undefined;
  const read = readFields(columns, value);
  const metadata = read.values['metadata'];
  if (!isFileObject(metadata)) return read;
  const { plain, own } = splitMetadata(metadata);
  const { values } = read;
  values['metadata'] = plain;
  const extra = readFields(extras, own, values);
  const ignored = extra.ignored.length === 0 ? read.ignored : [...read.ignored, ...extra.ignored];
  return { values, ignored, isComplete: read.isComplete };
}

/** Writes a row with the specification's columns, JSON columns as text, our fields in `metadata`. */
function writeStored(
  columns: readonly Field[],
  extras: readonly Field[],
  row: { readonly metadata: FileObject },
): FileObject {
  const written = writeFields(sqlFieldsOf(columns), row);
  // Put over the row's own: a copy of the row for it would cost more than all the rest.
  written['metadata'] = JSON.stringify(joinMetadata(row.metadata, writeFields(extras, row)));
  return written;
}

const sqlFields = new WeakMap<readonly Field[], readonly Field[]>();

function sqlFieldsOf(columns: readonly Field[]): readonly Field[] {
  const known = sqlFields.get(columns);
  if (known) return known;
  const fields = columns.map(toSqlField);
  sqlFields.set(columns, fields);
  return fields;
}

function toSqlField(field: Field): Field {
  const isJson = [OBJECT, LIST, TEXTS].includes(field.kind);
  return isJson ? { ...field, kind: asJsonText(field.kind) } : field;
}

/** `metadata` with our own fields under {@link OWN_KEY}; a foreign member of that name is kept within. */
export function joinMetadata(metadata: FileObject, own: FileObject): FileObject {
  if (!Object.hasOwn(metadata, OWN_KEY)) {
    return Object.keys(own).length === 0 ? metadata : { ...metadata, [OWN_KEY]: own };
  }
  const { [OWN_KEY]: shadowed, ...rest } = metadata;
  return { ...rest, [OWN_KEY]: { ...own, shadowed } };
}

/** Our own fields in `metadata`; undefined where there are none. */
export function ownOf(metadata: FileObject): FileObject | undefined {
  const own = Object.hasOwn(metadata, OWN_KEY) ? metadata[OWN_KEY] : undefined;
  return isFileObject(own) ? own : undefined;
}

/** Undoes {@link joinMetadata}. */
export function splitMetadata(metadata: FileObject): { plain: FileObject; own: FileObject } {
  const own = ownOf(metadata);
  if (!own) return { plain: metadata, own: {} };
  const { [OWN_KEY]: _own, ...plain } = metadata;
  if (!Object.hasOwn(own, 'shadowed')) return { plain, own };
  return { plain: { ...plain, [OWN_KEY]: own['shadowed'] }, own };
}

export function writeSession(session: Session): FileObject {
  return writeStored(SESSION_COLUMNS, [], session);
}

export function readSession(value: unknown): ReadRow<Session> {
  const read = readStored(SESSION_COLUMNS, [], value);
  if (!read?.isComplete) return NO_ROW;
  const resting = {
    userId: 'local',
    lastActivity: read.values['createdAt'],
    status: 'expired',
    ipAddress: null,
    userAgent: null,
    metadata: {},
  };
  return { row: asRow({ ...resting, ...read.values }), ignored: read.ignored };
}

export function writeConversation(conversation: Conversation): FileObject {
  return writeStored(CONVERSATION_COLUMNS, CONVERSATION_EXTRAS, conversation);
}

/** Counters and references are not believed: whoever stores the row counts anew. */
export function readConversation(value: unknown): ReadRow<Conversation> {
  const read = readStored(CONVERSATION_COLUMNS, CONVERSATION_EXTRAS, value);
  return read?.isComplete ? { row: toConversation(read.values), ignored: read.ignored } : NO_ROW;
}

/** A whole conversation from values that {@link readFields} gave. */
export function toConversation(values: FileObject): Conversation {
  const resting = { titleOrigin: typeof values['title'] === 'string' ? 'person' : 'first-message' };
  return createConversation(asRow({ ...resting, ...values }));
}

/** A running answer leaves as interrupted: nobody elsewhere will end it. */
export function writeMessage(message: Message): FileObject {
  return writeStored(MESSAGE_COLUMNS, MESSAGE_EXTRAS, atRest(message));
}

/** The message as files carry it: never `streaming`. */
export function atRest(message: Message): Message {
  return message.status === 'streaming' ? { ...message, status: 'interrupted' } : message;
}

/** An unknown role becomes `assistant`; the original stays in `metadata.source_role`. */
export function readMessage(value: unknown): ReadRow<Message> {
  const read = readStored(MESSAGE_COLUMNS, MESSAGE_EXTRAS, withKnownRole(value));
  return read?.isComplete ? { row: toMessage(read.values), ignored: read.ignored } : NO_ROW;
}

/** A whole message from values that {@link readFields} gave. */
export function toMessage(values: FileObject): Message {
  // Laid over a resting row and not spread into it: a file may have two million of them.
  const message: Record<string, unknown> = { ...RESTING_MESSAGE };
  for (const key in values) message[key] = values[key];
  message['attachments'] = asList(values['attachments']).filter(isAttachmentReference);
  message['error'] = toFailure(values['error']);
  return asRow(message);
}

const RESTING_MESSAGE = createMessage(
  asRow({
    id: '',
    conversationId: '',
    seq: 0,
    parentId: null,
    role: '',
    content: '',
    timestamp: 0,
  }),
);

function toFailure(value: unknown): MessageFailure | null {
  if (!isFileObject(value)) return null;
  const code = ERROR_CODES.find((known) => known === value['code']);
  if (!code) return null;
  const { detail } = value;
  return { code, detail: typeof detail === 'string' ? detail : null };
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The values of a row, each read by its own kind before: the one place where they get its type. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller's type is the row's
function asRow<Row>(values: FileObject): Row {
  const checked: unknown = values;
  return checked as Row;
}

function isAttachmentReference(value: unknown): boolean {
  return (
    isFileObject(value) &&
    typeof value['id'] === 'string' &&
    typeof value['name'] === 'string' &&
    typeof value['mediaType'] === 'string' &&
    typeof value['sizeBytes'] === 'number'
  );
}

/** The object of a file with its role mapped to one of ours. */
export function withKnownRole(value: unknown): unknown {
  if (!isFileObject(value)) return value;
  const role = value['role'];
  if (typeof role !== 'string' || ROLES.some((known) => known === role)) return value;
  const metadata = OBJECT.read(value['metadata'] ?? {});
  const kept = isFileObject(metadata) ? metadata : {};
  return {
    ...value,
    role: role === 'developer' ? 'system' : 'assistant',
    metadata: { ...kept, source_role: role },
  };
}

export function writeUserSettings(settings: UserSettings): FileObject {
  return writeFields(USER_SETTINGS_COLUMNS, settings);
}

export function writeUserSettingsExtras(settings: UserSettings): FileObject {
  return writeFields(USER_SETTINGS_EXTRAS, settings);
}

export function readUserSettings(value: unknown): ReadRow<UserSettings> {
  if (!isFileObject(value)) return NO_ROW;
  const { values, ignored, isComplete } = readFields(USER_SETTINGS_COLUMNS, value);
  if (!isComplete) return NO_ROW;
  const resting = createUserSettings('ko', 0);
  return { row: asRow({ ...resting, ...values }), ignored };
}

/** Only the fields that the extras hold, to be laid over {@link readUserSettings}. */
export function readUserSettingsExtras(value: unknown): ReadRow<Partial<UserSettings>> {
  if (!isFileObject(value)) return NO_ROW;
  const { values, ignored, isComplete } = readFields(USER_SETTINGS_EXTRAS, value);
  return isComplete ? { row: asRow(values), ignored } : NO_ROW;
}

/** The specification's columns, `avg_response_time` in seconds among them, and ours in `extra`. */
export function writeUsage(row: UsageStatistic): FileObject {
  const mean = row.timedCount > 0 ? row.totalResponseTimeMs / row.timedCount / 1000 : null;
  return {
    stat_id: row.id,
    ...writeFields(USAGE_COLUMNS, row),
    avg_response_time: mean,
    extra: writeFields(USAGE_EXTRAS, row),
  };
}

export function readUsage(value: unknown): ReadRow<FileUsage> {
  if (!isFileObject(value)) return NO_ROW;
  const read = readFields(USAGE_COLUMNS, value);
  if (!read.isComplete) return NO_ROW;
  const extra = OBJECT.read(value['extra'] ?? {});
  const extras = readFields(USAGE_EXTRAS, isFileObject(extra) ? extra : {});
  const resting = {
    userId: 'local',
    requestCount: 0,
    promptTokens: 0,
    completionTokens: 0,
    totalTokens: 0,
    totalCostUsd: 0,
    unpricedCount: 0,
    totalResponseTimeMs: 0,
    timedCount: 0,
    errorCount: 0,
  };
  const row: UsageStatistic = asRow({ ...resting, ...read.values, ...extras.values });
  return {
    row: {
      row: { ...row, id: usageStatisticId(row.userId, row) },
      statId: typeof value['stat_id'] === 'string' ? value['stat_id'] || null : null,
    },
    ignored: [...read.ignored, ...extras.ignored],
  };
}

export function writeEndpoint(endpoint: Endpoint): FileObject {
  return writeFields(ENDPOINT_FIELDS, endpoint);
}

/** No row for an address that onggi would not connect to. */
export function readEndpoint(value: unknown): ReadRow<Endpoint> {
  if (!isFileObject(value)) return NO_ROW;
  const { values, ignored, isComplete } = readFields(ENDPOINT_FIELDS, value);
  if (!isComplete) return NO_ROW;
  try {
    const baseUrl = parseBaseUrl(String(values['baseUrl']));
    const presetId = PRESET_IDS.find((known) => known === values['presetId']) ?? 'custom';
    const chatModels = asList(values['chatModels']).flatMap(toChatModel);
    const fields = { createdAt: 0, ...values, presetId, baseUrl, chatModels };
    return { row: createEndpoint(asRow(fields)), ignored };
  } catch {
    return NO_ROW;
  }
}

function toChatModel(value: unknown): readonly FileObject[] {
  if (!isFileObject(value) || typeof value['id'] !== 'string') return [];
  const { id } = value;
  return [value['isTyped'] === true ? { id, isTyped: true } : { id }];
}
