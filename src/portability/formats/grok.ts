import { createImportedMessage } from '#domain/imported.ts';
import type { ImportedMessage, ReadItem } from '#domain/imported.ts';
import type { MessageStatus } from '#domain/message.ts';
import { finishConversation } from './finish-conversation.ts';
import type { JsonFormat } from './format.ts';
import { stripGrokTags } from './grok-text.ts';
import { readAttachment } from './read-attachment.ts';
import { readCitations } from './read-citations.ts';
import { identify, listedParts, onlySaid, readDate, readSaidRole } from './read-said.ts';
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

/** Grok's account export, `prod-grok-backend.json` (FORMATS 2.4). */
export const grok: JsonFormat = {
  kind: 'json',
  id: 'grok',
  source: 'grok',
  unit: 'elements',
  elementKeys: ['conversations'],
  // The files of messages are all called `content`: texts among them are no exports.
  ignored: [/^prod-mc-(auth-mgmt-api|billing|asset-server)\.json$/, /^content$/],
  matches({ first, second, isArray }) {
    const wrapped = isArray ? [] : asArray(member(first, 'conversations'));
    return [first, second, ...wrapped].some(
      (value) =>
        isObject(member(value, 'conversation')) && Array.isArray(member(value, 'responses')),
    );
  },
  *read(value) {
    yield readConversation(value);
  },
};

function readConversation(value: unknown): ReadItem {
  if (!isObject(value)) return skipped('not_an_object', null);
  const conversation = value['conversation'];
  const title = asText(member(conversation, 'title'));
  const sourceId =
    asId(member(conversation, 'id')) ?? asId(member(conversation, 'conversation_id'));
  const responses = value['responses'];
  if (!Array.isArray(responses)) return skipped('no_messages_field', title ?? sourceId);
  const notes: NoteSet = new Set();
  return finishConversation({
    fields: {
      source: 'grok',
      title,
      summary: asText(member(conversation, 'summary')),
      createdAt: readDate(notes, member(conversation, 'create_time')),
      updatedAt: readDate(notes, member(conversation, 'modify_time')),
      isPinned: asFlag(member(conversation, 'starred')),
      metadata: onlySaid({
        is_temporary: member(conversation, 'temporary') === true,
        system_prompt_name: asText(member(conversation, 'system_prompt_name')),
      }),
    },
    sourceId,
    messages: readResponses(responses, notes),
    leaf: asText(member(conversation, 'leaf_response_id')),
    notes,
  });
}

/** A chain where no response names the one before it. */
function readResponses(list: readonly unknown[], notes: NoteSet): readonly ImportedMessage[] {
  const messages = list.flatMap((value, index) => {
    const response = takeObject(member(value, 'response') ?? value, notes);
    return response ? readResponse(response, index, notes) : [];
  });
  return messages.some(({ parentSourceId }) => parentSourceId !== null)
    ? messages
    : chain(messages);
}

function readResponse(value: JsonObject, index: number, notes: NoteSet): ImportedMessage {
  const { role, source_role } = readSaidRole(notes, value['sender']);
  const isAnswer = role === 'assistant';
  const said = asText(value['message']) ?? '';
  const content = isAnswer ? stripGrokTags(said) : said;
  const timestamp = readDate(notes, value['create_time']);
  const id = asId(value['_id']) ?? asId(value['response_id']) ?? asId(member(value['_id'], '$oid'));
  const files = [...asArray(value['image_attachments']), ...asArray(value['file_attachments'])];
  return createImportedMessage({
    ...identify(notes, id, 'grok', role, content, index, timestamp),
    parentSourceId: asText(value['parent_response_id']),
    role,
    content,
    reasoning: asText(value['thinking_trace']),
    parts: listedParts({
      steps: value['steps'],
      search_results: value['web_search_results'],
    }),
    timestamp,
    status: isAnswer ? readStatus(value) : 'complete',
    modelUsed: isAnswer ? asText(value['model']) : null,
    attachments: files.flatMap((file) => readAttachment(file) ?? []),
    metadata: onlySaid({
      source_role: source_role === 'human' ? null : source_role,
      citations: readCitations(value['cited_web_search_results']),
      error: value['error'],
    }),
  });
}

function readStatus(value: JsonObject): MessageStatus {
  const error = value['error'];
  if (asText(error) !== null || error === true || isObject(error)) return 'error';
  return value['partial'] === true ? 'interrupted' : 'complete';
}
