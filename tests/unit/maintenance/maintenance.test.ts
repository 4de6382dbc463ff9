import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { cdp } from 'vitest/browser';
import { withExclusiveLock } from '#db/locks.ts';
import { readMaintenanceRuns, watchMaintenanceRuns } from '#db/maintenance-runs.ts';
import { toConversationId, toMessageId, toSessionId } from '#domain/ids.ts';
import { CHECK_INTERVAL_MS, UNUSED_NOTICE_MS } from '#domain/maintenance.ts';
import { TRASH_NOTICE_MS, TRASH_TTL_MS } from '#domain/trash.ts';
import { readReport } from '#maintenance/read-report.ts';
import { makeQuestion, makeStoredAnswer } from '../cache/support.ts';
import { makeConversation, makeLine } from '../db/conversation-rows.ts';
import { follow } from '../db/fresh-database.ts';
import { makeSession, openMaintenance } from './support.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const YEAR_MS = 365 * DAY_MS;

async function openWithTrash(deletedDaysAgo: number) {
  const opened = await openMaintenance();
  const { db, clock } = opened;
  await db.strict.conversations.bulkAdd([
    makeConversation('kept', { messageCount: 2, lastSeq: 1 }),
    makeConversation('trashed', {
      status: 'deleted',
      deletedAt: clock.now - deletedDaysAgo * DAY_MS,
    }),
  ]);
  await db.strict.messages.bulkAdd(makeLine('trashed', 3).map((row, seq) => ({ ...row, seq })));
  const ids = async () => (await db.strict.conversations.toCollection().primaryKeys()).sort();
  const run = async () => {
    const row = await opened.maintenance.run('by-hand');
    if (!row) throw new Error('another run was at it');
    return readReport(row);
  };
  /** Days on which onggi was open, each with its run. */
  const runDaily = async (days: number) => {
    for (let day = 0; day < days; day += 1) {
      clock.now += DAY_MS;
      await run();
    }
  };
  return { ...opened, ids, run, runDaily };
}

