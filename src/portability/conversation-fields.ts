/**
 * A conversation and its messages as the objects that conversation JSON and Markdown share (FORMATS
 * 3.2): the keys of the specification's `to_dict` in its order, our own after them. What FORMATS
 * gives no key of its own stands in `metadata` under {@link OWN_KEY}; what is at rest is left out.
 */
import { createConversation } from '#domain/conversation.ts';
import type { Conversation } from '#domain/conversation.ts';
import { optional, writeFields } from '#domain/file-fields.ts';
import { isFileObject } from '#domain/file-object.ts';
import type { Field, FieldKind } from '#domain/file-fields.ts';
import type { FileObject } from '#domain/file-object.ts';
import {
  atRest,
  CONVERSATION_COLUMNS,
  CONVERSATION_EXTRAS,
  joinMetadata,
  MESSAGE_COLUMNS,
  MESSAGE_EXTRAS,
} from '#domain/file-rows.ts';
import { activePath } from '#domain/message-tree.ts';
import { createMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';

/** What `format` says in a conversation's file. */
export const CONVERSATION_FORMAT = 'onggi.conversation';
/** The version of the shape that is written; readers refuse a higher one. */
export const CONVERSATION_FORMAT_VERSION = 1;

/** A conversation with the messages of it that a file is about, by `seq`. */
export interface WholeConversation {
  readonly conversation: Conversation;
  readonly messages: readonly Message[];
}

/** Attachments of a message as files name them; the bytes are somewhere else, or in `data`. */
const ATTACHMENTS: FieldKind = {
  write: (value) => (Array.isArray(value) ? value.flatMap(writeAttachment) : []),
  read: (value) => value,
};

function writeAttachment(value: unknown): readonly FileObject[] {
  if (!isFileObject(value)) return [];
  // An anonymised export has taken the name away: null, as FORMATS 3.7 asks.
  const name = value['name'] === '' ? null : value['name'];
  const { mediaType, sizeBytes, id } = value;
  return [{ name, mime_type: mediaType, size_bytes: sizeBytes, id }];
}

const FLAT_CONVERSATION_EXTRAS = ['pinned', 'source', 'source_id', 'system_prompt', 'model'];
const FLAT_MESSAGE_EXTRAS = [
  'parent_id',
  'seq',
  'status',
  'reasoning',
  'parts',
  'finish_reason',
  'prompt_tokens',
  'completion_tokens',
  'cost_usd',
  'error',
];
/** Written even at rest: without them a reader could not put the messages in order. */
const ALWAYS = ['parent_id', 'seq', 'status'];

const named = (fields: readonly Field[], names: readonly string[]): readonly Field[] =>
  names.flatMap((name) => fields.filter((field) => field.name === name));
const notNamed = (fields: readonly Field[], names: readonly string[]): readonly Field[] =>
  fields.filter(({ name }) => !names.includes(name));

/** The fields of a conversation's object, by the place where they stand. */
export const CONVERSATION_FILE_FIELDS = {
  columns: CONVERSATION_COLUMNS,
  flat: named(CONVERSATION_EXTRAS, FLAT_CONVERSATION_EXTRAS),
  own: notNamed(CONVERSATION_EXTRAS, [...FLAT_CONVERSATION_EXTRAS, 'active_leaf_id']),
} as const;

/** The fields of a message's object, by the place where they stand. */
export const MESSAGE_FILE_FIELDS = {
  columns: notNamed(MESSAGE_COLUMNS, ['conversation_id']).map((field) =>
    field.name === 'attachments' ? optional(field.name, field.key, ATTACHMENTS) : field,
  ),
  flat: named(MESSAGE_EXTRAS, FLAT_MESSAGE_EXTRAS),
  own: notNamed(MESSAGE_EXTRAS, FLAT_MESSAGE_EXTRAS),
} as const;

/** The messages of the shown branch, root to leaf, and all others, parents before children. */
export interface SplitMessages {
  readonly path: readonly Message[];
  readonly branches: readonly Message[];
}

/** Parts the messages of a conversation into the branch that is shown and the rest. */
export function splitBranches({ conversation, messages }: WholeConversation): SplitMessages {
  const path = activePath(messages, conversation.activeLeafId).map(({ message }) => message);
  const onPath = new Set(path);
  const others = messages.filter((message) => !onPath.has(message));
  return { path, branches: others.toSorted((a, b) => a.seq - b.seq) };
}

/** The conversation's object, its lists `messages` and `branch_messages` still empty. */
export function writeConversationFields(
  conversation: Conversation,
  { path, branches }: SplitMessages,
  appVersion: string,
): FileObject {
  const lastSeq = [...path, ...branches].reduce((last, { seq }) => Math.max(last, seq), -1);
  const { id, sessionId, createdAt, title } = conversation;
  const titleOrigin = title === null ? 'first-message' : 'person';
  const resting = createConversation({ id, sessionId, createdAt, title, titleOrigin, lastSeq });
  const { columns, flat, own } = CONVERSATION_FILE_FIELDS;
  const metadata = joinMetadata(conversation.metadata, writeChanged(own, conversation, resting));
  const { metadata: written, ...before } = writeFields(columns, {
    ...conversation,
    sessionId: sessionId === '' ? null : sessionId,
    messageCount: path.length,
    totalTokens: path.reduce((sum, { tokenCount }) => sum + (tokenCount ?? 0), 0),
    metadata,
  });
  return {
    ...before,
    messages: [],
    metadata: written,
    format: CONVERSATION_FORMAT,
    format_version: CONVERSATION_FORMAT_VERSION,
    app_version: appVersion,
    active_leaf_id: path.at(-1)?.id ?? null,
    ...writeChanged(flat, conversation, resting),
    branch_messages: [],
  };
}

/** The message's object; a running answer is written as interrupted. */
export function writeMessageFields(message: Message): FileObject {
  const { columns, flat, own } = MESSAGE_FILE_FIELDS;
  const row = atRest(message);
  const { id, conversationId, sessionId, parentId, seq, role, content, timestamp } = row;
  const identity = { id, conversationId, sessionId, parentId, seq, role, content, timestamp };
  const resting = createMessage(identity);
  const metadata = joinMetadata(row.metadata, writeChanged(own, row, resting));
  return {
    ...writeFields(columns, { ...row, sessionId: sessionId === '' ? null : sessionId, metadata }),
    ...writeChanged(flat, row, resting),
  };
}

function writeChanged(fields: readonly Field[], row: object, resting: object): FileObject {
  const values: Readonly<Record<string, unknown>> = { ...row };
  const rest: Readonly<Record<string, unknown>> = { ...resting };
  const changed = fields.filter(({ name, key }) => {
    const value = values[key];
    if (ALWAYS.includes(name)) return true;
    return Array.isArray(value) ? value.length > 0 : value !== rest[key];
  });
  return writeFields(changed, values);
}
