/** How long a conversation in an export may be, so that our own import takes it. */
import type { Conversation } from '#domain/conversation.ts';
import { OnggiError } from '#domain/errors.ts';
import { MAX_ELEMENT_CHARACTERS, MAX_WHOLE_JSON_BYTES } from '#files/limits.ts';

/** What our own import takes; around one of several stand a bracket or a comma, and breaks. */
export const MOST_CHARACTERS = { alone: MAX_WHOLE_JSON_BYTES, among: MAX_ELEMENT_CHARACTERS - 16 };

/**
 * The pieces of a conversation, while our own import takes what they are together.
 * @throws OnggiError `export/conversation-too-large` with its name, before a person relies on it.
 */
export async function* upTo(
  mostCharacters: number,
  pieces: Iterable<string> | AsyncIterable<string>,
  { title, id }: Conversation,
): AsyncGenerator<string> {
  let length = 0;
  for await (const piece of pieces) {
    length += piece.length;
    if (length > mostCharacters) {
      const said = `a conversation of more than ${mostCharacters} characters`;
      throw new OnggiError('export/conversation-too-large', said, { detail: title ?? id });
    }
    yield piece;
  }
}
