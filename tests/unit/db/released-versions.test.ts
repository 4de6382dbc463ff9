import { describe, expect, test } from 'vitest';
import { SCHEMA_STEPS } from '#db/schema-steps.ts';
import { settleAbandonedAnswers } from '#db/answers.ts';
import { toCutAnswer } from '#usage/lazy-usage.ts';
import { readSchemaVersions } from '#db/schema-versions.ts';
import { createStoredConversations } from '#db/stored-conversations.ts';
import { toConversationId, toEndpointId } from '#domain/ids.ts';
import { createApiKeys } from '#settings/api-keys.ts';
import { createEndpoints } from '#settings/endpoints.ts';
import { createPreferences } from '#settings/preferences.ts';
import {
  createTestClock,
  createTestIds,
  follow,
  freshNames,
  openForTest,
} from './fresh-database.ts';
import { createFromFixture, readContents, readShape } from './fixtures.ts';
import type { DatabaseFixture } from './fixtures.ts';

const fixtures = import.meta.glob<DatabaseFixture>('../../fixtures/db/v*.json', {
  eager: true,
  import: 'default',
});

/** Tables whose rows are of the making of upgrades themselves. */
const OF_UPGRADES = ['schemaVersions', 'changeFeed'];
/** Tables that the fixture of every version has rows of: without one it would prove nothing. */
const FILLED = [
  ...['sessions', 'conversations', 'messages', 'userSettings', 'endpoints', 'secrets', 'keyRing'],
  ...['usageStatistics', 'responseCache', 'embeddings', 'documents', 'documentChunks'],
  ...['attachments', 'drafts', 'maintenanceRuns'],
];

describe.each(SCHEMA_STEPS)('version $version', ({ version }) => {
  const fixture = fixtures[`../../fixtures/db/v${version}.json`];

  function requireFixture(): DatabaseFixture {
    if (!fixture) throw new Error(`tests/fixtures/db/v${version}.json is missing`);
    return fixture;
  }

  test('is as it was released', async () => {
    const db = await openForTest({ steps: SCHEMA_STEPS.slice(0, version) });
    expect(readShape(db.strict.backendDB())).toEqual(requireFixture().shape);
  });

  test('keeps every row of every table, field for field, and every index finds them', async () => {
    const released = requireFixture();
    expect(Object.keys(released.rows).filter((table) => released.rows[table]?.length)).toEqual(
      expect.arrayContaining(FILLED),
    );
    const names = freshNames();
    await createFromFixture(names.defaultName, released);
    const before = await readContents(names.defaultName);
    const db = await openForTest({ names });
    db.close();
    const after = await readContents(names.defaultName);
    for (const [table, contents] of Object.entries(before)) {
      if (!OF_UPGRADES.includes(table)) expect(after[table], table).toEqual(contents);
    }
    for (const [table, { rows }] of Object.entries(after)) {
      if (!(table in before) && !OF_UPGRADES.includes(table)) expect(rows, table).toEqual([]);
    }
  });

  test('opens with the code of today, and everything in it works', async () => {
    const names = freshNames();
    await createFromFixture(names.defaultName, requireFixture());
    const clock = createTestClock();
    const db = await openForTest({ names, clock });
    const store = createStoredConversations(db, clock);
    const id = toConversationId('c');
    const thread = await follow(store.watchThread(id, 50)).until(() => true);
    expect(thread?.conversation).toMatchObject({ title: '제목 🍯', tags: ['여행', 'work'] });
    expect(thread?.messages.map(({ content }) => content)).toEqual(['질문 🙂', '答え', 'so far']);
    await settleAbandonedAnswers(db, toCutAnswer);
    const statuses = (await db.strict.messages.orderBy('[conversationId+seq]').toArray()).map(
      ({ status }) => status,
    );
    expect(statuses).toEqual(['complete', 'complete', 'interrupted']);
    const deps = { db, clock, createId: createTestIds() };
    expect(await createPreferences({ ...deps, browserLanguages: [] }).load()).toMatchObject({
      systemPrompt: '친절하게 🙂',
      theme: 'dark',
      language: 'ja',
    });
    const apiKeys = createApiKeys(deps);
    const [row] = await db.strict.endpoints.toArray();
    const endpoint = await createEndpoints({ ...deps, apiKeys }).get(row?.id ?? toEndpointId(''));
    if (!endpoint) throw new Error('no endpoint');
    expect(await apiKeys.open(endpoint)).toBe('sk-fixture-0123456789');
    const versions = await readSchemaVersions(db);
    expect(versions.map((step) => step.version)).toEqual(SCHEMA_STEPS.map((step) => step.version));
  });
});

test('every fixture belongs to a released version', () => {
  expect(Object.keys(fixtures)).toHaveLength(SCHEMA_STEPS.length);
});
