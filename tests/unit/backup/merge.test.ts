import { beforeEach, describe, expect, test } from 'vitest';
import { adoptPassages, checkDocuments } from '#db/document-integrity.ts';
import { addDocument, readAllChunks, renameDocument, replaceDocument } from '#db/documents.ts';
import { undoImport } from '#db/import-runs.ts';
import { updateConversations } from '#db/many-conversations.ts';
import { createStoredConversations } from '#db/stored-conversations.ts';
import type { Conversation } from '#domain/conversation.ts';
import { createEndpoint } from '#domain/endpoint.ts';
import { LOCAL_USER_ID, toConversationId, toEndpointId, toMessageId } from '#domain/ids.ts';
import { createDocumentRows } from '#domain/library.ts';
import { toUsageIncrements } from '#domain/message-requests.ts';
import { readPassingUsage } from '#domain/passing-usage.ts';
import { createUserSettings } from '#domain/user-settings.ts';
import type { UserSettings } from '#domain/user-settings.ts';
import { makeMessage } from '../db/conversation-rows.ts';
import {
  NOW,
  addWhole,
  backUp,
  databaseNames,
  dump,
  gzip,
  openHome,
  openStaged,
  problemCounts,
  readObject,
  restore,
  stage,
  wholeConversation,
} from './support.ts';
import type { Home } from './support.ts';

let home: Home;
let file: File;

const LATER = NOW + 1000;
const merge = { mode: 'merge' as const };

beforeEach(async () => {
  home = await openHome();
  await addWhole(
    home.db,
    wholeConversation('same', 2),
    wholeConversation('newer-in-file', 2),
    wholeConversation('newer-here', 2),
  );
  file = await backUp(home.db);
});

/** Changes a conversation of the live database as of `updatedAt`. */
async function change(id: string, updatedAt: number, fields: Partial<Conversation>): Promise<void> {
  const row = await home.db.strict.conversations.get(toConversationId(id));
  if (!row) throw new Error(`no ${id}`);
  await home.db.strict.conversations.put({ ...row, updatedAt, ...fields });
}

