import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { ReopenCause } from '#db/reopen-cause.ts';
import { commit, read, watchWrites } from '#db/commit.ts';
import type { WriteWatch } from '#db/commit.ts';

const full = () => Promise.reject(new DOMException('', 'QuotaExceededError'));

/** A page that writes down what it is told, and has room to give so often. */
function watchFor(roomCount: number) {
  const slow: boolean[] = [];
  let left = roomCount;
  const makeRoom = vi.fn<WriteWatch['makeRoom']>(() => {
    left -= 1;
    return Promise.resolve(left >= 0);
  });
  watchWrites({ onSlow: (isSlow) => slow.push(isSlow), makeRoom });
  return { slow, makeRoom };
}

afterEach(() => {
  watchWrites({ onSlow: () => undefined, makeRoom: () => Promise.resolve(false) });
});

describe('a write without room', () => {
  test('is begun once more when some could be made', async () => {
    const { makeRoom } = watchFor(1);
    const write = vi.fn<() => Promise<string>>().mockImplementationOnce(full);
    write.mockResolvedValueOnce('written');
    expect(await commit(write)).toBe('written');
    expect(write).toHaveBeenCalledTimes(2);
    expect(makeRoom).toHaveBeenCalledTimes(1);
  });

  test('is begun a last time when what was made was not enough and there is more', async () => {
    const { makeRoom } = watchFor(2);
    const write = vi.fn<() => Promise<string>>().mockImplementationOnce(full);
    write.mockImplementationOnce(full).mockResolvedValueOnce('written');
    expect(await commit(write)).toBe('written');
    expect(makeRoom).toHaveBeenCalledTimes(2);
  });

  test('fails where none can be made, after one try', async () => {
    watchFor(0);
    const write = vi.fn(full);
    await expect(commit(write)).rejects.toMatchObject({ code: 'db/quota' });
    expect(write).toHaveBeenCalledTimes(1);
  });

  test('fails where the room that was made is not enough', async () => {
    watchFor(9);
    const write = vi.fn(full);
    await expect(commit(write)).rejects.toMatchObject({ code: 'db/quota' });
    expect(write).toHaveBeenCalledTimes(3);
  });

  test('that is itself made to make room does not ask for room', async () => {
    let inner: unknown;
    const makeRoom = vi.fn(async () => {
      inner = await commit(full).catch((error: unknown) => error);
      return false;
    });
    watchWrites({ onSlow: () => undefined, makeRoom });
    await expect(commit(full)).rejects.toMatchObject({ code: 'db/quota' });
    expect(inner).toMatchObject({ code: 'db/quota' });
    expect(makeRoom).toHaveBeenCalledTimes(1);
  });

  test('has the room that is being made for another one', async () => {
    const room = Promise.withResolvers<boolean>();
    const makeRoom = vi.fn(() => room.promise);
    watchWrites({ onSlow: () => undefined, makeRoom });
    const writes = ['first', 'second'].map((what) =>
      vi.fn<() => Promise<string>>().mockImplementationOnce(full).mockResolvedValueOnce(what),
    );
    const written = writes.map((write) => commit(write));
    await vi.waitFor(() => expect(makeRoom).toHaveBeenCalled());
    room.resolve(true);
    expect(await Promise.all(written)).toEqual(['first', 'second']);
    expect(makeRoom).toHaveBeenCalledTimes(1);
  });

  test('fails as it did when making room fails', async () => {
    watchWrites({ onSlow: () => undefined, makeRoom: () => Promise.reject(new Error('broken')) });
    await expect(commit(full)).rejects.toMatchObject({ code: 'db/quota' });
  });
});

describe('a write that takes long', () => {
  const useFakeClock = () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
  };

  test('is told after two seconds, once for all of them, and when it is over', async () => {
    useFakeClock();
    const { slow } = watchFor(0);
    const first = Promise.withResolvers<string>();
    const second = Promise.withResolvers<string>();
    const both = [commit(() => first.promise), commit(() => second.promise)];
    await vi.advanceTimersByTimeAsync(1999);
    expect(slow).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(slow).toEqual([true]);
    first.resolve('1');
    await vi.advanceTimersByTimeAsync(0);
    expect(slow).toEqual([true]);
    second.resolve('2');
    expect(await Promise.all(both)).toEqual(['1', '2']);
    expect(slow).toEqual([true, false]);
  });

  test('counts as dead after five', async () => {
    useFakeClock();
    const { slow } = watchFor(0);
    const failed = commit(() => new Promise<never>(() => undefined)).catch(
      (error: unknown) => error,
    );
    await vi.advanceTimersByTimeAsync(5000);
    expect(await failed).toMatchObject({ code: 'db/hang', retryable: true });
    expect(slow).toEqual([true, false]);
  });
});

describe('a write into a closed database', () => {
  const closed = () => Promise.reject(new DOMException('', 'InvalidStateError'));
  const watchReopening = (isOpen: boolean) => {
    const reopen = vi.fn((_cause: ReopenCause) => Promise.resolve(isOpen));
    watchWrites({ onSlow: () => undefined, makeRoom: () => Promise.resolve(false), reopen });
    return reopen;
  };

  test('is begun once more when it could be opened again', async () => {
    const reopen = watchReopening(true);
    const write = vi.fn<() => Promise<string>>().mockImplementationOnce(closed);
    write.mockResolvedValueOnce('written');
    expect(await commit(write)).toBe('written');
    expect(reopen.mock.calls).toEqual([['write']]);
  });

  test('fails after one more try, and at once where it does not open', async () => {
    watchReopening(true);
    const write = vi.fn(closed);
    await expect(commit(write)).rejects.toMatchObject({ code: 'db/closed' });
    expect(write).toHaveBeenCalledTimes(2);
    watchReopening(false);
    const other = vi.fn(closed);
    await expect(commit(other)).rejects.toMatchObject({ code: 'db/closed' });
    expect(other).toHaveBeenCalledTimes(1);
  });

  test('and a read of one are begun once more alike', async () => {
    const reopen = watchReopening(true);
    const work = vi.fn<() => Promise<string>>().mockImplementationOnce(closed);
    work.mockResolvedValueOnce('read');
    expect(await read(work)).toBe('read');
    expect(reopen.mock.calls).toEqual([['read']]);
  });
});
