import { describe, expect, it, onTestFinished } from 'vitest';
import type { OnggiDatabase } from '#db/open-database.ts';
import { requestSqlExport } from '#portability/sql-export-client.ts';
import { makeConversation, makeLine } from '../db/conversation-rows.ts';
import { openForTest } from '../db/fresh-database.ts';

const createWorker = (): Worker =>
  new Worker(new URL('../../../src/portability/portability.worker.ts', import.meta.url), {
    type: 'module',
  });

async function openFilled(): Promise<OnggiDatabase> {
  const db = await openForTest();
  await db.strict.conversations.add(makeConversation('c'));
  await db.strict.messages.bulkAdd(makeLine('c', 3));
  return db;
}

describe('requestSqlExport', () => {
  it.each([
    ['sqlite', 'SQLite format 3\0', 'application/vnd.sqlite3'],
    ['postgres', '-- Conversations of onggi', 'application/sql'],
  ] as const)('gives a Blob of %s from the worker, with progress', async (format, start, type) => {
    const db = await openFilled();
    const steps: string[] = [];
    const result = await requestSqlExport(
      { createWorker, databaseName: () => db.name },
      format,
      null,
      { onProgress: ({ step }) => steps.push(step) },
    );
    expect(result).toMatchObject({ conversationCount: 1, messageCount: 3, leftOutCount: 0 });
    expect(result.blob?.type).toBe(type);
    expect((await result.blob?.text())?.startsWith(start)).toBe(true);
    expect(steps.length).toBeGreaterThan(0);
  });

  it('writes into a file that was picked', async () => {
    const db = await openFilled();
    const folder = await navigator.storage.getDirectory();
    const name = `${crypto.randomUUID()}.sql`;
    const handle = await folder.getFileHandle(name, { create: true });
    onTestFinished(() => folder.removeEntry(name));
    const result = await requestSqlExport(
      { createWorker, databaseName: () => db.name },
      'postgres',
      handle,
    );
    expect(result.blob).toBeNull();
    const file = await handle.getFile();
    expect(result.messageCount).toBe(3);
    expect((await file.text()).endsWith('COMMIT;\n')).toBe(true);
  });

  it.each([
    ['takes away a picked file that it left empty', '', []],
    ['leaves a picked file with content as it was', 'before', ['before']],
  ])('%s', async (_, content, left) => {
    const db = await openFilled();
    const root = await navigator.storage.getDirectory();
    const name = crypto.randomUUID();
    const folder = await root.getDirectoryHandle(name, { create: true });
    onTestFinished(() => root.removeEntry(name, { recursive: true }));
    const handle = await folder.getFileHandle('a.sql', { create: true });
    const writable = await handle.createWritable();
    await writable.write(content);
    await writable.close();
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    const exporting = requestSqlExport(
      { createWorker, databaseName: () => db.name },
      'sqlite',
      handle,
      { signal: stop.signal },
    );
    await expect(exporting).rejects.toThrow('enough');
    const texts: string[] = [];
    for await (const entry of folder.values()) {
      const file = await (entry as FileSystemFileHandle).getFile();
      texts.push(await file.text());
    }
    expect(texts).toEqual(left);
  });

  it('says that it was stopped, with the reason', async () => {
    const db = await openFilled();
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    const exporting = requestSqlExport(
      { createWorker, databaseName: () => db.name },
      'postgres',
      null,
      { signal: stop.signal },
    );
    await expect(exporting).rejects.toThrow('enough');
  });
});
