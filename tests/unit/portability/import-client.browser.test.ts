import { gzipSync, strToU8 } from 'fflate';
import { describe, expect, it } from 'vitest';
import type { Progress } from '#domain/import-report.ts';
import { createImportClient } from '#portability/import-client.ts';
import { runJob } from '#portability/run-job.ts';
import workerUrl from '#portability/portability.worker.ts?worker&url';
import { openForTest } from '../db/fresh-database.ts';
import { SESSION_ID, chatgptConversation, fileOf, snapshot, zipOf } from './import-files.ts';

const createWorker = () => new Worker(workerUrl, { type: 'module' });

async function setUp() {
  const db = await openForTest();
  const databaseName = () => db.name;
  return {
    db,
    client: createImportClient({ createWorker, databaseName, sessionId: () => SESSION_ID }),
  };
}

const many = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    chatgptConversation(`c${index}`, [{ id: `a${index}` }, { id: `b${index}` }]),
  );

describe('createImportClient', () => {
  it('previews, imports and undoes in a worker', async () => {
    const { db, client } = await setUp();
    const { file } = fileOf('conversations.json', many(30));
    const told: Progress[] = [];
    const { preview, backup } = await client.preview([file], {
      onProgress: (each) => told.push(each),
    });
    expect(preview.sources).toMatchObject([{ source: 'chatgpt', newCount: 30, messageCount: 60 }]);
    expect(backup).toBeNull();
    expect(told.length).toBeGreaterThan(0);
    expect((await snapshot(db)).conversations).toEqual([]);
    const { id, report } = await client.run([file], 'update');
    expect(report).toMatchObject({ addedMessageCount: 60, isCancelled: false });
    expect((await snapshot(db)).messages).toHaveLength(60);
    expect(await client.undo(id)).toMatchObject({ removedConversationCount: 30 });
    expect((await snapshot(db)).messages).toEqual([]);
    await expect(client.undo(id)).rejects.toMatchObject({ code: 'backup/nothing-to-undo' });
  });

  it('counts the refused files that it does not name', async () => {
    const { client } = await setUp();
    const strange = Array.from({ length: 230 }, (_, at) => [`${at}.json`, { nobody: at }] as const);
    const others = fileOf('others.zip', zipOf(Object.fromEntries(strange)));
    const { preview } = await client.preview([others]);
    expect([preview.refused.length, preview.unnamedRefusedCount]).toEqual([200, 30]);
    const { report } = await client.run([others, fileOf('a.json', many(1))], 'update');
    expect([report.refused.length, report.unnamedRefusedCount]).toEqual([200, 30]);
  });

  it('gives back the backup among the files, for the restore', async () => {
    const { client } = await setUp();
    const backup = gzipSync(strToU8('{"timestamp":"20261122_101112","format":"onggi.backup"}'));
    const given = fileOf('backup_20261122_101112.json.gz', backup);
    const found = await client.preview([fileOf('a.json', many(1)), given]);
    expect(found.backup).toBe(given.file);
    expect(found.preview.sources).toMatchObject([{ newCount: 1 }]);
  });

  it('stops an import with a report of what is stored', async () => {
    const { db, client } = await setUp();
    const stopping = new AbortController();
    const { report } = await client.run([fileOf('conversations.json', many(3000))], 'update', {
      signal: stopping.signal,
      onProgress: ({ doneRows }) => {
        if (doneRows > 0) stopping.abort();
      },
    });
    const { conversations, messages } = await snapshot(db);
    expect(report.isCancelled).toBe(true);
    expect(conversations.length).toBeLessThan(3000);
    expect(report.sources[0]?.newCount ?? 0).toBe(conversations.length);
    expect(messages.length).toBe(conversations.length * 2);
  });

  it('rejects a stopped preview with the reason of the stop', async () => {
    const { client } = await setUp();
    const signal = AbortSignal.abort(new Error('no longer wanted'));
    const preview = client.preview([fileOf('conversations.json', many(3))], { signal });
    await expect(preview).rejects.toThrow('no longer wanted');
  });
});

describe('runJob', () => {
  it('says when the worker does not start', async () => {
    const broken = () => new Worker('data:text/javascript,throw new Error("broken")');
    const job = { kind: 'undo-import' as const, databaseName: 'none', importId: 'x' };
    await expect(runJob(broken, job)).rejects.toMatchObject({ code: 'app/worker-failed' });
  });

  it('does not believe a message of another shape', async () => {
    const odd = () =>
      new Worker(`data:text/javascript,${encodeURIComponent('postMessage({ kind: "progress" })')}`);
    const job = { kind: 'undo-import' as const, databaseName: 'none', importId: 'x' };
    await expect(runJob(odd, job)).rejects.toMatchObject({ code: 'app/worker-failed' });
  });
});
