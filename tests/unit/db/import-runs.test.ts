import { describe, expect, it } from 'vitest';
import { createConversation } from '#domain/conversation.ts';
import { toConversationId, toEndpointId, toMessageId, toSessionId } from '#domain/ids.ts';
import type { ConversationId } from '#domain/ids.ts';
import { createMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import type { ImportRun } from '#domain/stored-rows.ts';
import {
  addAttachments,
  addWholeConversations,
  countStored,
  findImported,
  updateWholeConversation,
} from '#db/imported-conversations.ts';
import { addDocument } from '#db/documents.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { removeStrandedBytes, saveImportRun, undoImport, withImportLock } from '#db/import-runs.ts';
import { watchImportRuns } from '#db/import-list.ts';
import { follow, openForTest } from './fresh-database.ts';

const sessionId = toSessionId('s');
const c1 = toConversationId('c1');

function message(
  id: string,
  parent: string | null,
  seq: number,
  more: Partial<Message> = {},
): Message {
  return createMessage({
    id: toMessageId(id),
    conversationId: c1,
    sessionId,
    parentId: parent === null ? null : toMessageId(parent),
    seq,
    role: 'user',
    content: id,
    timestamp: seq,
    metadata: { source_id: `source-${id}` },
    ...more,
  });
}

function conversation(id: ConversationId, more = {}) {
  return createConversation({
    id,
    sessionId,
    createdAt: 1,
    source: 'chatgpt',
    sourceId: `s-${id}`,
    ...more,
  });
}

function bytesOf(id: string, conversationId: ConversationId, messageId = 'm1') {
  const bytes = new ArrayBuffer(4);
  const name = `${id}.png`;
  return {
    id,
    conversationId,
    messageId: toMessageId(messageId),
    name,
    mediaType: 'image/png',
    sizeBytes: 4,
    bytes,
  };
}

const run = (more: Partial<ImportRun> = {}): ImportRun => ({
  id: 'run',
  startedAt: 1000,
  endedAt: 2000,
  fileNames: ['x.zip'],
  report: null,
  createdIds: [],
  addedIds: {},
  undoneAt: null,
  ...more,
});

describe('addWholeConversations', () => {
  it('stores all or none', async () => {
    const db = await openForTest();
    const good = {
      conversation: conversation(c1),
      messages: [message('m1', null, 0)],
      attachments: [],
    };
    const c2 = toConversationId('c2');
    const bad = { ...good, conversation: conversation(c2) };
    await expect(addWholeConversations(db, [good, bad])).rejects.toMatchObject({
      code: 'db/failed',
    });
    expect(await countStored(db, [c1, c2])).toEqual({ conversationCount: 0, messageCount: 0 });
    await addWholeConversations(db, [good]);
    expect(await countStored(db, [c1, c2])).toEqual({ conversationCount: 1, messageCount: 1 });
    const found = await findImported(db, [{ source: 'chatgpt', sourceId: 's-c1' }]);
    expect([...found.values()].map(({ id }) => id)).toEqual(['c1']);
  });
});

describe('updateWholeConversation', () => {
  it('writes what the plan says of the rows that are there now, and nothing without a plan', async () => {
    const db = await openForTest();
    const first = message('m1', null, 0);
    await addWholeConversations(db, [
      { conversation: conversation(c1), messages: [first], attachments: [] },
    ]);
    expect(await updateWholeConversation(db, c1, () => undefined)).toBeUndefined();
    expect(
      await updateWholeConversation(db, toConversationId('gone'), () => expect.fail()),
    ).toBeUndefined();
    await updateWholeConversation(db, c1, (stored, messages) => ({
      conversation: { ...stored, messageCount: messages.length + 1 },
      added: [message('m2', 'm1', 1)],
      changed: [{ ...first, content: 'changed' }],
      attachments: [bytesOf('a', c1)],
    }));
    expect(await db.strict.conversations.get(c1)).toMatchObject({ messageCount: 2 });
    expect(await db.strict.messages.get(first.id)).toMatchObject({ content: 'changed' });
    expect(await db.strict.attachments.get('a')).toMatchObject({ name: 'a.png' });
  });
});

describe('removeStrandedBytes', () => {
  it('deletes bytes whose conversation never came, and no others', async () => {
    const db = await openForTest();
    const [lost, other] = [toConversationId('lost'), toConversationId('other')];
    const rows = {
      conversation: conversation(c1),
      messages: [],
      attachments: [bytesOf('kept', c1)],
    };
    await addWholeConversations(db, [rows]);
    await addAttachments(db, [bytesOf('stranded', lost), bytesOf('of nobody we know', other)]);
    await saveImportRun(db, run({ endedAt: null, createdIds: [c1, lost] }));
    await removeStrandedBytes(db);
    const left = await db.strict.attachments.toCollection().primaryKeys();
    expect(left.sort()).toEqual(['kept', 'of nobody we know']);
  });
});

describe('undoImport', () => {
  it('finds what an import made that never came to its end', async () => {
    const db = await openForTest();
    const made = conversation(c1, { metadata: { import_id: 'run' } });
    await addWholeConversations(db, [
      { conversation: made, messages: [message('m1', null, 0)], attachments: [] },
    ]);
    await saveImportRun(db, run({ endedAt: null }));
    expect(await undoImport(db, 'run', { now: 3000 })).toMatchObject({
      removedConversationCount: 1,
    });
    expect(await db.strict.messages.get(toMessageId('m1'))).toBeUndefined();
  });

  it('deletes bytes of a conversation that never came', async () => {
    const db = await openForTest();
    const lost = toConversationId('lost');
    await addAttachments(db, [bytesOf('stranded', lost)]);
    await saveImportRun(db, run({ createdIds: [lost] }));
    await undoImport(db, 'run', { now: 3000 });
    expect(await db.strict.attachments.count()).toBe(0);
  });

  it('leaves an added message below which the person wrote', async () => {
    const db = await openForTest();
    const messages = [
      message('m1', null, 0),
      message('m2', 'm1', 1),
      message('m3', 'm2', 2),
      message('own', 'm2', 3, { metadata: {}, timestamp: 5000 }),
    ];
    const stored = conversation(c1, {
      messageCount: 4,
      lastSeq: 3,
      activeLeafId: toMessageId('m3'),
    });
    await addWholeConversations(db, [
      { conversation: stored, messages, attachments: [bytesOf('a', c1, 'm3')] },
    ]);
    await saveImportRun(db, run({ addedIds: { [c1]: [toMessageId('m2'), toMessageId('m3')] } }));
    expect(await undoImport(db, 'run', { now: 3000 })).toMatchObject({
      removedMessageCount: 1,
      keptMessageCount: 1,
    });
    const left = await db.strict.messages.toCollection().primaryKeys();
    expect(left.sort()).toEqual(['m1', 'm2', 'own']);
    expect(await db.strict.conversations.get(c1)).toMatchObject({
      messageCount: 3,
      activeLeafId: 'own',
    });
    expect(await db.strict.attachments.get('a')).toBeUndefined();
  });

  it('leaves what a later import made again under the same id', async () => {
    const db = await openForTest();
    await addWholeConversations(db, [
      { conversation: conversation(c1), messages: [message('m1', null, 0)], attachments: [] },
    ]);
    await saveImportRun(db, run({ createdIds: [c1] }));
    await saveImportRun(db, run({ id: 'later', startedAt: 4000, createdIds: [c1] }));
    expect(await undoImport(db, 'run', { now: 5000 })).toMatchObject({
      removedConversationCount: 0,
    });
    expect(await db.strict.messages.get(toMessageId('m1'))).toBeDefined();
    expect(await undoImport(db, 'later', { now: 6000 })).toMatchObject({
      removedConversationCount: 1,
    });
  });

  it.each([
    ['an answer of an export that was continued here', { endpointId: toEndpointId('e') }],
    ['a message of our own file that was changed here', { metadata: {}, changedAt: 1500 }],
  ])('leaves %s', async (_what, fields) => {
    const db = await openForTest();
    const c2 = toConversationId('c2');
    const messages = [message('m1', null, 0), message('m2', 'm1', 1, fields)];
    const other = [
      message('n1', null, 0, { conversationId: c2 }),
      message('n2', 'n1', 1, { conversationId: c2, ...fields }),
    ];
    await addWholeConversations(db, [
      { conversation: conversation(c1, { messageCount: 2 }), messages, attachments: [] },
      { conversation: conversation(c2, { messageCount: 2 }), messages: other, attachments: [] },
    ]);
    await saveImportRun(db, run({ createdIds: [c1], addedIds: { [c2]: [toMessageId('n2')] } }));
    expect(await undoImport(db, 'run', { now: 3000 })).toMatchObject({
      keptConversationCount: 1,
      keptMessageCount: 1,
    });
    expect(await db.strict.messages.count()).toBe(4);
  });

  it('stops when told and goes on when called again', async () => {
    const db = await openForTest();
    await addWholeConversations(db, [
      { conversation: conversation(c1), messages: [], attachments: [] },
    ]);
    await saveImportRun(db, run({ createdIds: [c1] }));
    const options = { now: 3000, signal: AbortSignal.abort() };
    await expect(undoImport(db, 'run', options)).rejects.toThrow();
    expect(await undoImport(db, 'run', { now: 3000 })).toMatchObject({
      removedConversationCount: 1,
    });
  });
});

describe('undoImport of documents', () => {
  const REPORT = {
    ...{ files: [], refused: [], skipped: [], notes: [], sources: [], startedAt: 0, endedAt: 1 },
    ...{ isCancelled: false, addedMessageCount: 0, storedAttachmentCount: 0, dates: null },
  };
  const named = (...names: readonly string[]) =>
    ({
      ...REPORT,
      files: names.map((name) => ({ name, conversationId: null })),
    }) as unknown as ImportRun['report'];

  async function importDocuments(db: OnggiDatabase, count: number): Promise<void> {
    const ids = Array.from({ length: count }, (_, at) => `d${at}`);
    for (const id of ids) {
      const source = 'claude' as const;
      const times = { createdAt: 1, updatedAt: 1 };
      const text = { mediaType: 'text/markdown', sizeBytes: 1, text: `clay ${id}` };
      await addDocument(db, { id, name: `${id}.md`, ...text, ...times, source, collection: '' });
      await db.strict.documents.update(id, { 'metadata.import_id': 'run' });
    }
    const names = ids.map((id) => `${id}.md`);
    await saveImportRun(db, run({ createdDocumentIds: ids, report: named(...names) }));
    await saveImportRun(
      db,
      run({ id: 'other', startedAt: 500, report: named('kept.md', ...names) }),
    );
  }

  it('reads the imports as often for many as for few, and no report names what is gone', async () => {
    const reads: number[] = [];
    for (const count of [2, 30]) {
      const db = await openForTest();
      await importDocuments(db, count);
      let readCount = 0;
      db.strict.imports.hook('reading', (row) => {
        readCount += 1;
        return row;
      });
      expect(await undoImport(db, 'run', { now: 3000 })).toMatchObject({
        removedDocumentCount: count,
      });
      reads.push(readCount);
      expect(await db.strict.documents.count()).toBe(0);
      expect(await db.strict.documentChunks.count()).toBe(0);
      const reports = (await db.strict.imports.toArray()).map(({ report }) => report?.files);
      expect(JSON.stringify(reports)).not.toMatch(/d\d/);
      expect(JSON.stringify(reports)).toContain('kept.md');
    }
    expect(reads[1]).toBe(reads[0]);
  });

  it('tells what stopped it, also when its tidying up fails', async () => {
    const db = await openForTest();
    const messages = [message('m1', null, 0), message('m2', 'm1', 1)];
    const stored = conversation(c1, { messageCount: 2, lastSeq: 1 });
    await addWholeConversations(db, [{ conversation: stored, messages, attachments: [] }]);
    await saveImportRun(db, run({ addedIds: { [c1]: [toMessageId('m2')] } }));
    const stopping = new AbortController();
    db.strict.messages.hook('deleting', () => stopping.abort(new Error('enough')));
    Object.assign(db.strict.imports, {
      each: () => Promise.reject(new DOMException('the disk is gone', 'UnknownError')),
    });
    await expect(undoImport(db, 'run', { now: 3000, signal: stopping.signal })).rejects.toThrow(
      'enough',
    );
  });
});

describe('withImportLock', () => {
  it('lets one import run after the other', async () => {
    const db = await openForTest();
    const order: string[] = [];
    const work = (name: string) => async () => {
      order.push(`${name} begins`);
      await Promise.resolve();
      order.push(`${name} ends`);
    };
    await Promise.all([withImportLock(db, work('first')), withImportLock(db, work('second'))]);
    expect(order).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
  });

  it('ends the waiting when told to stop', async () => {
    const db = await openForTest();
    const stopping = new AbortController();
    await withImportLock(db, async () => {
      const waiting = withImportLock(db, () => Promise.resolve('ran'), stopping.signal);
      stopping.abort(new Error('enough'));
      await expect(waiting).rejects.toThrow('enough');
    });
  });
});

describe('watchImportRuns', () => {
  it('gives the newest first', async () => {
    const db = await openForTest();
    await saveImportRun(db, run({ id: 'old', startedAt: 1 }));
    await saveImportRun(db, run({ id: 'new', startedAt: 2 }));
    const live = follow(watchImportRuns(db, 10));
    expect((await live.until((runs) => runs.length === 2)).map(({ id }) => id)).toEqual([
      'new',
      'old',
    ]);
  });
});
