import * as fc from 'fast-check';
import { getBackupTarget, noteBackupSuccess } from '#db/backup-targets.ts';
import { readDataState } from '#db/data-state.ts';
import { addDocument } from '#db/documents.ts';
import { describe, expect, test } from 'vitest';
import { createEndpoint } from '#domain/endpoint.ts';
import { LOCAL_USER_ID, toConversationId, toEndpointId, toMessageId } from '#domain/ids.ts';
import type { Progress } from '#domain/import-report.ts';
import { createUserSettings } from '#domain/user-settings.ts';
import { addUsage, usageStatisticId } from '#domain/usage.ts';
import { wholeConversations } from './arbitrary-rows.ts';
import { makeMessage } from '../db/conversation-rows.ts';
import {
  NOW,
  SESSION_ID,
  addWhole,
  backUp,
  dump,
  openHome,
  problemCounts,
  readObject,
  restore,
  verify,
  wholeConversation,
} from './support.ts';
import type { Home } from './support.ts';

describe('a backup that is restored', () => {
  test.each([0, 1, 999, 1000, 1001])('holds all of %i messages', async (count) => {
    const home = await openHome();
    await addWhole(home.db, wholeConversation('c', count));
    const file = await backUp(home.db);
    expect(await verify(file)).toMatchObject({
      isVerified: true,
      counts: { messages: count, conversations: 1 },
      problems: [],
    });
    const { db, staged } = await restore(home, file);
    expect(staged.preview.summary.problems).toEqual([]);
    expect(await dump(db)).toEqual(await dump(home.db));
  });

  test('holds every table, attachments with their bytes', async () => {
    const home = await openHome();
    await fillEveryTable(home);
    const file = await backUp(home.db);
    expect((await verify(file)).problems).toEqual([]);
    const { db } = await restore(home, file);
    const [before, after] = [await dump(home.db), await dump(db)];
    expect(after).toEqual(before);
    expect(Object.values(before).every((rows) => rows.length > 0)).toBe(true);
  });

  test('is known to hold what is there then, and no other copy is', async () => {
    const home = await openHome();
    await addWhole(home.db, wholeConversation('c', 3));
    const file = await backUp(home.db);
    const note = (id: 'download' | 'folder', sizeBytes: number) =>
      noteBackupSuccess(home.db, id, { at: NOW, fileName: file.name, sizeBytes, holds: 'before' });
    await note('download', file.size);
    await note('folder', file.size + 1);
    await addWhole(home.db, wholeConversation('later', 1));
    const { db } = await restore(home, file);
    const { id } = await readDataState(db);
    expect((await getBackupTarget(db, 'download')).holds).toBe(id);
    expect((await getBackupTarget(db, 'folder')).holds).toBe('before');
    // What is merged with it is more than it holds.
    const { db: merged } = await restore(home, file, { mode: 'merge' });
    expect((await getBackupTarget(merged, 'download')).holds).toBe('before');
  });

  test('holds texts of more than a million characters, none of them plain', async () => {
    const home = await openHome();
    const { conversation, messages } = wholeConversation('c', 3);
    const long = messages.map((message) => ({ ...message, content: '옹기 "\\'.repeat(300_000) }));
    await addWhole(home.db, { conversation, messages: long });
    const { db } = await restore(home, await backUp(home.db));
    expect(await dump(db)).toEqual(await dump(home.db));
  });

  test('is told while it is written, to the last row', async () => {
    const home = await openHome();
    await addWhole(home.db, wholeConversation('c', 2500));
    const told: Progress[] = [];
    const file = await backUp(home.db, { onProgress: (progress) => told.push(progress) });
    const written = told.filter(({ step }) => step === 'backup');
    const { counts, textUnits } = await verify(file);
    const doneRows = Object.values(counts).reduce((sum, count) => sum + count, 0);
    expect(written.at(-1)).toMatchObject({ doneRows, totalRows: null, totalBytes: null });
    const bytes = written.map(({ doneBytes }) => doneBytes);
    expect(bytes).toEqual(bytes.toSorted((a, b) => a - b));
    // All but the counts and the digest at its end.
    expect(bytes.at(-1)).toBeGreaterThan(textUnits - 1000);
  });

  // A thousand cases in fifty files, because a case is quick and a database is not.
  test('equals what was there, for a thousand random trees', { timeout: 120_000 }, async () => {
    const home = await openHome();
    const target = await openHome();
    await fc.assert(
      fc.asyncProperty(wholeConversations(20), async (wholes) => {
        await clear(home);
        await addWhole(home.db, ...wholes);
        const before = await dump(home.db);
        const { db, staged } = await restore(target, await backUp(home.db));
        try {
          expect(await dump(db)).toEqual(before);
          expect(staged.preview.summary.problems).toEqual([]);
        } finally {
          db.close();
          indexedDB.deleteDatabase(db.name);
        }
      }),
      // Others each time; a failure names its seed and path.
      { numRuns: 50, endOnFailure: true },
    );
  });
});

