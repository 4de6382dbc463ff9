import type { ImportedMessage } from '#domain/imported.ts';
import type { ReadContext } from './format.ts';
import { readThumb } from './read-said.ts';
import { asArray, asId, asText, isObject, member } from './read-value.ts';

/** `message_feedback.json`: thumbs and words by message. */
export const CHATGPT_FEEDBACK = /^message_feedback\.json$/;

const indexes = new WeakMap<object, ReadonlyMap<string, unknown>>();

/** The message with the thumb its person gave it; as it was when there is none. */
export function withChatgptFeedback(
  message: ImportedMessage,
  context: ReadContext,
): ImportedMessage {
  const entry = feedbackIndex(context).get(message.sourceId);
  if (entry === undefined) return message;
  const said = asText(member(entry, 'rating'));
  return {
    ...message,
    rating: readThumb(said),
    feedback: readWords(asText(member(entry, 'content'))),
    metadata: said === null ? message.metadata : { ...message.metadata, source_rating: said },
  };
}

/** The words are text, or JSON with `text` beside the tags that were ticked. */
function readWords(content: string | null): string | null {
  if (content?.startsWith('{') !== true) return content;
  try {
    const said: unknown = JSON.parse(content);
    const tags = asArray(member(said, 'tags')).flatMap((tag) => asText(tag) ?? []);
    const words = [asText(member(said, 'text')), tags.join(', ')].filter(Boolean).join('\n');
    return words === '' ? null : words;
  } catch {
    return content;
  }
}

function feedbackIndex(context: ReadContext): ReadonlyMap<string, unknown> {
  const companion = context.companions.get('message_feedback.json');
  if (typeof companion !== 'object' || companion === null) return new Map();
  const known = indexes.get(companion);
  if (known) return known;
  const index = new Map<string, unknown>();
  const lists = isObject(companion) ? Object.values(companion) : [companion];
  for (const entry of lists.flatMap(asArray)) {
    // Which of the two names the message is not documented; a conversation's id meets no message.
    for (const id of [asId(member(entry, 'message_id')), asId(member(entry, 'id'))]) {
      if (id !== null) index.set(id, entry);
    }
  }
  indexes.set(companion, index);
  return index;
}
