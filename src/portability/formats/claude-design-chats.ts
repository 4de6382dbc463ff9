import { createImportedMessage } from '#domain/imported.ts';
import type { ImportedMessage, ReadItem } from '#domain/imported.ts';
import { joinParagraphs } from './compose-markdown.ts';
import { finishConversation } from './finish-conversation.ts';
import type { JsonFormat } from './format.ts';
import { createAttachment } from './read-attachment.ts';
import { identify, onlySaid, readDate, readSaidRole } from './read-said.ts';
import type { NoteSet } from './read-said.ts';
import {
  asArray,
  asId,
  asObject,
  asText,
  chain,
  isObject,
  member,
  objectsOf,
  takeObject,
} from './read-value.ts';
import type { JsonObject } from './read-value.ts';
import { skipped } from './skipped.ts';

/** One chat a file of `design_chats/` in Claude's export of 2026 (FORMATS 2.2). */
export const claudeDesignChats: JsonFormat = {
  kind: 'json',
  id: 'claude-design-chats',
  source: 'claude',
  isFromDocumentation: true,
  unit: 'elements',
  matches: ({ first, second }) => [first, second].some(isDesignChat),
  *read(value) {
    yield readChat(value);
  },
};

function isDesignChat(value: unknown): boolean {
  if (!isObject(value) || !Object.hasOwn(value, 'uuid')) return false;
  const messages = value['messages'];
  if (!Array.isArray(messages)) return false;
  const hasBlocks = messages.some((message) => {
    const content = member(message, 'content');
    return isObject(content) && ('contentBlocks' in content || 'content' in content);
  });
  return hasBlocks || (isObject(value['project']) && Object.hasOwn(value, 'title'));
}

function readChat(value: unknown): ReadItem {
  if (!isObject(value)) return skipped('not_an_object', null);
  const title = asText(value['title']);
  const sourceId = asId(value['uuid']);
  const list = value['messages'];
  if (!Array.isArray(list)) return skipped('no_messages_field', title ?? sourceId);
  const notes: NoteSet = new Set();
  const messages = list.flatMap((each, index) => {
    const message = takeObject(each, notes);
    return message ? readMessage(message, index, sourceId, notes) : [];
  });
  const project = asText(member(value['project'], 'name'));
  return finishConversation({
    fields: {
      source: 'claude',
      title,
      createdAt: readDate(notes, value['created_at']),
      updatedAt: readDate(notes, value['updated_at']),
      tags: project === null ? null : [project],
      metadata: { kind: 'design_chat' },
    },
    sourceId,
    messages: chain(messages),
    leaf: null,
    notes,
  });
}

function readMessage(
  value: JsonObject,
  index: number,
  conversationId: string | null,
  notes: NoteSet,
): ImportedMessage {
  const { role, source_role } = readSaidRole(notes, value['role']);
  const content = asObject(value['content']);
  const blocks = readBlocks(content['contentBlocks'], notes);
  const flat = asText(value['content']) ?? asText(content['content']) ?? '';
  const text = blocks.text === '' ? flat : blocks.text;
  const timestamp = readDate(notes, value['created_at'], content['timestamp']);
  return createImportedMessage({
    ...identify(notes, asId(value['uuid']), 'claude', conversationId, role, text, index, timestamp),
    parentSourceId: null,
    role,
    content: text,
    reasoning: blocks.reasoning,
    parts: blocks.parts,
    timestamp,
    status: blocks.hasError ? 'error' : 'complete',
    attachments: asArray(content['attachments']).flatMap((entry) => {
      const name = asText(member(entry, 'name'));
      const words = asText(member(entry, 'content'));
      return name === null
        ? []
        : createAttachment({ name, ...(words !== null && { text: words }) });
    }),
    metadata: onlySaid({ source_role }),
  });
}

interface Blocks {
  readonly text: string;
  readonly reasoning: string | null;
  readonly parts: readonly unknown[];
  readonly hasError: boolean;
}

function readBlocks(blocks: unknown, notes: NoteSet): Blocks {
  const texts: (string | null)[] = [];
  const thoughts: (string | null)[] = [];
  const parts: unknown[] = [];
  let hasError = false;
  for (const block of objectsOf(blocks, notes)) {
    const type = block['type'];
    const words = asText(block['text']) ?? asText(block['content']) ?? asText(block['message']);
    if (type === 'text') texts.push(words);
    else if (type === 'thinking') thoughts.push(asText(block['thinking']) ?? words);
    else {
      parts.push(block);
      hasError ||= type === 'error';
      if (type === 'user_interjection' || type === 'error') texts.push(words);
      else if (type !== 'tool_call') notes.add('unknown_block');
    }
  }
  const reasoning = joinParagraphs(thoughts);
  return {
    text: joinParagraphs(texts),
    reasoning: reasoning === '' ? null : reasoning,
    parts,
    hasError,
  };
}
