import { expect, test } from 'vitest';
import { endSession } from '#db/session-list.ts';
import { startSession, touchSession } from '#db/sessions.ts';
import { SESSION_TOUCH_MS } from '#domain/session.ts';
import { Visit } from '#state/visit.ts';
import { createTestClock, openForTest } from '../db/fresh-database.ts';

/** A visit over a real database, and what its page remembers. */
async function openVisit() {
  const db = await openForTest();
  const clock = createTestClock();
  const makers = { clock, createId: () => crypto.randomUUID() };
  const memory: { id: string | undefined } = { id: undefined };
  const session = await startSession(db, { ...makers, userAgent: 'agent', knownId: null });
  const visit = new Visit(session, {
    touch: (current, onNoRoom) => touchSession(db, current, { ...makers, onNoRoom }),
    end: (id) => endSession(db, id, 'lock'),
    remember: (id) => (memory.id = id),
  });
  const onNoRoom = (error: Error) => {
    throw error;
  };
  return { db, clock, visit, memory, touch: () => visit.touch(onNoRoom) };
}

/** Has the next touch wait for its turn, as another tab that starts does. */
async function holdStart(): Promise<() => Promise<unknown>> {
  const held = Promise.withResolvers<undefined>();
  const isHeld = Promise.withResolvers<undefined>();
  const end = navigator.locks.request('onggi-session-start', () => {
    isHeld.resolve(undefined);
    return held.promise;
  });
  await isHeld.promise;
  return () => (held.resolve(undefined), end);
}

test('the click that locks begins no visit behind the lock', async () => {
  const { db, clock, visit, memory, touch } = await openVisit();
  const { id } = visit;
  clock.now += SESSION_TOUCH_MS;
  const letGo = await holdStart();
  const touched = touch();
  const ended = visit.end();
  expect(memory.id).toBeUndefined();
  // Time in which the end would be written if it waited for nothing.
  await db.strict.sessions.count();
  await letGo();
  await Promise.all([touched, ended]);
  expect(await db.strict.sessions.toArray()).toEqual([
    expect.objectContaining({ id, status: 'terminated', metadata: { endedBy: 'lock' } }),
  ]);
  expect(memory.id).toBeUndefined();
});

test('who goes on behind an opened lock is on another visit', async () => {
  const { db, visit, memory, touch } = await openVisit();
  const { id } = visit;
  expect(await touch()).toBe(id);
  expect(memory.id).toBe(id);
  await visit.end();
  expect(await touch()).not.toBe(id);
  expect(memory.id).toBe(visit.id);
  expect(await db.strict.sessions.toArray()).toHaveLength(2);
});

test('a touch that failed keeps no visit from its end', async () => {
  const { db, clock, visit } = await openVisit();
  clock.now += SESSION_TOUCH_MS;
  const [session] = await db.strict.sessions.toArray();
  if (!session) throw new Error('no session was started');
  const broken = new Visit(session, {
    touch: () => Promise.reject(new Error('the disk is gone')),
    end: (id) => endSession(db, id, 'lock'),
    remember: () => undefined,
  });
  await expect(broken.touch(() => undefined)).rejects.toThrow('the disk is gone');
  await broken.end();
  expect(await db.strict.sessions.get(visit.id)).toMatchObject({ status: 'terminated' });
});
