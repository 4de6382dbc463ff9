import { expect, test } from 'vitest';
import { OnggiError } from '#domain/errors.ts';
import { settleAbandonedAnswers } from '#db/answers.ts';
import { saveImportRun } from '#db/import-runs.ts';
import { LOCAL_USER_ID, toEndpointId, toMessageId } from '#domain/ids.ts';
import type { Progress } from '#domain/import-report.ts';
import { toCutAnswer } from '#usage/lazy-usage.ts';
import { rebuildUsage } from '#usage/rebuild-usage.ts';
import type { ImportRun } from '#domain/stored-rows.ts';
import type { UsageStatistic } from '#domain/usage.ts';
import { finish, readRun, text, usage } from '../chat/support.ts';
import { makeConversation, makeMessage } from '../db/conversation-rows.ts';
import { openForTest } from '../db/fresh-database.ts';
import { openPricedChat } from './support.ts';

const refused = new OnggiError('provider/unauthorized', 'no key');
const cut = new OnggiError('provider/interrupted', 'gone');
const DAY_MS = 86_400_000;

/** Rows with costs rounded: sums of fractions depend on their order in the last digit. */
const rounded = (rows: readonly UsageStatistic[]) =>
  rows.map((row) => ({ ...row, totalCostUsd: Math.round(row.totalCostUsd * 1e9) / 1e9 }));

test('gives the figures that the answers themselves added', async () => {
  const { db, clock, prices, send, again, pass, readRows, store } = await openPricedChat();
  await send(text('a'), usage(10, 5), finish('stop'), 'end');
  prices.now = undefined;
  await send(text('b'), finish('stop'), 'end');
  const failed = await send(refused);
  await again('tryAgain', failed, refused);
  await again('tryAgain', failed, text('c'), usage(1, 1), finish('stop'), 'end');
  clock.now += DAY_MS;
  const part = await send(text('d'), usage(10, 5), cut);
  prices.now = { inputUsd: 0.1, outputUsd: 0.2, upToPromptTokens: null, source: 'own' };
  clock.now += DAY_MS;
  const more = await again('continueAnswer', part, text('e'), usage(12, 3), cut);
  clock.now += 1234;
  await again('continueAnswer', more, text('f'), usage(14, 2), finish('stop'), 'end');
  // A crash: never counted, and then continued.
  const crashed = makeMessage(part.conversationId, 'crashed', null, {
    role: 'assistant',
    seq: 99,
    status: 'interrupted',
    endpointId: part.endpointId,
    modelUsed: 'model',
    timestamp: clock.now,
    content: 'half',
  });
  await db.strict.messages.add(crashed);
  expect((await readRows()).length).toBe(3);
  await again('continueAnswer', crashed, text('g'), usage(3, 1), finish('stop'), 'end');
  // From the cache: nobody was asked.
  const cached = makeMessage(part.conversationId, 'cached', null, {
    role: 'assistant',
    seq: 100,
    endpointId: part.endpointId,
    responseTimeMs: 1,
    metadata: { fromCache: { savedTokens: 5 } },
  });
  await db.strict.messages.add(cached);
  await store.updateMessage(more.id, { rating: 5 });
  // What was asked in passing, on two days: answered, refused, unpriced.
  await pass('title', text('Jars'), usage(40, 2), finish('stop'), 'end');
  await expect(pass('summary', refused)).rejects.toThrow();
  clock.now += DAY_MS;
  await pass('summary', text('About jars.'), usage(50, 4), finish('stop'), 'end');
  prices.now = undefined;
  await pass('title', text('Pots'), finish('stop'), 'end');
  // Two pages that were closed over an answer; one of the answers was continued, and cut again.
  for (const id of ['closed', 'again']) {
    const running = { ...crashed, id: toMessageId(id), seq: 101, status: 'streaming' } as const;
    await db.strict.messages.add({ ...running, streamingSince: clock.now });
  }
  await settleAbandonedAnswers(db, toCutAnswer);
  const closed = await store.getMessage(toMessageId('again'));
  if (!closed) throw new Error('no answer');
  await again('continueAnswer', closed, text(' of it'), usage(9, 3), cut);
  const total = (await readRows()).reduce((sum, { requestCount }) => sum + requestCount, 0);
  expect(total).toBe(16);

  const before = await readRows();
  await db.strict.usageStatistics.clear();
  expect(await rebuildUsage(db, LOCAL_USER_ID)).toBe(true);
  expect(rounded(await readRows())).toEqual(rounded(before));
  expect(await rebuildUsage(db, LOCAL_USER_ID)).toBe(true);
  expect(rounded(await readRows())).toEqual(rounded(before));
});