describe('a run', () => {
  test('is recorded with what it did, from its beginning on', async () => {
    const { db, clock, maintenance, cache } = await openMaintenance();
    await db.strict.sessions.add({
      id: 'stale' as never,
      userId: 'local' as never,
      createdAt: 0,
      lastActivity: clock.now - DAY_MS,
      status: 'active',
      ipAddress: null,
      userAgent: null,
      metadata: {},
    });
    // One answer lies in three places, and goes once.
    await cache.keep(makeQuestion(), makeStoredAnswer('kept'));
    clock.now += DAY_MS;
    const seen: string[] = [];
    await maintenance.run('by-hand', { onProgress: (step) => seen.push(step) });
    const [row] = await readMaintenanceRuns(db, clock.now, 5);
    expect(row).toMatchObject({ kind: 'by-hand', startedAt: clock.now, endedAt: clock.now });
    expect(row && readReport(row)).toMatchObject({
      expiredSessions: 1,
      removedCacheEntries: 1,
      statistics: { requestCount: 0, totalTokens: 0 },
      check: { conversationCount: 0, messageCount: 0, problems: {} },
      search: { textCount: 0, vectors: 'off', problems: {} },
      failure: null,
      done: [
        'sessions',
        'cache',
        'trash',
        'attachments',
        'records',
        'statistics',
        'check',
        'search',
        'compact',
      ],
    });
    expect(new Set(seen).size).toBe(9);
  });

  test('by itself checks everything only once a week', async () => {
    const { clock, maintenance } = await openMaintenance();
    const checks: boolean[] = [];
    for (let day = 0; day < 8; day += 1) {
      const row = await maintenance.run('scheduled');
      checks.push(row !== undefined && readReport(row).check !== null);
      clock.now += DAY_MS;
    }
    expect(checks).toEqual([true, false, false, false, false, false, false, true]);
  });

  test('is one at a time over all tabs', async () => {
    const { db, clock, maintenance } = await openMaintenance();
    await withExclusiveLock(`onggi-maintenance:${db.name}`, async () => {
      expect(await maintenance.run('by-hand')).toBeUndefined();
      expect(await maintenance.repair()).toBeUndefined();
    });
    const both = await Promise.all([maintenance.run('scheduled'), maintenance.run('scheduled')]);
    expect(both.filter((row) => row !== undefined)).toHaveLength(1);
    expect(await readMaintenanceRuns(db, clock.now, 5)).toHaveLength(1);
  });

  test('goes on after a step that failed, and says which one and why', async () => {
    const { clock, maintenance, cache } = await openMaintenance();
    await cache.keep(makeQuestion(), makeStoredAnswer('kept'));
    clock.now += DAY_MS;
    const remove = Object.getOwnPropertyDescriptor(IDBObjectStore.prototype, 'delete')
      ?.value as IDBObjectStore['delete'];
    vi.spyOn(IDBObjectStore.prototype, 'delete').mockImplementation(function (
      this: IDBObjectStore,
      query,
    ) {
      if (this.name === 'responseCache') throw new DOMException('refused', 'NotAllowedError');
      return remove.call(this, query);
    });
    onTestFinished(() => void vi.restoreAllMocks());
    const row = await maintenance.run('by-hand');
    expect(row && readReport(row)).toMatchObject({
      failure: null,
      failedSteps: [{ step: 'cache', code: 'db/unavailable' }],
      removedCacheEntries: 0,
      done: [
        'sessions',
        'trash',
        'attachments',
        'records',
        'statistics',
        'check',
        'search',
        'compact',
      ],
    });
    expect(row?.endedAt).not.toBeNull();
  });

  test('keeps what was announced when the step that would announce it fails', async () => {
    const purge = { fails: false };
    const { db, clock, maintenance } = await openMaintenance({
      purge: () => (purge.fails ? Promise.reject(new Error('broken')) : Promise.resolve()),
    });
    await db.strict.conversations.add(
      makeConversation('trashed', { status: 'deleted', deletedAt: clock.now - 25 * DAY_MS }),
    );
    await maintenance.run('by-hand');
    const since = clock.now;
    purge.fails = true;
    clock.now += DAY_MS;
    const row = await maintenance.run('by-hand');
    expect(row && readReport(row)).toMatchObject({
      failedSteps: [{ step: 'trash' }],
      announced: [{ id: 'trashed', since }],
    });
  });

  test.each([
    ['the night in which clocks are set forward', [2026, 2, 30, 0, 30], '2026-03-29'],
    ['the night in which clocks are set back', [2026, 9, 25, 23, 30], '2026-10-24'],
    ['the first minute of a year', [2027, 0, 1, 0, 1], '2026-12-31'],
  ] as const)('counts the day before on the calendar: %s', async (_name, now, date) => {
    await cdp().send('Emulation.setTimezoneOverride', { timezoneId: 'Europe/Berlin' });
    onTestFinished(async () => {
      await cdp().send('Emulation.setTimezoneOverride', { timezoneId: '' });
    });
    const { db, clock, maintenance } = await openMaintenance();
    const [year, month, day, hour, minute] = now;
    clock.now = new Date(year, month, day, hour, minute).getTime();
    const [message] = makeLine('c', 1);
    if (!message) throw new Error('no row');
    const sessionId = toSessionId('visit');
    await db.strict.sessions.add(makeSession(sessionId));
    const noon = new Date(`${date}T12:00:00`).getTime();
    const figures = { tokenCount: 12, responseTimeMs: 1500, rating: 4 as const };
    await db.strict.messages.add({ ...message, sessionId, timestamp: noon, ...figures });
    const row = await maintenance.run('by-hand');
    expect(row && readReport(row).statistics).toEqual({
      date,
      requestCount: 1,
      totalTokens: 12,
      avgResponseTimeMs: 1500,
      ratedCount: 1,
    });
  });

  test('by itself counts sums anew where nothing else is wrong, by hand it asks first', async () => {
    const { db, clock, maintenance } = await openMaintenance();
    await db.strict.sessions.add(makeSession(toSessionId('session')));
    const rows = makeLine('c', 2).map((row, seq) => ({ ...row, seq, tokenCount: 4 }));
    await db.strict.messages.bulkAdd(rows);
    const sound = {
      messageCount: 2,
      totalTokens: 8,
      lastSeq: 1,
      activeLeafId: rows[1]?.id ?? null,
    };
    await db.strict.conversations.add(makeConversation('c', { ...sound, messageCount: 1 }));
    const byHand = await maintenance.run('by-hand');
    expect(byHand && readReport(byHand)).toMatchObject({
      recountedConversations: 0,
      check: { problems: { counters: 1 } },
    });
    clock.now += CHECK_INTERVAL_MS;
    const byItself = await maintenance.run('scheduled');
    expect(byItself && readReport(byItself)).toMatchObject({
      recountedConversations: 1,
      check: { problems: {}, repairableIds: [] },
    });
    expect(await db.strict.conversations.get(toConversationId('c'))).toMatchObject(sound);
    // What was counted and is not there may have been lost: the sum is the only trace of it.
    const lossy = { ...sound, messageCount: 9 };
    await db.strict.conversations.update(toConversationId('c'), lossy);
    clock.now += CHECK_INTERVAL_MS;
    const withLoss = await maintenance.run('scheduled');
    expect(withLoss && readReport(withLoss)).toMatchObject({
      recountedConversations: 0,
      check: { problems: { counters: 1, 'lost-messages': 7 }, repairableIds: ['c'] },
    });
    expect(await db.strict.conversations.get(toConversationId('c'))).toMatchObject(lossy);
    // What shows a message that is not there may be more than a wrong sum.
    const leafless = { messageCount: 9, activeLeafId: toMessageId('nowhere') };
    await db.strict.conversations.update(toConversationId('c'), leafless);
    clock.now += CHECK_INTERVAL_MS;
    await maintenance.run('scheduled');
    expect(await db.strict.conversations.get(toConversationId('c'))).toMatchObject(leafless);
  });
});

