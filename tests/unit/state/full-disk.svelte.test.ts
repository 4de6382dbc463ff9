import { expect, test } from 'vitest';
import { OnggiError } from '#domain/errors.ts';
import type { ErrorCode } from '#domain/errors.ts';
import { FullDisk } from '#state/full-disk.svelte.ts';
import { Meanwhile } from '#state/meanwhile.svelte.ts';

const failure = (code: ErrorCode) => new OnggiError(code, 'as on a full disk');
const meanwhile = new Meanwhile();

test('looks again with longer pauses until there is room, and opens then', async () => {
  const pauses: number[] = [];
  let tries = 0;
  const disk = new FullDisk({
    meanwhile,
    sleep: (pauseMs) => Promise.resolve(pauses.push(pauseMs)),
    look: () => {
      tries += 1;
      expect(disk.isTrying).toBe(true);
      return tries < 4 ? Promise.reject(failure('db/no-space')) : Promise.resolve();
    },
  });
  const opened = await disk.openWithRoom(() => {
    expect(disk.isTrying).toBe(true);
    return Promise.resolve('open');
  });
  expect(opened).toBe('open');
  expect(disk.isTrying).toBe(false);
  expect(pauses).toEqual([3000, 5000, 10_000, 10_000]);
});

test.each(['db/no-space', 'db/quota', 'db/no-answer', 'db/hang'] as const)(
  'goes on at its pace where looking, or opening all the same, fails with %s',
  async (code) => {
    const pauses: number[] = [];
    const answers = [() => Promise.reject(failure(code)), () => Promise.resolve()];
    const disk = new FullDisk({
      meanwhile,
      sleep: (pauseMs) => Promise.resolve(pauses.push(pauseMs)),
      look: () => (answers.shift() ?? (() => Promise.resolve()))(),
    });
    let openings = 0;
    const opened = await disk.openWithRoom(() => {
      openings += 1;
      return openings === 1 ? Promise.reject(failure(code)) : Promise.resolve('open');
    });
    expect(opened).toBe('open');
    expect(pauses).toEqual([3000, 5000, 10_000]);
  },
);

test('looks at once when the person says so, and another failure is passed on', async () => {
  const disk = new FullDisk({
    meanwhile,
    sleep: () => new Promise(() => undefined),
    look: () => Promise.reject(failure('db/failed')),
  });
  const waiting = disk.openWithRoom(() => Promise.resolve('open'));
  disk.tryNow();
  await expect(waiting).rejects.toMatchObject({ code: 'db/failed' });
  expect(disk.isTrying).toBe(false);
});
