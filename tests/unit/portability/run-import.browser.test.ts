import { gzipSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import type { ImportReport } from '#domain/import-report.ts';
import { withImportLock } from '#db/import-runs.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { createStoredConversations } from '#db/stored-conversations.ts';
import { createConversation } from '#domain/conversation.ts';
import { toConversationId, toMessageId } from '#domain/ids.ts';
import { createMessage } from '#domain/message.ts';
import type { ImportFile } from '#portability/open-files.ts';
import { previewImport } from '#portability/preview-import.ts';
import { runImport } from '#portability/run-import.ts';
import { undoImportRun } from '#portability/undo-import.ts';
import { openForTest } from '../db/fresh-database.ts';
import {
  SESSION_ID,
  chatgptConversation,
  fileOf,
  importOptions,
  snapshot,
  zipOf,
} from './import-files.ts';

const PNG = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3]);

async function reportOf(db: OnggiDatabase, files: readonly ImportFile[], more = {}) {
  const { report } = await runImport(db, files, importOptions(more));
  if (!report) throw new Error('no report');
  return report;
}

/** New, updated and unchanged over all sources. */
const fates = ({ sources }: Pick<ImportReport, 'sources'>) =>
  (['newCount', 'updatedCount', 'unchangedCount'] as const).map((key) =>
    sources.reduce((sum, each) => sum + each[key], 0),
  );

/** Calls `change` at each entry of the directory of an archive, in place. */
function patchDirectory(bytes: Uint8Array, change: (view: DataView, at: number) => void): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 4 <= bytes.length; at += 1) {
    if (view.getUint32(at, true) === 0x02014b50) change(view, at);
  }
}

/** Archives in each other, with an export in the innermost. */
function nestedZip(depth: number): Uint8Array {
  let archive = zipOf({ 'conversations.json': two });
  for (let level = 1; level < depth; level += 1) archive = zipOf({ 'inner.zip': archive });
  return archive;
}

const two = [
  chatgptConversation('c1', [{ id: 'a' }, { id: 'b' }, { id: 'c' }]),
  chatgptConversation('c2', [{ id: 'd', text: '옹기 😀' }, { id: 'e' }]),
];

