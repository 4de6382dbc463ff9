/** Cuts conversations and documents into the passages that get a vector each. */
import type { Conversation } from '#domain/conversation.ts';
import { findCut } from '#domain/cut-text.ts';
import type { Passage, PassageKind } from '#domain/embedding.ts';
import { isHiddenStep } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import type { DocumentChunk, LibraryDocument } from '#domain/stored-rows.ts';

/** A passage is at most so long, in UTF-16 units: a paragraph, not a page, so that one subject has one vector. */
export const MAX_PASSAGE_UNITS = 400;
/** So many passages of one text at most: the first 100,000 characters or so of what somebody pasted. */
export const MAX_PASSAGES_A_TEXT = 250;

/** A passage and its text. */
export interface PassageText extends Passage {
  readonly text: string;
}

/** What a conversation is found by: title, summary, questions and answers that are at rest. */
export function conversationPassages(
  { id, title, summary }: Conversation,
  messages: readonly Message[],
): readonly PassageText[] {
  const said = messages.filter(
    (message) =>
      (message.role === 'user' || message.role === 'assistant') &&
      message.status !== 'streaming' &&
      // A row that is damaged keeps no other from being found.
      isText(message.content) &&
      !isHiddenStep(message),
  );
  return [
    ...cut(id, 'title', -1, title ?? ''),
    ...cut(id, 'summary', -1, summary ?? ''),
    ...opening(
      id,
      title,
      said.find(({ role }) => role === 'user'),
    ),
    ...said.flatMap(({ seq, content }) => cut(id, 'message', seq, content)),
  ];
}

const isText = (value: unknown): boolean => typeof value === 'string';

/** Title and first question together, unless the title is but the beginning of the question. */
function opening(
  ownerId: string,
  title: string | null,
  question: Message | undefined,
): readonly PassageText[] {
  const [stretch] = splitText(question?.content ?? '');
  if (!question || !stretch || title === null) return [];
  if (question.content.startsWith(title.replace(/…$/, ''))) return [];
  const [start, end] = stretch;
  const text = `${title}\n${question.content.slice(start, end)}`;
  const textHash = hashText(text);
  return [{ ownerId, kind: 'opening', seq: question.seq, start, end, textHash, text }];
}

/** Changes when {@link conversationPassages} may give something else. */
export function conversationStamp(conversation: Conversation): string {
  const { updatedAt, messageCount, lastSeq, title, summary } = conversation;
  const named = hashText(`${title ?? ''}\0${summary ?? ''}`);
  return [updatedAt, messageCount, lastSeq, named].join('.');
}

/** What a document is found by: its name and its text. */
export function documentPassages(
  { id, name }: LibraryDocument,
  chunks: readonly DocumentChunk[],
): readonly PassageText[] {
  // A row that is damaged keeps no other from being found.
  const readable = chunks.filter(({ text }) => isText(text));
  return [
    ...cut(id, 'title', -1, name),
    ...readable.flatMap(({ seq, text }) => cut(id, 'chunk', seq, text)),
  ];
}

/** Changes when {@link documentPassages} may give something else. */
export const documentStamp = ({ updatedAt, name }: LibraryDocument): string =>
  [updatedAt, hashText(name)].join('.');

function cut(
  ownerId: string,
  kind: PassageKind,
  seq: number,
  text: string,
): readonly PassageText[] {
  return splitText(text).map(([start, end]) => {
    const part = text.slice(start, end);
    return { ownerId, kind, seq, start, end, textHash: hashText(part), text: part };
  });
}

/**
 * The stretches `[start, end)` of a text, at most {@link MAX_PASSAGE_UNITS} long, cut where a paragraph,
 * a line, a sentence or a word ends, without white space at their ends; none for a blank text.
 */
export function splitText(text: string): readonly (readonly [start: number, end: number])[] {
  const stretches: (readonly [number, number])[] = [];
  for (let from = 0; from < text.length && stretches.length < MAX_PASSAGES_A_TEXT;) {
    while (from < text.length && isBlank(text, from)) from++;
    const to = findCut(text, from, MAX_PASSAGE_UNITS);
    let end = to;
    while (end > from && isBlank(text, end - 1)) end--;
    if (end > from) stretches.push([from, end]);
    from = to;
  }
  return stretches;
}

const isBlank = (text: string, at: number): boolean => /\s/.test(text.charAt(at));

/** FNV-1a over the UTF-16 units, 32 bits, signed. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash | 0;
}
