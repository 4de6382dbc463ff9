import { describe, expect, test } from 'vitest';
import { OnggiError } from '#domain/errors.ts';
import { Lock } from '#state/lock.svelte.ts';
import type { LockDeps } from '#state/lock.svelte.ts';

const MINUTE_MS = 60_000;

function createMemory(): LockDeps['memory'] {
  const values = new Map<string, string>();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  };
}

async function openLock(memory = createMemory()) {
  const time = { now: 1_800_000_000_000, here: 0 };
  const pass = (ms: number) => {
    time.now += ms;
    time.here += ms;
  };
  let reloads = 0;
  let mustWait = false;
  const nothing = () => Promise.resolve();
  const lock = new Lock({
    keyLock: {
      readState: () => Promise.resolve({ isSet: true, hasPassphrase: true, hasPasskey: false }),
      unlock: (proof) =>
        proof.kind === 'typed' && proof.text === 'right'
          ? Promise.resolve()
          : Promise.reject(new OnggiError('vault/cannot-open', 'no')),
      set: () => Promise.resolve('code'),
      changePassphrase: nothing,
      addPasskey: nothing,
      removePasskey: nothing,
      renewCode: () => Promise.resolve('code'),
      remove: nothing,
      giveUp: nothing,
    },
    clock: () => time.now,
    monotonic: () => time.here,
    memory,
    mustWait: () => mustWait,
    reload: () => (reloads += 1),
  });
  await lock.refresh();
  const tryIt = (text: string) => lock.unlock({ kind: 'typed', text });
  return {
    lock,
    time,
    pass,
    tryIt,
    memory,
    reloads: () => reloads,
    wait: (value: boolean) => (mustWait = value),
  };
}

describe('wrong tries', () => {
  test('take longer and longer, over a reload too, and the right one ends that', async () => {
    const { tryIt, lock, time, pass, memory } = await openLock();
    for (let count = 0; count < 3; count += 1) expect(await tryIt('wrong')).toBe(false);
    expect(lock.waitUntil - time.now).toBe(1000);
    expect(await tryIt('right')).toBe(false);
    const again = await openLock(memory);
    expect(again.lock.waitUntil).toBeGreaterThan(again.time.now);
    pass(1000);
    await tryIt('wrong');
    expect(lock.waitUntil - time.now).toBe(2000);
    pass(2000);
    expect(await tryIt('right')).toBe(true);
    await tryIt('wrong');
    expect(lock.waitUntil - time.now).toBeLessThanOrEqual(0);
  });

  test('never make anybody wait for more than a minute, whatever the clock did', async () => {
    const { tryIt, lock, time, pass } = await openLock();
    for (let count = 0; count < 20; count += 1) {
      await tryIt('wrong');
      pass(MINUTE_MS);
    }
    await tryIt('wrong');
    expect(lock.waitUntil - time.now).toBe(MINUTE_MS);
    time.now -= 365 * 24 * 60 * MINUTE_MS;
    await lock.refresh();
    expect(lock.waitUntil - time.now).toBe(MINUTE_MS);
  });
});

describe('locking by itself', () => {
  test('happens after the chosen time without activity', async () => {
    const { lock, pass, reloads } = await openLock();
    expect(lock.idleMinutes).toBe(15);
    pass(15 * MINUTE_MS - 1);
    lock.look();
    expect(reloads()).toBe(0);
    pass(1);
    lock.look();
    expect(reloads()).toBe(1);
  });

  test('begins anew with every activity, and waits for what is not saved', async () => {
    const { lock, pass, reloads, wait } = await openLock();
    lock.idleMinutes = 1;
    pass(MINUTE_MS - 1);
    dispatchEvent(new KeyboardEvent('keydown'));
    pass(MINUTE_MS - 1);
    lock.look();
    expect(reloads()).toBe(0);
    wait(true);
    pass(MINUTE_MS);
    lock.look();
    expect(reloads()).toBe(0);
    wait(false);
    lock.look();
    expect(reloads()).toBe(1);
  });

  test('is not put off by a clock that is set back', async () => {
    const { lock, time, pass, reloads } = await openLock();
    time.now -= 365 * 24 * 60 * MINUTE_MS;
    pass(15 * MINUTE_MS);
    lock.look();
    expect(reloads()).toBe(1);
  });

  test('can be switched off', async () => {
    const { lock, pass, reloads } = await openLock();
    lock.idleMinutes = 0;
    pass(1000 * MINUTE_MS);
    lock.look();
    expect(reloads()).toBe(0);
    lock.lockNow();
    expect(reloads()).toBe(1);
  });
});
