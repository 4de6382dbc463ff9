import { expect, test } from 'vitest';
import { addDocument, readAllChunks } from '#db/documents.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { LOCAL_USER_ID, toEndpointId, toSessionId } from '#domain/ids.ts';
import { createUserSettings } from '#domain/user-settings.ts';
import { exportSql } from '#portability/export-sql.ts';
import { previewImport } from '#portability/preview-import.ts';
import { runImport } from '#portability/run-import.ts';
import { undoImportRun } from '#portability/undo-import.ts';
import { makeConversation, makeLine } from '../db/conversation-rows.ts';
import { openForTest } from '../db/fresh-database.ts';
import { fileOf, importOptions } from './import-files.ts';

const AT = 1_700_000_000_000;
const TEXT = '장독대에 볕이 든다. \0 🏺\n\n'.repeat(400);

async function fill(whole: OnggiDatabase): Promise<void> {
  const { strict: db } = whole;
  const sessionId = toSessionId('first visit');
  const messages = makeLine('c', 3).map((row, seq) => ({ ...row, seq, sessionId }));
  await db.sessions.add({
    ...{ id: sessionId, userId: LOCAL_USER_ID, createdAt: AT, lastActivity: AT },
    ...{ status: 'active', ipAddress: null, userAgent: 'there', metadata: { a: 1 } },
  });
  await db.conversations.add({
    ...makeConversation('c', { messageCount: 3, lastSeq: 2 }),
    sessionId,
    activeLeafId: messages[2]?.id ?? null,
  });
  await db.messages.bulkAdd(messages);
  await db.userSettings.add({
    ...createUserSettings('ja', AT),
    theme: 'dark',
    defaultModel: 'm',
    defaultEndpointId: toEndpointId('not there'),
  });
  await addDocument(whole, {
    ...{ id: 'd', name: '장독대.md', mediaType: 'text/markdown', sizeBytes: 3, text: TEXT },
    ...{ createdAt: AT, updatedAt: AT + 1, source: 'file', collection: '살림' },
  });
}

async function sqliteOf(db: OnggiDatabase) {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const write = (part: Uint8Array<ArrayBuffer>) => void parts.push(part);
  await exportSql(db, 'sqlite', new WritableStream({ write }), {});
  return fileOf('onggi.sqlite', new Blob(parts));
}

test('documents, visits and settings come back from SQLite, and what is here stays', async () => {
  const there = await openForTest();
  await fill(there);
  const file = await sqliteOf(there);
  const db = await openForTest();
  const preview = await previewImport(db, [file], importOptions());
  const fates = { newCount: 1, updatedCount: 0, unchangedCount: 0 };
  expect(preview.sources).toMatchObject([{ source: 'onggi', newCount: 1, documentFates: fates }]);
  expect(await db.strict.sessions.toArray()).toEqual([]);

  const { id, report } = await runImport(db, [file], importOptions());
  expect(report?.sources).toMatchObject([{ documentCount: 1, documentFates: fates }]);
  const [document] = await there.strict.documents.toArray();
  expect(await db.strict.documents.toArray()).toEqual([
    { ...document, metadata: { ...document?.metadata, import_id: id } },
  ]);
  expect(await readAllChunks(db, 'd')).toEqual(await readAllChunks(there, 'd'));
  // Rows keep their visit, which is over.
  const [session] = await there.strict.sessions.toArray();
  expect(await db.strict.sessions.toArray()).toEqual([{ ...session, status: 'expired' }]);
  expect(await db.strict.messages.toArray()).toEqual(await there.strict.messages.toArray());
  // A connection that is not here is none.
  const settings = { language: 'ja', theme: 'dark', defaultEndpointId: null, defaultModel: null };
  expect(await db.strict.userSettings.toArray()).toMatchObject([settings]);

  await db.strict.userSettings.update(LOCAL_USER_ID, { theme: 'light', updatedAt: AT + 9 });
  const again = await runImport(db, [file], importOptions());
  expect(again.report?.sources).toMatchObject([
    { newCount: 0, unchangedCount: 1, documentFates: { newCount: 0, unchangedCount: 1 } },
  ]);
  expect(await db.strict.userSettings.toArray()).toMatchObject([{ theme: 'light' }]);

  await undoImportRun(db, id, { clock: () => AT });
  expect(await db.strict.documents.toArray()).toEqual([]);
});
