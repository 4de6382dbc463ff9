import { describe, expect, it, onTestFinished } from 'vitest';
import { toConversationId } from '#domain/ids.ts';
import { ENGLISH_ARCHIVE_TEXTS } from '#portability/archive-texts.ts';
import { createExportClient } from '#portability/export-client.ts';
import type { ExportRequest } from '#portability/export-request.ts';
import { makeConversation, makeMessage } from '../db/conversation-rows.ts';
import { openForTest } from '../db/fresh-database.ts';

const REQUEST: ExportRequest = {
  kind: 'json',
  selection: { kind: 'ids', ids: [toConversationId('c')] },
  anonymise: null,
  withBranches: true,
  withAttachments: false,
  skipsPoorAnswers: false,
};

async function openClient() {
  const db = await openForTest();
  await db.strict.conversations.add(makeConversation('c', { title: '옹기' }));
  await db.strict.messages.add(makeMessage('c', 'm', null, { content: 'to kim@example.com' }));
  const workers: Worker[] = [];
  onTestFinished(() => workers.forEach((worker) => worker.terminate()));
  return createExportClient({
    createWorker: () => {
      const url = new URL('../../support/portability-test.worker.ts', import.meta.url);
      const worker = new Worker(url, { type: 'module' });
      workers.push(worker);
      return worker;
    },
    databaseName: () => db.name,
    appVersion: '0.1.0',
    clock: () => new Date(2026, 10, 22).getTime(),
    texts: () => ENGLISH_ARCHIVE_TEXTS,
  });
}

describe('exporting beside the page', () => {
  it('gives a file with its name', async () => {
    const client = await openClient();
    const outcome = await client.run(REQUEST, { title: '옹기', fileHandle: null });
    expect(outcome).toMatchObject({ fileName: 'onggi_옹기_20261122.json', messageCount: 1 });
    expect(JSON.parse((await outcome.blob?.text()) ?? '')).toMatchObject({ title: '옹기' });
  });

  it('names an anonymised file so, and after its kind', async () => {
    const client = await openClient();
    const anonymise = { dropsTitles: true, dropsFeedback: true, cutsTimes: true };
    const file = client.nameFile({ ...REQUEST, anonymise }, '옹기');
    expect(file.fileName).toBe('onggi_anonymised_conversations_20261122.json');
  });

  it('says what would be masked', async () => {
    const client = await openClient();
    const preview = await client.previewAnonymised({ kind: 'all', includesTrash: false });
    expect(preview).toMatchObject({
      counts: { email: 1 },
      examples: [{ value: 'kim@example.com' }],
    });
  });

  it('passes on the code of a failure', async () => {
    const client = await openClient();
    const gone = { kind: 'ids', ids: [toConversationId('gone')] } as const;
    await expect(
      client.run({ ...REQUEST, selection: gone }, { title: null, fileHandle: null }),
    ).rejects.toMatchObject({ code: 'chat/not-found' });
  });

  it('ends with the reason when it is stopped', async () => {
    const client = await openClient();
    const reason = new Error('enough');
    const to = { title: null, fileHandle: null };
    await expect(client.run(REQUEST, to, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
  });
});
