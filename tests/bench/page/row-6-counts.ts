import { createStoredConversations } from '#db/stored-conversations.ts';
import { readUsageStatistics } from '#db/usage-statistics.ts';
import { LOCAL_USER_ID } from '#domain/ids.ts';
import { usageStatisticId } from '#domain/usage.ts';
import { alternate, ratioLine } from './bench-row.ts';
import type { BenchRow } from './bench-row.ts';
import { getRaw } from './raw-idb.ts';
import { conversationIdOf, createRandom, makeUsage, pick } from './seeded-data.ts';

/** Reads in one sample, one after the other. */
const READS = 10;

/** Counts are kept, not counted: each costs about as much as reading one row. */
export const counts: BenchRow = {
  number: 6,
  async run({ fixtures, isQuick }) {
    const { database, raw, conversationCount } = await fixtures.filled(fixtures.bigRows);
    const store = createStoredConversations(database, () => Date.now());
    const random = createRandom(6);
    const dates = [...new Set(makeUsage().map(({ date }) => date))];
    const anyId = () => conversationIdOf(pick(random, conversationCount));
    const anyDate = () => dates[pick(random, dates.length)] ?? '';
    const options = { samples: isQuick ? 30 : 100, warmUp: 10 };
    const repeat = async (read: () => Promise<unknown>): Promise<void> => {
      for (let at = 0; at < READS; at += 1) if (!(await read())) throw new Error('nothing read');
    };
    const totals = await alternate(
      () =>
        repeat(async () => {
          const conversation = await store.getConversation(anyId());
          return conversation && conversation.messageCount > 0 && conversation.totalTokens > 0;
        }),
      () => repeat(() => getRaw(raw, 'conversations', anyId())),
      options,
    );
    const usage = await alternate(
      () =>
        repeat(async () => {
          const date = anyDate();
          return (await readUsageStatistics(database, { from: date, to: date })).length > 0;
        }),
      () =>
        repeat(() => {
          const id = usageStatisticId(LOCAL_USER_ID, { date: anyDate(), model: 'model-0' });
          return getRaw(raw, 'usageStatistics', id);
        }),
      options,
    );
    return [
      ratioLine(totals, {
        row: '6a',
        what: 'message count and tokens of a conversation / raw get of one row',
        goal: 2,
        note: `${READS} reads`,
      }),
      ratioLine(usage, {
        row: '6b',
        what: "one day's usage (two models) / raw get of one row",
        goal: 2,
        note: `${READS} reads`,
      }),
    ];
  },
};
