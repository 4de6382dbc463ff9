import * as v from 'valibot';
import { describe, expect, it, onTestFinished } from 'vitest';
import { toConversationId, toMessageId } from '#domain/ids.ts';
import { ENGLISH_ARCHIVE_TEXTS } from '#portability/archive-texts.ts';
import { runExportJob, runPreviewAnonymisedJob } from '#portability/export-jobs.ts';
import { ExportJobMessage, PreviewAnonymisedJobMessage } from '#portability/export-messages.ts';
import { createExportSource } from '#portability/export-source.ts';
import { makeConversation, makeMessage } from '../db/conversation-rows.ts';
import { openForTest } from '../db/fresh-database.ts';

async function openFilled() {
  const db = await openForTest();
  await db.strict.conversations.bulkAdd([
    makeConversation('old', { updatedAt: 1 }),
    makeConversation('new', { updatedAt: 2 }),
    makeConversation('kept', { status: 'archived' }),
    makeConversation('thrown', { status: 'deleted', deletedAt: 3 }),
  ]);
  await db.strict.messages.bulkAdd([
    makeMessage('old', 'm1', 'm0', { seq: 1 }),
    makeMessage('old', 'm0', null, { seq: 0 }),
    makeMessage('new', 'm2', null),
  ]);
  await db.strict.attachments.add({
    id: 'a',
    conversationId: toConversationId('old'),
    messageId: toMessageId('m0'),
    name: 'a.png',
    mediaType: 'image/png',
    sizeBytes: 2,
    bytes: Uint8Array.of(7, 8).buffer,
  });
  return { db, source: createExportSource(db) };
}

describe('database as the source of an export', () => {
  it('names the conversations of the wanted statuses', async () => {
    const { source } = await openFilled();
    expect(await source.readConversationIds(['active', 'archived'])).toEqual([
      'old',
      'new',
      'kept',
    ]);
    expect(await source.readConversationIds(['deleted'])).toEqual(['thrown']);
    expect(await source.readConversationIds([])).toEqual([]);
  });

  it('gives a conversation with its messages in order, and nothing for one that is gone', async () => {
    const { source } = await openFilled();
    const whole = await source.readWhole(toConversationId('old'));
    expect(whole?.conversation.id).toBe('old');
    expect(whole?.messages.map(({ id }) => id)).toEqual(['m0', 'm1']);
    expect(await source.readWhole(toConversationId('gone'))).toBeUndefined();
  });

  it('gives the bytes of attachments', async () => {
    const { source } = await openFilled();
    expect(await source.readBytes('a')).toEqual(Uint8Array.of(7, 8));
    expect(await source.readBytes('gone')).toBeUndefined();
  });

  it('gives usage page by page, and no page where there is none', async () => {
    const { source } = await openFilled();
    for await (const page of source.readUsagePages()) expect(page).toBeUndefined();
    expect.assertions(0);
  });
});

describe('export job', () => {
  const job = {
    kind: 'export',
    databaseName: 'onggi',
    request: {
      kind: 'json',
      selection: { kind: 'ids', ids: ['old'] },
      anonymise: null,
      withBranches: true,
      withAttachments: true,
      skipsPoorAnswers: false,
    },
    appVersion: '0.1.0',
    now: 1_700_000_000_000,
    texts: ENGLISH_ARCHIVE_TEXTS,
    fileHandle: null,
  };

  async function runJob(more: object) {
    const { db } = await openFilled();
    const context = { signal: new AbortController().signal, onProgress: () => undefined };
    const read = v.parse(ExportJobMessage, { ...job, ...more });
    return runExportJob(db, read, () => crypto.randomUUID(), context);
  }

  it('gives a Blob where no file was picked', async () => {
    const { blob, conversationCount, sizeBytes } = await runJob({});
    expect(blob?.type).toBe('application/json');
    expect(blob?.size).toBe(sizeBytes);
    expect(conversationCount).toBe(1);
    expect(JSON.parse((await blob?.text()) ?? '')).toMatchObject({ conversation_id: 'old' });
  });

  it('writes into the picked file', async () => {
    const folder = await navigator.storage.getDirectory();
    const name = `${crypto.randomUUID()}.json`;
    const fileHandle = await folder.getFileHandle(name, { create: true });
    onTestFinished(() => folder.removeEntry(name));
    const { blob } = await runJob({ fileHandle });
    expect(blob).toBeNull();
    const text = await (await fileHandle.getFile()).text();
    expect(JSON.parse(text)).toMatchObject({ conversation_id: 'old' });
  });

  it('leaves the picked file as it was when it fails', async () => {
    const folder = await navigator.storage.getDirectory();
    const name = `${crypto.randomUUID()}.json`;
    const fileHandle = await folder.getFileHandle(name, { create: true });
    onTestFinished(() => folder.removeEntry(name));
    const before = await fileHandle.createWritable();
    await before.write('before');
    await before.close();
    const request = { ...job.request, selection: { kind: 'ids', ids: ['gone'] } };
    await expect(runJob({ fileHandle, request })).rejects.toMatchObject({ code: 'chat/not-found' });
    expect(await (await fileHandle.getFile()).text()).toBe('before');
  });

  it('says what an anonymised export would mask', async () => {
    const { db } = await openFilled();
    await db.strict.messages.update(toMessageId('m0'), { content: 'call 010-1234-5678' });
    const read = v.parse(PreviewAnonymisedJobMessage, {
      kind: 'preview-anonymised',
      databaseName: 'onggi',
      selection: { kind: 'all', includesTrash: false },
    });
    const context = { signal: new AbortController().signal, onProgress: () => undefined };
    const preview = await runPreviewAnonymisedJob(db, read, context);
    expect(preview.counts.phone).toBe(1);
  });
});
