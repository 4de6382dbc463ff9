import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { OnggiError } from '#domain/errors.ts';
import type { ErrorCode } from '#domain/errors.ts';
import { uncoverAddress } from '#state/covered-address.ts';
import { Lock } from '#state/lock.svelte.ts';
import type { LockDeps, LockWord } from '#state/lock.svelte.ts';

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
  const done: string[] = [];
  const told: LockWord[] = [];
  let endedVisits = 0;
  let [isSet, mustWait, isAtStake] = [true, false, false];
  /** What comes of the passkey; undefined: it opens. */
  let passkeyFails: ErrorCode | undefined;
  const nothing = () => Promise.resolve();
  const lock = new Lock({
    keyLock: {
      readState: () => Promise.resolve({ isSet, hasPassphrase: true, hasPasskey: false }),
      unlock: (proof) => {
        const code =
          proof.kind === 'passkey'
            ? passkeyFails
            : proof.text === 'right'
              ? undefined
              : 'vault/cannot-open';
        return code ? Promise.reject(new OnggiError(code, 'no')) : Promise.resolve();
      },
      set: () => Promise.resolve('code'),
      changePassphrase: (proof) =>
        proof.kind === 'typed' && proof.text === 'right'
          ? Promise.resolve()
          : Promise.reject(new OnggiError('vault/cannot-open', 'no')),
      addPasskey: nothing,
      removePasskey: nothing,
      renewCode: () => Promise.resolve('code'),
      remove: nothing,
      forget: () => void done.push('forget'),
      giveUp: nothing,
    },
    clock: () => time.now,
    monotonic: () => time.here,
    memory,
    mustWait: () => mustWait,
    isAtStake: () => isAtStake,
    hide: () => void done.push('hide'),
    show: () => void done.push('show'),
    cover: () => {
      done.push('cover');
      return Promise.resolve();
    },
    endVisit: () => void (endedVisits += 1),
    reload: () => void done.push('reload'),
    tell: (word) => void told.push(word),
    watchTime: () => undefined,
  });
  await lock.refresh();
  const tryIt = (text: string) => lock.unlock({ kind: 'typed', text });
  const tryPasskey = (fails?: ErrorCode) => {
    passkeyFails = fails;
    return lock.unlock({ kind: 'passkey' });
  };
  return {
    lock,
    time,
    pass,
    tryIt,
    tryPasskey,
    memory,
    done,
    told,
    endedVisits: () => endedVisits,
    reloads: () => done.filter((what) => what === 'reload').length,
    wait: (value: boolean) => (mustWait = value),
    stake: (value: boolean) => (isAtStake = value),
    setLock: (value: boolean) => (isSet = value),
  };
}

describe('wrong tries', () => {
  test('take longer and longer, and the right one ends that', async () => {
    const { tryIt, lock, pass } = await openLock();
    for (let count = 0; count < 3; count += 1) expect(await tryIt('wrong')).toBe(false);
    expect(lock.waitMs).toBe(1000);
    expect(await tryIt('right')).toBe(false);
    pass(1000);
    await tryIt('wrong');
    expect(lock.waitMs).toBe(2000);
    pass(2000);
    expect(await tryIt('right')).toBe(true);
    await tryIt('wrong');
    expect(lock.waitMs).toBe(0);
  });

  test('never make anybody wait for more than a minute', async () => {
    const { tryIt, lock, pass } = await openLock();
    for (let count = 0; count < 20; count += 1) {
      await tryIt('wrong');
      pass(MINUTE_MS);
    }
    await tryIt('wrong');
    expect(lock.waitMs).toBe(MINUTE_MS);
  });

  test('are waited for whatever the clock says, and after a reload', async () => {
    const { tryIt, lock, time, memory } = await openLock();
    for (let count = 0; count < 3; count += 1) await tryIt('wrong');
    time.now += 365 * 24 * 60 * MINUTE_MS;
    expect(lock.waitMs).toBe(1000);
    expect(await tryIt('right')).toBe(false);
    const again = await openLock(memory);
    expect(again.lock.waitMs).toBe(1000);
    expect(await again.tryIt('right')).toBe(false);
    again.pass(1000);
    expect(await again.tryIt('right')).toBe(true);
  });

  test('in the settings and at the lock screen of all tabs are one count', async () => {
    const memory = createMemory();
    const [here, there] = [await openLock(memory), await openLock(memory)];
    const change = (text: string) => here.lock.changePassphrase({ kind: 'typed', text }, 'another');
    expect(await change('wrong')).toBe(false);
    expect(await there.tryIt('wrong')).toBe(false);
    expect(await change('wrong')).toBe(false);
    // The other tab looks into what is stored before each try.
    expect(await there.tryIt('right')).toBe(false);
    expect(await change('right')).toBe(false);
    here.pass(1000);
    expect(await change('right')).toBe(true);
    expect(there.lock.waitMs).toBe(0);
  });

  test('that begin at once in two tabs are both counted', async () => {
    const memory = createMemory();
    const [here, there] = [await openLock(memory), await openLock(memory)];
    await here.tryIt('wrong');
    await Promise.all([here.tryIt('wrong'), there.tryIt('wrong')]);
    expect([here.lock.waitMs, there.lock.waitMs]).toEqual([1000, 1000]);
  });
});

