import { expect, test } from 'vitest';
import { LOCAL_USER_ID, toSessionId } from '#domain/ids.ts';
import { calculateUsageStatistics, readRatedDays } from '#usage/read-days.ts';
import { makeMessage } from '../db/conversation-rows.ts';
import { openForTest } from '../db/fresh-database.ts';

const at = (day: number, hour = 12) => new Date(2026, 10, day, hour).getTime();
const live = () => new AbortController().signal;

async function openWithMessages() {
  const db = await openForTest();
  const session = {
    createdAt: 0,
    lastActivity: 0,
    status: 'expired',
    ipAddress: null,
    userAgent: null,
    metadata: {},
  };
  await db.strict.table('sessions').bulkAdd([
    { ...session, id: 'session', userId: 'local' },
    { ...session, id: 'foreign', userId: 'somebody' },
  ]);
  const answer = { role: 'assistant', modelUsed: 'm', tokenCount: 10 } as const;
  await db.strict.messages.bulkAdd([
    makeMessage('c', 'm0', null, { timestamp: at(5, 0), tokenCount: 3 }),
    makeMessage('c', 'm1', 'm0', {
      ...answer,
      timestamp: at(5, 23),
      responseTimeMs: 1000,
      rating: 4,
      seq: 1,
    }),
    makeMessage('c', 'm2', 'm0', {
      ...answer,
      timestamp: at(5),
      responseTimeMs: 3000,
      rating: 1,
      seq: 2,
    }),
    makeMessage('c', 'm3', 'm0', {
      ...answer,
      timestamp: at(6, 0),
      rating: 5,
      modelUsed: null,
      seq: 3,
    }),
    makeMessage('d', 'm4', null, {
      ...answer,
      timestamp: at(5),
      sessionId: toSessionId('foreign'),
    }),
    makeMessage('d', 'm5', null, {
      ...answer,
      timestamp: at(5),
      sessionId: toSessionId('gone'),
      seq: 1,
    }),
  ]);
  return db;
}

test('counts a local day of the person as the specification does', async () => {
  const db = await openWithMessages();
  expect(await calculateUsageStatistics(db, LOCAL_USER_ID, '2026-11-05')).toEqual({
    requestCount: 3,
    totalTokens: 23,
    avgResponseTimeMs: 2000,
    ratedCount: 2,
  });
});

test('a day without messages, or that is none, is empty', async () => {
  const db = await openWithMessages();
  const empty = { requestCount: 0, totalTokens: 0, avgResponseTimeMs: null, ratedCount: 0 };
  expect(await calculateUsageStatistics(db, LOCAL_USER_ID, '2026-11-04')).toEqual(empty);
});

test('counts more messages than one page holds', async () => {
  const db = await openWithMessages();
  await db.strict.messages.bulkAdd(
    Array.from({ length: 2500 }, (_, seq) =>
      makeMessage('many', `n${seq}`, null, { seq, timestamp: at(8), tokenCount: 1 }),
    ),
  );
  const day = await calculateUsageStatistics(db, LOCAL_USER_ID, '2026-11-08');
  expect(day).toMatchObject({ requestCount: 2500, totalTokens: 2500 });
});

test('finds the ratings by day and model', async () => {
  const db = await openWithMessages();
  const days = await readRatedDays(db, { from: '2026-11-05', to: '2026-11-06' }, live());
  expect(days).toEqual([
    { date: '2026-11-05', model: 'm', ratedCount: 2, ratingSum: 5 },
    { date: '2026-11-06', model: 'unknown', ratedCount: 1, ratingSum: 5 },
  ]);
  expect(await readRatedDays(db, { from: '2026-11-06', to: '2026-11-06' }, live())).toHaveLength(1);
});

test('stops counting ratings when it is told to', async () => {
  const db = await openWithMessages();
  const range = { from: '2026-11-05', to: '2026-11-06' };
  expect(await readRatedDays(db, range, AbortSignal.abort())).toBeUndefined();
});
