import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (folder: string, isWanted: (name: string) => boolean) =>
  readdirSync(folder)
    .filter(isWanted)
    .map((name) => ({ name, text: readFileSync(`${folder}/${name}`, 'utf8') }));

/** What is lost without a word by nobody: it can be had again, or is tried again by itself. */
const CAN_BE_HAD_AGAIN = null;

/**
 * Where each module that commits is proven to say that there is no room: a site of the end-to-end tests
 * (`npm run test:quota`), or the name of a test among them.
 */
const SITES: Readonly<Record<string, string | null>> = {
  'answers.ts': 'what is typed, asked and answered without room stays',
  'backup-targets.ts': 'a copy in a folder',
  'document-integrity.ts': 'a repair',
  'documents.ts': 'a new document',
  'drafts.ts': 'what is typed, asked and answered without room stays',
  'embeddings.ts': CAN_BE_HAD_AGAIN,
  'endpoints.ts': 'a new connection',
  'feed-reader.ts': CAN_BE_HAD_AGAIN,
  'forget-changes.ts': 'what is deleted for good',
  'import-runs.ts': 'an import',
  'imported-conversations.ts': 'an import',
  'integrity.ts': 'a repair',
  'key-ring.ts': 'a lock',
  'key-rotation.ts': 'new encryption',
  'maintenance-runs.ts': 'a run of the maintenance',
  'many-conversations.ts': 'several that are archived',
  'passing-usage.ts': CAN_BE_HAD_AGAIN,
  'purge-conversations.ts': 'what is deleted for good',
  'raise-usage.ts': 'a repair',
  'remove-messages.ts': 'what is deleted from a message on',
  'response-cache.ts': CAN_BE_HAD_AGAIN,
  'save-conversation.ts': 'what only this page has, a downloaded model and the data from before',
  'search-epoch.ts': CAN_BE_HAD_AGAIN,
  'search-files.ts': CAN_BE_HAD_AGAIN,
  'secrets.ts': 'an API key',
  'session-list.ts': 'the end of a visit',
  'sessions.ts': 'a start without room shows what is there',
  'stored-conversations.ts': 'a new title',
  'undo-rows.ts': 'an import that is undone',
  'unused-rows.ts': 'a run of the maintenance',
  'usage-statistics.ts': 'a new counting',
  'user-settings.ts': 'a setting',
};

test('every module that commits is among those of which the end-to-end tests prove what they say without room', () => {
  const committing = read('src/db', (name) => name !== 'commit.ts')
    .filter(({ text }) => /\bcommit\(/.test(text) && text.includes("from './commit.ts'"))
    .map(({ name }) => name);
  expect(committing).toEqual(Object.keys(SITES));
  const specs = read('tests/e2e', (name) => name.startsWith('quota')).map(({ text }) => text);
  const isProven = (site: string | null) =>
    site === CAN_BE_HAD_AGAIN || specs.some((text) => text.includes(`'${site}`));
  expect(Object.keys(SITES).filter((name) => !isProven(SITES[name] ?? null))).toEqual([]);
});
