/**
 * Messages of Cherry Studio. The list is flat; several models that answered one
 * question carry its id in `askId` and are siblings, and the talk goes on below the chosen one.
 */
import { deriveSourceId } from '#domain/imported.ts';
import type { ImportNote } from '#domain/imported.ts';
import { readDate, withoutNulls } from './build-conversation.ts';
import type { MessageDraft } from './build-conversation.ts';
import { readCherryBlocks } from './cherry-studio-blocks.ts';
import { joinReasoning, splitThinking } from './read-content.ts';
import { readUsage } from './read-usage.ts';
import { asCount, asId, asText, member, readRole, takeObject } from './read-value.ts';
import type { JsonObject } from './read-value.ts';

/** The messages of one topic as a tree, and the end of its shown branch. */
export function readCherryMessages(
  messages: readonly unknown[],
  blocks: ReadonlyMap<string, JsonObject>,
  notes: Set<ImportNote>,
): { messages: readonly MessageDraft[]; leaf: string | null } {
  const known = new Set(messages.map((message) => asId(member(message, 'id'))));
  let leaf: string | null = null;
  /** The question whose answers are being read, and whether one of them was chosen. */
  let asked: string | null = null;
  let isChosen = false;
  const drafts = messages.flatMap((value, position) => {
    const message = takeObject(value, notes);
    if (!message) return [];
    const draft = readMessage(message, position, blocks, notes);
    const askId = asId(member(message, 'askId'));
    const isAnswer = draft.role === 'assistant' && askId !== null && known.has(askId);
    const isSibling = isAnswer && askId === asked;
    const parentSourceId = isAnswer ? askId : leaf;
    const isSelected =
      member(message, 'foldSelected') === true || member(message, 'useful') === true;
    if (!isSibling || isSelected || !isChosen) leaf = draft.sourceId;
    isChosen = isSelected || (isSibling && isChosen);
    asked = isAnswer ? askId : null;
    return [{ ...draft, parentSourceId }];
  });
  return { messages: drafts, leaf };
}

function readMessage(
  message: JsonObject,
  position: number,
  blocks: ReadonlyMap<string, JsonObject>,
  notes: Set<ImportNote>,
): MessageDraft & { readonly sourceId: string } {
  const { role, sourceRole, isKnown } = readRole(member(message, 'role'));
  if (!isKnown) notes.add('role_unknown');
  const read = readCherryBlocks(message, blocks, notes);
  const thinking = role === 'assistant' ? splitThinking(read.content) : null;
  const timestamp = readDate(member(message, 'createdAt'), notes);
  const givenId = asId(member(message, 'id'));
  const metrics = member(message, 'metrics');
  const model = member(message, 'model');
  return {
    role,
    content: thinking?.content ?? read.content,
    reasoning: joinReasoning(
      asText(member(message, 'reasoning_content')),
      read.reasoning,
      thinking?.reasoning ?? null,
    ),
    parts: read.parts,
    attachments: read.attachments,
    sourceId: givenId ?? deriveSourceId('cherry-studio', role, read.content, position, timestamp),
    isSourceIdDerived: givenId === null,
    timestamp,
    status: readStatus(member(message, 'status'), read.error),
    ...readUsage(member(message, 'usage')),
    responseTimeMs: asCount(member(metrics, 'time_completion_millsec')),
    modelUsed:
      role === 'assistant'
        ? (asText(member(model, 'id')) ?? asText(member(message, 'modelId')))
        : null,
    metadata: withoutNulls({
      source_role: sourceRole,
      provider: asText(member(model, 'provider')),
      error: read.error,
      citations: read.citations.length === 0 ? null : read.citations,
    }),
  };
}

/** What an answer was at when the export was made. */
const UNFINISHED: ReadonlySet<unknown> = new Set([
  'processing',
  'pending',
  'searching',
  'streaming',
]);

function readStatus(
  status: unknown,
  error: string | null,
): 'complete' | 'error' | 'stopped' | 'interrupted' {
  if (status === 'error' || error !== null) return 'error';
  if (status === 'paused') return 'stopped';
  return UNFINISHED.has(status) ? 'interrupted' : 'complete';
}
