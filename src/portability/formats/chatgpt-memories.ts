import type { ReadItem } from '#domain/imported.ts';
import { readInstantMs } from '#domain/instants.ts';
import { earliestOf } from './date-bounds.ts';
import type { JsonFormat } from './format.ts';
import { asArray, asId, asText, isObject, member } from './read-value.ts';
import { skipped } from './skipped.ts';

/**
 * What ChatGPT remembers: `memories.json`, `{ memories: [{ id, content, updated_at }] }` or the list
 * alone. One document of the library with a line for each. The shape is that of its web page.
 */
export const chatgptMemories: JsonFormat = {
  kind: 'json',
  id: 'chatgpt-memories',
  source: 'chatgpt',
  isFromDocumentation: true,
  unit: 'whole',
  companions: [/^user\.json$/],
  hasNearCompanions: true,
  // A list of contents alone is nothing telling.
  matches: ({ name, isArray, first }) =>
    name === 'memories.json' &&
    (isArray ? isMemory(first) : asArray(member(first, 'memories')).some(isMemory)),
  *read(value, { companions }) {
    const account = asId(member(companions.get('user.json'), 'id'));
    yield toDocument(Array.isArray(value) ? value : asArray(member(value, 'memories')), account);
  },
};

function isMemory(value: unknown): boolean {
  return isObject(value) && typeof value['content'] === 'string' && !Object.hasOwn(value, 'role');
}

function toDocument(memories: readonly unknown[], account: string | null): ReadItem {
  const name = 'ChatGPT memory';
  const texts = memories.flatMap((memory) => asText(member(memory, 'content')) ?? []);
  if (texts.length === 0) return skipped('document_without_text', name);
  const dates = memories.flatMap((memory) => readInstantMs(member(memory, 'updated_at')) ?? []);
  return {
    kind: 'document',
    document: {
      source: 'chatgpt',
      sourceId: account === null ? 'memories' : `memories ${account}`,
      memoryOf: account,
      name,
      collection: null,
      text: texts.map((text) => `- ${text.replaceAll('\n', '\n  ')}`).join('\n'),
      createdAt: earliestOf(dates),
    },
  };
}
