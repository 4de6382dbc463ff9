import { deriveSourceId } from '#domain/imported.ts';
import type { ReadItem } from '#domain/imported.ts';
import { readInstantMs } from '#domain/instants.ts';
import { baseNameOf } from '#files/file-label.ts';
import type { JsonFormat } from './format.ts';
import { asArray, asId, asText, isObject, member } from './read-value.ts';
import { skipped } from './skipped.ts';

/**
 * What Claude remembers: `memories.json`, or an account a file in `memories/` (2026). A text over all
 * conversations, one for each project, and files: each is a document of the library. The shape is known
 * from programs that read it.
 */
export const claudeMemories: JsonFormat = {
  kind: 'json',
  id: 'claude-memories',
  source: 'claude',
  isFromDocumentation: true,
  unit: 'elements',
  companions: [/^users\.json$/],
  hasNearCompanions: true,
  matches: ({ first, second }) =>
    [first, second].some(
      (value) =>
        isObject(value) &&
        (Object.hasOwn(value, 'conversations_memory') || Object.hasOwn(value, 'project_memories')),
    ),
  *read(value, { fileName, companions }) {
    if (!isObject(value)) {
      yield skipped('not_an_object', null);
      return;
    }
    const given = asId(value['account_uuid']) ?? accountOfFile(fileName);
    const account = given ?? onlyUser(companions.get('users.json'));
    const date = readInstantMs(value['updated_at']) ?? readInstantMs(value['created_at']);
    const say = (place: string, name: string, text: unknown): ReadItem => {
      const owner = account ?? baseNameOf(fileName);
      const sourceId = deriveSourceId('claude', 'memory', owner, place);
      return toDocument({ sourceId, name, text, createdAt: date, memoryOf: account });
    };
    const whole = value['conversations_memory'];
    if (whole !== undefined && whole !== null && whole !== '') {
      yield say('conversations', 'Claude memory', whole);
    }
    const projects = value['project_memories'];
    for (const [id, text] of isObject(projects) ? Object.entries(projects) : []) {
      yield say(`project ${id}`, `Claude memory of project ${id.slice(0, 64)}`, text);
    }
    for (const [index, file] of asArray(value['memory_files']).entries()) {
      const given = isObject(file) ? file : {};
      const path = asText(given['path']) ?? asText(given['name']) ?? asText(given['file_name']);
      const text = given['content'] ?? given['text'];
      yield say(`file ${path ?? index}`, `Claude memory ${path ?? index + 1}`, text);
    }
  },
};

/** In the layout of 2026 each account has a file of its own, which is named after it. */
function accountOfFile(fileName: string): string | null {
  return /(?:^|\/)memories\/[^/]+$/.test(fileName) ? baseNameOf(fileName) : null;
}

function onlyUser(users: unknown): string | null {
  const [user, ...others] = asArray(users);
  return others.length === 0 ? asId(member(user, 'uuid')) : null;
}

interface Memory {
  readonly sourceId: string;
  readonly name: string;
  readonly text: unknown;
  readonly createdAt: number | null;
  readonly memoryOf: string | null;
}

function toDocument({ text: value, ...memory }: Memory): ReadItem {
  const text = asText(value);
  if (text === null) return skipped('document_without_text', memory.name);
  return { kind: 'document', document: { source: 'claude', collection: null, text, ...memory } };
}
