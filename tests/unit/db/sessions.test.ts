import { describe, expect, test } from 'vitest';
import { cleanupExpiredSessions, endSession, watchSessions } from '#db/session-list.ts';
import { startSession, touchSession } from '#db/sessions.ts';
import { LOCAL_USER_ID, toSessionId } from '#domain/ids.ts';
import { SESSION_TOUCH_MS, SESSION_TTL_MS, stateOfSession } from '#domain/session.ts';
import type { Session } from '#domain/session.ts';
import { createTestClock, follow, openForTest } from './fresh-database.ts';

/** Session locks live as long as this page: random ids keep the tests apart. */
async function openStart() {
  const db = await openForTest();
  const clock = createTestClock();
  const makers = { clock, createId: () => crypto.randomUUID() };
  const start = (knownId: string | null = null): Promise<Session> =>
    startSession(db, { ...makers, userAgent: 'agent', knownId });
  return { db, clock, makers, start };
}

/** A session that no open tab holds. */
function leftSession(fields: Partial<Session>): Session {
  return {
    id: toSessionId(crypto.randomUUID()),
    userId: LOCAL_USER_ID,
    createdAt: 0,
    lastActivity: 0,
    status: 'active',
    ipAddress: null,
    userAgent: null,
    metadata: {},
    ...fields,
  };
}

describe('startSession', () => {
  test('makes a session at the first start', async () => {
    const { db, clock, start } = await openStart();
    const session = await start();
    expect(session).toMatchObject({
      userId: 'local',
      status: 'active',
      createdAt: clock.now,
      lastActivity: clock.now,
      ipAddress: null,
      userAgent: 'agent',
    });
    expect(await db.strict.sessions.toArray()).toEqual([session]);
  });

  test('resumes its own after a reload', async () => {
    const { db, clock, start } = await openStart();
    const own = leftSession({ lastActivity: clock.now - 1000 });
    await db.strict.sessions.add(own);
    expect(await start(own.id)).toEqual({ ...own, lastActivity: clock.now });
  });

  test('joins the session of another open tab', async () => {
    const { db, clock, start } = await openStart();
    const session = await start();
    clock.now += 1000;
    expect((await start()).id).toBe(session.id);
    expect(await db.strict.sessions.toCollection().primaryKeys()).toEqual([session.id]);
  });

  test('does not join one whose tabs are all closed', async () => {
    const { db, clock, start } = await openStart();
    const left = leftSession({ lastActivity: clock.now });
    await db.strict.sessions.add(left);
    expect((await start()).id).not.toBe(left.id);
  });

  test('of five tabs at once ends with one session', async () => {
    const { db, start } = await openStart();
    const sessions = await Promise.all(Array.from({ length: 5 }, () => start()));
    expect(new Set(sessions.map(({ id }) => id)).size).toBe(1);
    expect(await db.strict.sessions.toArray()).toHaveLength(1);
  });

  test.each([
    ['a day without activity', SESSION_TTL_MS, true],
    ['a moment less', SESSION_TTL_MS - 1, false],
  ])('after %s expires: %#', async (_name, idleMs, isExpired) => {
    const { db, clock, start } = await openStart();
    const own = leftSession({ lastActivity: clock.now - idleMs });
    await db.strict.sessions.add(own);
    const session = await start(own.id);
    expect(session.id !== own.id).toBe(isExpired);
    expect((await db.strict.sessions.get(own.id))?.status).toBe(isExpired ? 'expired' : 'active');
  });

  test('does not resume one that was ended, nor one that is unknown', async () => {
    const { db, start } = await openStart();
    const own = await start();
    await endSession(db, own.id);
    expect((await start(own.id)).id).not.toBe(own.id);
    expect((await db.strict.sessions.get(own.id))?.status).toBe('terminated');
    expect((await start('unknown')).status).toBe('active');
  });
});