test('messages whose conversation is lost are in the backup and get one again', async () => {
  const home = await openHome();
  const lost = wholeConversation('lost', 2);
  await addWhole(home.db, wholeConversation('kept', 1), lost);
  await home.db.strict.conversations.delete(lost.conversation.id);
  const file = await backUp(home.db);
  expect(await verify(file)).toMatchObject({
    isVerified: true,
    counts: { messages: 3, conversations: 1 },
    problems: [{ code: 'messages_without_conversation', count: 2 }],
  });
  for (const mode of ['replace', 'merge'] as const) {
    const { db, staged } = await restore(mode === 'merge' ? await openHome() : home, file, {
      mode,
    });
    expect(problemCounts(staged.preview.summary)).toEqual({ messages_without_conversation: 2 });
    expect(await db.strict.messages.orderBy(':id').toArray()).toEqual(
      await home.db.strict.messages.orderBy(':id').toArray(),
    );
    expect(await db.strict.conversations.get(lost.conversation.id)).toMatchObject({
      messageCount: 2,
      activeLeafId: 'lost-m1',
    });
  }
});

describe('what a backup leaves out', () => {
  test('a running answer comes back as interrupted', async () => {
    const home = await openHome();
    const { conversation, messages } = wholeConversation('c', 1);
    const answer = makeMessage('c', 'a', 'c-m0', {
      seq: 1,
      role: 'assistant',
      status: 'streaming',
      streamingSince: NOW,
      content: 'so far',
    });
    await addWhole(home.db, {
      conversation: { ...conversation, messageCount: 2, lastSeq: 1, activeLeafId: answer.id },
      messages: [...messages, answer],
    });
    const { db } = await restore(home, await backUp(home.db));
    const restored = await db.strict.messages.get(answer.id);
    expect(restored).toMatchObject({ status: 'interrupted', content: 'so far' });
    expect(restored).not.toHaveProperty('streamingSince');
  });

  test('what is added while it is written', async () => {
    const home = await openHome();
    await addWhole(home.db, wholeConversation('c', 3));
    const wanted = await dump(home.db);
    let isAdded = false;
    const file = await backUp(home.db, {
      onProgress: () => {
        if (isAdded) return;
        isAdded = true;
        void home.db.strict.messages.add(
          makeMessage('c', 'zz-late', 'c-m2', { timestamp: NOW + 1, seq: 3 }),
        );
      },
    });
    expect(await home.db.strict.messages.get(toMessageId('zz-late'))).toBeDefined();
    const { db, staged } = await restore(home, file);
    expect(staged.preview.summary.problems).toEqual([]);
    expect(await dump(db)).toEqual(wanted);
  });

  test('tables that hold keys or can be made anew', async () => {
    const home = await openHome();
    const object = await readObject(await backUp(home.db));
    expect(Object.keys(object)).toEqual([
      'timestamp',
      'format',
      'format_version',
      'schema_version',
      'app_version',
      'created_at',
      'sessions',
      'user_settings',
      'user_settings_extra',
      'schema_versions',
      'endpoints',
      'usage_statistics',
      'documents',
      'drafts',
      'maintenance_runs',
      'imports',
      'conversations',
      'messages',
      'attachments',
      'attachment_parts',
      'counts',
      'digest',
    ]);
  });
});

test('rows have the columns of the specification, its JSON columns as text', async () => {
  const home = await openHome();
  await fillEveryTable(home);
  const object = await readObject(await backUp(home.db));
  const [message] = object['messages'] as Record<string, unknown>[];
  expect(Object.keys(message ?? {})).toEqual([
    'message_id',
    'conversation_id',
    'session_id',
    'role',
    'content',
    'timestamp',
    'token_count',
    'model_used',
    'temperature',
    'response_time',
    'rating',
    'feedback',
    'attachments',
    'metadata',
  ]);
  expect(message?.['metadata']).toBeTypeOf('string');
  const [conversation] = object['conversations'] as Record<string, unknown>[];
  expect(conversation?.['tags']).toBe('["여행"]');
});

