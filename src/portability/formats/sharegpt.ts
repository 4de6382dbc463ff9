/** ShareGPT, JSON or lines: `{ id?, conversations: [{ from, value }] }`, the convention of data sets. */
import type { ImportNote, ReadItem } from '#domain/imported.ts';
import { buildConversation, readDate } from './build-conversation.ts';
import type { MessageDraft } from './build-conversation.ts';
import type { JsonFormat } from './format.ts';
import { joinReasoning, readContent, splitThinking } from './read-content.ts';
import {
  asArray,
  asId,
  asNumber,
  asText,
  isObject,
  member,
  objectsOf,
  readRole,
} from './read-value.ts';
import type { JsonObject } from './read-value.ts';
import { skipped } from './skipped.ts';

/** The names that lists of turns go by. */
const LISTS = ['conversations', 'conversation', 'items', 'messages'];

/** Reads a data set in ShareGPT's form. */
export const shareGptFormat: JsonFormat = {
  kind: 'json',
  id: 'sharegpt',
  source: 'sharegpt',
  unit: 'elements',
  matches: ({ first }) => {
    const turn = findTurns(first)?.find(isObject);
    return typeof member(turn, 'from') === 'string' && member(turn, 'value') !== undefined;
  },
  *read(value) {
    yield isObject(value) ? readConversation(value) : skipped('not_an_object', null);
  },
};

function findTurns(value: unknown): readonly unknown[] | undefined {
  for (const key of LISTS) {
    const list = member(value, key);
    if (Array.isArray(list)) return asArray(list);
  }
  return undefined;
}

function readConversation(value: JsonObject): ReadItem {
  const notes = new Set<ImportNote>();
  const sourceId = asId(member(value, 'id')) ?? asId(member(value, 'conversation_id'));
  const turns = findTurns(value);
  if (!turns) return skipped('no_messages_field', sourceId);
  const tools = member(value, 'tools');
  return buildConversation({
    source: 'sharegpt',
    sourceId,
    title: asText(member(value, 'title')),
    chatModel: asText(member(value, 'model')),
    systemPrompt: asText(member(value, 'system')),
    createdAt: readDate(member(value, 'create_time') ?? member(value, 'created_at'), notes),
    metadata: tools === undefined || tools === null || tools === '' ? {} : { tools },
    messages: objectsOf(turns, notes).map((turn) => readTurn(turn, notes)),
    shape: 'chain',
    notes,
  });
}

/** Names of turns that stand for a part of an answer and not for a speaker. */
const STEPS: ReadonlyMap<string, 'assistant' | 'tool'> = new Map([
  ['chatgpt', 'assistant'],
  ['bard', 'assistant'],
  ['bing', 'assistant'],
  ['claude', 'assistant'],
  ['function_call', 'assistant'],
  ['observation', 'tool'],
  ['function_response', 'tool'],
]);

function readTurn(turn: JsonObject, notes: Set<ImportNote>): MessageDraft {
  const name = member(turn, 'from') ?? member(turn, 'role');
  const step = typeof name === 'string' ? STEPS.get(name.toLowerCase()) : undefined;
  const known = readRole(name);
  if (!step && !known.isKnown) notes.add('role_unknown');
  const role = step ?? known.role;
  const read = readContent(member(turn, 'value') ?? member(turn, 'content'), notes);
  const thinking = role === 'assistant' ? splitThinking(read.content) : null;
  const weight = asNumber(member(turn, 'weight'));
  return {
    role,
    content: thinking?.content ?? read.content,
    reasoning: joinReasoning(read.reasoning, thinking?.reasoning ?? null),
    parts: [...read.parts, ...objectsOf(member(turn, 'tool_calls'), notes)],
    attachments: read.attachments,
    sourceId: asId(member(turn, 'id')) ?? '',
    timestamp: readDate(member(turn, 'timestamp'), notes),
    metadata: {
      ...(known.sourceRole === null ? {} : { source_role: known.sourceRole }),
      ...(weight === null ? {} : { weight }),
    },
  };
}