describe('runImport', () => {
  it('stores whole conversations with counters, branch, source and dates', async () => {
    const db = await openForTest();
    const report = await reportOf(db, [fileOf('conversations.json', two)]);
    expect(fates(report)).toEqual([2, 0, 0]);
    expect(report).toMatchObject({ addedMessageCount: 5, isCancelled: false, refused: [] });
    const { conversations, messages } = await snapshot(db);
    const first = conversations.find(({ sourceId }) => sourceId === 'c1');
    expect(first).toMatchObject({
      source: 'chatgpt',
      title: 'Title of c1',
      titleOrigin: 'import',
      createdAt: 1_700_000_000_000,
      updatedAt: 1_700_001_000_000,
      messageCount: 3,
      lastSeq: 2,
      sessionId: SESSION_ID,
    });
    const own = messages
      .filter(({ conversationId }) => conversationId === first?.id)
      .sort((a, b) => a.seq - b.seq);
    expect(own.map(({ content }) => content)).toEqual(['text of a', 'text of b', 'text of c']);
    expect(own.map(({ parentId }) => parentId)).toEqual([null, own[0]?.id, own[1]?.id]);
    expect(own.map(({ metadata }) => metadata['source_id'])).toEqual(['a', 'b', 'c']);
    expect(first?.activeLeafId).toBe(own[2]?.id);
  });

  it('adds nothing and writes no row when the same file comes again', async () => {
    const db = await openForTest();
    const file = fileOf('conversations.json', two);
    await reportOf(db, [file]);
    const before = await snapshot(db);
    expect(fates(await previewImport(db, [file], importOptions()))).toEqual([0, 0, 2]);
    const again = await reportOf(db, [file]);
    expect(fates(again)).toEqual([0, 0, 2]);
    expect(again.addedMessageCount).toBe(0);
    expect(await snapshot(db)).toEqual(before);
  });

  it('takes only the difference of a newer file and leaves what the person did', async () => {
    const db = await openForTest();
    await reportOf(db, [fileOf('conversations.json', two)]);
    const { conversations, messages } = await snapshot(db);
    const c1 = conversations.find(({ sourceId }) => sourceId === 'c1');
    const c2 = conversations.find(({ sourceId }) => sourceId === 'c2');
    const b = messages.find(({ metadata }) => metadata['source_id'] === 'b');
    if (!c1 || !c2 || !b) throw new Error('not imported');
    const store = createStoredConversations(db, () => 1_800_000_000_000);
    await store.updateConversation(c1.id, { title: 'Mine', titleOrigin: 'person', tags: ['mine'] });
    await store.updateConversation(c2.id, { status: 'deleted', deletedAt: 5 });
    await store.updateMessage(b.id, { rating: 5 });
    const own = createMessage({
      id: toMessageId('own'),
      conversationId: c1.id,
      sessionId: SESSION_ID,
      parentId: b.id,
      seq: 0,
      role: 'user',
      content: 'my own branch',
      timestamp: 1_800_000_000_000,
    });
    await store.addMessages(await requireRow(db, c1.id), [own]);

    const newer = [
      chatgptConversation(
        'c1',
        [{ id: 'a' }, { id: 'b' }, { id: 'c' }, { id: 'f', at: 1_700_002_000 }],
        { title: 'New title', update_time: 1_700_002_000 },
      ),
      chatgptConversation(
        'c2',
        [{ id: 'd', text: '옹기 😀' }, { id: 'e' }, { id: 'g', at: 1_700_002_000 }],
        { title: 'Renamed there', update_time: 1_700_002_000 },
      ),
      chatgptConversation('c3', [{ id: 'h' }]),
    ];
    const file = fileOf('newer.json', newer);
    expect(fates(await previewImport(db, [file], importOptions()))).toEqual([1, 2, 0]);
    const report = await reportOf(db, [file]);
    expect(fates(report)).toEqual([1, 2, 0]);
    expect(report.addedMessageCount).toBe(3);
    const after = await snapshot(db);
    expect(after.conversations.find(({ id }) => id === c1.id)).toMatchObject({
      title: 'Mine',
      tags: ['mine'],
      messageCount: 5,
      activeLeafId: 'own',
      updatedAt: 1_800_000_000_000,
    });
    expect(after.conversations.find(({ id }) => id === c2.id)).toMatchObject({
      title: 'Renamed there',
      status: 'deleted',
      messageCount: 3,
    });
    expect(after.messages.find(({ id }) => id === b.id)?.rating).toBe(5);
    expect(after.messages.find(({ id }) => id === 'own')?.content).toBe('my own branch');
    expect(fates(await reportOf(db, [file]))).toEqual([0, 0, 3]);
  });

  it('takes the archive, star, rating and sources of a newer file, and writes an unchanged one not again', async () => {
    const db = await openForTest();
    await reportOf(db, [fileOf('conversations.json', two)]);
    const link = { type: 'webpage', title: 'Here', url: 'https://example.com/' };
    const newer = [
      chatgptConversation(
        'c1',
        [
          { id: 'a' },
          { id: 'b', metadata: { citations: [{ start_ix: 0, end_ix: 1, metadata: link }] } },
          { id: 'c' },
        ],
        { is_archived: true, is_starred: true },
      ),
      two[1],
    ];
    const feedback = [{ id: 'b', conversation_id: 'c1', rating: 'thumbsUp', content: '' }];
    const archive = zipOf({ 'conversations.json': newer, 'message_feedback.json': feedback });
    const file = fileOf('export.zip', archive);
    expect(fates(await previewImport(db, [file], importOptions()))).toEqual([0, 1, 1]);
    expect(fates(await reportOf(db, [file]))).toEqual([0, 1, 1]);
    const after = await snapshot(db);
    expect(after.conversations.find(({ sourceId }) => sourceId === 'c1')).toMatchObject({
      status: 'archived',
      pinned: 1,
      messageCount: 3,
    });
    const b = after.messages.find(({ metadata }) => metadata['source_id'] === 'b');
    expect(b).toMatchObject({ rating: 5, metadata: { citations: [{ url: link.url }] } });
    expect(fates(await reportOf(db, [file]))).toEqual([0, 0, 2]);
    expect(await snapshot(db)).toEqual(after);
  });

  it('does not bring back a message that was deleted here', async () => {
    const db = await openForTest();
    await reportOf(db, [fileOf('conversations.json', two)]);
    const { conversations, messages } = await snapshot(db);
    const c1 = conversations.find(({ sourceId }) => sourceId === 'c1');
    const c = messages.find(({ metadata }) => metadata['source_id'] === 'c');
    if (!c1 || !c) throw new Error('not imported');
    const store = createStoredConversations(db, () => 1_800_000_000_000);
    await store.removeSubtree(c1.id, c.id);
    const grown = [
      chatgptConversation('c1', [
        { id: 'a' },
        { id: 'b' },
        { id: 'c' },
        { id: 'z', parent: 'b', at: 1_700_009_000 },
      ]),
    ];
    await reportOf(db, [fileOf('grown.json', grown)]);
    const left = (await snapshot(db)).messages.filter(
      ({ conversationId }) => conversationId === c1.id,
    );
    expect(left.map(({ metadata }) => metadata['source_id']).sort()).toEqual(['a', 'b', 'z']);
  });

  it('takes the richer of two copies in the files and counts the other', async () => {
    const db = await openForTest();
    const poor = chatgptConversation('c1', [{ id: 'a' }]);
    const rich = chatgptConversation('c1', [{ id: 'a' }, { id: 'b' }]);
    for (const order of [
      [poor, rich],
      [rich, poor],
    ]) {
      const fresh = order[0] === poor ? db : await openForTest();
      const report = await reportOf(fresh, [fileOf('x.json', order)]);
      expect(fates(report)).toEqual([1, 0, 0]);
      expect(report.sources[0]).toMatchObject({ conversationCount: 1, messageCount: 2 });
      expect(report.skipped).toMatchObject([{ reason: 'duplicate_in_file', count: 1 }]);
      expect((await snapshot(fresh)).messages).toHaveLength(2);
    }
  });

  it('keeps the good ones when one conversation is bad, and says why', async () => {
    const db = await openForTest();
    const text = `[${JSON.stringify(two[0])},null,{"id":"x","title":"No mapping","create_time":1},{broken},${'['.repeat(5000)}${']'.repeat(5000)},${JSON.stringify(two[1])}]`;
    const report = await reportOf(db, [fileOf('conversations.json', text)]);
    expect(fates(report)).toEqual([2, 0, 0]);
    const reasons = report.skipped.map(({ reason }) => reason).sort();
    expect(reasons).toEqual([
      'no_messages_field',
      'not_an_object',
      'too_deep',
      'unreadable_element',
    ]);
  });

  it('takes what is whole of an export that was cut anywhere', async () => {
    const many = Array.from({ length: 14 }, (_, index) =>
      chatgptConversation(`c${index}`, [{ id: `a${index}` }, { id: `b${index}` }]),
    );
    const text = JSON.stringify(many);
    for (let part = 1; part < 7; part += 1) {
      const db = await openForTest();
      const cut = text.slice(0, Math.floor((text.length * part) / 7));
      const report = await reportOf(db, [fileOf('conversations.json', cut)]);
      const { conversations, messages } = await snapshot(db);
      const whole = many.filter((each) => cut.includes(JSON.stringify(each)));
      // The last one whole may stand at the very end, with nothing to say that it is.
      expect([whole.length, whole.length - 1]).toContain(conversations.length);
      expect(messages.length).toBe(conversations.length * 2);
      // Nothing that was stored is told as if nothing had changed.
      const isTaken = conversations.length > 0;
      const code = isTaken ? 'file/read-in-part' : 'file/damaged';
      expect(report.refused).toMatchObject([{ code }]);
      expect(report.notes.some(({ note }) => note === 'file_cut')).toBe(isTaken);
    }
  });

  it('stores pictures that the archive has, whatever their case, and counts those it lacks', async () => {
    const db = await openForTest();
    const pointer = (name: string) => ({
      content_type: 'image_asset_pointer',
      asset_pointer: `sediment://${name}`,
      size_bytes: 11,
    });
    const conversation = chatgptConversation('c1', [
      { id: 'a', parts: ['look', pointer('file_one'), pointer('file_gone')] },
    ]);
    const archive = zipOf({
      'conversations-0.json': [conversation],
      'Images/FILE_ONE-photo.dat': PNG,
      'other.png': PNG,
    });
    const report = await reportOf(db, [fileOf('export.zip', archive)]);
    expect(report.sources[0]).toMatchObject({ attachmentCount: 2, missingAttachmentCount: 1 });
    expect(report.storedAttachmentCount).toBe(1);
    expect(report.notes.map(({ note }) => note)).toContain('asset_missing');
    const { attachments, messages } = await snapshot(db);
    expect(attachments).toMatchObject([{ mediaType: 'image/png', sizeBytes: 11 }]);
    expect(new Uint8Array(attachments[0]?.bytes ?? new ArrayBuffer())).toEqual(PNG);
    expect(attachments[0]?.messageId).toBe(messages[0]?.id);
    expect(messages[0]?.attachments.map(({ id }) => id)).toContain(attachments[0]?.id);
  });

  it('fills in files that an earlier export did not have, and nothing twice', async () => {
    const db = await openForTest();
    const part = {
      content_type: 'image_asset_pointer',
      asset_pointer: 'sediment://file_one',
      size_bytes: 11,
    };
    const conversation = chatgptConversation('c1', [
      { id: 'a', parts: ['look', part] },
      { id: 'b' },
    ]);
    await reportOf(db, [fileOf('conversations.json', [conversation])]);
    const [first] = (await snapshot(db)).messages.flatMap(({ attachments }) => attachments);
    const archive = zipOf({ 'conversations.json': [conversation], 'file_one-photo.png': PNG });
    const files = [fileOf('export.zip', archive)];
    expect(fates(await previewImport(db, files, importOptions()))).toEqual([0, 1, 0]);
    const report = await reportOf(db, files);
    expect(fates(report)).toEqual([0, 1, 0]);
    expect(report.storedAttachmentCount).toBe(1);
    const { messages, attachments } = await snapshot(db);
    expect(attachments).toMatchObject([{ id: first?.id, mediaType: 'image/png', sizeBytes: 11 }]);
    expect(new Uint8Array(attachments[0]?.bytes ?? new ArrayBuffer())).toEqual(PNG);
    const [reference] = messages.flatMap((message) => message.attachments);
    expect(reference).toMatchObject({ id: first?.id, mediaType: 'image/png', sizeBytes: 11 });
    expect(fates(await previewImport(db, files, importOptions()))).toEqual([0, 0, 1]);
    expect(fates(await reportOf(db, files))).toEqual([0, 0, 1]);
  });

  it('takes the files of new messages and of grown ones few at a time, and names those too large', async () => {
    const db = await openForTest();
    const part = (name: string) => ({
      content_type: 'image_asset_pointer',
      asset_pointer: `sediment://file_${name}`,
      size_bytes: 11,
    });
    const one = chatgptConversation('c1', [{ id: 'a', parts: ['look', part('one')] }]);
    const files = { 'file_one.png': PNG, 'file_two.png': PNG };
    await reportOf(db, [
      fileOf('old.zip', zipOf({ 'conversations.json': [one], 'file_one.png': PNG })),
    ]);
    const grown = chatgptConversation('c1', [
      { id: 'a', parts: ['look', part('one'), part('two')] },
      {
        id: 'b',
        parts: ['big', part('large'), ...Array.from({ length: 5 }, (_, n) => part(`${n}`))],
      },
    ]);
    const large = new Uint8Array(9 * 1024 * 1024);
    const archive = zipOf({
      'conversations.json': [grown],
      ...files,
      'file_large.bin': new Uint8Array(65 * 1024 * 1024),
      ...Object.fromEntries(Array.from({ length: 5 }, (_, n) => [`file_${n}.bin`, large])),
    });
    const puts: number[] = [];
    const note = (_key: unknown, { sizeBytes }: { sizeBytes: number }) => void puts.push(sizeBytes);
    const transactions = new Set<unknown>();
    db.relaxed.attachments.hook('creating', function (this: unknown, key, row, transaction) {
      note(key, row);
      transactions.add(transaction);
    });
    const report = await reportOf(db, [fileOf('new.zip', archive)], { isFarAllowed: true });
    expect(fates(report)).toEqual([0, 1, 0]);
    expect(report.skipped).toMatchObject([{ reason: 'asset_too_large', count: 1 }]);
    expect(report.storedAttachmentCount).toBe(6);
    // 45 MiB: never more than 32 and one file at once.
    expect(puts).toHaveLength(6);
    expect(transactions.size).toBe(2);
    const { messages, attachments } = await snapshot(db);
    const sizes = messages.map((message) => message.attachments.map(({ sizeBytes }) => sizeBytes));
    expect(sizes.sort((x, y) => x.length - y.length)).toEqual([
      [11, 11],
      [0, large.length, large.length, large.length, large.length, large.length],
    ]);
    expect(attachments).toHaveLength(7);
    const again = await reportOf(db, [fileOf('new.zip', archive)], { isFarAllowed: true });
    expect(fates(again)).toEqual([0, 0, 1]);
  });

  it('leaves whole conversations when it is stopped, and a second run finishes', async () => {
    const db = await openForTest();
    const many = Array.from({ length: 600 }, (_, index) =>
      chatgptConversation(`c${index}`, [{ id: `a${index}` }, { id: `b${index}` }]),
    );
    const file = fileOf('conversations.json', many);
    const stopping = new AbortController();
    const report = await reportOf(db, [file], {
      signal: stopping.signal,
      onProgress: ({ doneRows }: { doneRows: number }) => {
        if (doneRows >= 150) stopping.abort();
      },
    });
    expect(report.isCancelled).toBe(true);
    const some = await snapshot(db);
    expect(some.conversations.length).toBeGreaterThan(0);
    expect(some.conversations.length).toBeLessThan(600);
    expect(some.messages.length).toBe(some.conversations.length * 2);
    expect(fates(report)[0]).toBe(some.conversations.length);
    const rest = await reportOf(db, [file]);
    expect(fates(rest)).toEqual([600 - some.conversations.length, 0, some.conversations.length]);
    expect((await snapshot(db)).messages.length).toBe(1200);
  });

  it('ends with an empty report when stopped while another import runs', async () => {
    const db = await openForTest();
    const stopping = new AbortController();
    const report = await withImportLock(db, async () => {
      const waiting = reportOf(db, [fileOf('c.json', two)], { signal: stopping.signal });
      stopping.abort();
      return waiting;
    });
    expect(report).toMatchObject({ isCancelled: true, sources: [], refused: [] });
    expect((await snapshot(db)).conversations).toEqual([]);
  });

  it('gives undated messages rising dates', async () => {
    const db = await openForTest();
    const said = ['a', 'b', 'c'].map((id) => ({ id, at: null }));
    await reportOf(db, [fileOf('conversations.json', [chatgptConversation('c1', said)])]);
    const { messages } = await snapshot(db);
    const dates = messages.sort((a, b) => a.seq - b.seq).map(({ timestamp }) => timestamp);
    expect(dates).toEqual([1_700_000_000_000, 1_700_000_000_001, 1_700_000_000_002]);
  });

  it('refuses what is no export, by name, and touches nothing', async () => {
    const db = await openForTest();
    const files = [
      fileOf('empty.json', ''),
      fileOf('none.json', []),
      fileOf('other.json', { apples: 1, pears: [2] }),
      fileOf('cut.zip', zipOf({ a: 'x' }).slice(0, 40)),
      fileOf(
        'bomb.json.gz',
        gzipSync(new TextEncoder().encode(`[${' '.repeat(40 * 1024 * 1024)}`)),
      ),
      fileOf(
        'cherry.zip',
        zipOf({ 'Data/Local Storage/leveldb/000003.log': 'x', 'data.json': '[]' }),
      ),
    ];
    const report = await reportOf(db, files);
    const codes = Object.fromEntries(report.refused.map(({ name, code }) => [name, code]));
    expect(codes).toEqual({
      'empty.json': 'file/empty',
      'none.json': 'file/empty',
      'other.json': 'file/unknown-format',
      'cut.zip': 'file/damaged',
      'bomb.json': 'file/expands-far',
      'cherry.zip': 'file/raw-storage',
    });
    expect(report.refused.find(({ name }) => name === 'other.json')?.detail).toBe('apples, pears');
    expect((await snapshot(db)).conversations).toEqual([]);
  });

  it('gives each hostile archive its outcome, and leaves what is here as it was', async () => {
    const db = await openForTest();
    await reportOf(db, [fileOf('conversations.json', two)]);
    const before = await snapshot(db);
    const spaces = new Uint8Array(200 * 1024 * 1024).fill(0x20);
    const bomb = zipSync({ 'conversations.json': spaces }, { level: 9 });
    // The directory, which says 1,000 bytes, and the local header lie.
    const lying = zipSync({ 'conversations.json': spaces.subarray(0, 30_000_000) }, { level: 9 });
    patchDirectory(lying, (view, at) => view.setUint32(at + 24, 1000, true));
    const locked = zipOf({ 'conversations.json': two });
    patchDirectory(locked, (view, at) => view.setUint16(at + 8, 1, true));
    const deep = '['.repeat(1_000_000) + ']'.repeat(1_000_000);
    const twice = gzipSync(new TextEncoder().encode(JSON.stringify(two)));
    const outcomes: readonly [string, Uint8Array | string, string][] = [
      ['bomb.zip', bomb, 'file/expands-far'],
      ['lying.zip', lying, 'file/expands-too-much'],
      ['locked.zip', locked, 'file/encrypted'],
      ['deep.json', deep, 'file/too-deep'],
      ['object.json', `${'{"a":'.repeat(1_000_000)}1${'}'.repeat(1_000_000)}`, 'file/too-deep'],
      ['cut.gz', twice.slice(0, twice.length >> 1), 'file/damaged'],
      ['many.zip', nestedZip(4), 'file/too-deep'],
      [
        'noise.bin',
        Uint8Array.from({ length: 4096 }, (_, at) => (at * 73) & 0xff),
        'file/unknown-format',
      ],
    ];
    for (const [name, bytes, code] of outcomes) {
      const report = await reportOf(db, [fileOf(name, bytes)]);
      expect([name, ...report.refused.map((refused) => refused.code)]).toEqual([name, code]);
      expect(fates(report), name).toEqual([0, 0, 0]);
    }
    const { conversations, messages, attachments } = await snapshot(db);
    expect({ conversations, messages, attachments }).toEqual({
      conversations: before.conversations,
      messages: before.messages,
      attachments: before.attachments,
    });
  });

  it('takes an export whose names climb out of the archive, and one among 99,999 other files', async () => {
    const db = await openForTest();
    const climbing = zipOf({ '../../../../etc/conversations.json': [two[0]] });
    const files = Object.fromEntries(
      Array.from({ length: 99_999 }, (_, at) => [`images/${at}.png`, new Uint8Array()]),
    );
    const conversations = new TextEncoder().encode(JSON.stringify([two[1]]));
    const crowded = zipSync({ ...files, 'conversations.json': conversations }, { level: 0 });
    const report = await reportOf(db, [fileOf('a.zip', climbing), fileOf('b.zip', crowded)]);
    expect(fates(report)).toEqual([2, 0, 0]);
    expect(report.refused).toEqual([]);
    expect(report.files.map(({ name }) => name)).toEqual([
      'a.zip/etc/conversations.json',
      'b.zip/conversations.json',
    ]);
  });

  it('does not read a backup as an export', async () => {
    const db = await openForTest();
    const backup = {
      timestamp: '20261122_101112',
      format: 'onggi.backup',
      sessions: [],
      conversations: [],
      messages: [],
    };
    const report = await reportOf(db, [
      fileOf('backup.json.gz', gzipSync(new TextEncoder().encode(JSON.stringify(backup)))),
    ]);
    expect(report.files).toMatchObject([{ format: 'onggi-backup', source: 'onggi' }]);
    expect(fates(report)).toEqual([0, 0, 0]);
  });
});

