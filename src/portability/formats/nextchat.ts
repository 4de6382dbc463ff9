/**
 * NextChat (ChatGPT-Next-Web): one object with the whole state. Keys stand in `access-control` beside
 * the conversations and are never looked at. Dates are texts of the writer's language.
 */
import type { ImportNote, ReadItem } from '#domain/imported.ts';
import { buildConversation, readDate } from './build-conversation.ts';
import type { MessageDraft } from './build-conversation.ts';
import type { JsonFormat } from './format.ts';
import { joinReasoning, readContent, splitThinking } from './read-content.ts';
import { readEach } from './read-each.ts';
import { readLocaleDate } from './read-locale-date.ts';
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

const STATE = 'chat-next-web-store';

/** Reads the file of "Export" in NextChat's settings. */
export const nextChatFormat: JsonFormat = {
  kind: 'json',
  id: 'nextchat',
  source: 'nextchat',
  unit: 'whole',
  matches: ({ first }) => isObject(member(first, STATE)),
  *read(value) {
    const sessions = member(member(value, STATE), 'sessions');
    if (!Array.isArray(sessions)) {
      yield skipped('no_messages_field', STATE);
      return;
    }
    const hasSecrets = member(value, 'access-control') !== undefined;
    yield* readEach(asArray(sessions), (session) =>
      readSession(session, new Set(hasSecrets ? ['secrets_ignored'] : [])),
    );
  },
};

function readSession(session: unknown, notes: Set<ImportNote>): ReadItem {
  if (!isObject(session)) return skipped('not_an_object', null);
  const messages = member(session, 'messages');
  const title = asText(member(session, 'topic'));
  const sourceId = asId(member(session, 'id'));
  if (!Array.isArray(messages)) return skipped('no_messages_field', title ?? sourceId);
  const mask = member(session, 'mask');
  const config = member(mask, 'modelConfig');
  const context = objectsOf(member(mask, 'context'), notes);
  const maskName = asText(member(mask, 'name'));
  const cleared = asNumber(member(session, 'clearContextIndex'));
  return buildConversation({
    source: 'nextchat',
    sourceId,
    title,
    updatedAt: readDate(member(session, 'lastUpdate'), notes),
    summary: asText(member(session, 'memoryPrompt')),
    chatModel: asText(member(config, 'model')),
    temperature: asNumber(member(config, 'temperature')),
    systemPrompt: readSystemPrompt(context, notes),
    metadata: {
      ...(maskName === null ? {} : { mask: maskName }),
      ...(cleared === null ? {} : { clear_context_index: cleared }),
    },
    messages: [
      ...readExamples(context, notes),
      ...objectsOf(messages, notes).map((message) => readMessage(message, notes)),
    ],
    shape: 'chain',
    notes,
  });
}

function readSystemPrompt(context: readonly JsonObject[], notes: Set<ImportNote>): string | null {
  const texts = context
    .filter((message) => member(message, 'role') === 'system')
    .map((message) => readContent(member(message, 'content'), notes).content);
  return asText(texts.join('\n\n'));
}

/** Prepared questions and answers of a mask are sent with every prompt, but not shown in the talk. */
function readExamples(
  context: readonly JsonObject[],
  notes: Set<ImportNote>,
): readonly MessageDraft[] {
  return context
    .filter((message) => member(message, 'role') !== 'system')
    .map((message) => {
      const draft = readMessage(message, notes);
      return { ...draft, metadata: { ...draft.metadata, hidden: true, mask_context: true } };
    });
}

function readMessage(message: JsonObject, notes: Set<ImportNote>): MessageDraft {
  const { role, sourceRole, isKnown } = readRole(member(message, 'role'));
  if (!isKnown) notes.add('role_unknown');
  const read = readContent(member(message, 'content'), notes);
  const thinking = role === 'assistant' ? splitThinking(read.content) : null;
  const audio = asText(member(message, 'audio_url'));
  return {
    role,
    content: thinking?.content ?? read.content,
    reasoning: joinReasoning(
      asText(member(message, 'reasoning_content')),
      read.reasoning,
      thinking?.reasoning ?? null,
    ),
    parts: [...read.parts, ...objectsOf(member(message, 'tools'), notes)],
    attachments: read.attachments,
    sourceId: asId(member(message, 'id')) ?? '',
    timestamp: readMessageDate(member(message, 'date'), notes),
    modelUsed: role === 'assistant' ? asText(member(message, 'model')) : null,
    status: readStatus(message),
    metadata: {
      ...(sourceRole === null ? {} : { source_role: sourceRole }),
      ...(audio === null || audio.startsWith('data:') ? {} : { audio_url: audio }),
    },
  };
}

function readStatus(message: JsonObject): 'complete' | 'error' | 'interrupted' {
  if (member(message, 'isError') === true) return 'error';
  return member(message, 'streaming') === true ? 'interrupted' : 'complete';
}

function readMessageDate(value: unknown, notes: Set<ImportNote>): number | null {
  const written = typeof value === 'string' ? readLocaleDate(value) : undefined;
  if (!written) return readDate(value, notes);
  if (written.isZoneAssumed) notes.add('zone_assumed');
  return written.at;
}