test.each([
  ['offline', new OnggiError('provider/offline', 'no network')],
  ['refused', refused],
] as const)('gives the same figures after a rest that was %s', async (_name, failure) => {
  const { db, send, again, readRows } = await openPricedChat();
  const part = await send(text('a'), usage(10, 5), cut);
  const same = await again('continueAnswer', part, failure);
  const failed = await readRows();
  await rebuildUsage(db, LOCAL_USER_ID);
  expect(await readRows()).toEqual(failed);
  expect(failed).toMatchObject([{ requestCount: 2, promptTokens: 10, errorCount: 1 }]);
  await again('continueAnswer', same, text('b'), usage(15, 7), finish('stop'), 'end');
  const whole = await readRows();
  await rebuildUsage(db, LOCAL_USER_ID);
  expect(await readRows()).toEqual(whole);
});

test('another try, a rest and a cut answer count on the day on which they were asked', async () => {
  const { db, clock, send, again, readRows, store } = await openPricedChat();
  const failed = await send(refused);
  clock.now += DAY_MS;
  const part = await again('tryAgain', failed, text('a'), usage(10, 5), cut);
  clock.now += DAY_MS;
  await again('continueAnswer', part, text('b'), usage(11, 1), cut);
  clock.now += DAY_MS;
  // A page that was closed over the rest it was asked for.
  const left = await store.getMessage(part.id);
  if (!left) throw new Error('no answer');
  await store.reopenAnswer({ ...left, status: 'streaming', streamingSince: clock.now });
  clock.now += DAY_MS;
  await settleAbandonedAnswers(db, toCutAnswer);
  const live = await readRows();
  expect(live.map(({ date, requestCount }) => [date, requestCount])).toEqual([
    ['2023-11-14', 1],
    ['2023-11-15', 1],
    ['2023-11-16', 1],
    ['2023-11-17', 1],
  ]);
  await rebuildUsage(db, LOCAL_USER_ID);
  expect(await readRows()).toEqual(live);
});

test('counts nothing for what ended before anybody was asked', async () => {
  let openKey = (): Promise<string> => Promise.resolve('key');
  const deps = { openApiKey: () => openKey() };
  const { db, chat, store, fake, fresh, again, send, readRows } = await openPricedChat(deps);
  const answered = await send(text('a'), usage(10, 5), finish('stop'), 'end');
  const live = await readRows();
  // Stopped while the key was being opened.
  const { promise: opened, resolve: open } = Promise.withResolvers<string>();
  openKey = () => opened;
  const conversation = (await store.getConversation(fresh.id)) ?? fresh;
  const run = await chat.sendMessage({ store, conversation }, '?', answered.id);
  run.stop();
  open('key');
  const { message: stopped, usage: none } = await readRun(run).settled;
  expect(stopped).toMatchObject({ status: 'stopped', content: '' });
  expect(none).toBeNull();
  // Tried again with a key that does not open.
  openKey = () => Promise.reject(new OnggiError('vault/locked', 'locked'));
  const refusedKey = await again('tryAgain', stopped);
  expect(refusedKey).toMatchObject({ status: 'error', error: { code: 'vault/locked' } });
  expect(fake.requests).toHaveLength(1);
  expect(await readRows()).toEqual(live);
  await rebuildUsage(db, LOCAL_USER_ID);
  expect(await readRows()).toEqual(live);
  // And at last asked.
  openKey = () => Promise.resolve('key');
  await again('tryAgain', refusedKey, text('b'), usage(20, 1), finish('stop'), 'end');
  const whole = await readRows();
  expect(whole).toMatchObject([{ requestCount: 2, promptTokens: 30, errorCount: 0 }]);
  await rebuildUsage(db, LOCAL_USER_ID);
  expect(await readRows()).toEqual(whole);
});

