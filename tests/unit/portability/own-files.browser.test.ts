/** What an export of ours writes, the import brings back into an empty store. */
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { createEndpoint } from '#domain/endpoint.ts';
import { LOCAL_USER_ID, toEndpointId, toMessageId, toSessionId } from '#domain/ids.ts';
import { addUsage } from '#domain/usage.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { ENGLISH_ARCHIVE_TEXTS } from '#portability/archive-texts.ts';
import { runExportJob } from '#portability/export-jobs.ts';
import { ExportJobMessage } from '#portability/export-messages.ts';
import { createImportClient } from '#portability/import-client.ts';
import workerUrl from '#portability/portability.worker.ts?worker&url';
import { runImport } from '#portability/run-import.ts';
import { requestSqlExport } from '#portability/sql-export-client.ts';
import { makeConversation, makeMessage } from '../db/conversation-rows.ts';
import { openForTest } from '../db/fresh-database.ts';
import { SESSION_ID, fileOf, importOptions, snapshot } from './import-files.ts';

const IDS = ['0f8fad5b-d9cb-469f-a165-70867728950e', '7c9e6679-7425-40de-944b-e07fc1f90ae7'];
const BYTES = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5)];

const createWorker = () => new Worker(workerUrl, { type: 'module' });

const usageOf = (model: string, requestCount: number) =>
  addUsage(undefined, LOCAL_USER_ID, {
    date: '2026-11-22',
    model,
    requestCount,
    promptTokens: 1,
    completionTokens: 2,
    totalTokens: 3,
    totalCostUsd: 0,
    unpricedCount: 1,
    totalResponseTimeMs: 4,
    timedCount: 1,
    errorCount: 0,
  });

async function openWithSession(): Promise<OnggiDatabase> {
  const db = await openForTest();
  await db.strict.sessions.add({
    id: toSessionId('session'),
    userId: LOCAL_USER_ID,
    createdAt: 1,
    lastActivity: 1,
    status: 'active',
    ipAddress: null,
    userAgent: null,
    metadata: {},
  });
  return db;
}

/** Two conversations, one with a branch and two files, one of which two messages name. */
async function openFilled(): Promise<OnggiDatabase> {
  const db = await openWithSession();
  const references = IDS.map((id, index) => ({
    id,
    name: `그림 ${index}.png`,
    mediaType: 'image/png',
    sizeBytes: BYTES[index]?.length ?? 0,
  }));
  await db.strict.conversations.bulkAdd([
    makeConversation('branched', {
      title: '옹기',
      messageCount: 3,
      lastSeq: 2,
      activeLeafId: toMessageId('b'),
    }),
    makeConversation('empty', { title: 'Empty', updatedAt: 1_700_000_000_005 }),
  ]);
  const messages = [
    makeMessage('branched', 'a', null, { attachments: references }),
    makeMessage('branched', 'b', 'a', { seq: 1, role: 'assistant' }),
    makeMessage('branched', 'c', 'a', { seq: 2, attachments: references.slice(0, 1) }),
  ];
  await db.strict.messages.bulkAdd(messages);
  await db.strict.attachments.bulkAdd(
    references.map((reference, index) => ({
      ...reference,
      conversationId: makeConversation('branched').id,
      messageId: toMessageId('a'),
      bytes: BYTES[index]?.slice().buffer ?? new ArrayBuffer(),
    })),
  );
  return db;
}

async function exportArchive(db: OnggiDatabase, withAttachments: boolean): Promise<Blob> {
  const job = v.parse(ExportJobMessage, {
    kind: 'export',
    databaseName: db.name,
    request: {
      kind: 'archive',
      selection: { kind: 'all', includesTrash: true },
      anonymise: null,
      withBranches: true,
      withAttachments,
      skipsPoorAnswers: false,
    },
    appVersion: '0.1.0',
    now: 1_700_000_000_000,
    texts: ENGLISH_ARCHIVE_TEXTS,
    fileHandle: null,
  });
  const context = { signal: new AbortController().signal, onProgress: () => undefined };
  const { blob } = await runExportJob(db, job, () => crypto.randomUUID(), context);
  if (!blob) throw new Error('no archive');
  return blob;
}

