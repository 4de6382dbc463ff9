import { expect, onTestFinished, test } from 'vitest';
import { addDocument, renameDocument } from '#db/documents.ts';
import { saveImportRun } from '#db/import-runs.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { createStoredConversations } from '#db/stored-conversations.ts';
import { toConversationId, toMessageId, toSessionId } from '#domain/ids.ts';
import { CHECK_INTERVAL_MS } from '#domain/maintenance.ts';
import type { Message } from '#domain/message.ts';
import type { MaintenanceRun } from '#domain/stored-rows.ts';
import { checkIntegrity } from '#maintenance/check-integrity.ts';
import { readReport, readUndo } from '#maintenance/read-report.ts';
import { makeConversation, makeLine } from '../db/conversation-rows.ts';
import { makeSession, openMaintenance } from './support.ts';

/** Messages of a sound line with ids of their own. */
function line(conversationId: string, count: number): Message[] {
  const ids = Array.from({ length: count }, (_value, index) =>
    toMessageId(`${conversationId}-${index}`),
  );
  return makeLine(conversationId, count).map((row, seq) => ({
    ...row,
    id: ids[seq] ?? row.id,
    parentId: seq === 0 ? null : (ids[seq - 1] ?? null),
    seq,
    tokenCount: 10,
  }));
}

const sound = (id: string, count: number) =>
  makeConversation(id, {
    messageCount: count,
    totalTokens: count * 10,
    lastSeq: count - 1,
    activeLeafId: toMessageId(`${id}-${count - 1}`),
  });

const fileIn = (id: string) => ({ id, name: id, mediaType: 'text/plain', sizeBytes: 3 });
const file = (id: string, messageId: string) => ({
  ...fileIn(id),
  conversationId: toConversationId('sound'),
  messageId: toMessageId(messageId),
  bytes: new ArrayBuffer(3),
});

/** Everything in the two tables. */
async function readAll(db: OnggiDatabase) {
  return {
    conversations: await db.strict.conversations.toArray(),
    messages: await db.strict.messages.toArray(),
  };
}

async function openDamaged() {
  const opened = await openMaintenance();
  const { db } = opened;
  await db.strict.sessions.add(makeSession(toSessionId('session')));
  await db.strict.conversations.bulkAdd([
    sound('sound', 3),
    { ...sound('counted', 3), messageCount: 7, totalTokens: 1 },
    sound('circle', 3),
    sound('parentless', 3),
    { ...sound('leafless', 3), activeLeafId: toMessageId('nowhere') },
    { ...sound('foreign', 1), sessionId: toSessionId('nobody') },
  ]);
  const circle = line('circle', 3).map((row, index) =>
    index === 0 ? { ...row, parentId: toMessageId('circle-2') } : row,
  );
  await db.strict.attachments.bulkAdd([file('here', 'sound-1'), file('left', 'deleted')]);
  const sound3 = line('sound', 3).map((row, index) => {
    const named = [fileIn('here'), fileIn('gone'), { ...fileIn('never came'), sizeBytes: 0 }];
    return index === 1 ? { ...row, attachments: named } : row;
  });
  const parentless = line('parentless', 3).map((row, index) =>
    index === 1 ? { ...row, parentId: toMessageId('nowhere') } : row,
  );
  await db.strict.messages.bulkAdd([
    ...sound3,
    ...line('counted', 3),
    ...circle,
    ...parentless,
    ...line('leafless', 3),
    ...line('foreign', 1),
    ...line('orphan', 2),
  ]);
  return opened;
}

const DAMAGE = {
  'no-conversation': 2,
  'no-parent': 1,
  circle: 1,
  counters: 1,
  'shown-branch': 1,
  'no-session': 1,
  'no-bytes': 1,
  'left-attachment': 1,
};

test('a check finds each kind of damage and writes nothing', async () => {
  const { db } = await openDamaged();
  const before = await readAll(db);
  const found = await checkIntegrity(db);
  expect(found).toMatchObject({ conversationCount: 6, messageCount: 18, problems: DAMAGE });
  expect([...(found?.allRepairableIds ?? [])].sort()).toEqual([
    'circle',
    'counted',
    'leafless',
    'orphan',
    'parentless',
    'sound',
  ]);
  expect(await readAll(db)).toEqual(before);
});

