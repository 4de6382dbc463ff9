/**
 * Which texts were edited at their source since they were imported. Another exporter of the same product
 * writes the same texts with other spaces, marks and quotes: that is no edit.
 */
import type { ImportedMessage } from './imported.ts';
import type { Message } from './message.ts';

/** A message of a newer export with the row of it that is here. */
export interface ComparedMessage {
  readonly imported: Pick<ImportedMessage, 'content'>;
  readonly stored: Message;
}

/** What {@link findEdited} finds. */
export interface EditedTexts {
  readonly edited: ReadonlySet<Message['id']>;
  /** Whether so many texts differ that none of them is taken for an edit. */
  readonly isWrittenOtherwise: boolean;
}

/**
 * Nobody edits most of a conversation, and an exporter that drops links or tells of tools in words of its own
 * changes most of it. One text alone tells nothing of the others.
 */
const MOST = 0.5;
const SEVERAL = 2;

/** The rows whose text was edited at its source; none where most of the conversation would have been. */
export function findEdited(messages: readonly ComparedMessage[]): EditedTexts {
  const compared = messages.filter(
    ({ imported, stored }) =>
      stored.status !== 'streaming' &&
      stored.endpointId === null &&
      imported.content.trim() !== '' &&
      stored.content.trim() !== '',
  );
  const edited = compared.filter(({ imported, stored }) => isEdited(imported.content, stored));
  const isWrittenOtherwise = edited.length >= SEVERAL && edited.length > compared.length * MOST;
  return {
    edited: new Set(isWrittenOtherwise ? [] : edited.map(({ stored }) => stored.id)),
    isWrittenOtherwise,
  };
}

/** A text that goes on where the other ends has grown, and a part of the other is a poorer export of it. */
function isEdited(content: string, { content: before }: Message): boolean {
  if (content.startsWith(before)) return false;
  const [there, here] = [lettersOf(content), lettersOf(before)];
  // Of signs alone, what they are says all: an emoji for another.
  if (there === '' && here === '') return withoutSpaces(content) !== withoutSpaces(before);
  return !here.startsWith(there);
}

/** Letters, their marks and digits. Composed and decomposed Hangul are the same letters. */
function lettersOf(text: string): string {
  return text.normalize('NFC').replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, '');
}

function withoutSpaces(text: string): string {
  return text.replaceAll(/\s+/g, '');
}
