import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createBackupClient } from '#backup/backup-client.ts';
import type { BackupClient } from '#backup/backup-client.ts';
import { readBootPointers } from '#db/boot-database.ts';
import type { Progress } from '#domain/import-report.ts';
import { openForTest } from '../db/fresh-database.ts';
import {
  NOW,
  SESSION_ID,
  addWhole,
  backUp,
  databaseNames,
  dump,
  openHome,
  wholeConversation,
} from './support.ts';
import type { Home } from './support.ts';

const createWorker = (): Worker =>
  new Worker(new URL('../../../src/backup/backup.worker.ts', import.meta.url), { type: 'module' });

function clientOf({ db, names }: Home): BackupClient {
  return createBackupClient({
    createWorker,
    db,
    appVersion: '0.0.0-test',
    clock: () => NOW,
    bootName: names.bootName,
    baseName: names.defaultName,
  });
}

async function opfsFile(name: string): Promise<FileSystemFileHandle> {
  const root = await navigator.storage.getDirectory();
  onTestFinished(() => root.removeEntry(name).catch(() => undefined));
  return root.getFileHandle(name, { create: true });
}

describe('through the workers', () => {
  test('a backup is written, read back and verified', async () => {
    const home = await openHome();
    await addWhole(home.db, wholeConversation('c', 2500));
    const told: Progress[] = [];
    const { receipt, blob } = await clientOf(home).createBackup({
      target: { kind: 'blob' },
      onProgress: (progress) => told.push(progress),
    });
    expect(receipt).toMatchObject({
      fileName: expect.stringMatching(/^backup_\d{8}_\d{6}\.json\.gz$/) as string,
      fileBytes: blob?.size,
      counts: { messages: 2500, conversations: 1 },
      isEncrypted: false,
    });
    expect(told.length).toBeGreaterThan(0);
    expect(await clientOf(home).verify(blob ?? new Blob())).toMatchObject({ isVerified: true });
  });

  test('a backup goes into a file', async () => {
    const home = await openHome();
    await addWhole(home.db, wholeConversation('c', 10));
    const handle = await opfsFile(`backup-${crypto.randomUUID()}`);
    const { receipt, blob } = await clientOf(home).createBackup({
      target: { kind: 'file', handle },
    });
    expect(blob).toBeNull();
    expect((await handle.getFile()).size).toBe(receipt.fileBytes);
  });

  test('a stopped backup leaves the file as it was', async () => {
    const home = await openHome();
    await addWhole(home.db, wholeConversation('c', 3000));
    const handle = await opfsFile(`backup-${crypto.randomUUID()}`);
    const stop = new AbortController();
    const writing = clientOf(home).createBackup({
      target: { kind: 'file', handle },
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    await expect(writing).rejects.toMatchObject({ name: 'AbortError' });
    expect((await handle.getFile()).size).toBe(0);
  });

  test('a restore becomes live, and its page is closed', async () => {
    const home = await openHome();
    await addWhole(home.db, wholeConversation('before', 5));
    const file = await backUp(home.db);
    const wanted = await dump(home.db);
    await addWhole(home.db, wholeConversation('after', 5));
    const waiting = await clientOf(home).stage(file, { mode: 'replace', sessionId: SESSION_ID });
    expect(waiting.preview).toMatchObject({ mode: 'replace', merged: null, questions: [] });
    await waiting.commit([]);
    expect(home.db.strict.isOpen()).toBe(false);
    const restored = await openForTest({ names: home.names });
    expect(restored.name).not.toBe(home.db.name);
    expect(await dump(restored)).toEqual(wanted);
    expect(await readBootPointers(home.names.bootName)).toMatchObject({
      live: restored.name,
      previous: { databaseName: home.db.name, replacedAt: NOW },
    });
  });

  test('a discarded restore leaves nothing', async () => {
    const home = await openHome();
    await addWhole(home.db, wholeConversation('c', 5));
    const file = await backUp(home.db);
    const waiting = await clientOf(home).stage(file, { mode: 'merge', sessionId: SESSION_ID });
    expect(await databaseNames(home)).toHaveLength(2);
    await waiting.discard();
    await waiting.discard();
    expect(await databaseNames(home)).toEqual([home.db.name]);
    expect(await home.db.strict.conversations.toCollection().primaryKeys()).toEqual(['c']);
  });

  test('a refusal comes with its code, and nothing is left', async () => {
    const home = await openHome();
    const staging = clientOf(home).stage(new Blob(['{"a":1}']), {
      mode: 'replace',
      sessionId: SESSION_ID,
    });
    await expect(staging).rejects.toMatchObject({ code: 'file/not-a-backup' });
    expect(await databaseNames(home)).toEqual([home.db.name]);
  });

  test('a stopped restore leaves nothing', async () => {
    const home = await openHome();
    await addWhole(home.db, wholeConversation('c', 3000));
    const file = await backUp(home.db);
    const stop = new AbortController();
    const staging = clientOf(home).stage(file, {
      mode: 'replace',
      sessionId: SESSION_ID,
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    await expect(staging).rejects.toMatchObject({ name: 'AbortError' });
    await vi.waitFor(async () => expect(await databaseNames(home)).toEqual([home.db.name]));
  });
});
