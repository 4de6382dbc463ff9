import { expect, test } from 'vitest';
import { createReplacedCounter } from '#backup/count-replaced.ts';
import { makeLine } from '../db/conversation-rows.ts';
import { openForTest } from '../db/fresh-database.ts';

const line = makeLine('c', 2500);
const staged = line.filter((_row, at) => at % 3 > 0);
const order = [...staged].sort((a, b) => (a.id < b.id ? -1 : 1));

test.each([
  ['in the order of the database', order],
  ['in another order', order.toReversed()],
  ['with one that comes twice', [...order, ...order.slice(-1)]],
])('messages that go are counted, of a file %s', async (_name, file) => {
  const [live, staging] = [await openForTest(), await openForTest()];
  await live.strict.messages.bulkAdd(line);
  await staging.strict.messages.bulkAdd(staged);
  const counter = createReplacedCounter(live);
  for (let from = 0; from < file.length; from += 700) {
    const rows = file
      .slice(from, from + 700)
      .map((row) => ({ row, hasSeq: true, hasParent: true }));
    await counter.take({ table: 'messages', rows });
  }
  const { counts } = await counter.finish(staging);
  expect(counts.messages).toEqual({ here: 2500, after: 1666, gone: 834 });
});
