import { deriveSourceId } from '#domain/imported.ts';
import type { ReadItem } from '#domain/imported.ts';
import { readInstantMs } from '#domain/instants.ts';
import type { JsonFormat } from './format.ts';
import { asArray, asId, asText, isObject } from './read-value.ts';
import type { JsonObject } from './read-value.ts';
import { skipped } from './skipped.ts';

/** Claude's `projects.json`, and one project a file in `projects/` (2026): their documents. */
export const claudeProjects: JsonFormat = {
  kind: 'json',
  id: 'claude-projects',
  source: 'claude',
  unit: 'elements',
  elementKeys: ['projects'],
  matches({ first, second, isArray }) {
    const wrapped = isArray || !isObject(first) ? [] : asArray(first['projects']);
    return [first, second, ...wrapped].some(isProject);
  },
  *read(value) {
    if (!isObject(value)) yield skipped('not_an_object', null);
    else yield* readProject(value);
  },
};

function isProject(value: unknown): boolean {
  if (!isObject(value) || !Object.hasOwn(value, 'uuid')) return false;
  if (Object.hasOwn(value, 'chat_messages')) return false;
  return (
    ['docs', 'prompt_template', 'is_private'].filter((key) => Object.hasOwn(value, key)).length > 1
  );
}

/** Documents of which only the name was exported are skipped, each by its name. */
function* readProject(project: JsonObject): Generator<ReadItem> {
  const collection = asText(project['name']);
  const projectId = asId(project['uuid']);
  for (const doc of asArray(project['docs'])) {
    if (doc === null) continue;
    if (!isObject(doc)) {
      yield skipped('not_an_object', collection);
      continue;
    }
    const name = asText(doc['filename']) ?? asText(doc['file_name']);
    const text = asText(doc['content']);
    if (text === null) {
      yield skipped('document_without_text', name ?? asId(doc['uuid']) ?? collection);
      continue;
    }
    yield {
      kind: 'document',
      document: {
        source: 'claude',
        sourceId: asId(doc['uuid']) ?? deriveSourceId('claude', 'document', projectId, name, text),
        name: name ?? collection ?? 'document',
        collection,
        text,
        createdAt: readInstantMs(doc['created_at']) ?? readInstantMs(project['created_at']),
      },
    };
  }
}
