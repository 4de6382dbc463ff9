import { expect, onTestFinished, test } from 'vitest';
import { copyDatabase } from '#db/database-copy.ts';
import { deleteDatabase } from '#db/database-names.ts';
import { requestResult } from '#db/idb-request.ts';

/**
 * A database with two rows, and a signal that, whenever the copy looks at it between two pages, writes
 * as another tab would: first a row behind the others, then one before them, which the copy misses.
 */
async function openBusy(): Promise<{ from: string; to: string; signal: AbortSignal }> {
  const from = `copy-test-${crypto.randomUUID()}`;
  const to = `${from}-copy`;
  const request = indexedDB.open(from, 1);
  request.onupgradeneeded = () => {
    const rows = request.result.createObjectStore('rows', { keyPath: 'id' });
    for (const id of ['m', 'n']) rows.add({ id });
  };
  const tab = await requestResult(request);
  onTestFinished(async () => {
    tab.close();
    await Promise.all([deleteDatabase(from), deleteDatabase(to)]);
  });
  const ids = ['z', 'a'];
  const { signal } = new AbortController();
  const throwIfAborted = (): void => {
    const id = ids.shift();
    if (id) tab.transaction('rows', 'readwrite').objectStore('rows').add({ id });
  };
  return { from, to, signal: Object.assign(signal, { throwIfAborted }) };
}

test('a copy whose count differs is refused, and is gone', async () => {
  const { from, to, signal } = await openBusy();
  const copying = copyDatabase(from, to, { signal });
  await expect(copying).rejects.toMatchObject({ code: 'db/migration-failed' });
  expect((await indexedDB.databases()).some(({ name }) => name === to)).toBe(false);
});

test('a copy whose caller notices changes by itself is made while another tab writes', async () => {
  const { from, to, signal } = await openBusy();
  await copyDatabase(from, to, { signal, checksCounts: false });
  const copy = await requestResult(indexedDB.open(to));
  const keys = copy.transaction('rows').objectStore('rows').getAllKeys();
  expect(await requestResult(keys)).toEqual(['m', 'n', 'z']);
  copy.close();
});