test('a repair mends all of it after a copy, loses no message, and can be undone', async () => {
  const { db, maintenance, copies } = await openDamaged();
  const before = await readAll(db);
  const row = await maintenance.repair();
  expect(copies()).toBe(1);
  expect(row && readReport(row)).toMatchObject({
    repairedConversations: 6,
    hasCopy: true,
    check: { problems: { 'left-attachment': 1 }, messageCount: 18, conversationCount: 7 },
  });
  // Its bytes cannot come back: the reference says so, and the others are as they were.
  expect((await db.strict.messages.get(toMessageId('sound-1')))?.attachments).toEqual([
    fileIn('here'),
    { ...fileIn('gone'), sizeBytes: 0 },
    { ...fileIn('never came'), sizeBytes: 0 },
  ]);
  const after = await readAll(db);
  expect(after.messages.map(({ id, content }) => [id, content])).toEqual(
    before.messages.map(({ id, content }) => [id, content]),
  );
  expect(await db.strict.conversations.get(toConversationId('counted'))).toEqual(
    sound('counted', 3),
  );
  expect(await db.strict.conversations.get(toConversationId('orphan'))).toMatchObject({
    messageCount: 2,
    title: 'text of m0',
  });
  await maintenance.undo(row?.id ?? '');
  expect(await readAll(db)).toEqual(before);
});

test('undoing a repair leaves alone what was used since', async () => {
  const { db, clock, maintenance } = await openDamaged();
  const before = await readAll(db);
  const row = await maintenance.repair();
  const store = createStoredConversations(db, clock);
  const counted = await store.getConversation(toConversationId('counted'));
  if (!counted) throw new Error('no conversation');
  const [added] = line('counted', 1);
  if (!added) throw new Error('no row');
  const id = toMessageId('said since');
  await store.addMessages(counted, [{ ...added, id, parentId: counted.activeLeafId }]);
  await store.updateConversation(toConversationId('orphan'), { title: 'Found again' });
  await maintenance.undo(row?.id ?? '');
  const after = await readAll(db);
  const used = ['counted', 'orphan'];
  const others = ({ conversations }: Awaited<ReturnType<typeof readAll>>) =>
    conversations.filter((one) => !used.includes(one.id));
  expect(others(after)).toEqual(others(before));
  expect(await store.getConversation(toConversationId('orphan'))).toMatchObject({
    title: 'Found again',
    messageCount: 2,
  });
  expect(await store.getConversation(toConversationId('counted'))).toMatchObject({
    messageCount: 4,
    lastSeq: 3,
    activeLeafId: id,
  });
});

test('a repair that was cut short is whole as far as it came, and the next goes on', async () => {
  const { db, maintenance } = await openDamaged();
  const more = Array.from({ length: 20 }, (_none, at) => `more-${at}`);
  await db.strict.conversations.bulkAdd(more.map((id) => ({ ...sound(id, 1), messageCount: 9 })));
  await db.strict.messages.bulkAdd(more.flatMap((id) => line(id, 1)));
  const before = await readAll(db);
  const abort = new AbortController();
  let checks = 0;
  const cut = await maintenance.repair({
    signal: abort.signal,
    onProgress: () => (checks += 1),
  });
  expect(checks).toBeGreaterThan(0);
  await maintenance.undo(cut?.id ?? '');
  // Now for real: closed after the first that were mended.
  const put = db.strict.maintenanceRuns.hook('updating');
  let writes = 0;
  put.subscribe(() => {
    writes += 1;
    if (writes === 1) abort.abort();
    return undefined;
  });
  const row = await maintenance.repair({ signal: abort.signal });
  expect(row && readUndo(row)).toHaveLength(10);
  const rest = await maintenance.repair();
  expect(rest && readReport(rest).check?.problems).toEqual({ 'left-attachment': 1 });
  await maintenance.undo(rest?.id ?? '');
  await maintenance.undo(row?.id ?? '');
  expect(await readAll(db)).toEqual(before);
});