describe('the trash', () => {
  test('is announced first, and emptied when the time has come', async () => {
    const { db, clock, ids, run, runDaily } = await openWithTrash(24);
    expect((await run()).announced).toEqual([{ id: 'trashed', since: clock.now }]);
    await runDaily(TRASH_NOTICE_MS / DAY_MS - 1);
    expect(await ids()).toEqual(['kept', 'trashed']);
    clock.now += DAY_MS;
    expect((await run()).purgedConversations).toBe(1);
    expect(await ids()).toEqual(['kept']);
    expect(await db.strict.messages.toCollection().primaryKeys()).toEqual([]);
  });

  test('survives a clock that jumps ten years ahead and comes back', async () => {
    const { clock, ids, run } = await openWithTrash(1);
    await run();
    clock.now += 10 * YEAR_MS;
    expect((await run()).purgedConversations).toBe(0);
    clock.now += DAY_MS;
    await run();
    clock.now -= 10 * YEAR_MS;
    expect((await run()).announced).toEqual([]);
    expect(await ids()).toEqual(['kept', 'trashed']);
  });

  test('that is announced already survives a clock that jumps ten years ahead', async () => {
    const { clock, ids, run, runDaily } = await openWithTrash(24);
    await run();
    clock.now += 10 * YEAR_MS;
    expect((await run()).purgedConversations).toBe(0);
    await runDaily(TRASH_NOTICE_MS / DAY_MS - 2);
    expect(await ids()).toEqual(['kept', 'trashed']);
    clock.now -= 10 * YEAR_MS;
    expect((await run()).purgedConversations).toBe(0);
    expect(await ids()).toEqual(['kept', 'trashed']);
  });

  test('of a clock ten years ahead is not the newest run when it is right again', async () => {
    const { clock, db, run } = await openWithTrash(24);
    clock.now += 10 * YEAR_MS;
    await run();
    clock.now -= 10 * YEAR_MS;
    await run();
    const watched = follow(watchMaintenanceRuns(db, clock, 5));
    const rows = await watched.until((values) => values.length > 0);
    expect(rows.map(({ startedAt }) => startedAt)).toEqual([clock.now]);
    expect(await db.strict.maintenanceRuns.toArray()).toHaveLength(2);
  });

  test('waits for seven days of use, not for seven days away', async () => {
    const { clock, ids, run, runDaily } = await openWithTrash(24);
    await run();
    clock.now += 60 * DAY_MS;
    expect((await run()).purgedConversations).toBe(0);
    expect(await ids()).toEqual(['kept', 'trashed']);
    await runDaily(TRASH_NOTICE_MS / DAY_MS - 1);
    expect(await ids()).toEqual(['kept']);
  });

  test('survives a clock that is set back a year', async () => {
    const { clock, ids, run } = await openWithTrash(24);
    await run();
    clock.now -= YEAR_MS;
    expect((await run()).purgedConversations).toBe(0);
    expect(await ids()).toEqual(['kept', 'trashed']);
  });

  test('keeps what was taken out of it meanwhile', async () => {
    const { db, clock, ids, run } = await openWithTrash(24);
    await run();
    await db.strict.conversations.update(toConversationId('trashed'), {
      status: 'active',
      deletedAt: null,
    });
    clock.now += TRASH_TTL_MS;
    expect((await run()).purgedConversations).toBe(0);
    expect(await ids()).toEqual(['kept', 'trashed']);
  });

  test('goes on after a tab was closed on the way, without another notice', async () => {
    const { clock, ids, run, runDaily, maintenance } = await openWithTrash(24);
    await run();
    await runDaily(TRASH_NOTICE_MS / DAY_MS - 1);
    clock.now += DAY_MS;
    const abort = new AbortController();
    await maintenance.run('by-hand', {
      signal: abort.signal,
      onProgress: (step) => {
        if (step === 'trash') abort.abort();
      },
    });
    expect(await ids()).toEqual(['kept', 'trashed']);
    expect((await run()).purgedConversations).toBe(1);
  });
});

