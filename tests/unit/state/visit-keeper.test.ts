import { expect, onTestFinished, test } from 'vitest';
import { endSession } from '#db/session-list.ts';
import { startSession, touchSession } from '#db/sessions.ts';
import { SESSION_TOUCH_MS } from '#domain/session.ts';
import { VisitKeeper } from '#state/visit-keeper.ts';
import { createTestClock, openForTest } from '../db/fresh-database.ts';

/** A page with a visit that is watched; `act` does something on it and waits until that is noted. */
async function openPage() {
  const db = await openForTest();
  const clock = createTestClock();
  const makers = { clock, createId: () => crypto.randomUUID() };
  let session = await startSession(db, { ...makers, userAgent: null, knownId: null });
  const first = session;
  const place = document.body.appendChild(document.createElement('div'));
  onTestFinished(() => place.remove());
  let touches: Promise<unknown>[] = [];
  const keeper = new VisitKeeper({
    clock,
    isShown: () => place.isConnected,
    touch: () => {
      const touch = touchSession(db, session, makers).then((next) => (session = next));
      touches.push(touch);
      return touch;
    },
  });
  keeper.start();
  const act = async (event: Event = new KeyboardEvent('keydown')): Promise<number> => {
    touches = [];
    window.dispatchEvent(event);
    await Promise.all(touches);
    // What follows the touch, in the keeper.
    await Promise.resolve();
    return touches.length;
  };
  const lasted = async () => {
    const stored = await db.strict.sessions.get(session.id);
    return stored && stored.lastActivity - stored.createdAt;
  };
  return { act, clock, db, first, keeper, lasted, place, current: () => session };
}

test.each([
  new KeyboardEvent('keydown'),
  new PointerEvent('pointerdown'),
  new WheelEvent('wheel'),
  new Event('touchstart'),
])('two hours of reading are two hours: $type', async (event) => {
  const { act, clock, lasted } = await openPage();
  for (let minute = 0; minute < 120; minute += 10) {
    clock.now += 10 * SESSION_TOUCH_MS;
    await act(event);
  }
  expect(await lasted()).toBe(120 * SESSION_TOUCH_MS);
});

test('is noted at most once a minute', async () => {
  const { act, clock, lasted } = await openPage();
  clock.now += SESSION_TOUCH_MS;
  expect(await act()).toBe(1);
  clock.now += SESSION_TOUCH_MS - 1;
  expect(await act()).toBe(0);
  expect(await lasted()).toBe(SESSION_TOUCH_MS);
  clock.now += 1;
  expect(await act()).toBe(1);
  expect(await lasted()).toBe(2 * SESSION_TOUCH_MS);
});

test('what moves by itself is no activity', async () => {
  const { act, clock, lasted } = await openPage();
  clock.now += SESSION_TOUCH_MS;
  expect(await act(new Event('scroll'))).toBe(0);
  expect(await lasted()).toBe(0);
});

test('nobody visits while the app is covered', async () => {
  const { act, clock, lasted, place } = await openPage();
  place.remove();
  clock.now += SESSION_TOUCH_MS;
  expect(await act()).toBe(0);
  expect(await lasted()).toBe(0);
  document.body.append(place);
  expect(await act()).toBe(1);
});

test('after a visit was ended the next thing begins another at once', async () => {
  const { act, clock, current, db, first, keeper } = await openPage();
  await act();
  clock.now += 1000;
  await endSession(db, first.id);
  keeper.touchNext();
  expect(await act()).toBe(1);
  expect(current().id).not.toBe(first.id);
  expect(current()).toMatchObject({ status: 'active', createdAt: clock.now });
});
