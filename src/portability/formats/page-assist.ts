/**
 * Page Assist: `{ chat: [{ history, messages }], knowledge, vector, prompts, oaiConfigs }`. `oaiConfigs`
 * holds keys and never reaches this reader; saved prompts and collections of files are named and left out.
 */
import type { ImportedAttachment, ImportNote, ReadItem } from '#domain/imported.ts';
import { readInstantMs } from '#domain/instants.ts';
import { buildConversation, readDate } from './build-conversation.ts';
import type { MessageDraft } from './build-conversation.ts';
import type { JsonFormat } from './format.ts';
import { distinctCitations, readCitations, readPassages } from './read-citations.ts';
import {
  joinReasoning,
  readContent,
  readDataUrl,
  secondsToMs,
  splitThinking,
} from './read-content.ts';
import { readUsage } from './read-usage.ts';
import {
  asArray,
  asFlag,
  asId,
  asText,
  isObject,
  member,
  objectsOf,
  readRole,
} from './read-value.ts';
import type { JsonObject } from './read-value.ts';
import { skipped } from './skipped.ts';

/** Reads the file of "Export" in Page Assist's settings. */
export const pageAssistFormat: JsonFormat = {
  kind: 'json',
  id: 'page-assist',
  source: 'page-assist',
  unit: 'elements',
  elementKeys: ['chat', 'prompts', 'knowledge'],
  matches: ({ isArray, first }) =>
    !isArray &&
    Array.isArray(member(first, 'chat')) &&
    (isObject(member(asArray(member(first, 'chat'))[0], 'history')) ||
      Array.isArray(member(first, 'knowledge')) ||
      Array.isArray(member(first, 'vector'))),
  *read(value) {
    yield readChat(value);
  },
};

function readChat(value: unknown): ReadItem {
  if (!isObject(value)) return skipped('not_an_object', null);
  const history = member(value, 'history');
  const title = asText(member(history, 'title'));
  const messages = member(value, 'messages');
  if (!Array.isArray(messages)) {
    const name = asText(member(value, 'title'));
    // Elements of the other lists: a collection lists its files, a prompt is a text with a name.
    if (Array.isArray(member(value, 'source'))) return skipped('knowledge_base', name);
    if (asText(member(value, 'content')) !== null) return skipped('saved_prompt', name);
    return skipped('no_messages_field', title);
  }
  const notes = new Set<ImportNote>();
  const listed = objectsOf(messages, notes);
  const origin = asText(member(history, 'message_source'));
  return buildConversation({
    source: 'page-assist',
    sourceId: asId(member(history, 'id')) ?? asId(member(listed[0], 'history_id')),
    title,
    createdAt: readDate(member(history, 'createdAt'), notes),
    isPinned: asFlag(member(history, 'is_pinned')),
    chatModel: asText(member(history, 'model_id')),
    metadata: origin === null ? {} : { message_source: origin },
    messages: inOrder(listed).map((message) => readMessage(message, notes)),
    shape: 'chain',
    notes,
  });
}

/** The table gives newest first in some versions; a question and its answer can have one date. */
function inOrder(messages: readonly JsonObject[]): readonly JsonObject[] {
  const dated = messages.map((message) => readInstantMs(member(message, 'createdAt')));
  if (dated.includes(null)) return messages;
  const isNewestFirst = (dated[0] ?? 0) > (dated.at(-1) ?? 0);
  return (isNewestFirst ? messages.toReversed() : messages).toSorted(
    (a, b) =>
      (readInstantMs(member(a, 'createdAt')) ?? 0) - (readInstantMs(member(b, 'createdAt')) ?? 0),
  );
}

function readMessage(message: JsonObject, notes: Set<ImportNote>): MessageDraft {
  const { role, sourceRole, isKnown } = readRole(member(message, 'role'));
  if (!isKnown) notes.add('role_unknown');
  const read = readContent(member(message, 'content'), notes);
  const isAnswer = role === 'assistant';
  const thinking = isAnswer ? splitThinking(read.content) : null;
  const found = readCitations(member(member(message, 'search'), 'search_results'));
  const documents = readDocuments(member(message, 'documents'), notes);
  const passages = readPassages(objectsOf(member(message, 'sources'), notes));
  const citations = distinctCitations([
    ...passages.citations,
    ...found,
    ...readCitations(documents.pages),
  ]);
  const images = readImages(member(message, 'images'), notes);
  const thoughtMs = secondsToMs(member(message, 'reasoning_time_taken'));
  const model = asText(member(message, 'modelName')) ?? asText(member(message, 'name'));
  return {
    role,
    content: thinking?.content ?? read.content,
    reasoning: joinReasoning(read.reasoning, thinking?.reasoning ?? null),
    parts: [
      ...read.parts,
      ...images.parts,
      ...passages.rest.map((source) => ({ type: 'source', ...source })),
    ],
    attachments: [...read.attachments, ...images.files, ...documents.files],
    sourceId: asId(member(message, 'id')) ?? '',
    timestamp: readDate(member(message, 'createdAt'), notes),
    ...(isAnswer ? readUsage(member(message, 'generationInfo')) : {}),
    modelUsed: isAnswer ? model : null,
    metadata: {
      ...(sourceRole === null ? {} : { source_role: sourceRole }),
      ...(citations.length === 0 ? {} : { citations }),
      ...(thoughtMs === null || thoughtMs === 0 ? {} : { reasoning_ms: thoughtMs }),
    },
  };
}

/** Pictures are `data:` URLs. Nothing is fetched: one that is only an address stays that. */
function readImages(
  value: unknown,
  notes: Set<ImportNote>,
): { readonly files: readonly ImportedAttachment[]; readonly parts: readonly unknown[] } {
  const files: ImportedAttachment[] = [];
  const parts: unknown[] = [];
  for (const image of asArray(value)) {
    const url = asText(image) ?? asText(member(image, 'url'));
    const file = url === null ? null : readDataUrl(url, null);
    if (file) files.push(file);
    else if (url !== null || isObject(image)) {
      notes.add(url === null ? 'unknown_block' : 'asset_missing');
      parts.push({ type: 'image', ...(isObject(image) ? image : { url }) });
    }
  }
  return { files, parts };
}

/** What was asked about: files, whose text may be there, and pages of the browser. */
function readDocuments(
  value: unknown,
  notes: Set<ImportNote>,
): {
  readonly files: readonly ImportedAttachment[];
  readonly pages: readonly unknown[];
} {
  const listed = objectsOf(value, notes);
  const isPage = (each: JsonObject): boolean => asText(each['url']) !== null;
  const files = listed
    .filter((each) => !isPage(each))
    .flatMap((each): ImportedAttachment[] => {
      const name = asText(each['filename']) ?? asText(each['title']) ?? asText(each['name']);
      const text = asText(each['content']) ?? asText(each['text']);
      if (name === null) return [];
      const file = { name, mediaType: null, sizeBytes: null, assetKeys: [] };
      return [text === null ? file : { ...file, text }];
    });
  return { files, pages: listed.filter(isPage) };
}