test('the digest is that of groups of a thousand rows as written', async () => {
  const home = await openHome();
  await addWhole(home.db, wholeConversation('c', 2500));
  const object = await readObject(await backUp(home.db));
  const digests: Uint8Array[] = [];
  for (const rows of Object.values(object)) {
    if (!Array.isArray(rows)) continue;
    for (let first = 0; first < rows.length; first += 1000) {
      const text = JSON.stringify(rows.slice(first, first + 1000)).slice(1, -1);
      const bytes = new TextEncoder().encode(text);
      digests.push(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
    }
  }
  const whole = new Uint8Array(await new Blob(digests as BlobPart[]).arrayBuffer());
  const value = new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
  const hex = [...value].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  expect(object['digest']).toEqual({ algorithm: 'sha-256-groups-1000', value: hex });
});

async function clear({ db }: Home): Promise<void> {
  await db.strict.conversations.clear();
  await db.strict.messages.clear();
}

async function fillEveryTable({ db }: Home): Promise<void> {
  const whole = wholeConversation('c', 4, { tags: ['여행'], pinned: 1 });
  await addWhole(db, whole);
  const conversationId = toConversationId('c');
  await db.strict.sessions.add({
    id: SESSION_ID,
    userId: LOCAL_USER_ID,
    createdAt: NOW,
    lastActivity: NOW,
    status: 'active',
    ipAddress: null,
    userAgent: 'test',
    metadata: { a: [1] },
  });
  await db.strict.userSettings.add({
    ...createUserSettings('ja', NOW),
    defaultEndpointId: toEndpointId('e'),
    systemPrompt: '친절하게',
  });
  await db.strict.endpoints.add(
    createEndpoint({
      id: toEndpointId('e'),
      presetId: 'custom',
      name: 'Mine',
      baseUrl: 'https://example.com/v1',
      createdAt: NOW,
      chatModels: [{ id: 'm', isTyped: true }, { id: 'n' }],
      chatModelsAt: NOW,
    }),
  );
  const key = { date: '2023-11-14', model: 'm' };
  await db.strict.usageStatistics.add({
    id: usageStatisticId(LOCAL_USER_ID, key),
    userId: LOCAL_USER_ID,
    ...key,
    requestCount: 3,
    promptTokens: 5,
    completionTokens: 7,
    totalTokens: 12,
    totalCostUsd: 0.25,
    unpricedCount: 1,
    totalResponseTimeMs: 1234,
    timedCount: 2,
    errorCount: 1,
  });
  await addDocument(db, {
    id: 'd',
    name: '장독대.md',
    mediaType: 'text/markdown',
    sizeBytes: 3,
    text: '장독대에 볕이 든다. 🏺\n\n'.repeat(400),
    createdAt: NOW,
    updatedAt: NOW + 1,
    source: 'claude',
    collection: '살림',
  });
  await db.strict.drafts.add({ id: 'new', text: 'half a', pasted: ['x'], updatedAt: NOW });
  await db.strict.maintenanceRuns.add({
    id: 'r',
    kind: 'purge',
    startedAt: NOW,
    endedAt: null,
    report: { a: 1 },
  });
  await db.strict.imports.add({
    id: 'i',
    startedAt: NOW,
    endedAt: NOW + 5,
    fileNames: ['a.zip'],
    report: null,
    createdIds: [conversationId],
    createdDocumentIds: ['d'],
    addedUsage: [
      addUsage(undefined, LOCAL_USER_ID, {
        date: '2026-10-01',
        model: 'm',
        requestCount: 1,
        promptTokens: 2,
        completionTokens: 3,
        totalTokens: 5,
        totalCostUsd: 0.5,
        unpricedCount: 0,
        totalResponseTimeMs: 1500,
        timedCount: 1,
        errorCount: 0,
      }),
    ],
    addedIds: { [conversationId]: [toMessageId('c-m3')] },
    undoneAt: null,
  });
  const sizes = [0, 1, 196_607, 196_608, 196_609, 700_000];
  for (const sizeBytes of sizes) {
    const bytes = new Uint8Array(sizeBytes).map((_byte, at) => (at * 7 + sizeBytes) & 0xff);
    await db.strict.attachments.add({
      id: `file-${sizeBytes}`,
      conversationId,
      messageId: toMessageId('c-m0'),
      name: '사진.png',
      mediaType: 'image/png',
      sizeBytes,
      bytes: bytes.buffer,
    });
  }
}