test('a day has no time of its own, whatever was counted', async () => {
  const { db, send, pass, readRows } = await openPricedChat();
  await send(text('a'), usage(10, 5), finish('stop'), 'end');
  await pass('title', text('Jars'), usage(40, 2), finish('stop'), 'end');
  expect((await readRows())[0]).not.toHaveProperty('askedAt');
  await rebuildUsage(db, LOCAL_USER_ID);
  expect((await readRows())[0]).not.toHaveProperty('askedAt');
});

test('what was asked in passing is priced like an answer', async () => {
  const { send, pass, readRows } = await openPricedChat();
  await send(text('a'), usage(10, 5), finish('stop'), 'end');
  await pass('title', text('Jars'), usage(30, 2), finish('stop'), 'end');
  expect(await readRows()).toMatchObject([
    { requestCount: 2, promptTokens: 40, completionTokens: 7, totalCostUsd: 54, unpricedCount: 0 },
  ]);
});

test('damaged records of what was asked in passing count nothing', async () => {
  const db = await openForTest();
  const kept = { date: '2026-11-28', model: 'm', requestCount: 1 };
  await db.strict.conversations.bulkAdd([
    makeConversation('a', { metadata: { passingRequests: [kept, null, 'x'] } }),
    makeConversation('b', { metadata: { passingRequests: { length: 3 } } }),
  ]);
  await rebuildUsage(db, LOCAL_USER_ID);
  expect(await db.strict.usageStatistics.toArray()).toEqual([]);
});

test('counts imported history apart, and answers that were asked for in it as ours', async () => {
  const db = await openForTest();
  const answer = {
    role: 'assistant',
    modelUsed: 'gpt',
    completionTokens: 7,
    costUsd: 0.5,
  } as const;
  await db.strict.conversations.bulkAdd([
    makeConversation('brought', { source: 'chatgpt', messageCount: 3 }),
    makeConversation('ours', { messageCount: 1 }),
  ]);
  await db.strict.messages.bulkAdd([
    makeMessage('brought', 'm0', null),
    makeMessage('brought', 'm1', null, { ...answer, promptTokens: 3, seq: 1 }),
    makeMessage('brought', 'm2', 'm1', {
      ...answer,
      seq: 2,
      promptTokens: 4,
      responseTimeMs: 9,
      endpointId: toEndpointId('endpoint'),
    }),
    // What m1 said before it was edited there.
    makeMessage('brought', 'm4', null, {
      ...answer,
      seq: 3,
      metadata: { earlier_of: 'source-m1' },
    }),
    makeMessage('ours', 'm3', null, { ...answer, modelUsed: null }),
  ]);
  await rebuildUsage(db, LOCAL_USER_ID);
  expect(await db.strict.usageStatistics.toArray()).toMatchObject([
    {
      model: 'gpt',
      requestCount: 1,
      promptTokens: 4,
      totalCostUsd: 0.5,
      importedCount: 1,
      importedPromptTokens: 3,
      importedCompletionTokens: 7,
      importedCostUsd: 0.5,
    },
    { model: 'unknown', requestCount: 1 },
  ]);
});

/** What a file of onggi brought: `createdIds` whole conversations, `addedIds` messages of one that was here. */
const importRun = (startedAt: number, brought: Partial<ImportRun>): ImportRun => ({
  id: `import-${startedAt}`,
  startedAt,
  endedAt: startedAt,
  fileNames: ['onggi.zip'],
  report: null,
  createdIds: [],
  addedIds: {},
  undoneAt: null,
  ...brought,
});

/** Without what is counted apart. */
const own = (rows: readonly UsageStatistic[]) =>
  rows
    .filter(({ requestCount }) => requestCount > 0)
    .map((row) =>
      Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith('imported'))),
    );