describe('our own conversations', () => {
  const native = (title: string, updatedAt: string, messages: readonly string[]) => ({
    conversation_id: 'conv-1',
    session_id: 'gone',
    title,
    created_at: '2026-01-01T00:00:00.000+00:00',
    updated_at: updatedAt,
    status: 'active',
    summary: null,
    tags: [],
    message_count: messages.length,
    total_tokens: 0,
    messages: messages.map((content, index) => ({
      message_id: `m${index}`,
      session_id: 'gone',
      role: index % 2 === 0 ? 'user' : 'assistant',
      content,
      timestamp: `2026-01-01T00:00:0${index}.000+00:00`,
      parent_id: index === 0 ? null : `m${index - 1}`,
      attachments: [],
      metadata: {},
    })),
    // A title the person gave would stay: none of its origin means that.
    metadata: { onggi: { title_origin: 'model' } },
    format: 'onggi.conversation',
    format_version: 1,
    active_leaf_id: `m${messages.length - 1}`,
    branch_messages: [],
  });
  const old = native('Old', '2026-01-01T00:00:01.000+00:00', ['one', 'two']);
  const grown = native('New', '2026-01-02T00:00:00.000+00:00', ['one', 'two', 'three']);

  it('keep their ids, and come twice without a change', async () => {
    const db = await openForTest();
    expect(fates(await reportOf(db, [fileOf('c.json', old)]))).toEqual([1, 0, 0]);
    const before = await snapshot(db);
    expect(before.conversations).toMatchObject([{ id: 'conv-1', sessionId: SESSION_ID }]);
    expect(before.conversations[0]?.metadata).toMatchObject({ source_session_id: 'gone' });
    expect(before.messages.map(({ id }) => id)).toEqual(['m0', 'm1']);
    expect(fates(await reportOf(db, [fileOf('c.json', old)]))).toEqual([0, 0, 1]);
    expect(await snapshot(db)).toEqual(before);
  });

  it('adds one copy, however often it comes, where its messages belong to another', async () => {
    const db = await openForTest();
    await reportOf(db, [fileOf('c.json', old)]);
    const other = fileOf('other.json', { ...old, conversation_id: 'conv-2' });
    expect(fates(await reportOf(db, [other]))).toEqual([1, 0, 0]);
    const before = await snapshot(db);
    expect(before.conversations.map(({ metadata }) => metadata)).toContainEqual(
      expect.objectContaining({ source_conversation_id: 'conv-2' }),
    );
    expect(fates(await reportOf(db, [other]))).toEqual([0, 0, 1]);
    expect(await snapshot(db)).toEqual(before);
  });

  it('are updated, copied or left out as the person chose', async () => {
    for (const existing of ['update', 'copy', 'skip'] as const) {
      const db = await openForTest();
      await reportOf(db, [fileOf('c.json', old)]);
      const preview = await previewImport(db, [fileOf('c.json', grown)], importOptions());
      expect(preview.collisionCount).toBe(1);
      const report = await reportOf(db, [fileOf('c.json', grown)], { existing });
      const { conversations, messages } = await snapshot(db);
      const here = conversations.find(({ id }) => id === 'conv-1');
      if (existing === 'update') {
        expect(fates(report)).toEqual([0, 1, 0]);
        expect(here).toMatchObject({ title: 'New', messageCount: 3, activeLeafId: 'm2' });
      } else {
        expect(here).toMatchObject({ title: 'Old', messageCount: 2 });
      }
      if (existing === 'copy') {
        expect(fates(report)).toEqual([1, 0, 0]);
        expect([conversations.length, messages.length]).toEqual([2, 5]);
      }
      if (existing === 'skip') {
        expect(report.skipped).toMatchObject([{ reason: 'chosen_by_person', count: 1 }]);
      }
    }
  });
});

