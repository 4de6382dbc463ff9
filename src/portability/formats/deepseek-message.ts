import { createImportedMessage } from '#domain/imported.ts';
import type { ImportedMessage } from '#domain/imported.ts';
import type { MessageStatus } from '#domain/message.ts';
import { joinParagraphs } from './compose-markdown.ts';
import { readAttachment } from './read-attachment.ts';
import { distinctCitations, readCitation } from './read-citations.ts';
import type { Citation } from './read-citations.ts';
import { identify, onlySaid, readDate, readSaidRole, readThumb } from './read-said.ts';
import type { NoteSet } from './read-said.ts';
import { asArray, asCount, asId, asText, member, objectsOf } from './read-value.ts';
import type { JsonObject } from './read-value.ts';

/** A message, and whether its side of the talk was said or must be told from its place. */
export interface DeepseekMessage {
  readonly message: ImportedMessage;
  readonly isRoleSaid: boolean;
}

interface Fragments {
  readonly request: string;
  readonly response: string;
  readonly reasoning: string;
  readonly citations: readonly Citation[];
  readonly parts: readonly unknown[];
}

/** The message of a node of the official export, or of a web capture's list. */
export function readDeepseekMessage(
  key: string | null,
  parentSourceId: string | null,
  value: JsonObject,
  index: number,
  notes: NoteSet,
): DeepseekMessage {
  const fragments = readFragments(value, notes);
  const said = readSide(value, fragments, notes);
  const content = fragments.request || fragments.response || (asText(value['content']) ?? '');
  const thinking = asText(value['thinking_content']) ?? asText(value['reasoning_content']);
  const reasoning = fragments.reasoning || thinking;
  const timestamp = readDate(notes, value['inserted_at'], value['updated_at']);
  const role = said?.role ?? 'assistant';
  const isAnswer = role === 'assistant';
  const message = createImportedMessage({
    ...identify(notes, key, 'deepseek', role, content, index, timestamp),
    parentSourceId,
    role,
    content,
    reasoning: reasoning === '' ? null : reasoning,
    // A question in the same message as its answer is not known; were there one, nothing is lost.
    parts:
      fragments.request !== '' && fragments.response !== ''
        ? [{ type: 'RESPONSE', content: fragments.response }, ...fragments.parts]
        : fragments.parts,
    timestamp,
    status: isAnswer ? readStatus(value['status']) : 'complete',
    modelUsed: asText(value['model']),
    ...readFeedback(value['feedback']),
    attachments: asArray(value['files']).flatMap((file) => readAttachment(file) ?? []),
    metadata: onlySaid({
      source_role: said?.source_role,
      citations: fragments.citations,
      source_rating: value['feedback'],
      accumulated_token_usage: asCount(value['accumulated_token_usage']),
    }),
  });
  return { message, isRoleSaid: said !== null };
}

function readFeedback(feedback: unknown): Pick<ImportedMessage, 'rating' | 'feedback'> {
  const said = member(feedback, 'type') ?? member(feedback, 'rating');
  return { rating: readThumb(said), feedback: asText(member(feedback, 'content')) };
}

/** Who speaks: the field where there is one, else what the fragments are; null when neither says it. */
function readSide(
  value: JsonObject,
  fragments: Fragments,
  notes: NoteSet,
): ReturnType<typeof readSaidRole> | null {
  if (asText(value['role']) !== null) return readSaidRole(notes, value['role']);
  if (fragments.request !== '') return { role: 'user', source_role: null };
  const isAnswer = fragments.response !== '' || fragments.reasoning !== '';
  const hasThought = asText(value['reasoning_content']) ?? asText(value['thinking_content']);
  return isAnswer || hasThought ? { role: 'assistant', source_role: null } : null;
}

function readFragments(value: JsonObject, notes: NoteSet): Fragments {
  const texts = new Map<string, string[]>();
  const citations = asArray(value['search_results']).map(readCitation);
  const parts: unknown[] = [];
  for (const fragment of objectsOf(value['fragments'], notes)) {
    const type = asText(fragment['type'])?.toUpperCase() ?? '';
    const words = asText(fragment['content']) ?? '';
    const list = texts.get(type);
    if (TEXTS.has(type)) {
      if (list) list.push(words);
      else texts.set(type, [words]);
    } else if (type === 'SEARCH') {
      citations.push(...asArray(fragment['results'] ?? fragment['content']).map(readCitation));
      if (words !== '') parts.push(fragment);
    } else {
      parts.push(fragment);
      notes.add('unknown_block');
    }
  }
  return {
    request: joinParagraphs(texts.get('REQUEST') ?? []),
    response: joinParagraphs(texts.get('RESPONSE') ?? []),
    reasoning: joinParagraphs(texts.get('THINK') ?? []),
    citations: distinctCitations(citations),
    parts,
  };
}

const TEXTS = new Set(['REQUEST', 'RESPONSE', 'THINK']);

function readStatus(value: unknown): MessageStatus {
  const word = asText(value)?.toUpperCase() ?? 'FINISHED';
  if (word === 'FINISHED') return 'complete';
  return /ERROR|FAIL|FILTER/.test(word) ? 'error' : 'interrupted';
}

/** The id of a message in a web capture, which counts them from 1. */
export function deepseekId(value: unknown): string | null {
  return asId(member(value, 'message_id')) ?? asId(member(value, 'id'));
}