test('counts answers of an imported file of onggi apart, and what was asked in it since as ours', async () => {
  const { db, clock, send, again, pass, readRows, fresh } = await openPricedChat();
  // Elsewhere: an answer, two tries of another, and a title.
  await send(text('a'), usage(10, 5), finish('stop'), 'end');
  const failed = await send(refused);
  const part = await again('tryAgain', failed, text('b'), usage(20, 6), cut);
  await pass('title', text('Jars'), usage(40, 2), finish('stop'), 'end');
  await db.strict.usageStatistics.clear();
  clock.now += 1000;
  await saveImportRun(db, importRun(clock.now, { createdIds: [fresh.id] }));
  clock.now += 1000;
  // Here, on the same day: the rest of what was cut, and another question.
  const whole = await again('continueAnswer', part, text('c'), usage(30, 3), finish('stop'), 'end');
  await send(text('d'), usage(12, 4), finish('stop'), 'end');
  clock.now += DAY_MS;
  await pass('summary', text('About jars.'), usage(50, 4), finish('stop'), 'end');
  expect(whole.completionTokens).toBe(9);
  const live = await readRows();
  expect(live).toMatchObject([
    { requestCount: 2, promptTokens: 42, completionTokens: 7 },
    { requestCount: 1, promptTokens: 50 },
  ]);
  expect(await rebuildUsage(db, LOCAL_USER_ID)).toBe(true);
  const counted = await readRows();
  expect(own(counted)).toEqual(live);
  expect(counted[0]).toMatchObject({
    importedCount: 2,
    importedPromptTokens: 30,
    importedCompletionTokens: 11,
    importedCostUsd: 52,
  });
});

test('counts messages apart that a file of onggi added to a conversation of ours', async () => {
  const { db, clock, send, readRows, fresh } = await openPricedChat();
  await send(text('a'), usage(10, 5), finish('stop'), 'end');
  const live = await readRows();
  const added = makeMessage(fresh.id, 'added', null, {
    role: 'assistant',
    seq: 9,
    timestamp: clock.now - 1000,
    endpointId: toEndpointId('endpoint'),
    modelUsed: 'model',
    promptTokens: 7,
    completionTokens: 1,
    costUsd: 9,
  });
  await db.strict.messages.add(added);
  await saveImportRun(db, importRun(clock.now, { addedIds: { [fresh.id]: [added.id] } }));
  await rebuildUsage(db, LOCAL_USER_ID);
  expect(own(await readRows())).toEqual(live);
  expect(await readRows()).toMatchObject([{ importedCount: 1, importedPromptTokens: 7 }]);
});

test('keeps the days that an SQLite file brought, and counts no answer of them twice', async () => {
  const { db, clock, send, readRows, fresh } = await openPricedChat();
  await send(text('a'), usage(10, 5), finish('stop'), 'end');
  const addedUsage = await readRows();
  clock.now += 1000;
  await saveImportRun(db, importRun(clock.now, { createdIds: [fresh.id], addedUsage }));
  // On the same day, after the import.
  await send(text('b'), usage(20, 1), finish('stop'), 'end');
  const live = await readRows();
  expect(live).toMatchObject([{ requestCount: 2, promptTokens: 30 }]);
  await rebuildUsage(db, LOCAL_USER_ID);
  expect(await readRows()).toEqual(live);
  const damaged = [null, { date: 'x' }] as unknown as typeof addedUsage;
  await saveImportRun(db, importRun(clock.now, { createdIds: [fresh.id], addedUsage: damaged }));
  await rebuildUsage(db, LOCAL_USER_ID);
  expect(await readRows()).toMatchObject([{ requestCount: 1, importedCount: 1 }]);
});

test('counts what was asked in passing on the day of an import, after it', async () => {
  const { db, clock, pass, send, readRows, fresh } = await openPricedChat();
  await send(text('a'), usage(10, 5), finish('stop'), 'end');
  await pass('title', text('Jars'), usage(40, 2), finish('stop'), 'end');
  const addedUsage = await readRows();
  clock.now += 1000;
  await saveImportRun(db, importRun(clock.now, { createdIds: [fresh.id], addedUsage }));
  clock.now += 1000;
  await pass('title', text('Clay jars'), usage(50, 3), finish('stop'), 'end');
  await pass('summary', text('About jars.'), usage(60, 4), finish('stop'), 'end');
  const live = await readRows();
  expect(live).toMatchObject([{ requestCount: 4, promptTokens: 160 }]);
  await rebuildUsage(db, LOCAL_USER_ID);
  expect(await readRows()).toEqual(live);
});

