import { expect, test } from 'vitest';
import { isAlive } from '#db/is-alive.ts';
import { openForTest } from './fresh-database.ts';

test('a database that is only slow answers once its write is over, and as soon', async () => {
  const db = await openForTest();
  const events: string[] = [];
  const { promise: end, resolve } = Promise.withResolvers<undefined>();
  // As a slow disk holds a write up: the transaction goes on until it is told.
  let isOver = false;
  void end.then(() => (isOver = true));
  const write = db.relaxed.transaction('rw', db.relaxed.drafts, async () => {
    while (!isOver) await db.relaxed.drafts.put({ id: 'a', text: 'a', pasted: [], updatedAt: 1 });
    events.push('written');
  });
  const answer = isAlive(db).then((isIt) => events.push(`answering: ${isIt}`));
  // Reads of other rows go by what is slow: none of them is waited for here.
  await db.relaxed.conversations.count();
  expect(events).toEqual([]);
  resolve(undefined);
  await Promise.all([write, answer]);
  expect(events).toEqual(['written', 'answering: true']);
});

test('one that is closed does not answer', async () => {
  const db = await openForTest();
  db.close();
  expect(await isAlive(db)).toBe(false);
});
