import { expect, test } from 'vitest';
import { putEmbeddings, readEmbeddingStamp } from '#db/embeddings.ts';
import { beginSearchEpoch } from '#db/search-epoch.ts';
import { changeSearchParts, listSearchParts } from '#db/search-files.ts';
import { freshNames, openForTest } from './fresh-database.ts';

test('what an earlier search worker still writes is refused, whole', async () => {
  const names = freshNames();
  const [old, next] = [await openForTest({ names }), await openForTest({ names })];
  const nothing = { blocks: [], covered: [], uncoveredIds: [], emptyBlockIds: [] };
  const put = (db: typeof old, stamp: string) =>
    putEmbeddings(db, 'm', { collection: 'conversations', stamp, ...nothing });
  const part = (id: string) => ({ id, bytes: Uint8Array.of(1) });
  await beginSearchEpoch(old);
  await put(old, 'first');
  await changeSearchParts(old, [part('log/1')], []);
  await beginSearchEpoch(next);
  await put(next, 'second');
  await expect(put(old, 'third')).rejects.toMatchObject({ code: 'app/worker-failed' });
  await expect(changeSearchParts(old, [part('log/2')], ['log/1'])).rejects.toMatchObject({
    code: 'app/worker-failed',
  });
  expect(await readEmbeddingStamp(next, 'conversations', 'm')).toBe('second');
  expect(await listSearchParts(next, '')).toEqual(['log/1']);
  await changeSearchParts(next, [part('log/2')], []);
  expect(await listSearchParts(next, '')).toEqual(['log/1', 'log/2']);
});
