import { expect, test } from 'vitest';
import type { BackupTarget } from '#domain/stored-rows.ts';
import { CopyKeeper } from '#state/copy-keeper.ts';

const MINUTE_MS = 60_000;

function createTarget(fields: Partial<BackupTarget> = {}): BackupTarget {
  return {
    id: 'snapshot',
    lastSuccessAt: null,
    lastFileName: null,
    lastSizeBytes: null,
    lastFailureAt: null,
    lastFailureCode: null,
    directory: null,
    intervalMs: null,
    ...fields,
  };
}

interface Case {
  readonly now: number;
  readonly lastChangeAt: number | null;
  readonly snapshot?: Partial<BackupTarget>;
  readonly folder?: Partial<BackupTarget>;
  readonly isBusy?: boolean;
}

async function copiesMade({ now, lastChangeAt, snapshot, folder, isBusy = false }: Case) {
  const made: string[] = [];
  const keeper = new CopyKeeper(
    {
      readTarget: (id) => Promise.resolve(createTarget(id === 'folder' ? folder : snapshot)),
      readLastChangeAt: () => Promise.resolve(lastChangeAt),
      makeSnapshot: () => {
        made.push('snapshot');
        return Promise.reject(new Error('disk full'));
      },
      copyToFolder: () => {
        made.push('folder');
        return Promise.resolve();
      },
      inOneTab: (work) => work(),
    },
    () => now,
    () => isBusy,
  );
  await keeper.look();
  return made;
}

test('makes the first snapshot after something was said', async () => {
  expect(await copiesMade({ now: 100 * MINUTE_MS, lastChangeAt: 99 * MINUTE_MS })).toEqual([
    'snapshot',
  ]);
  expect(await copiesMade({ now: 100 * MINUTE_MS, lastChangeAt: null })).toEqual([]);
});

test('makes another one when something changed and ten minutes are over', async () => {
  const at = (minutesAgo: number, changedAgo: number) =>
    copiesMade({
      now: 100 * MINUTE_MS,
      lastChangeAt: (100 - changedAgo) * MINUTE_MS,
      snapshot: { lastSuccessAt: (100 - minutesAgo) * MINUTE_MS, lastSizeBytes: 1000 },
    });
  expect(await at(11, 1)).toEqual(['snapshot']);
  expect(await at(9, 1)).toEqual([]);
  expect(await at(11, 12)).toEqual([]);
});

test('copies what changed in large stores as often', async () => {
  const at = (minutesAgo: number) =>
    copiesMade({
      now: 1000 * MINUTE_MS,
      lastChangeAt: 999 * MINUTE_MS,
      snapshot: { lastSuccessAt: (1000 - minutesAgo) * MINUTE_MS, lastSizeBytes: 50_000_000 },
    });
  expect(await at(9)).toEqual([]);
  expect(await at(10)).toEqual(['snapshot']);
});

test('copies into the folder on its own schedule, whatever the snapshot does', async () => {
  const day = 24 * 60 * MINUTE_MS;
  expect(
    await copiesMade({
      now: 3 * day,
      lastChangeAt: 2.9 * day,
      folder: { id: 'folder', lastSuccessAt: 1.5 * day, intervalMs: day },
    }),
  ).toEqual(['snapshot', 'folder']);
});

test('waits while an answer is being written', async () => {
  expect(await copiesMade({ now: 100, lastChangeAt: 90, isBusy: true })).toEqual([]);
});