describe('a passkey', () => {
  test('that opens nothing is a wrong try like any other, and waits like any other', async () => {
    const { tryIt, tryPasskey, lock, pass } = await openLock();
    await tryIt('wrong');
    for (let count = 0; count < 2; count += 1) await tryPasskey('vault/cannot-open');
    expect(lock.waitMs).toBe(1000);
    expect(await tryPasskey()).toBe(false);
    expect(await tryIt('right')).toBe(false);
    pass(1000);
    await tryPasskey('vault/cannot-open');
    expect(lock.waitMs).toBe(2000);
    pass(2000);
    expect(await tryPasskey()).toBe(true);
    await tryPasskey('vault/cannot-open');
    expect(lock.waitMs).toBe(0);
  });

  test('that was cancelled, is gone or cannot be asked is no guess, and begins no wait anew', async () => {
    const { tryIt, tryPasskey, lock, pass, memory } = await openLock();
    for (let count = 0; count < 10; count += 1) {
      expect(await tryPasskey('vault/passkey-failed')).toBe(false);
      expect(await tryPasskey('vault/passkey-unsupported')).toBe(false);
    }
    expect(lock.waitMs).toBe(0);
    expect(memory.getItem('onggi.lock-tries')).toBeNull();
    for (let count = 0; count < 3; count += 1) await tryIt('wrong');
    pass(1000);
    await tryPasskey('vault/passkey-failed');
    expect(lock.waitMs).toBe(0);
    await tryIt('wrong');
    expect(lock.waitMs).toBe(2000);
  });
});

