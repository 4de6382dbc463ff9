/** Lines (or an array) of OpenAI chats, as for fine-tuning: `{ messages, tools? }`. */
import type { ImportNote, ReadItem } from '#domain/imported.ts';
import { buildConversation, readDate } from './build-conversation.ts';
import type { JsonFormat } from './format.ts';
import { readOpenAiMessages } from './openai-message.ts';
import { asArray, asId, asNumber, asText, isObject, member, readRole } from './read-value.ts';
import type { JsonObject } from './read-value.ts';
import { skipped } from './skipped.ts';

/** Reads fine-tuning lines and other lists of `{ role, content }`. */
export const openAiJsonlFormat: JsonFormat = {
  kind: 'json',
  id: 'openai-jsonl',
  source: 'openai-jsonl',
  unit: 'elements',
  matches: ({ first }) => isChat(asArray(member(first, 'messages'))),
  *read(value) {
    yield isObject(value) ? readLine(value) : skipped('not_an_object', null);
  },
};

/** Reads one conversation that is a bare list of `{ role, content }`, as LobeHub and NextChat write it. */
export const openAiMessagesFormat: JsonFormat = {
  kind: 'json',
  id: 'openai-messages',
  source: 'openai-jsonl',
  unit: 'whole',
  matches: ({ isArray, first }) =>
    isArray &&
    isChat([first]) &&
    ['thread_id', 'convId', 'chatId', 'messages'].every((key) => member(first, key) === undefined),
  *read(value) {
    const notes = new Set<ImportNote>();
    yield buildConversation({
      source: 'openai-jsonl',
      sourceId: null,
      messages: readOpenAiMessages(value, notes),
      shape: 'chain',
      notes,
    });
  },
};

function isChat(messages: readonly unknown[]): boolean {
  const message = messages.find(isObject);
  const role = member(message, 'role');
  if (typeof role !== 'string' || !readRole(role).isKnown) return false;
  return ['content', 'tool_calls', 'function_call'].some(
    (key) => member(message, key) !== undefined,
  );
}

function readLine(value: JsonObject): ReadItem {
  const messages = member(value, 'messages');
  const title = asText(member(value, 'title')) ?? asText(member(value, 'topic'));
  if (!Array.isArray(messages)) return skipped('no_messages_field', title);
  const notes = new Set<ImportNote>();
  return buildConversation({
    source: 'openai-jsonl',
    sourceId: asId(member(value, 'id')),
    isExample: true,
    title,
    chatModel: asText(member(value, 'model')),
    temperature: asNumber(member(value, 'temperature')),
    createdAt: readDate(member(value, 'created_at') ?? member(value, 'created'), notes),
    metadata: readOfferedTools(value),
    messages: readOpenAiMessages(messages, notes),
    shape: 'chain',
    notes,
  });
}

/** Tools that the model was offered. */
export function readOfferedTools(value: unknown): Record<string, unknown> {
  const tools = asArray(member(value, 'tools'));
  const functions = asArray(member(value, 'functions'));
  const parallel = member(value, 'parallel_tool_calls');
  return {
    ...(tools.length > 0 ? { tools } : {}),
    ...(functions.length > 0 ? { functions } : {}),
    ...(typeof parallel === 'boolean' ? { parallel_tool_calls: parallel } : {}),
  };
}
