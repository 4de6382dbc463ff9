import { chatgpt } from './chatgpt.ts';
import type { JsonFormat } from './format.ts';
import { asArray, asId, asText, isObject, member } from './read-value.ts';
import { skipped } from './skipped.ts';

/**
 * ChatGPT's `group_chats.json`: `{ chats }`, of which only empty ones were seen. What is built like a
 * conversation is one; the others are named as what onggi cannot read yet.
 */
export const chatgptGroupChats: JsonFormat = {
  kind: 'json',
  id: 'chatgpt-group-chats',
  source: 'chatgpt',
  isFromDocumentation: true,
  unit: 'whole',
  // Other programs call their conversations `chats` too.
  matches: ({ name, isArray, first }) =>
    name === 'group_chats.json' && !isArray && Array.isArray(member(first, 'chats')),
  *read(value, context) {
    for (const chat of asArray(member(value, 'chats'))) {
      if (chat === null) continue;
      if (isObject(member(chat, 'mapping'))) yield* chatgpt.read(chat, context);
      else {
        const name = asText(member(chat, 'title')) ?? asText(member(chat, 'name'));
        yield skipped('structure_unknown', name ?? asId(member(chat, 'id')));
      }
    }
  },
};