describe('a merge', () => {
  test('of the same data changes nothing and says so', async () => {
    const before = await dump(home.db);
    const { db, staged } = await restore(home, file, merge);
    expect(await dump(db)).toEqual(before);
    expect(staged.preview.merged).toMatchObject({
      conversations: { added: 0, updated: 0, unchanged: 3 },
      messages: { added: 0, updated: 0, unchanged: 6 },
    });
    expect(staged.preview.questions).toEqual([]);
  });

  test('takes the newer of two conversations with its messages', async () => {
    await change('newer-in-file', NOW - 1000, { title: 'old here' });
    await home.db.strict.messages.update(toMessageId('newer-in-file-m1'), { content: 'old here' });
    await change('newer-here', LATER, { title: 'new here' });
    await home.db.strict.messages.update(toMessageId('newer-here-m1'), { content: 'new here' });
    const { db, staged } = await restore(home, file, merge);
    expect(staged.preview.merged).toMatchObject({
      conversations: { added: 0, updated: 1, unchanged: 2 },
      messages: { added: 0, updated: 1, unchanged: 5 },
    });
    const rows = await db.strict.conversations.bulkGet([
      toConversationId('newer-in-file'),
      toConversationId('newer-here'),
    ]);
    expect(rows.map((row) => row?.title)).toEqual([null, 'new here']);
    const texts = await db.strict.messages.bulkGet([
      toMessageId('newer-in-file-m1'),
      toMessageId('newer-here-m1'),
    ]);
    expect(texts.map((row) => row?.content)).toEqual(['text of m1', 'new here']);
  });

  test('takes the name and the rating that were given last, wherever that was', async () => {
    const conversations = createStoredConversations(home.db, () => LATER);
    const rate = (id: string, rating: 1 | 5) =>
      conversations.updateMessage(toMessageId(id), { rating });
    await updateConversations(home.db, [toConversationId('same')], { title: 'named late' }, LATER);
    await rate('same-m1', 5);
    file = await backUp(home.db);
    // The file is newer in one conversation; in the other something was changed after it.
    await home.db.strict.conversations.update(toConversationId('same'), {
      title: 'named early',
      changedAt: NOW,
    });
    await home.db.strict.messages.update(toMessageId('same-m1'), { rating: 1, changedAt: NOW });
    await updateConversations(
      home.db,
      [toConversationId('newer-here')],
      { tags: ['mine'] },
      LATER + 1,
    );
    await createStoredConversations(home.db, () => LATER + 1).updateMessage(
      toMessageId('newer-here-m1'),
      { feedback: 'mine' },
    );
    const { db, staged } = await restore(home, file, merge);
    expect(staged.preview.merged).toMatchObject({
      conversations: { added: 0, updated: 1, unchanged: 2 },
      messages: { added: 0, updated: 1, unchanged: 5 },
    });
    const rowOf = (id: string) => db.strict.conversations.get(toConversationId(id));
    const messageOf = (id: string) => db.strict.messages.get(toMessageId(id));
    expect(await rowOf('same')).toMatchObject({ title: 'named late', changedAt: LATER });
    expect(await messageOf('same-m1')).toMatchObject({ rating: 5, changedAt: LATER });
    expect(await rowOf('newer-here')).toMatchObject({ tags: ['mine'], changedAt: LATER + 1 });
    expect(await messageOf('newer-here-m1')).toMatchObject({ feedback: 'mine' });
  });

  test('of a document takes the newer one with its text, and no other', async () => {
    const text = (word: string, count: number) => `${word} `.repeat(count);
    const note = (id: string, of: string, updatedAt: number) => ({
      id,
      name: `${id}.txt`,
      mediaType: 'text/plain',
      sizeBytes: of.length,
      text: of,
      createdAt: NOW,
      updatedAt,
      source: 'file',
    });
    for (const id of ['newer-in-file', 'newer-here', 'gone-here']) {
      await addDocument(home.db, note(id, text('file', 1000), NOW));
    }
    const kept = await backUp(home.db);
    await replaceDocument(
      home.db,
      createDocumentRows(note('newer-in-file', text('here', 3000), NOW - 1)),
    );
    await replaceDocument(home.db, createDocumentRows(note('newer-here', 'here', NOW + 1)));
    await home.db.strict.documents.delete('gone-here');
    const { db, staged } = await restore(home, kept, merge);
    expect(staged.preview.merged).toMatchObject({
      documents: { added: 1, updated: 1, unchanged: 1 },
    });
    const texts = ['newer-in-file', 'newer-here', 'gone-here'].map(async (id) =>
      (await readAllChunks(db, id)).map((chunk) => chunk.text).join(''),
    );
    expect(await Promise.all(texts)).toEqual([text('file', 1000), 'here', text('file', 1000)]);
  });

  test.each(['merge', 'replace'] as const)(
    'to %s gives what is in the trash its full time again',
    async (mode) => {
      const notices = { announced: [{ id: 'c', since: NOW }], unused: [{ id: 'a', since: NOW }] };
      const run = { id: 'r', kind: 'scheduled', startedAt: NOW, endedAt: NOW } as const;
      const there = await openHome();
      await there.db.strict.maintenanceRuns.add({
        ...run,
        report: { ...notices, removedDrafts: 1 },
      });
      const { db } = await restore(home, await backUp(there.db), { mode });
      expect(await db.strict.maintenanceRuns.toArray()).toEqual([
        { ...run, report: { removedDrafts: 1 } },
      ]);
    },
  );

  test('of a document that lost text, or was only made of what was left, brings the text back', async () => {
    const text = 'green tea. '.repeat(600);
    const note = (id: string) => ({
      ...{ id, name: `${id}.txt`, mediaType: 'text/plain', sizeBytes: text.length, text },
      ...{ createdAt: NOW, updatedAt: NOW, source: 'file' },
    });
    for (const id of ['cut', 'adopted']) await addDocument(home.db, note(id));
    const kept = await backUp(home.db);
    await home.db.strict.documentChunks.bulkDelete(['cut.1', 'adopted.1']);
    await home.db.strict.documents.delete('adopted');
    await home.db.strict.maintenanceRuns.clear();
    await adoptPassages(home.db, 'adopted', NOW + 5, ({ documentId }) => ({
      ...{ id: 'run', kind: 'repair', startedAt: NOW, endedAt: NOW, report: { documentId } },
    }));
    expect(await checkDocuments(home.db)).toEqual({ ownerless: [], lackingCount: 2 });
    const { db } = await restore(home, kept, merge);
    expect(await checkDocuments(db)).toEqual({ ownerless: [], lackingCount: 0 });
    for (const id of ['cut', 'adopted']) {
      expect((await readAllChunks(db, id)).map((chunk) => chunk.text).join('')).toBe(text);
      expect(await db.strict.documents.get(id)).toMatchObject({ name: `${id}.txt` });
    }
  });

  test.each(['the text here is later', 'the text of the file is later'])(
    'of a document takes the later name and the later text apart: %s',
    async (which) => {
      const isHere = which.includes('here');
      const note = (of: string, updatedAt: number) => ({
        ...{ id: 'd', name: 'd.txt', mediaType: 'text/plain', sizeBytes: of.length, text: of },
        ...{ createdAt: NOW, updatedAt, source: 'claude' },
      });
      const there = await openHome();
      const [named, renewed] = isHere ? [there, home] : [home, there];
      for (const { db } of [home, there]) await addDocument(db, note('one', NOW));
      // Renamed after the other device got a newer text: the row is the newer, its text the older.
      await renameDocument(named.db, 'd', '내 이름', NOW + 20);
      await replaceDocument(renewed.db, createDocumentRows(note('two', NOW + 10)));
      const { db } = await restore(home, await backUp(there.db), merge);
      const [document] = await db.strict.documents.toArray();
      expect(document).toMatchObject({ name: '내 이름', updatedAt: NOW + 20 });
      expect((await readAllChunks(db, 'd')).map((chunk) => chunk.text)).toEqual(['two']);
      // Nothing is left to take, in either direction.
      const again = await restore({ ...home, db }, await backUp(db), merge);
      expect(again.staged.preview.merged).toMatchObject({
        documents: { added: 0, updated: 0, unchanged: 1 },
      });
    },
  );

  test('of a document leaves the import that brought it here', async () => {
    const note = (of: string, updatedAt: number) => ({
      ...{ id: 'd', name: 'd', mediaType: 'text/plain', sizeBytes: 1, text: of },
      ...{ createdAt: NOW, updatedAt, source: 'claude' },
    });
    const there = await openHome();
    await addDocument(home.db, note('one', NOW));
    await addDocument(there.db, note('two', NOW + 1));
    const [row] = await there.db.strict.documents.toArray();
    if (!row) throw new Error('no document');
    await there.db.strict.documents.put({
      ...row,
      metadata: { ...row.metadata, import_id: 'theirs' },
    });
    const { db } = await restore(home, await backUp(there.db), merge);
    const [merged] = await db.strict.documents.toArray();
    expect((await readAllChunks(db, 'd')).map((chunk) => chunk.text)).toEqual(['two']);
    expect(merged?.metadata['import_id']).toBeUndefined();
  });

  test('keeps what either side asked for an answer, and in passing', async () => {
    const increment = (askedAt: number, date = '2026-11-01') => ({
      ...{ date, model: 'm', askedAt, requestCount: 1, promptTokens: 1, completionTokens: 1 },
      ...{ totalTokens: 2, totalCostUsd: 0, unpricedCount: 0, totalResponseTimeMs: 0 },
      ...{ timedCount: 0, errorCount: 0 },
    });
    const id = toMessageId('newer-in-file-m1');
    const ask = async (to: Home, at: number, date: string) => {
      const requests = { earlier: [increment(1)], keptTokens: 0, last: increment(at) };
      await to.db.strict.messages.update(id, { metadata: { requests }, changedAt: at });
      const metadata = { passingRequests: [increment(at, date)] };
      await to.db.strict.conversations.update(toConversationId('newer-in-file'), { metadata });
    };
    const there = await openHome();
    await addWhole(there.db, wholeConversation('newer-in-file', 2));
    await ask(home, LATER, '2026-11-02');
    await ask(there, LATER + 1, '2026-11-03');
    const [one, other] = [await backUp(home.db), await backUp(there.db)];
    for (const [into, from] of [
      [home, other],
      [there, one],
    ] as const) {
      const { db } = await restore(into, from, merge);
      const message = await db.strict.messages.get(id);
      const requests = message ? toUsageIncrements(message) : [];
      expect(requests.map(({ askedAt }) => askedAt)).toEqual([1, LATER, LATER + 1]);
      const conversation = await db.strict.conversations.get(toConversationId('newer-in-file'));
      const passing = conversation ? readPassingUsage(conversation) : [];
      expect(passing.map(({ date }) => date).sort()).toEqual(['2026-11-02', '2026-11-03']);
    }
  });

  test('keeps the longer answer where it was continued, whichever conversation is the newer one', async () => {
    const id = toMessageId('same-m1');
    const usage = null;
    const cut = { content: 'the whole', status: 'interrupted' as const };
    await home.db.strict.messages.update(id, cut);
    file = await backUp(home.db);
    // It is continued here, and cut again.
    const here = createStoredConversations(home.db, () => NOW + 10);
    const before = await home.db.strict.messages.get(id);
    if (!before) throw new Error('no answer');
    const running = await here.reopenAnswer({ ...before, status: 'streaming' });
    const whole = { ...running, ...cut, content: 'the whole long answer' };
    const { streamingSince: _over, ...longer } = whole;
    await here.finishAnswer(longer, usage);
    const continued = await backUp(home.db);
    const textAfter = async (from: File) => {
      const { db } = await restore(home, from, merge);
      return (await db.strict.messages.get(id))?.content;
    };
    // There it was only renamed, later.
    const other = await openHome();
    await addWhole(other.db, wholeConversation('same', 2));
    await other.db.strict.messages.update(id, cut);
    await updateConversations(other.db, [toConversationId('same')], { title: 'renamed' }, LATER);
    expect(await textAfter(await backUp(other.db))).toBe('the whole long answer');
    const { db } = await restore(other, continued, merge);
    expect(await db.strict.messages.get(id)).toMatchObject({ content: 'the whole long answer' });
  });

  test('keeps what was continued after a clock that was ahead was put right', async () => {
    const id = toMessageId('same-m1');
    const cut = { content: 'the whole', status: 'interrupted' as const };
    await home.db.strict.messages.update(id, cut);
    await createStoredConversations(home.db, () => LATER).updateMessage(id, { rating: 4 });
    file = await backUp(home.db);
    const here = createStoredConversations(home.db, () => NOW + 10);
    const before = await home.db.strict.messages.get(id);
    if (!before) throw new Error('no answer');
    const running = await here.reopenAnswer({ ...before, status: 'streaming' });
    const { streamingSince: _over, ...longer } = {
      ...running,
      ...cut,
      content: 'the whole answer',
    };
    await here.finishAnswer(longer, null);
    const { db } = await restore(home, file, merge);
    expect(await db.strict.messages.get(id)).toMatchObject({ content: 'the whole answer' });
  });

  test('takes nothing that was here before for what an import of the other device brought', async () => {
    const [here, there] = [toConversationId('same'), toConversationId('only-there')];
    const other = await openHome();
    for (const id of [here, there]) await addWhole(other.db, wholeConversation(id, 2));
    await other.db.strict.imports.add({
      id: 'there',
      startedAt: LATER,
      endedAt: LATER + 1,
      fileNames: ['archive.zip'],
      report: null,
      createdIds: [here, there],
      addedIds: { [here]: [toMessageId('same-m1')] },
      undoneAt: null,
    });
    const { db } = await restore(home, await backUp(other.db), merge);
    expect(await db.strict.imports.get('there')).toMatchObject({
      createdIds: [there],
      addedIds: {},
    });
    await undoImport(db, 'there', { now: LATER });
    expect(await db.strict.conversations.get(here)).toBeDefined();
    expect(await db.strict.conversations.get(there)).toBeUndefined();
    expect(await db.strict.messages.get(toMessageId('same-m1'))).toBeDefined();
  });

  test('adds what is missing and deletes nothing', async () => {
    await addWhole(home.db, wholeConversation('only-here', 3));
    await home.db.strict.conversations.delete(toConversationId('same'));
    await home.db.strict.messages.bulkDelete(['same-m0', 'same-m1'].map(toMessageId));
    const { db, staged } = await restore(home, file, merge);
    expect(staged.preview.merged).toMatchObject({
      conversations: { added: 1, updated: 0, unchanged: 2 },
      messages: { added: 2, updated: 0, unchanged: 4 },
    });
    expect(await db.strict.conversations.toCollection().primaryKeys()).toEqual([
      'newer-here',
      'newer-in-file',
      'only-here',
      'same',
    ]);
    expect(await db.strict.conversations.get(toConversationId('same'))).toMatchObject({
      messageCount: 2,
      totalTokens: 1,
      lastSeq: 1,
      activeLeafId: 'same-m1',
    });
  });

  test('of a conversation that went on in both places keeps both ends', async () => {
    await home.db.strict.messages.add(
      makeMessage('same', 'here', 'same-m1', { seq: 2, timestamp: LATER, tokenCount: 10 }),
    );
    await change('same', LATER, { messageCount: 3, lastSeq: 2, totalTokens: 11 });
    const object = await readObject(file);
    const [first] = object['messages'] as Record<string, unknown>[];
    const other = {
      ...first,
      message_id: 'there',
      conversation_id: 'same',
      token_count: 5,
      metadata: JSON.stringify({ onggi: { parent_id: 'same-m1', seq: 2 } }),
    };
    const grown = { ...object, messages: [...(object['messages'] as unknown[]), other] };
    const { db } = await restore(home, await gzip(grown), merge);
    const rows = await db.strict.messages
      .where('[conversationId+seq]')
      .between(['same', -1], ['same', 99])
      .toArray();
    expect(rows.map(({ id, parentId }) => [id, parentId])).toEqual(
      expect.arrayContaining([
        ['here', 'same-m1'],
        ['there', 'same-m1'],
      ]),
    );
    expect(new Set(rows.map(({ seq }) => seq)).size).toBe(4);
    expect(await db.strict.conversations.get(toConversationId('same'))).toMatchObject({
      messageCount: 4,
      totalTokens: 16,
      lastSeq: 3,
    });
  });

  test.each([
    { here: 3, inFile: 6, after: 6, problems: {} },
    { here: 0, inFile: 6, after: 6, problems: {} },
    { here: 6, inFile: 3, after: 6, problems: {} },
    { here: 4, inFile: 3, after: 4, problems: { attachments_incomplete: 1 } },
    { here: 3, inFile: 4, after: 4, problems: { attachments_incomplete: 1 } },
  ])('has the longer of two cut attachments: %o', async ({ here, inFile, after, problems }) => {
    const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6);
    const putCut = (length: number) =>
      home.db.strict.attachments.put({
        id: 'picture',
        conversationId: toConversationId('same'),
        messageId: toMessageId('same-m0'),
        name: 'pot.png',
        mediaType: 'image/png',
        sizeBytes: bytes.length,
        bytes: bytes.slice(0, length).buffer,
      });
    await putCut(inFile);
    file = await backUp(home.db);
    await putCut(here);
    const { db, staged } = await restore(home, file, merge);
    const row = await db.strict.attachments.get('picture');
    expect(row && new Uint8Array(row.bytes)).toEqual(bytes.slice(0, after));
    expect(row?.sizeBytes).toBe(bytes.length);
    expect(problemCounts(staged.preview.summary)).toEqual(problems);
  });

  test('leaves alone the tables that the file does not have', async () => {
    await home.db.strict.drafts.add({ id: 'new', text: 'x', pasted: [], updatedAt: NOW });
    const { drafts: _drafts, sessions: _sessions, ...rest } = await readObject(file);
    const { db } = await restore(home, await gzip(rest), merge);
    expect(await db.strict.drafts.toArray()).toHaveLength(1);
  });

  test('that waits while something is written here loses none of it', async () => {
    const staged = await stage(home, file, merge);
    const first = staged.databaseName;
    await addWhole(home.db, wholeConversation('written-meanwhile', 2));
    await staged.finish([]);
    expect(staged.databaseName).not.toBe(first);
    const db = await openStaged(staged);
    expect(await db.strict.conversations.get(toConversationId('written-meanwhile'))).toBeDefined();
    expect(await databaseNames(home)).toEqual([home.db.name, staged.databaseName].sort());
  });

  test('says when what is written here meanwhile makes it another merge, and is done only as shown', async () => {
    const staged = await stage(home, file, merge);
    const shown = staged.preview;
    const remove = async (id: string) => {
      await home.db.strict.conversations.delete(toConversationId(id));
      await home.db.strict.messages.bulkDelete([`${id}-m0`, `${id}-m1`].map(toMessageId));
    };
    expect(await staged.refresh()).toBe(false);
    expect(staged.preview).toBe(shown);

    await remove('same');
    expect(await staged.refresh()).toBe(true);
    expect(staged.preview.merged).toMatchObject({ conversations: { added: 1, unchanged: 2 } });
    expect(await staged.refresh()).toBe(false);

    await remove('newer-here');
    await expect(staged.finish([])).rejects.toMatchObject({ code: 'backup/changed' });
    expect(staged.preview.merged).toMatchObject({ conversations: { added: 2, unchanged: 1 } });
    await staged.finish([]);
    const db = await openStaged(staged);
    expect(await db.strict.conversations.toCollection().primaryKeys()).toHaveLength(3);
    expect(await databaseNames(home)).toEqual([home.db.name, staged.databaseName].sort());
  });

  test('of a file of the specification keeps what only onggi knows of conversations and settings', async () => {
    const ours = {
      pinned: 1 as const,
      systemPrompt: 'be brief',
      chatModel: 'm-1',
      source: 'chatgpt',
      sourceId: 'theirs',
      summary: 'here',
      tags: ['kept'],
    };
    await change('same', NOW, { title: 'mine', titleOrigin: 'model', ...ours });
    const prices = { own: [], isLocalFree: true, monthlyBudgetUsd: 5 };
    await home.db.strict.userSettings.put({
      ...createUserSettings('ko', NOW),
      defaultEndpointId: toEndpointId('e'),
      useCache: false,
      prices,
    });
    const seed = {
      timestamp: '20231115_000000',
      sessions: [],
      conversations: [
        {
          conversation_id: 'same',
          title: 'mine',
          created_at: '2023-11-14T00:00:00',
          updated_at: '2023-11-16T00:00:00',
          summary: 'there',
          tags: null,
          metadata: null,
        },
      ],
      messages: [],
      user_settings: [{ user_id: 'minji', theme: 'dark', updated_at: '2023-11-16T00:00:00' }],
    };
    const { db } = await restore(home, await gzip(seed), merge);
    expect(await db.strict.conversations.get(toConversationId('same'))).toMatchObject({
      ...ours,
      title: 'mine',
      titleOrigin: 'model',
      summary: 'there',
      messageCount: 2,
    });
    expect(await db.strict.userSettings.toArray()).toMatchObject([
      { userId: LOCAL_USER_ID, theme: 'dark', defaultEndpointId: 'e', useCache: false, prices },
    ]);
  });

  describe('of settings', () => {
    const e = { defaultEndpointId: toEndpointId('e'), defaultModel: 'm' };
    const there = { ...createUserSettings('ja', NOW), ...e, systemPrompt: 'there' };

    const connection = createEndpoint({
      id: toEndpointId('e'),
      presetId: 'custom',
      name: 'there',
      baseUrl: 'https://there.example/v1',
      createdAt: NOW,
    });

    async function mergeOf(file: UserSettings, here: UserSettings, hasConnection = true) {
      await home.db.strict.userSettings.put(file);
      if (hasConnection) await home.db.strict.endpoints.put(connection);
      const backup = await backUp(home.db);
      await home.db.strict.endpoints.clear();
      await home.db.strict.userSettings.put(here);
      const { db } = await restore(home, backup, merge);
      return (await db.strict.userSettings.toArray())[0];
    }

    test('takes the file’s where nobody changed any here, however new the first start is', async () => {
      const here = createUserSettings('ko', NOW + 1000);
      expect(await mergeOf({ ...there, updatedAt: NOW + 5 }, here)).toMatchObject({
        ...e,
        systemPrompt: 'there',
        language: 'ja',
      });
    });

    test('keeps what was changed here later, and takes the model where none was chosen', async () => {
      const here = { ...createUserSettings('ko', NOW), theme: 'dark', updatedAt: NOW + 9 } as const;
      const merged = await mergeOf({ ...there, updatedAt: NOW + 5 }, here);
      expect(merged).toMatchObject({ ...e, theme: 'dark', language: 'ko', systemPrompt: null });
    });

    test('takes later ones without a model and keeps the model of here', async () => {
      const here = { ...there, updatedAt: NOW + 5 };
      const file = { ...createUserSettings('zh', NOW), updatedAt: NOW + 9 };
      expect(await mergeOf(file, here)).toMatchObject({ ...e, language: 'zh', systemPrompt: null });
    });

    test('brings back no model that was cleared here since the file was written', async () => {
      const cleared = { ...createUserSettings('ko', NOW), modelClearedAt: NOW + 9 };
      const none = { defaultEndpointId: null, defaultModel: null };
      const older = { ...there, updatedAt: NOW + 5 };
      expect(await mergeOf(older, { ...cleared, updatedAt: NOW + 9 })).toMatchObject(none);
      const later = { ...there, updatedAt: NOW + 10 };
      expect(await mergeOf(later, { ...cleared, updatedAt: NOW + 20 })).toMatchObject(e);
    });

    test('takes no model of the file whose connection is nowhere', async () => {
      const here = { ...createUserSettings('ko', NOW), updatedAt: NOW + 5 };
      for (const updatedAt of [NOW + 1, NOW + 9]) {
        expect(await mergeOf({ ...there, updatedAt }, here, false)).toMatchObject({
          defaultEndpointId: null,
          defaultModel: null,
        });
      }
      const own = { ...here, defaultEndpointId: toEndpointId('own'), defaultModel: 'o' };
      expect(await mergeOf({ ...there, updatedAt: NOW + 9 }, own, false)).toMatchObject({
        ...{ defaultEndpointId: 'own', defaultModel: 'o', language: 'ja' },
      });
    });
  });

  test('of a file of the specification keeps the tree and what only onggi knows', async () => {
    await home.db.strict.messages.update(toMessageId('same-m1'), { reasoning: 'because' });
    const before = await dump(home.db);
    const seedRow = (id: string, at: number): Record<string, unknown> => ({
      message_id: id,
      conversation_id: 'same',
      session_id: 's',
      role: 'user',
      content: `seed ${id}`,
      timestamp: `2023-11-15T00:00:0${at}`,
      metadata: null,
    });
    const seed = {
      timestamp: '20231115_000000',
      sessions: [],
      conversations: [
        {
          conversation_id: 'same',
          session_id: 's',
          created_at: '2023-11-14T00:00:00',
          updated_at: '2023-11-16T00:00:00',
        },
      ],
      messages: [seedRow('same-m0', 0), seedRow('same-m1', 1), seedRow('same-m2', 2)],
      user_settings: [],
    };
    const { db } = await restore(home, await gzip(seed), merge);
    const rows = await db.strict.messages
      .where('[conversationId+seq]')
      .between(['same', -1], ['same', 99])
      .toArray();
    expect(rows.map(({ id, parentId, seq, content }) => [id, parentId, seq, content])).toEqual([
      ['same-m0', null, 0, 'seed same-m0'],
      ['same-m1', 'same-m0', 1, 'seed same-m1'],
      ['same-m2', 'same-m1', 2, 'seed same-m2'],
    ]);
    expect(rows[1]?.reasoning).toBe('because');
    expect((await dump(home.db))['messages']).toEqual(before['messages']);
  });
});