test('counts an answer with the days of its own import only', async () => {
  const { db, clock, send, readRows, fresh } = await openPricedChat();
  await send(text('a'), usage(10, 5), finish('stop'), 'end');
  const addedUsage = await readRows();
  // Another file brought the same day and model; this answer came without any days.
  clock.now += 1000;
  await saveImportRun(db, importRun(clock.now, { addedUsage }));
  clock.now += 1000;
  await saveImportRun(db, importRun(clock.now, { createdIds: [fresh.id] }));
  await rebuildUsage(db, LOCAL_USER_ID);
  expect(await readRows()).toMatchObject([
    { requestCount: 1, promptTokens: 10, importedCount: 1, importedPromptTokens: 10 },
  ]);
});

test('counts what another device asked about a conversation of ours in the days that came from there', async () => {
  const { db, clock, pass, send, readRows } = await openPricedChat();
  await send(text('a'), usage(10, 5), finish('stop'), 'end');
  await pass('title', text('Jars'), usage(40, 2), finish('stop'), 'end');
  const addedUsage = await readRows();
  clock.now += 1000;
  // The rows were here already, and were only made whole: the import brought none of them.
  await saveImportRun(db, importRun(clock.now, { addedUsage }));
  await rebuildUsage(db, LOCAL_USER_ID);
  expect(await readRows()).toMatchObject([{ requestCount: 2, promptTokens: 50 }]);
});

test('tells how far it is and leaves everything as it was when it is stopped', async () => {
  const { db, send, readRows } = await openPricedChat();
  await send(text('a'), usage(10, 5), finish('stop'), 'end');
  const before = await readRows();
  await db.strict.usageStatistics.update(before[0]?.id ?? '', { requestCount: 77 });
  const abort = new AbortController();
  const heard: Progress[] = [];
  const onProgress = (progress: Progress) => {
    heard.push(progress);
    abort.abort();
  };
  expect(await rebuildUsage(db, LOCAL_USER_ID, { onProgress, signal: abort.signal })).toBe(false);
  expect(heard).toMatchObject([{ doneRows: 2, totalRows: 2 }]);
  expect(await readRows()).toMatchObject([{ requestCount: 77 }]);
});

test('an answer that ends meanwhile is counted once', async () => {
  const { db, send, readRows } = await openPricedChat();
  await send(text('a'), usage(10, 5), finish('stop'), 'end');
  let isFirst = true;
  let late: Promise<unknown> | undefined;
  const onProgress = () => {
    if (!isFirst) return;
    isFirst = false;
    late = send(text('b'), usage(1, 1), finish('stop'), 'end');
  };
  await rebuildUsage(db, LOCAL_USER_ID, { onProgress });
  await late;
  expect(await readRows()).toMatchObject([{ requestCount: 2, promptTokens: 11 }]);
});

test('gives up after some tries when answers keep coming', async () => {
  const { db, readRows, send } = await openPricedChat();
  await send(text('a'), usage(10, 5), finish('stop'), 'end');
  const [row] = await readRows();
  if (!row) throw new Error('no row');
  let writes = 0;
  // Each write is queued before the rows are compared.
  const onProgress = () => {
    writes += 1;
    void db.strict.usageStatistics.put({ ...row, requestCount: 100 + writes });
  };
  await expect(rebuildUsage(db, LOCAL_USER_ID, { onProgress })).rejects.toMatchObject({
    code: 'chat/busy',
  });
  expect(writes).toBe(5);
});

test('leaves the rows of another person alone', async () => {
  const { db, send, readRows } = await openPricedChat();
  await send(text('a'), usage(10, 5), finish('stop'), 'end');
  const [row] = await readRows();
  const foreign = { ...row, id: 'other', userId: 'somebody' };
  await db.strict.table('usageStatistics').add(foreign);
  await rebuildUsage(db, LOCAL_USER_ID);
  expect(await db.strict.table('usageStatistics').get('other')).toEqual(foreign);
});
