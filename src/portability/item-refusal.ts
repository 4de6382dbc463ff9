import { MAX_FIELD_CHARACTERS } from '#domain/file-fields.ts';
import { MAX_CONVERSATION_MESSAGES } from '#domain/imported.ts';
import type { ImportedMessage, ReadItem, SkipReason } from '#domain/imported.ts';
import type { Message } from '#domain/message.ts';
import { MAX_ELEMENT_CHARACTERS } from '#files/limits.ts';
import { countEscaped } from './deep-values.ts';

export type ConversationItem = Extract<ReadItem, { readonly kind: 'conversation' | 'native' }>;

/**
 * What the texts of one row may have in a backup, escaped twice: what is left holds blocks and metadata, and
 * numbers, dates and names of fields. See [Note: What a row may weigh].
 */
const MAX_WRITTEN_CHARACTERS = MAX_ELEMENT_CHARACTERS - 2 * MAX_FIELD_CHARACTERS - 1024 * 1024;
/** Most characters that JSON within JSON makes of one. */
const MAX_ESCAPED_TWICE = 7;

/** Why a conversation is not taken, whatever is here already; undefined where it can be stored. */
export function refusalOf(item: ConversationItem): SkipReason | undefined {
  if (item.kind === 'native') {
    const { conversation, messages } = item.native;
    const isTooLong = isTooLarge(textsOf(conversation)) || messages.some(isTooLargeMessage);
    return isTooLong ? 'too_large' : undefined;
  }
  const { conversation } = item;
  const { messages, sourceId } = conversation;
  if (messages.length > MAX_CONVERSATION_MESSAGES) return 'too_many_messages';
  const isTooLong =
    isTooLarge([sourceId, ...textsOf(conversation)]) || messages.some(isTooLargeMessage);
  return isTooLong ? 'too_large' : undefined;
}

type Texts = readonly (string | null | undefined)[];

function textsOf(row: {
  readonly title: string | null;
  readonly summary: string | null;
  readonly systemPrompt: string | null;
  readonly chatModel: string | null;
  readonly tags: readonly string[] | null;
}): Texts {
  return [row.title, row.summary, row.systemPrompt, row.chatModel, ...(row.tags ?? [])];
}

/** Each takes some hundred characters of its row; a person attaches a few. */
const MAX_MESSAGE_ATTACHMENTS = 10_000;

function isTooLargeMessage(message: ImportedMessage | Message): boolean {
  const { content, reasoning, feedback, modelUsed, finishReason, attachments } = message;
  const texts = [content, reasoning, feedback, modelUsed, finishReason];
  const own = 'sourceId' in message ? message.sourceId : message.error?.detail;
  if (attachments.length > MAX_MESSAGE_ATTACHMENTS) return true;
  const named = attachments.flatMap(({ name, mediaType }) => [name, mediaType]);
  return isTooLarge([...texts, own, ...named]);
}

/** Whether a text is longer than any flow may store (SECURITY section 6), or all of them than a backup takes. */
function isTooLarge(texts: Texts): boolean {
  let sum = 0;
  for (const text of texts) {
    const { length } = text ?? '';
    if (length > MAX_FIELD_CHARACTERS) return true;
    sum += length;
  }
  if (sum * MAX_ESCAPED_TWICE <= MAX_WRITTEN_CHARACTERS) return false;
  const written = texts.reduce((all, text) => all + countEscaped(JSON.stringify(text ?? '')), 0);
  return written > MAX_WRITTEN_CHARACTERS;
}