describe('touchSession', () => {
  test('writes at most once a minute', async () => {
    const { db, clock, makers, start } = await openStart();
    const session = await start();
    clock.now += SESSION_TOUCH_MS - 1;
    expect(await touchSession(db, session, makers)).toBe(session);
    clock.now += 1;
    const touched = await touchSession(db, session, makers);
    expect(touched).toEqual({ ...session, lastActivity: clock.now });
    expect(await db.strict.sessions.get(session.id)).toEqual(touched);
  });

  test('sees at once that it was ended, in whatever tab, and the tabs go on in one', async () => {
    const { db, clock, makers, start } = await openStart();
    const session = await start();
    clock.now += 1000;
    await endSession(db, session.id);
    const next = await touchSession(db, session, makers);
    expect(next).toMatchObject({ status: 'active', createdAt: clock.now, userAgent: 'agent' });
    expect(next.id).not.toBe(session.id);
    expect((await touchSession(db, session, makers)).id).toBe(next.id);
    expect(await db.strict.sessions.count()).toBe(2);
  });

  test('begins another session after a day away, and a second tab joins that one', async () => {
    const { db, clock, makers, start } = await openStart();
    const session = await start();
    clock.now += SESSION_TTL_MS;
    const [left, right] = await Promise.all([
      touchSession(db, session, makers),
      touchSession(db, session, makers),
    ]);
    expect(left.id).not.toBe(session.id);
    expect(left.userAgent).toBe('agent');
    expect(right.id).toBe(left.id);
    expect((await db.strict.sessions.get(session.id))?.status).toBe('expired');
  });

  test('writes again after the clock went back', async () => {
    const { db, clock, makers, start } = await openStart();
    const session = await start();
    clock.now -= 5000;
    expect((await touchSession(db, session, makers)).lastActivity).toBe(clock.now);
  });
});

test('keeps who ended a session, and ends none twice', async () => {
  const { db, start } = await openStart();
  const { id } = await start();
  const stored = async () => db.strict.sessions.get(id);
  await endSession(db, id, 'lock');
  expect(await stored()).toMatchObject({ status: 'terminated', metadata: { endedBy: 'lock' } });
  await endSession(db, id);
  const session = await stored();
  expect(session && stateOfSession(session)).toBe('locked');
  const other = leftSession({});
  await db.strict.sessions.add(other);
  await endSession(db, other.id);
  const ended = await db.strict.sessions.get(other.id);
  expect(ended && stateOfSession(ended)).toBe('terminated');
});

test('endSession says when there is nothing to end', async () => {
  const { db } = await openStart();
  await expect(endSession(db, toSessionId('gone'))).rejects.toMatchObject({
    code: 'chat/not-found',
  });
});

test('watchSessions gives the latest first', async () => {
  const { db } = await openStart();
  const rows = [3, 1, 2].map((lastActivity) => leftSession({ lastActivity }));
  await db.strict.sessions.bulkAdd(rows);
  const sessions = await follow(watchSessions(db, 2)).until(() => true);
  expect(sessions.map(({ lastActivity }) => lastActivity)).toEqual([3, 2]);
});

describe('cleanupExpiredSessions', () => {
  test('expires what was idle for 24 hours, or as long as is said', async () => {
    const { db, clock } = await openStart();
    const hour = 60 * 60 * 1000;
    const rows = [25, 24, 23, 3].map((hours) =>
      leftSession({ lastActivity: clock.now - hours * hour }),
    );
    const ended = leftSession({ lastActivity: 0, status: 'terminated' });
    await db.strict.sessions.bulkAdd([...rows, ended]);
    const statuses = async () =>
      (await db.strict.sessions.bulkGet(rows.map(({ id }) => id))).map((row) => row?.status);
    expect(await cleanupExpiredSessions(db, clock)).toBe(2);
    expect(await statuses()).toEqual(['expired', 'expired', 'active', 'active']);
    expect(await cleanupExpiredSessions(db, clock, 3)).toBe(2);
    expect(await cleanupExpiredSessions(db, clock, 0)).toBe(0);
    expect((await db.strict.sessions.get(ended.id))?.status).toBe('terminated');
  });

  test('expires one of a clock that was ahead, unless an open tab holds it', async () => {
    const { db, clock, start } = await openStart();
    const held = await start();
    const left = leftSession({ lastActivity: clock.now });
    await db.strict.sessions.add(left);
    clock.now -= 365 * 24 * 60 * 60 * 1000;
    expect(await cleanupExpiredSessions(db, clock)).toBe(1);
    expect((await db.strict.sessions.get(held.id))?.status).toBe('active');
    expect((await db.strict.sessions.get(left.id))?.status).toBe('expired');
  });
});