test('rows that cannot be read are told, and left as they are', async () => {
  const { db, maintenance } = await openMaintenance();
  await db.strict.conversations.add({ ...sound('c', 2), messageCount: 9 });
  const [first, second] = line('c', 2);
  if (!first || !second) throw new Error('no rows');
  await db.strict.messages.bulkAdd([
    first,
    { ...second, content: 7 as never },
    { ...second, id: toMessageId('outside'), seq: null as never },
  ]);
  const before = await readAll(db);
  const row = await maintenance.repair();
  expect(row && readReport(row)).toMatchObject({
    repairedConversations: 0,
    check: { problems: { unreadable: 2 } },
  });
  expect(await readAll(db)).toEqual(before);
});

/** A browser that cannot read some rows any more: asked for one of them, alone or among others, it fails. */
function makeUnreadable(keys: readonly string[]): void {
  const { prototype } = IDBObjectStore;
  for (const name of ['get', 'getAll'] as const) {
    const real = Reflect.get(prototype, name) as (...given: unknown[]) => IDBRequest;
    Object.assign(prototype, {
      [name](this: IDBObjectStore, ...given: unknown[]) {
        const [asked] = given;
        const isHit = keys.some((key) =>
          asked instanceof IDBKeyRange ? asked.includes(key) : asked === key,
        );
        if (isHit) throw new DOMException('cannot be read', 'DataError');
        return real.apply(this, given);
      },
    });
    onTestFinished(() => void Object.assign(prototype, { [name]: real }));
  }
}

test('rows that the browser itself cannot read are told, and nothing is made in their place', async () => {
  const { db, maintenance } = await openMaintenance();
  const ids = ['bad', 'c', 'd'];
  await db.strict.sessions.add(makeSession(toSessionId('session')));
  await db.strict.conversations.bulkAdd(ids.map((id) => sound(id, 2)));
  await db.strict.messages.bulkAdd(ids.flatMap((id) => line(id, 2)));
  const before = await readAll(db);
  makeUnreadable(['bad', 'd-1']);
  const row = await maintenance.run('by-hand');
  expect(row && readReport(row)).toMatchObject({
    check: { conversationCount: 3, problems: { unreadable: 2 } },
  });
  expect((await maintenance.repair())?.report).toMatchObject({ repairedConversations: 0 });
  expect(await db.strict.conversations.count()).toBe(before.conversations.length);
});

test('a check can be stopped', async () => {
  const { db } = await openDamaged();
  expect(await checkIntegrity(db, { signal: AbortSignal.abort() })).toBeUndefined();
});

test('usage is not raised by what an import brought, a copy of what is here among it', async () => {
  const { db, maintenance } = await openMaintenance();
  await db.strict.sessions.add(makeSession(toSessionId('session')));
  const copy = sound('copy', 2);
  await db.strict.conversations.add(copy);
  const answer = { role: 'assistant', modelUsed: 'm', completionTokens: 10, costUsd: 2 } as const;
  const rows = line('copy', 2).map((row, seq) => (seq === 1 ? { ...row, ...answer } : row));
  await db.strict.messages.bulkAdd(rows);
  await saveImportRun(db, {
    id: 'run',
    startedAt: 0,
    endedAt: 1,
    fileNames: ['a.json'],
    report: null,
    createdIds: [copy.id],
    addedIds: {},
    undoneAt: null,
  });
  const row = await maintenance.run('by-hand');
  expect(row && readReport(row)).toMatchObject({ recountedDays: 0, check: { problems: {} } });
  expect(await db.strict.usageStatistics.toArray()).toEqual([]);
});

/** A conversation whose answer no usage was counted for. */
async function openUncounted() {
  const opened = await openMaintenance();
  const { db } = opened;
  await db.strict.sessions.add(makeSession(toSessionId('session')));
  await db.strict.conversations.add(sound('c', 2));
  const answer = { role: 'assistant', modelUsed: 'm', completionTokens: 10, costUsd: 2 } as const;
  const rows = line('c', 2).map((row, seq) => (seq === 1 ? { ...row, ...answer } : row));
  await db.strict.messages.bulkAdd(rows);
  return { ...opened, readRows: () => db.strict.usageStatistics.toArray() };
}

const WHOLE = { model: 'm', requestCount: 1, completionTokens: 10, totalCostUsd: 2 };