test('an attachment without a message goes a day after it was noticed, others stay', async () => {
  const { db, clock, maintenance } = await openMaintenance();
  await db.strict.conversations.add(makeConversation('c', { messageCount: 1, lastSeq: 0 }));
  await db.strict.messages.bulkAdd(makeLine('c', 1));
  const attachment = (id: string, messageId: string) => ({
    id,
    conversationId: toConversationId('c'),
    messageId: toMessageId(messageId),
    name: 'file',
    mediaType: 'text/plain',
    sizeBytes: 3,
    bytes: new ArrayBuffer(3),
  });
  await db.strict.attachments.bulkAdd([
    attachment('used', 'm0'),
    attachment('unused', 'gone'),
    attachment('undone', 'back'),
  ]);
  await maintenance.run('scheduled');
  expect(await db.strict.attachments.toCollection().primaryKeys()).toHaveLength(3);
  await db.strict.messages.bulkAdd(
    makeLine('c', 1).map((row) => ({ ...row, id: toMessageId('back'), seq: 1 })),
  );
  // A clock that jumps counts for half of the time.
  clock.now += 10 * YEAR_MS;
  await maintenance.run('scheduled');
  expect(await db.strict.attachments.toCollection().primaryKeys()).toHaveLength(3);
  clock.now += UNUSED_NOTICE_MS;
  const row = await maintenance.run('scheduled');
  expect(row && readReport(row).removedAttachments).toBe(1);
  expect(await db.strict.attachments.toCollection().primaryKeys()).toEqual(['undone', 'used']);
});

test('empty drafts and those of conversations that are gone go; the one of a new chat stays', async () => {
  const { db, maintenance } = await openMaintenance();
  await db.strict.conversations.bulkAdd([makeConversation('c'), makeConversation('d')]);
  const draft = (id: string, text: string) => ({ id, text, pasted: [], updatedAt: 0 });
  await db.strict.drafts.bulkAdd([
    draft('new', ''),
    draft('c', 'kept'),
    draft('d', ''),
    draft('gone', 'left'),
  ]);
  const row = await maintenance.run('by-hand');
  expect(row && readReport(row).removedDrafts).toBe(2);
  expect(await db.strict.drafts.toCollection().primaryKeys()).toEqual(['c', 'new']);
});
