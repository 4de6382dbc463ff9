/** One message of LobeHub, as a row of its tables or as its screen has it (FORMATS 2.4). */
import type { ImportNote } from '#domain/imported.ts';
import { deriveSourceId } from '#domain/imported.ts';
import { readInstantMs } from '#domain/instants.ts';
import { readDate, withoutNulls } from './build-conversation.ts';
import type { MessageDraft } from './build-conversation.ts';
import { joinReasoning, readContent, readErrorText, splitThinking } from './read-content.ts';
import { readUsage } from './read-usage.ts';
import type { MessageTables } from './lobehub-files.ts';
import { readLobeFiles } from './lobehub-files.ts';
import {
  asArray,
  asCount,
  asId,
  asNumber,
  asText,
  isObject,
  member,
  objectsOf,
  readRole,
} from './read-value.ts';
import type { JsonObject } from './read-value.ts';

/** Epoch milliseconds of a message; null when it has no date. */
export function messageDate(message: JsonObject): number | null {
  return readInstantMs(member(message, 'createdAt'));
}

/**
 * Messages as a tree. Older versions name parents of answers only: a message without a parent follows
 * the one before it, in a thread the one before it there, at its start the message it was opened at.
 */
export function linkMessages(
  messages: readonly JsonObject[],
  tables: MessageTables,
  notes: Set<ImportNote>,
): readonly MessageDraft[] {
  const known = new Set(messages.map((message) => asId(member(message, 'id'))));
  const lastByThread = new Map<string | null, string>();
  return messages.flatMap((message, position) => {
    const thread = asId(member(message, 'threadId'));
    const opener = asId(member(tables.threads?.get(thread ?? ''), 'sourceMessageId'));
    const before = lastByThread.get(thread) ?? (thread === null ? null : opener);
    const named = asId(member(message, 'parentId'));
    const isThere = named !== null && known.has(named);
    if (named !== null && !isThere) notes.add('tree_repaired');
    const parent = isThere ? named : before;
    const drafts = readMessage(message, position, tables, notes);
    let parentSourceId = parent ?? null;
    return drafts.map((draft) => {
      const child = { ...draft, parentSourceId };
      parentSourceId = draft.sourceId;
      lastByThread.set(thread, draft.sourceId);
      return child;
    });
  });
}

type Draft = MessageDraft & { readonly sourceId: string };

/** The message; an `assistantGroup` of the screen is several, one for each step of the answer. */
function readMessage(
  message: JsonObject,
  position: number,
  tables: MessageTables,
  notes: Set<ImportNote>,
): readonly Draft[] {
  const steps = objectsOf(member(message, 'children'), notes);
  const own = readOne(message, position, tables, notes);
  if (steps.length === 0) return [own];
  const children = steps.map((step, index) => {
    const draft = readOne(step, position + index, tables, notes);
    return {
      ...draft,
      role: 'assistant' as const,
      timestamp: draft.timestamp ?? own.timestamp ?? null,
    };
  });
  // The group itself has words only where an older screen wrote them.
  const isEmpty = own.content === '' && (own.parts ?? []).length === 0;
  return isEmpty ? children : [own, ...children];
}

function readOne(
  message: JsonObject,
  position: number,
  tables: MessageTables,
  notes: Set<ImportNote>,
): Draft {
  const { role, sourceRole, isKnown } = readLobeRole(member(message, 'role'));
  if (!isKnown && asId(member(message, 'role')) !== null) notes.add('role_unknown');
  const read = readContent(member(message, 'content'), notes);
  const files = readLobeFiles(message, tables, notes);
  const thinking = role === 'assistant' ? splitThinking(read.content) : null;
  const givenId = asId(member(message, 'id'));
  const extra = member(message, 'extra');
  const model =
    asText(member(message, 'model')) ??
    asText(member(extra, 'model')) ??
    asText(member(extra, 'fromModel'));
  const error = readErrorText(member(message, 'error'));
  return {
    role,
    content: thinking?.content ?? read.content,
    reasoning: joinReasoning(
      asText(member(member(message, 'reasoning'), 'content')),
      read.reasoning,
      thinking?.reasoning ?? null,
    ),
    parts: [
      ...read.parts,
      ...objectsOf(member(message, 'tools'), notes),
      ...files.parts,
      ...readTranslation(member(extra, 'translate') ?? tables.translations?.get(givenId ?? '')),
    ],
    attachments: [...read.attachments, ...files.attachments],
    sourceId:
      givenId ?? deriveSourceId('lobehub', role, read.content, position, messageDate(message)),
    isSourceIdDerived: givenId === null,
    timestamp: readDate(member(message, 'createdAt'), notes),
    status: error === null ? 'complete' : 'error',
    modelUsed: role === 'assistant' ? model : null,
    ...readFigures(message),
    metadata: readMetadata(message, tables.plugins?.get(givenId ?? ''), sourceRole, error),
  };
}

function readLobeRole(value: unknown): ReturnType<typeof readRole> {
  if (value === 'assistantGroup' || value === 'supervisor') {
    return { role: 'assistant', sourceRole: value, isKnown: true };
  }
  return readRole(value);
}

function readFigures(message: JsonObject): Partial<MessageDraft> {
  const metadata = member(message, 'metadata');
  const usage = readUsage(member(message, 'usage') ?? member(metadata, 'usage') ?? metadata);
  const performance = member(message, 'performance') ?? member(metadata, 'performance') ?? metadata;
  const latency = asCount(member(performance, 'latency'));
  const cost = asNumber(member(member(message, 'usage'), 'cost') ?? member(metadata, 'cost'));
  return {
    ...usage,
    costUsd: cost !== null && cost >= 0 ? cost : null,
    responseTimeMs: latency,
  };
}

function readMetadata(
  message: JsonObject,
  pluginRow: JsonObject | undefined,
  sourceRole: string | null,
  error: string | null,
): Record<string, unknown> {
  const plugin = member(message, 'plugin') ?? pluginRow;
  const citations = asArray(member(member(message, 'search'), 'citations'));
  const provider =
    asText(member(message, 'provider')) ?? asText(member(member(message, 'extra'), 'provider'));
  const toolCallId = asText(member(message, 'tool_call_id') ?? member(pluginRow, 'toolCallId'));
  return withoutNulls({
    source_role: sourceRole,
    error,
    provider,
    tool_call_id: toolCallId,
    citations: citations.length === 0 ? null : citations,
    favorite: member(message, 'favorite') === true ? true : null,
    tool: isObject(plugin) ? readPlugin(plugin) : null,
  });
}

function readTranslation(translate: unknown): readonly unknown[] {
  const isSaid = isObject(translate) && asText(member(translate, 'content')) !== null;
  return isSaid ? [{ type: 'translation', ...translate }] : [];
}

function readPlugin(plugin: JsonObject): Record<string, unknown> {
  return withoutNulls({
    identifier: asText(member(plugin, 'identifier')),
    apiName: asText(member(plugin, 'apiName')),
    arguments: asText(member(plugin, 'arguments')),
    type: asText(member(plugin, 'type')),
  });
}