describe('undoImportRun', () => {
  const clock = () => Date.UTC(2026, 10, 23);

  it('removes what the import made, and only that', async () => {
    const db = await openForTest();
    const mine = createConversation({
      id: toConversationId('mine'),
      sessionId: SESSION_ID,
      createdAt: 1,
    });
    await db.strict.conversations.add(mine);
    const run = await runImport(db, [fileOf('conversations.json', two)], importOptions());
    expect(await undoImportRun(db, run.id, { clock })).toMatchObject({
      removedConversationCount: 2,
      keptConversationCount: 0,
    });
    const after = await snapshot(db);
    expect(after.conversations.map(({ id }) => id)).toEqual(['mine']);
    expect(after.messages).toEqual([]);
    expect((await db.strict.imports.get(run.id))?.undoneAt).toBe(clock());
    await expect(undoImportRun(db, run.id, { clock })).rejects.toMatchObject({
      code: 'backup/nothing-to-undo',
    });
  });

  it('keeps a conversation in which the person went on', async () => {
    const db = await openForTest();
    const run = await runImport(db, [fileOf('conversations.json', two)], importOptions());
    const { conversations } = await snapshot(db);
    const c1 = conversations.find(({ sourceId }) => sourceId === 'c1');
    if (!c1) throw new Error('not imported');
    const store = createStoredConversations(db, clock);
    const own = createMessage({
      id: toMessageId('own'),
      conversationId: c1.id,
      sessionId: SESSION_ID,
      parentId: c1.activeLeafId,
      seq: 0,
      role: 'user',
      content: 'and then?',
      timestamp: clock(),
    });
    await store.addMessages(c1, [own]);
    expect(await undoImportRun(db, run.id, { clock })).toMatchObject({
      removedConversationCount: 1,
      keptConversationCount: 1,
    });
    expect((await snapshot(db)).messages).toHaveLength(4);
  });

  it('takes added messages out again, and lets a later import bring them', async () => {
    const db = await openForTest();
    await runImport(db, [fileOf('conversations.json', two)], importOptions());
    const before = await snapshot(db);
    const grown = [
      chatgptConversation('c1', [
        { id: 'a' },
        { id: 'b' },
        { id: 'c' },
        { id: 'x', at: 1_700_009_000 },
      ]),
    ];
    const run = await runImport(db, [fileOf('grown.json', grown)], importOptions());
    expect((await snapshot(db)).messages).toHaveLength(6);
    expect(await undoImportRun(db, run.id, { clock })).toMatchObject({ removedMessageCount: 1 });
    const after = await snapshot(db);
    expect(after.messages).toEqual(before.messages);
    const [leaf] = after.conversations.filter(({ sourceId }) => sourceId === 'c1');
    expect(leaf?.activeLeafId).toBe(
      before.conversations.find(({ sourceId }) => sourceId === 'c1')?.activeLeafId,
    );
    expect(fates(await reportOf(db, [fileOf('grown.json', grown)]))).toEqual([0, 1, 0]);
  });
});

async function requireRow(db: OnggiDatabase, id: ReturnType<typeof toConversationId>) {
  const row = await db.strict.conversations.get(id);
  if (!row) throw new Error(`no conversation ${id}`);
  return row;
}