test('usage that says less than the messages is raised, by a run by itself and by a repair', async () => {
  const { db, clock, maintenance, readRows } = await openUncounted();
  for (const run of [() => maintenance.run('scheduled'), () => maintenance.repair()]) {
    await db.strict.usageStatistics.clear();
    clock.now += CHECK_INTERVAL_MS;
    const row = await run();
    expect(row && readReport(row)).toMatchObject({
      recountedDays: 1,
      repairedConversations: 0,
      check: { problems: {} },
    });
    expect(await readRows()).toMatchObject([WHOLE]);
  }
  // Another run finds nothing, and an answer that was deleted since stays counted.
  await db.strict.messages.delete(toMessageId('c-1'));
  const row = await maintenance.run('by-hand');
  expect(row && readReport(row).recountedDays).toBe(0);
  expect(await readRows()).toMatchObject([WHOLE]);
});

test('by hand nobody raises usage unasked; a repair does after a copy, and is taken back', async () => {
  const { db, maintenance, readRows } = await openUncounted();
  await maintenance.repair();
  const [counted] = await readRows();
  if (!counted) throw new Error('no usage');
  const less = { ...counted, requestCount: 0, completionTokens: 3 };
  for (const before of [[], [less]]) {
    await db.strict.usageStatistics.clear();
    await db.strict.usageStatistics.bulkAdd(before);
    const looked = await maintenance.run('by-hand');
    expect(looked && readReport(looked)).toMatchObject({
      recountedDays: 0,
      check: { problems: { usage: 1 } },
    });
    expect(await readRows()).toEqual(before);

    const row = await maintenance.repair();
    if (!row) throw new Error('no run');
    expect(readReport(row)).toMatchObject({ recountedDays: 1, hasCopy: true });
    expect(await readRows()).toMatchObject([WHOLE]);
    expect(await maintenance.undo(row.id)).toBe(true);
    expect(await readRows()).toEqual(before);
    const stored = await db.strict.maintenanceRuns.get(row.id);
    expect(stored && readUndo(stored)).toEqual([]);
    expect(stored?.report['undoneAt']).toBeTypeOf('number');
  }
});

test('what a run by itself raised is taken back too, but not what was counted since', async () => {
  const { db, clock, maintenance, readRows } = await openUncounted();
  const first = await maintenance.run('scheduled');
  if (!first) throw new Error('no run');
  expect(readUndo(first)).toHaveLength(1);
  const [raised] = await readRows();
  await db.strict.usageStatistics.clear();
  clock.now += CHECK_INTERVAL_MS;
  const second = await maintenance.run('scheduled');
  if (!second || !raised) throw new Error('no run');
  const used = { ...raised, requestCount: 2 };
  await db.strict.usageStatistics.put(used);
  await maintenance.undo(second.id);
  expect(await readRows()).toEqual([used]);
});

test('what was taken back is not raised again by itself, but where the person asks for it', async () => {
  const { db, clock, maintenance, readRows } = await openUncounted();
  const next = async (run: () => Promise<MaintenanceRun | undefined>) => {
    clock.now += CHECK_INTERVAL_MS;
    const row = await run();
    if (!row) throw new Error('no run');
    return row;
  };
  const scheduled = () => next(() => maintenance.run('scheduled'));
  await maintenance.undo((await scheduled()).id);
  expect(await readRows()).toEqual([]);
  for (let time = 0; time < 2; time += 1) {
    expect(readReport(await scheduled())).toMatchObject({
      recountedDays: 0,
      check: { problems: { usage: 1 } },
    });
    expect(await readRows()).toEqual([]);
  }
  await next(() => maintenance.repair());
  expect(await readRows()).toMatchObject([WHOLE]);
  await db.strict.usageStatistics.clear();
  await scheduled();
  expect(await readRows()).toMatchObject([WHOLE]);
});

test('a note with values that nobody understands takes no other note with it', async () => {
  const { db, maintenance } = await openMaintenance();
  await db.strict.sessions.add(makeSession(toSessionId('session')));
  const ids = ['a', 'b', 'c', 'd'];
  await db.strict.conversations.bulkAdd(
    ids.map((id) => ({
      ...sound(id, 1),
      messageCount: 9,
      ...(id === 'b' && { activeLeafId: 42 as never }),
    })),
  );
  const files = [fileIn('gone'), { id: 'odd', name: 'odd' } as never];
  await db.strict.messages.bulkAdd(
    ids
      .flatMap((id) => line(id, 1))
      .map((row) => (row.id === 'c-0' ? { ...row, attachments: files } : row)),
  );
  const before = await readAll(db);
  const row = await maintenance.repair();
  expect(row && readReport(row)).toMatchObject({ repairedConversations: 4 });
  expect(row && readUndo(row)).toHaveLength(4);
  expect(await readAll(db)).not.toEqual(before);
  await maintenance.undo(row?.id ?? '');
  expect(await readAll(db)).toEqual(before);
});

