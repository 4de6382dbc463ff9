import { createImportedMessage } from '#domain/imported.ts';
import type { ImportedAttachment, ImportedMessage, ReadItem } from '#domain/imported.ts';
import { readClaudeBlocks } from './claude-content.ts';
import { joinParagraphs } from './compose-markdown.ts';
import { finishConversation } from './finish-conversation.ts';
import type { JsonFormat, JsonSample, ReadContext } from './format.ts';
import { readAttachment } from './read-attachment.ts';
import { identify, onlySaid, readDate, readSaidRole } from './read-said.ts';
import type { NoteSet } from './read-said.ts';
import {
  asArray,
  asFlag,
  asId,
  asText,
  chain,
  isObject,
  member,
  takeObject,
} from './read-value.ts';
import type { JsonObject } from './read-value.ts';
import { skipped } from './skipped.ts';

/** Claude's `conversations.json`, older and 2026 layout, as a tree or flat (FORMATS 2.2). */
export const claude: JsonFormat = {
  kind: 'json',
  id: 'claude',
  source: 'claude',
  unit: 'elements',
  elementKeys: ['conversations'],
  alsoReads: [/^projects\.json$/],
  ignored: [/^(users|light_metadata|login_history|logins)\.json$/],
  matches: isClaude,
  *read(value, context) {
    yield readConversation(value, context);
  },
};

function isClaude(sample: JsonSample): boolean {
  const wrapped = sample.isArray ? [] : asArray(member(sample.first, 'conversations'));
  return [sample.first, sample.second, ...wrapped].some(
    (value) =>
      isObject(value) &&
      Object.hasOwn(value, 'chat_messages') &&
      !Object.hasOwn(value, 'chat_session'),
  );
}

function readConversation(value: unknown, context: ReadContext): ReadItem {
  if (!isObject(value)) return skipped('not_an_object', null);
  const title = asText(value['name']) ?? asText(value['title']);
  const sourceId = asId(value['uuid']);
  const list = value['chat_messages'];
  if (!Array.isArray(list)) return skipped('no_messages_field', title ?? sourceId);
  const notes: NoteSet = new Set();
  const project = value['project'];
  const projectId = asText(value['project_uuid']) ?? asText(member(project, 'uuid'));
  const projectName =
    asText(member(project, 'name')) ?? projectNames(context).get(projectId ?? '') ?? null;
  return finishConversation({
    fields: {
      source: 'claude',
      title,
      summary: asText(value['summary']),
      createdAt: readDate(notes, value['created_at']),
      updatedAt: readDate(notes, value['updated_at']),
      isPinned: asFlag(value['is_starred']),
      tags: projectName === null ? (project === null ? [] : null) : [projectName],
      chatModel: asText(value['model']),
      metadata: onlySaid({
        project_uuid: projectId,
        is_temporary: value['is_temporary'] === true,
      }),
    },
    sourceId,
    messages: readMessages(list, sourceId, notes),
    leaf: asText(value['current_leaf_message_uuid']),
    notes,
  });
}

// Every conversation asks: an index lives as long as its companion.
const nameIndexes = new WeakMap<object, ReadonlyMap<string, string>>();

/** Names of the projects that came in the same archive, by their ids. */
function projectNames({ companions }: ReadContext): ReadonlyMap<string, string> {
  const companion = companions.get('projects.json');
  if (typeof companion !== 'object' || companion === null) return new Map();
  const known = nameIndexes.get(companion);
  if (known) return known;
  const projects = Array.isArray(companion) ? companion : member(companion, 'projects');
  const index = new Map(
    asArray(projects).flatMap((project): [string, string][] => {
      const [id, name] = [asId(member(project, 'uuid')), asText(member(project, 'name'))];
      return id === null || name === null ? [] : [[id, name]];
    }),
  );
  nameIndexes.set(companion, index);
  return index;
}

/** What stands where a first message has no parent. */
const ROOT = '00000000-0000-4000-8000-000000000000';

/** A tree where any message names a parent, else a chain: exports of 2024 and 2025 have only the order. */
function readMessages(
  list: readonly unknown[],
  conversationId: string | null,
  notes: NoteSet,
): readonly ImportedMessage[] {
  const isTree = list.some((value) => asText(member(value, 'parent_message_uuid')) !== null);
  let previousId: string | null = null;
  const messages: ImportedMessage[] = [];
  for (const [index, each] of list.entries()) {
    const value = takeObject(each, notes);
    if (!value) continue;
    const named: unknown = value['parent_message_uuid'];
    const parent = named === undefined ? previousId : asText(named);
    const message = readMessage(value, index, conversationId, notes);
    messages.push({ ...message, parentSourceId: parent === ROOT ? null : parent });
    previousId = message.sourceId;
  }
  return isTree ? messages : chain(messages);
}

function readMessage(
  value: JsonObject,
  index: number,
  conversationId: string | null,
  notes: NoteSet,
): ImportedMessage {
  const { role, source_role } = readSaidRole(notes, value['sender'] ?? value['role']);
  // The flat `text` is often empty or shortened: it counts only where the blocks say nothing.
  const blocks = readClaudeBlocks(value['content'], notes);
  const content = blocks.text === '' ? (asText(value['text']) ?? '') : blocks.text;
  const timestamp = readDate(notes, value['created_at'], value['updated_at']);
  return createImportedMessage({
    ...identify(
      notes,
      asId(value['uuid']),
      'claude',
      conversationId,
      role,
      content,
      index,
      timestamp,
    ),
    parentSourceId: null,
    role,
    content,
    reasoning: blocks.reasoning,
    parts: blocks.parts,
    timestamp,
    finishReason: role === 'assistant' ? asText(value['stop_reason']) : null,
    modelUsed: role === 'assistant' ? asText(value['model']) : null,
    attachments: readFiles(value),
    metadata: onlySaid({
      source_role: source_role === 'human' ? null : source_role,
      citations: blocks.citations,
      truncated: value['truncated'] === true,
    }),
  });
}

/** Pasted texts with what was read out of them; uploads by name, because exports never hold the bytes. */
function readFiles(value: JsonObject): readonly ImportedAttachment[] {
  const pasted = asArray(value['attachments']).flatMap((entry) => {
    const attachment = readAttachment(entry) ?? nameless(entry);
    const text = asText(member(entry, 'extracted_content'));
    if (!attachment) return [];
    return text === null ? attachment : { ...attachment, text };
  });
  const uploads = [...asArray(value['files']), ...asArray(value['files_v2'])].flatMap(
    (entry) => readAttachment(entry) ?? [],
  );
  const seen = new Set<string>();
  const distinct = uploads.filter((upload) => {
    const key = joinParagraphs([upload.name, upload.assetKeys[0] ?? null]);
    return seen.has(key) ? false : seen.add(key);
  });
  return [...pasted, ...distinct];
}

/** Text that was pasted long has an empty name. */
function nameless(entry: unknown): ImportedAttachment | null {
  return asText(member(entry, 'extracted_content')) === null
    ? null
    : { name: 'pasted.txt', mediaType: null, sizeBytes: null, assetKeys: [] };
}
