import { expect, test } from 'vitest';
import { OnggiError } from '#domain/errors.ts';
import { knownCostUsd } from '#domain/usage.ts';
import { finish, text, usage } from '../chat/support.ts';
import { PRICE, openPricedChat } from './support.ts';

const refused = new OnggiError('provider/unauthorized', 'no key');
const cut = new OnggiError('provider/interrupted', 'gone');

test('an answer and its day carry the cost at the price of that moment', async () => {
  const { send, readRows, prices } = await openPricedChat();
  const answer = await send(text('a'), usage(10, 5), finish('stop'), 'end');
  expect(answer).toMatchObject({ costUsd: 20, metadata: { priceSource: 'own' } });
  prices.now = { ...PRICE, inputUsd: 0, outputUsd: 0, source: 'local' };
  const free = await send(text('b'), usage(10, 5), finish('stop'), 'end');
  expect(free).toMatchObject({ costUsd: 0, metadata: { priceSource: 'local' } });
  expect(await readRows()).toMatchObject([{ totalCostUsd: 20, unpricedCount: 0, requestCount: 2 }]);
});

test('an unknown price is unknown and not 0', async () => {
  const { send, readRows, prices } = await openPricedChat();
  prices.now = undefined;
  const answer = await send(text('a'), usage(10, 5), finish('stop'), 'end');
  expect(answer.costUsd).toBeNull();
  expect(answer.metadata).toEqual({});
  expect(await readRows()).toMatchObject([{ totalCostUsd: 0, unpricedCount: 1 }]);
});

test('a price that does not hold for so long a prompt is unknown', async () => {
  const { send, readRows } = await openPricedChat();
  const answer = await send(text('a'), usage(1001, 5), finish('stop'), 'end');
  expect(answer.costUsd).toBeNull();
  expect(await readRows()).toMatchObject([{ totalCostUsd: 0, unpricedCount: 1 }]);
});

test('a request that was refused is neither priced nor unpriced', async () => {
  const { send, readRows } = await openPricedChat();
  const answer = await send(refused);
  expect(answer).toMatchObject({ status: 'error', costUsd: null });
  expect(await readRows()).toMatchObject([{ totalCostUsd: 0, unpricedCount: 0, errorCount: 1 }]);
});

test('a failure whose price was known, and is nothing, is not unknown', async () => {
  const { send, readRows, prices } = await openPricedChat();
  prices.now = { ...PRICE, inputUsd: 0, outputUsd: 0, source: 'local' };
  const answer = await send(usage(10, 5), refused);
  expect(answer).toMatchObject({ status: 'error', costUsd: 0 });
  const rows = await readRows();
  expect(rows).toMatchObject([{ errorCount: 1, totalCostUsd: 0, pricedCount: 1 }]);
  expect(rows.map(knownCostUsd)).toEqual([0]);
  prices.now = undefined;
  await send(text('b'), usage(10, 5), finish('stop'), 'end');
  expect((await readRows()).map(knownCostUsd)).toEqual([0]);
});

test('a continued answer costs what both requests cost, and neither twice', async () => {
  const { send, again, readRows } = await openPricedChat();
  const part = await send(text('a'), usage(10, 5), cut);
  expect(part).toMatchObject({ status: 'interrupted', costUsd: 20 });
  const whole = await again('continueAnswer', part, text('b'), usage(15, 7), finish('stop'), 'end');
  expect(whole).toMatchObject({ status: 'complete', completionTokens: 12, costUsd: 20 + 29 });
  expect(await readRows()).toMatchObject([
    { requestCount: 2, promptTokens: 25, completionTokens: 12, totalCostUsd: 49, unpricedCount: 0 },
  ]);
});

const offline = new OnggiError('provider/offline', 'no network');

test.each([
  ['offline', offline, 'interrupted'],
  ['refused', refused, 'error'],
] as const)('a rest that was %s costs nothing and leaves the figures alone', async (...row) => {
  const [, failure, status] = row;
  const { send, again, readRows } = await openPricedChat();
  const part = await send(text('a'), usage(10, 5), cut);
  const once = await again('continueAnswer', part, failure);
  const twice = await again('continueAnswer', once, failure);
  expect(twice).toMatchObject({
    status,
    content: 'a',
    promptTokens: 10,
    completionTokens: 5,
    tokenCount: 5,
    isTokenCountEstimated: false,
    costUsd: 20,
  });
  expect(await readRows()).toMatchObject([
    {
      requestCount: 3,
      promptTokens: 10,
      completionTokens: 5,
      totalCostUsd: 20,
      unpricedCount: 0,
      errorCount: 2,
    },
  ]);
  const whole = await again(
    'continueAnswer',
    twice,
    text('b'),
    usage(15, 7),
    finish('stop'),
    'end',
  );
  expect(whole).toMatchObject({ completionTokens: 12, costUsd: 49 });
  expect(await readRows()).toMatchObject([
    { requestCount: 4, promptTokens: 25, completionTokens: 12, totalCostUsd: 49, unpricedCount: 0 },
  ]);
});

test('an answer that was free stays free when its rest does not come', async () => {
  const { send, again, prices } = await openPricedChat();
  prices.now = { ...PRICE, inputUsd: 0, outputUsd: 0, source: 'local' };
  const part = await send(text('a'), usage(10, 5), cut);
  expect((await again('continueAnswer', part, offline)).costUsd).toBe(0);
});

test('a rest that ends without a word and without figures has an unknown cost', async () => {
  const { send, again, readRows } = await openPricedChat();
  const part = await send(text('a'), usage(10, 5), cut);
  const same = await again('continueAnswer', part, finish('stop'), 'end');
  expect(same).toMatchObject({ status: 'complete', promptTokens: 10, costUsd: null });
  expect(await readRows()).toMatchObject([
    { requestCount: 2, promptTokens: 10, totalCostUsd: 20, unpricedCount: 1, errorCount: 0 },
  ]);
});

test('an answer of a priced and an unpriced request has an unknown cost', async () => {
  const { send, again, readRows, prices } = await openPricedChat();
  const part = await send(text('a'), usage(10, 5), cut);
  prices.now = undefined;
  const whole = await again('continueAnswer', part, text('b'), usage(15, 7), finish('stop'), 'end');
  expect(whole.costUsd).toBeNull();
  expect(await readRows()).toMatchObject([{ totalCostUsd: 20, unpricedCount: 1 }]);
});

test('an answer that was tried again costs what the good request cost', async () => {
  const { send, again, readRows } = await openPricedChat();
  const failed = await send(refused);
  const good = await again('tryAgain', failed, text('a'), usage(10, 5), finish('stop'), 'end');
  expect(good.costUsd).toBe(20);
  expect(await readRows()).toMatchObject([
    { requestCount: 2, errorCount: 1, totalCostUsd: 20, unpricedCount: 0 },
  ]);
});

test('an answer from the cache stays as it is and counts nothing', async () => {
  const { send, store, readRows } = await openPricedChat();
  const answer = await send(text('a'), usage(10, 5), finish('stop'), 'end');
  await store.reopenAnswer({ ...answer, status: 'streaming', streamingSince: 1 });
  await store.finishAnswer({ ...answer, costUsd: 0 }, null);
  expect(await store.getMessage(answer.id)).toMatchObject({ costUsd: 0 });
  expect(await readRows()).toMatchObject([{ requestCount: 1 }]);
});