test('what somebody writes while a check reads is no damage', async () => {
  const { db } = await openMaintenance();
  await db.strict.sessions.add(makeSession(toSessionId('session')));
  const ids = Array.from({ length: 20 }, (_none, at) => `c${String(at).padStart(2, '0')}`);
  await db.strict.conversations.bulkAdd(ids.map((id) => sound(id, 1)));
  await db.strict.messages.bulkAdd(ids.flatMap((id) => line(id, 1)));
  let written: Promise<unknown> | undefined;
  const { conversations, messages } = db.strict;
  const write = (): Promise<unknown> =>
    db.strict.transaction('rw', conversations, messages, async () => {
      await messages.add({ ...line('c19', 2)[1] } as Message);
      await conversations.put(sound('c19', 2));
    });
  const found = await checkIntegrity(db, { onProgress: () => void (written ??= write()) });
  await written;
  expect(found).toMatchObject({ messageCount: 21, problems: {}, allRepairableIds: [] });
});

test('documents and their passages are checked, and text without a document gets one', async () => {
  const { db, maintenance } = await openMaintenance();
  const note = (id: string, text: string) =>
    addDocument(db, {
      id,
      name: id,
      mediaType: 'text/plain',
      sizeBytes: text.length,
      text,
      createdAt: 1,
      updatedAt: 1,
      source: 'file',
    });
  const long = 'green tea. '.repeat(400);
  await Promise.all([note('sound', long), note('cut', long), note('lost', long)]);
  expect((await checkIntegrity(db))?.problems).toEqual({});
  await db.strict.documents.delete('lost');
  await db.strict.documentChunks.delete('cut.1');
  const chunks = await db.strict.documentChunks.toArray();
  expect((await checkIntegrity(db))?.problems).toEqual({ 'no-document': 1, 'lost-passages': 1 });

  const row = await maintenance.repair();
  expect(row && readReport(row)).toMatchObject({
    recoveredDocuments: 1,
    repairedConversations: 0,
    hasCopy: true,
    check: { problems: { 'lost-passages': 1 } },
  });
  expect(await db.strict.documents.get('lost')).toMatchObject({
    sizeBytes: long.length,
    metadata: { character_count: long.length },
  });
  await maintenance.undo(row?.id ?? '');
  expect(await db.strict.documents.get('lost')).toBeUndefined();
  expect(await db.strict.documentChunks.toArray()).toEqual(chunks);
});

test('undoing leaves a document alone that is no longer the one that was made', async () => {
  const { db, clock, maintenance } = await openMaintenance();
  const file = { name: 'a.txt', mediaType: 'text/plain', sizeBytes: 3, text: 'tea' };
  await addDocument(db, { ...file, id: 'a', createdAt: 1, updatedAt: 1, source: 'file' });
  await db.strict.documents.delete('a');
  const row = await maintenance.repair();
  clock.now += 1000;
  await renameDocument(db, 'a', 'Tea', clock.now);
  await maintenance.undo(row?.id ?? '');
  expect(await db.strict.documents.get('a')).toMatchObject({ name: 'Tea' });
});

test('long conversations are mended few at a time', async () => {
  const { db, maintenance } = await openMaintenance();
  await db.strict.sessions.add(makeSession(toSessionId('session')));
  const ids = ['a', 'b', 'c'];
  await db.strict.conversations.bulkAdd(ids.map((id) => ({ ...sound(id, 1100), totalTokens: 1 })));
  await db.strict.messages.bulkAdd(ids.flatMap((id) => line(id, 1100)));
  const noted: number[] = [];
  db.strict.maintenanceRuns.hook('updating').subscribe((changes) => {
    const count = (changes as Record<string, unknown>)['report.repairedConversations'];
    if (typeof count === 'number') noted.push(count);
    return undefined;
  });
  const row = await maintenance.repair();
  expect([...new Set(noted)]).toEqual([1, 2, 3]);
  expect(row && readReport(row)).toMatchObject({ repairedConversations: 3 });
});