describe('the address', () => {
  const SEARCH = '#/search?q=secret%20plans';
  let before = '';
  const go = (hash: string) => history.replaceState(null, '', hash);
  beforeEach(() => {
    before = location.href;
    go(SEARCH);
  });
  afterEach(() => history.replaceState(null, '', before));

  test('says nothing of a search while a page is covered, and says it again', async () => {
    const { lock, stake, tryIt } = await openLock();
    stake(true);
    lock.lockNow();
    expect(location.hash).toBe('#/');
    await tryIt('wrong');
    expect(location.hash).toBe('#/');
    await tryIt('right');
    expect(location.hash).toBe(SEARCH);
  });

  test('comes back after the page was loaded anew, whoever else looks at it', async () => {
    const { lock } = await openLock();
    lock.lockNow();
    expect(location.hash).toBe('#/');
    // As a page that begins anew on the same entry of the history.
    uncoverAddress(true);
    history.replaceState({ coveredHash: SEARCH }, '', '#/');
    const again = await openLock();
    again.lock.startLocked();
    expect(location.hash).toBe('#/');
    await again.tryIt('right');
    expect(location.hash).toBe(SEARCH);
    expect(history.state).toBeNull();
  });

  test('of what somebody goes to meanwhile is covered too, and the covered page stays where it was', async () => {
    const { lock, stake, tryIt } = await openLock();
    stake(true);
    lock.lockNow();
    go('#/c/another?q=also');
    dispatchEvent(new PopStateEvent('popstate'));
    expect(location.hash).toBe('#/');
    await tryIt('right');
    expect(location.hash).toBe(SEARCH);
  });

  test('comes back with a lock that was taken away elsewhere', async () => {
    const { lock, stake, setLock } = await openLock();
    stake(true);
    lock.lockNow();
    setLock(false);
    await lock.hear('changed');
    expect(location.hash).toBe(SEARCH);
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

  test('begins anew with every activity, and lets an answer that is being written end behind it', async () => {
    const { lock, done, pass, reloads, wait, stake } = await openLock();
    lock.idleMinutes = 1;
    pass(MINUTE_MS - 1);
    dispatchEvent(new KeyboardEvent('keydown'));
    pass(MINUTE_MS - 1);
    lock.look();
    expect(reloads()).toBe(0);
    wait(true);
    stake(true);
    pass(MINUTE_MS);
    lock.look();
    expect(done).toEqual(['hide', 'cover']);
    lock.look();
    expect(done).not.toContain('forget');
    wait(false);
    stake(false);
    lock.look();
    expect(done.at(-2)).toBe('forget');
    expect(reloads()).toBe(1);
  });

  test('is not put off by a clock that is set ten years ahead, and locks at once', async () => {
    const { lock, time, reloads } = await openLock();
    dispatchEvent(new KeyboardEvent('keydown'));
    time.now += 10 * 365 * 24 * 60 * MINUTE_MS;
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

describe('a hidden tab', () => {
  test.each([
    ['visibilitychange', document],
    ['focus', window],
    ['pageshow', window],
    ['pointerdown', window],
  ] as const)('locks at %s, before anything of it is shown', async (name, where) => {
    const { pass, done } = await openLock();
    pass(15 * MINUTE_MS);
    where.dispatchEvent(new Event(name));
    expect(done).toEqual(['hide', 'reload']);
  });
});

describe('locking by hand', () => {
  test('tells the other tabs and takes everything off the page at once', async () => {
    const { lock, done, told } = await openLock();
    expect(lock.lockNow()).toBe(true);
    expect(done).toEqual(['hide', 'reload']);
    expect(told).toEqual(['now']);
  });

  test('does nothing without a lock, and says so', async () => {
    const { lock, done, told, setLock } = await openLock();
    setLock(false);
    await lock.refresh();
    expect(lock.lockNow()).toBe(false);
    expect([...done, ...told]).toEqual([]);
  });

  test('covers what would be lost, drops the keys, and comes back when opened', async () => {
    const { lock, done, stake, tryIt, pass } = await openLock();
    stake(true);
    lock.lockNow();
    expect(done).toEqual(['hide', 'forget', 'cover']);
    expect(lock.isCovering).toBe(true);
    pass(60 * MINUTE_MS);
    lock.look();
    expect(done).not.toContain('reload');
    await tryIt('right');
    expect(lock.isCovering).toBe(false);
    stake(false);
    lock.look();
    expect(done).not.toContain('reload');
  });

  test('loads a covered page anew when nothing is at stake, not under somebody’s fingers', async () => {
    const { lock, stake, pass, reloads } = await openLock();
    stake(true);
    lock.lockNow();
    stake(false);
    dispatchEvent(new KeyboardEvent('keydown'));
    pass(9_999);
    lock.look();
    expect(reloads()).toBe(0);
    pass(1);
    lock.look();
    lock.look();
    expect(reloads()).toBe(1);
  });
});

describe('what another tab says', () => {
  test('locks this one by hand, at once, also with an answer that is being written', async () => {
    const { lock, done, wait, stake } = await openLock();
    wait(true);
    stake(true);
    const heard = lock.hear('now');
    expect(done).toEqual(['hide']);
    await heard;
    expect(done.at(-1)).toBe('cover');
    // The answer needs its key to the end.
    expect(done).not.toContain('forget');
    wait(false);
    lock.look();
    expect(done.at(-1)).toBe('forget');
  });

  test('brings the page back when there is no lock any more', async () => {
    const { lock, done, setLock } = await openLock();
    setLock(false);
    await lock.hear('now');
    expect(done).toEqual(['hide', 'show']);
  });

  test('locks by itself only when this tab was left alone too', async () => {
    const { lock, done, pass } = await openLock();
    await lock.hear('idle');
    expect(done).toEqual([]);
    pass(15 * MINUTE_MS);
    await lock.hear('idle');
    expect(done.slice(-2)).toEqual(['hide', 'reload']);
  });

  test('a lock that was set there asks here too, and lets an answer end behind it', async () => {
    const { lock, done, wait, stake } = await openLock();
    wait(true);
    stake(true);
    await lock.hear('set');
    expect(done).toEqual(['hide', 'cover']);
  });

  test('a lock that was taken away there opens this page', async () => {
    const { lock, setLock, stake, done } = await openLock();
    stake(true);
    lock.lockNow();
    setLock(false);
    await lock.hear('changed');
    expect(lock.isCovering).toBe(false);
    expect(done.at(-1)).toBe('show');
  });

  test('a page at its lock screen does not take others for active', async () => {
    const memory = createMemory();
    const { lock } = await openLock(memory);
    lock.startLocked();
    dispatchEvent(new KeyboardEvent('keydown'));
    expect(memory.getItem('onggi.active-at')).toBeNull();
    await lock.unlock({ kind: 'typed', text: 'right' });
    expect(memory.getItem('onggi.active-at')).not.toBeNull();
  });
});

describe('the visit', () => {
  test.each(['now', 'idle'] as const)('ends with a lock of all tabs: %s', async (how) => {
    const { lock, pass, endedVisits, stake } = await openLock();
    // Also where the page is covered and not loaded anew.
    stake(true);
    if (how === 'now') await lock.hear('now');
    else {
      pass(15 * MINUTE_MS);
      lock.look();
    }
    expect(endedVisits()).toBe(1);
    lock.look();
    expect(endedVisits()).toBe(1);
  });

  test('goes on where the tab locks because somebody sets a lock in another', async () => {
    const { lock, endedVisits, reloads } = await openLock();
    await lock.hear('set');
    expect(reloads()).toBe(1);
    await lock.hear('changed');
    expect(endedVisits()).toBe(0);
  });
});

describe('what is shown only once', () => {
  test('keeps the page from locking by itself, and is covered when somebody locks by hand', async () => {
    const { lock, pass, done } = await openLock();
    await lock.renewCode({ kind: 'typed', text: 'right' });
    expect(lock.code).toBe('code');
    pass(15 * MINUTE_MS);
    lock.look();
    expect(done).toEqual([]);
    await lock.hear('now');
    expect(done).toContain('cover');
    expect(lock.code).toBe('code');
    await lock.unlock({ kind: 'typed', text: 'right' });
    lock.noteCode();
    expect(lock.code).toBeUndefined();
    pass(15 * MINUTE_MS);
    lock.look();
    expect(done.at(-1)).toBe('reload');
  });
});
