/** Jan: `messages.jsonl` of a thread, one message a line, a tree where `metadata.parentId` is there. */
import type { ImportNote, ReadItem } from '#domain/imported.ts';
import { buildConversation, readDate } from './build-conversation.ts';
import type { MessageDraft } from './build-conversation.ts';
import type { JsonFormat } from './format.ts';
import { joinReasoning, readContent, splitThinking } from './read-content.ts';
import { readEach } from './read-each.ts';
import { readUsage } from './read-usage.ts';
import { asArray, asId, asText, isObject, member, objectsOf, readRole } from './read-value.ts';
import type { JsonObject } from './read-value.ts';
import { skipped } from './skipped.ts';

/** Reads the messages of one thread; its title stands in `thread.json` beside it. */
export const janFormat: JsonFormat = {
  kind: 'json',
  id: 'jan',
  source: 'jan',
  unit: 'whole',
  companions: [/^thread\.json$/],
  matches: ({ isArray, first }) =>
    isArray &&
    (member(first, 'object') === 'thread.message' ||
      typeof member(first, 'thread_id') === 'string') &&
    member(first, 'role') !== undefined,
  *read(value, { companions }) {
    const threads = new Map<string | null, JsonObject[]>();
    for (const message of asArray(value)) {
      if (!isObject(message)) {
        if (message !== null) yield skipped('unreadable_element', null);
        continue;
      }
      const id = asId(member(message, 'thread_id'));
      const list = threads.get(id);
      if (list) list.push(message);
      else threads.set(id, [message]);
    }
    yield* readEach(
      threads,
      ([id, messages]) => readThread(id, messages, companions.get('thread.json')),
      ([id]) => id,
    );
  },
};

/** @param thread Every thread has a file of this name: it is believed only when its id fits. */
function readThread(id: string | null, messages: readonly JsonObject[], thread: unknown): ReadItem {
  const notes = new Set<ImportNote>();
  const own = id !== null && asId(member(thread, 'id')) === id ? thread : undefined;
  const assistant = asArray(member(own, 'assistants'))[0];
  const isTree = messages.some((message) => parentOf(message) !== null);
  const drafts = messages.map((message) => readMessage(message, notes));
  return buildConversation({
    source: 'jan',
    sourceId: id,
    title: asText(member(own, 'title')),
    createdAt: readDate(member(own, 'created'), notes),
    updatedAt: readDate(member(own, 'updated'), notes),
    chatModel: asText(member(member(assistant, 'model'), 'id')),
    systemPrompt: asText(member(assistant, 'instructions')),
    messages: isTree ? linkRoots(drafts) : drafts,
    activeLeafSourceId: isTree ? findLeaf(messages) : null,
    shape: isTree ? 'tree' : 'chain',
    notes,
  });
}

function parentOf(message: JsonObject): string | null {
  return asId(member(member(message, 'metadata'), 'parentId'));
}

/** Messages from before the tree have no parent: those before the first one with a parent are a chain. */
function linkRoots(drafts: readonly MessageDraft[]): readonly MessageDraft[] {
  const first = drafts.findIndex(({ parentSourceId = null }) => parentSourceId !== null);
  return drafts.map((draft, index) =>
    index > 0 && index < first
      ? { ...draft, parentSourceId: drafts[index - 1]?.sourceId ?? null }
      : draft,
  );
}

/** Follows `activeChildId` from the first message that names one. */
function findLeaf(messages: readonly JsonObject[]): string | null {
  const next = new Map<string, string>();
  for (const message of messages) {
    const id = asId(member(message, 'id'));
    const child = asId(member(member(message, 'metadata'), 'activeChildId'));
    if (id !== null && child !== null) next.set(id, child);
  }
  let leaf: string | null = null;
  const seen = new Set<string>();
  let current = next.keys().next().value;
  while (current !== undefined && !seen.has(current)) {
    seen.add(current);
    leaf = current;
    current = next.get(current);
  }
  return leaf;
}

const STATUSES: ReadonlyMap<unknown, 'error' | 'stopped' | 'interrupted'> = new Map([
  ['error', 'error'],
  ['stopped', 'stopped'],
  ['pending', 'interrupted'],
]);

function readMessage(message: JsonObject, notes: Set<ImportNote>): MessageDraft {
  const { role, sourceRole, isKnown } = readRole(member(message, 'role'));
  if (!isKnown) notes.add('role_unknown');
  const read = readContent(member(message, 'content'), notes);
  const thinking = role === 'assistant' ? splitThinking(read.content) : null;
  const metadata = member(message, 'metadata');
  const toolCalls = objectsOf(member(metadata, 'tool_calls'), notes);
  const errorCode = asText(member(message, 'error_code'));
  const assistant = asText(member(message, 'assistant_id'));
  return {
    role,
    content: thinking?.content ?? read.content,
    reasoning: joinReasoning(read.reasoning, thinking?.reasoning ?? null),
    parts: [...read.parts, ...toolCalls],
    attachments: read.attachments,
    sourceId: asId(member(message, 'id')) ?? '',
    parentSourceId: parentOf(message),
    timestamp: readDate(member(message, 'created_at'), notes),
    status: STATUSES.get(member(message, 'status')) ?? 'complete',
    ...readUsage(member(metadata, 'usage')),
    modelUsed:
      role === 'assistant'
        ? asText(member(metadata, 'model') ?? member(metadata, 'modelId'))
        : null,
    metadata: {
      ...(sourceRole === null ? {} : { source_role: sourceRole }),
      ...(errorCode === null ? {} : { error: errorCode }),
      ...(assistant === null ? {} : { assistant_id: assistant }),
    },
  };
}