async function importBlob(db: OnggiDatabase, name: string, blob: Blob) {
  const { report } = await runImport(db, [fileOf(name, blob)], importOptions());
  if (!report) throw new Error('no report');
  return report;
}

describe('an archive of ours', () => {
  it('comes back with every row and the bytes of its files', async () => {
    const here = await openFilled();
    const there = await openWithSession();
    const report = await importBlob(there, 'archive.zip', await exportArchive(here, true));
    expect(await snapshot(there)).toEqual(await snapshot(here));
    expect(report).toMatchObject({ skipped: [], refused: [], notes: [], storedAttachmentCount: 2 });
    expect(report.sources).toMatchObject([
      { conversationCount: 2, newCount: 2, attachmentCount: 3, missingAttachmentCount: 0 },
    ]);
  });

  it('brings the bytes later when the first one had none', async () => {
    const here = await openFilled();
    const there = await openWithSession();
    const bare = await importBlob(there, 'bare.zip', await exportArchive(here, false));
    expect(bare.notes.map(({ note }) => note)).toContain('asset_missing');
    expect((await snapshot(there)).attachments).toEqual([]);
    const whole = await exportArchive(here, true);
    expect((await importBlob(there, 'whole.zip', whole)).sources).toMatchObject([
      { newCount: 0, updatedCount: 1, unchangedCount: 1 },
    ]);
    expect(await snapshot(there)).toEqual(await snapshot(here));
    expect((await importBlob(there, 'whole.zip', whole)).sources).toMatchObject([
      { updatedCount: 0, unchangedCount: 2 },
    ]);
  });
});

describe('an SQLite file of ours', () => {
  const exportSqlite = async (db: OnggiDatabase): Promise<File> => {
    const deps = { createWorker, databaseName: () => db.name };
    const { blob } = await requestSqlExport(deps, 'sqlite', null);
    if (!blob) throw new Error('no file');
    return new File([blob], 'onggi.sqlite');
  };
  const clientOf = (db: OnggiDatabase) =>
    createImportClient({
      createWorker,
      databaseName: () => db.name,
      sessionId: () => SESSION_ID,
    });

  it('comes back through the worker with every row', async () => {
    const here = await openFilled();
    const there = await openWithSession();
    const client = clientOf(there);
    const files = [await exportSqlite(here)];
    const { preview } = await client.preview(files);
    expect(preview.sources).toMatchObject([{ source: 'onggi', newCount: 2 }]);
    const { report } = await client.run(files, 'update');
    expect(report).toMatchObject({ refused: [], skipped: [], storedAttachmentCount: 2 });
    expect(await snapshot(there)).toEqual(await snapshot(here));
  });

  it('brings usage and drafts that are missing here, no endpoints, and no settings over changed ones', async () => {
    const here = await openFilled();
    await here.strict.usageStatistics.bulkAdd([usageOf('new', 1), usageOf('known', 2)]);
    const draft = (id: string, text: string) => ({ id, text, pasted: [], updatedAt: 5 });
    await here.strict.drafts.bulkAdd([draft('branched', 'from there'), draft('new', 'from there')]);
    const fields = {
      presetId: 'custom' as const,
      name: 'E',
      baseUrl: 'https://x.example/v1',
      createdAt: 1,
    };
    await here.strict.endpoints.add(createEndpoint({ id: toEndpointId('e'), ...fields }));
    const there = await openWithSession();
    await there.strict.usageStatistics.add(usageOf('known', 7));
    await there.strict.drafts.add(draft('new', 'from here'));
    const settings = await there.strict.userSettings.toArray();
    await clientOf(there).preview([await exportSqlite(here)]);
    expect(await there.strict.drafts.count()).toBe(1);
    await clientOf(there).run([await exportSqlite(here)], 'update');
    const usage = await there.strict.usageStatistics.orderBy('id').toArray();
    expect(usage).toEqual([usageOf('known', 7), usageOf('new', 1)]);
    const [run] = await there.strict.imports.toArray();
    expect(run?.addedUsage).toEqual([usageOf('new', 1)]);
    const drafts = await there.strict.drafts.orderBy('id').toArray();
    expect(drafts).toEqual([draft('branched', 'from there'), draft('new', 'from here')]);
    expect(await there.strict.endpoints.count()).toBe(0);
    expect(await there.strict.userSettings.toArray()).toEqual(settings);
  });
});
