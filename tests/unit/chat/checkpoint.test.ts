import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { CHECKPOINT_INTERVAL_MS, createCheckpoint } from '#chat/checkpoint.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
});

/** A checkpoint whose writes end when the test ends them. */
function open() {
  const writes: PromiseWithResolvers<void>[] = [];
  const failures: unknown[] = [];
  const checkpoint = createCheckpoint(
    () => {
      const write: PromiseWithResolvers<void> = Promise.withResolvers();
      writes.push(write);
      return write.promise;
    },
    (error) => failures.push(error),
  );
  return { checkpoint, writes, failures };
}

test('takes no more than a second of an answer with it', () => {
  expect(CHECKPOINT_INTERVAL_MS).toBeLessThan(1000);
});

test('writes once an interval, however much changes', () => {
  const { checkpoint, writes } = open();
  for (let change = 0; change < 50; change += 1) checkpoint.note();
  vi.advanceTimersByTime(CHECKPOINT_INTERVAL_MS - 1);
  expect(writes.length).toBe(0);
  vi.advanceTimersByTime(1);
  expect(writes.length).toBe(1);
});

test('writes nothing when nothing changed', async () => {
  const { checkpoint, writes } = open();
  await checkpoint.flush();
  checkpoint.note();
  const flushed = checkpoint.flush();
  writes[0]?.resolve();
  await flushed;
  await checkpoint.flush();
  vi.advanceTimersByTime(CHECKPOINT_INTERVAL_MS * 3);
  expect(writes.length).toBe(1);
});

test('a flush writes what came while an older write was under way', async () => {
  const older: PromiseWithResolvers<void> = Promise.withResolvers();
  const written: string[] = [];
  let state = 'old';
  const checkpoint = createCheckpoint(
    () => {
      written.push(state);
      return written.length === 1 ? older.promise : Promise.resolve();
    },
    () => undefined,
  );
  checkpoint.note();
  void checkpoint.flush();
  state = 'new';
  checkpoint.note();
  const flushed = checkpoint.flush();
  expect(written).toEqual(['old']);
  older.resolve();
  await flushed;
  expect(written).toEqual(['old', 'new']);
});

test('a failed write is told of and tried again with the next change', async () => {
  const { checkpoint, writes, failures } = open();
  checkpoint.note();
  const flushed = checkpoint.flush();
  writes[0]?.reject(new Error('full'));
  await flushed;
  expect(failures).toEqual([new Error('full')]);
  const again = checkpoint.flush();
  writes[1]?.resolve();
  await again;
  expect(writes.length).toBe(2);
});

test('closing waits for the write under way and allows no other', async () => {
  const { checkpoint, writes } = open();
  checkpoint.note();
  void checkpoint.flush();
  checkpoint.note();
  const order: string[] = [];
  const closed = checkpoint.close().then(() => order.push('closed'));
  void writes[0]?.promise.then(() => order.push('written'));
  writes[0]?.resolve();
  await closed;
  expect(order).toEqual(['written', 'closed']);
  checkpoint.note();
  await checkpoint.flush();
  vi.advanceTimersByTime(CHECKPOINT_INTERVAL_MS * 3);
  expect(writes.length).toBe(1);
});
