import type { ConversationStore } from '#domain/conversation-store.ts';
import type { Message } from '#domain/message.ts';
import type { UsageIncrement } from '#domain/usage.ts';
import { withCost, withEarlierRequests, withoutRequest } from '#domain/message-requests.ts';
import { costOf } from './price.ts';
import type { Price } from './price.ts';
import { isRefusedRequest } from '#domain/usage-increment.ts';

/** The price an answer is made at; undefined when nobody knows it. The table is fetched when it is first asked. */
export type PriceOf = (
  answer: Pick<Message, 'modelUsed' | 'endpointId'>,
) => Promise<Price | undefined>;

/**
 * The same store, whose answers are settled with what they cost: in `costUsd` of the message and in
 * the usage of the day, at the price of that moment. A later price changes no history.
 */
export function priceAnswers<Store extends ConversationStore>(
  store: Store,
  priceOf: PriceOf,
): Store {
  async function priceUsage(message: Message, usage: UsageIncrement) {
    const price = isRefusedRequest(usage) ? undefined : await priceOf(message);
    return { price, priced: withUsageCost(message, usage, price) };
  }

  return {
    ...store,
    async reopenAnswer(message) {
      const before = await store.getMessage(message.id);
      return store.reopenAnswer(before ? withEarlierRequests(message, before) : message);
    },
    async finishAnswer(message, usage) {
      // Without usage nobody was asked: it costs nothing.
      if (!usage) return store.finishAnswer(withoutRequest(message), null);
      const { price, priced } = await priceUsage(message, usage);
      const source = priced.unpricedCount > 0 ? undefined : price?.source;
      return store.finishAnswer(withCost(message, priced, source), priced);
    },
    finishPassing: async (answer, changes, usage) =>
      store.finishPassing(answer, changes, (await priceUsage(answer, usage)).priced),
  };
}

function withUsageCost(
  message: Message,
  usage: UsageIncrement,
  price: Price | undefined,
): UsageIncrement {
  if (isRefusedRequest(usage)) {
    return { ...usage, totalCostUsd: 0, unpricedCount: 0, pricedCount: 0 };
  }
  // The figures of a message may be those of an earlier request: this one then has none.
  const hasFigures = message.promptTokens !== null && message.completionTokens !== null;
  const isCounted = hasFigures && usage.totalTokens > 0;
  const costUsd = price && isCounted ? costOf(price, usage) : undefined;
  return costUsd === undefined
    ? { ...usage, totalCostUsd: 0, unpricedCount: usage.requestCount, pricedCount: 0 }
    : { ...usage, totalCostUsd: costUsd, unpricedCount: 0, pricedCount: usage.requestCount };
}
