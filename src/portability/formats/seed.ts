import type { ReadItem } from '#domain/imported.ts';
import type { JsonFormat, ReadContext } from './format.ts';
import { readNative } from './read-native.ts';
import { asArray, asText, isObject, member } from './read-value.ts';
import { skipped } from './skipped.ts';

const MESSAGE_KEYS = ['message_id', 'role', 'content', 'timestamp'];

/**
 * The specification's conversation JSON (`export_conversation_json`, section 10): its messages are a
 * chain, its instants are local time without a zone.
 */
export const seed: JsonFormat = {
  kind: 'json',
  id: 'seed',
  source: 'seed',
  matches: ({ first }) => {
    const messages = member(first, 'messages');
    if (!Array.isArray(messages) || !isObject(first)) return false;
    if (!Object.hasOwn(first, 'conversation_id') || Object.hasOwn(first, 'format')) return false;
    const message: unknown = messages.find(isObject);
    return message === undefined || MESSAGE_KEYS.every((key) => member(message, key) !== undefined);
  },
  unit: 'elements',
  read,
};

function* read(value: unknown, context: ReadContext): Generator<ReadItem> {
  if (!isObject(value)) {
    yield skipped('not_an_object', null);
    return;
  }
  const path = value['messages'];
  if (!Array.isArray(path)) {
    const label = asText(value['title']) ?? asText(value['conversation_id']);
    yield skipped('no_messages_field', label);
    return;
  }
  yield readNative(
    { object: value, path: asArray(path), branches: [], source: 'seed', notes: new Set() },
    context,
  );
}
