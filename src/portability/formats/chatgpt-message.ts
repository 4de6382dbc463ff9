import { createImportedMessage } from '#domain/imported.ts';
import type { ImportedMessage } from '#domain/imported.ts';
import type { MessageStatus, Role } from '#domain/message.ts';
import { readChatgptAttachments } from './chatgpt-assets.ts';
import { readChatgptCitations, stripAnchors } from './chatgpt-citations.ts';
import { readChatgptContent } from './chatgpt-content.ts';
import type { ChatgptContent } from './chatgpt-content.ts';
import type { ReadContext } from './format.ts';
import { listedParts, onlySaid, readDate, readSaidRole } from './read-said.ts';
import type { NoteSet } from './read-said.ts';
import { asObject, asText, member } from './read-value.ts';
import type { JsonObject } from './read-value.ts';

/** One node's message, and whether it is a thought that belongs to the next answer. */
export interface ChatgptTurn {
  readonly kind: 'message' | 'reasoning';
  /** Its `parentSourceId` is the node's, not yet a kept message's. A thought's text is its `reasoning`. */
  readonly message: ImportedMessage;
}

/** The turn a message object stands for; hidden ones carry `metadata.hidden`. */
export function readChatgptTurn(
  node: { readonly key: string; readonly parent: string | null },
  value: JsonObject,
  notes: NoteSet,
  context: ReadContext,
): ChatgptTurn {
  const metadata = asObject(value['metadata']);
  const content = readChatgptContent(value['content'], notes);
  const said = readSaidRole(notes, member(value['author'], 'role'));
  const role = content.kind === 'instructions' ? 'system' : said.role;
  const isReasoning = content.kind === 'reasoning';
  const text = role === 'user' ? content.text : stripAnchors(content.text);
  const attachments = readChatgptAttachments(metadata['attachments'], content.pointers, context);
  const message = createImportedMessage({
    sourceId: node.key,
    parentSourceId: node.parent,
    role: isReasoning ? 'assistant' : role,
    content: isReasoning ? '' : text,
    reasoning: isReasoning && text !== '' ? text : null,
    parts: [
      ...content.parts,
      ...listedParts({
        image_prompts: content.imagePrompts,
        search_results: metadata['search_result_groups'],
      }),
    ],
    timestamp: readDate(notes, value['create_time'], value['update_time']),
    ...readEnd(value, metadata, role),
    modelUsed: role === 'assistant' ? asText(metadata['model_slug']) : null,
    attachments,
    metadata: onlySaid({
      source_role: said.source_role,
      hidden: !isReasoning && isHidden(value, metadata, role, content),
      folded: content.kind === 'folded',
      ...readDetails(value, metadata),
    }),
  });
  return { kind: isReasoning ? 'reasoning' : 'message', message };
}

/** FORMATS 2.1, "hidden by default, kept". Custom instructions are shown although their flag says hidden. */
function isHidden(
  value: JsonObject,
  metadata: JsonObject,
  role: Role,
  content: ChatgptContent,
): boolean {
  if (content.kind === 'instructions' || metadata['is_user_system_message'] === true) return false;
  if (metadata['is_visually_hidden_from_conversation'] === true) return true;
  if (role === 'system') return true;
  if (role === 'tool') return !isShownOutput(value['content'], content);
  const recipient = asText(value['recipient']);
  return role === 'assistant' && recipient !== null && recipient !== 'all';
}

function isShownOutput(value: unknown, content: ChatgptContent): boolean {
  return member(value, 'content_type') === 'execution_output' || content.pointers.length > 0;
}

function readEnd(
  value: JsonObject,
  metadata: JsonObject,
  role: Role,
): { status: MessageStatus; finishReason: string | null } {
  if (role !== 'assistant') return { status: 'complete', finishReason: null };
  const reason = asText(member(metadata['finish_details'], 'type'));
  const finishReason = reason === 'max_tokens' ? 'length' : reason;
  if (value['status'] === 'error') return { status: 'error', finishReason };
  if (reason === 'interrupted') return { status: 'stopped', finishReason };
  const isRunning = value['status'] === 'in_progress';
  return { status: isRunning ? 'interrupted' : 'complete', finishReason };
}

function readDetails(value: JsonObject, metadata: JsonObject): Readonly<Record<string, unknown>> {
  const author = asObject(value['author']);
  const recipient = asText(value['recipient']);
  const type = asText(member(value['content'], 'content_type'));
  return {
    tool: asText(author['name']),
    recipient: recipient === 'all' ? null : recipient,
    channel: asText(value['channel']),
    weight: typeof value['weight'] === 'number' && value['weight'] !== 1 ? value['weight'] : null,
    content_type: type === 'text' || type === 'multimodal_text' ? null : type,
    citations: readChatgptCitations(metadata),
    finish_details: asObject(metadata['finish_details']),
    thinking_effort: asText(metadata['thinking_effort']),
    reasoning_duration_sec: metadata['finished_duration_sec'],
    is_user_system_message: metadata['is_user_system_message'] === true,
  };
}
