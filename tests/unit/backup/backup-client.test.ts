import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createBackupClient, createBackupReader } from '#backup/backup-client.ts';
import type { BackupClient } from '#backup/backup-client.ts';
import { createSnapshots } from '#backup/snapshots.ts';
import { readBootPointers } from '#db/boot-pointers.ts';
import { toConversationId } from '#domain/ids.ts';
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
  restore,
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
    const rows = Object.values(receipt.counts).reduce((sum, count) => sum + count, 0);
    const written = told.filter(({ step }) => step === 'backup');
    expect(written.length).toBeGreaterThan(0);
    for (const [at, { doneRows, doneBytes }] of written.entries()) {
      expect(doneRows).toBeGreaterThan(written[at - 1]?.doneRows ?? 0);
      expect(doneRows).toBeLessThanOrEqual(rows);
      expect(doneBytes).toBeGreaterThan(written[at - 1]?.doneBytes ?? 0);
    }
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
    const before = await handle.createWritable();
    await before.write('before');
    await before.close();
    const stop = new AbortController();
    const writing = clientOf(home).createBackup({
      target: { kind: 'file', handle },
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    await expect(writing).rejects.toMatchObject({ name: 'AbortError' });
    expect(await (await handle.getFile()).text()).toBe('before');
  });

  test('a stopped backup takes away the file that was made for it', async () => {
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
    await expect(handle.getFile()).rejects.toMatchObject({ name: 'NotFoundError' });
  });

  test('a restore becomes live, and its page is closed', async () => {
    const home = await openHome();
    await addWhole(home.db, wholeConversation('before', 5));
    const file = await backUp(home.db);
    const wanted = await dump(home.db);
    await addWhole(home.db, wholeConversation('after', 5));
    await home.db.strict.conversations.update(toConversationId('after'), { title: '이후' });
    const waiting = await clientOf(home).stage(file, { mode: 'replace', sessionId: SESSION_ID });
    expect(waiting.preview).toMatchObject({ mode: 'replace', merged: null, questions: [] });
    expect(waiting.preview.replaced).toEqual({
      counts: {
        conversations: { here: 2, after: 1, gone: 1 },
        messages: { here: 10, after: 5, gone: 5 },
        documents: { here: 0, after: 0, gone: 0 },
      },
      goneTitles: ['이후'],
    });
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

  test('a merge that became another one is shown again and not put in place before', async () => {
    const home = await openHome();
    await addWhole(home.db, wholeConversation('c', 2));
    const file = await backUp(home.db);
    const waiting = await clientOf(home).stage(file, { mode: 'merge', sessionId: SESSION_ID });
    expect(waiting.preview.merged).toMatchObject({ conversations: { added: 0, unchanged: 1 } });
    await home.db.strict.conversations.delete(toConversationId('c'));
    const changed = await waiting.commit([]);
    expect(changed?.merged).toMatchObject({ conversations: { added: 1, unchanged: 0 } });
    expect(waiting.preview).toBe(changed);
    expect(home.db.strict.isOpen()).toBe(true);
    expect((await readBootPointers(home.names.bootName)).live).toBe(home.db.name);
    expect(await waiting.commit([])).toBeUndefined();
    const merged = await openForTest({ names: home.names });
    expect(merged.name).not.toBe(home.db.name);
    expect(await merged.strict.conversations.toCollection().primaryKeys()).toEqual(['c']);
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

describe('segments through the workers', () => {
  async function chainOf(home: Home) {
    const root = await navigator.storage.getDirectory();
    const name = `test-${crypto.randomUUID()}`;
    onTestFinished(() => root.removeEntry(name, { recursive: true }));
    const own = await root.getDirectoryHandle(name, { create: true });
    const snapshots = createSnapshots({
      maker: clientOf(home),
      live: { db: home.db, clock: () => NOW },
      openRoot: () => Promise.resolve(own),
    });
    await addWhole(home.db, wholeConversation('c', 30));
    await snapshots.take();
    await addWhole(home.db, wholeConversation('c', 35), wholeConversation('d', 2));
    const { name: taken } = await snapshots.take();
    return snapshots.read(taken);
  }

  test('are written, read back, verified and staged', async () => {
    const home = await openHome();
    const { whole, segments } = await chainOf(home);
    expect(segments).toHaveLength(1);
    const summary = await clientOf(home).verify(whole, { segments });
    expect(summary).toMatchObject({ isVerified: true, counts: { conversations: 2, messages: 37 } });
    const waiting = await clientOf(await openHome()).stage(whole, {
      segments,
      mode: 'replace',
      sessionId: SESSION_ID,
    });
    expect(waiting.preview.summary.counts.messages).toBe(37);
    await waiting.discard();
  });

  test('become one file that any onggi restores, and nothing else is left', async () => {
    const home = await openHome();
    const { whole, segments } = await chainOf(home);
    const before = await indexedDB.databases();
    const reader = createBackupReader({ createWorker, appVersion: '0.0.0-test' });
    const file = await reader.fold(whole, segments, { at: NOW });
    expect(await indexedDB.databases()).toEqual(before);
    expect(file.name).toMatch(/^backup_\d{8}_\d{6}\.json\.gz$/);
    const { db } = await restore(await openHome(), file);
    expect(await dump(db)).toEqual(await dump(home.db));
  });
});
