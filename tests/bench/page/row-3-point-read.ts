import { createStoredConversations } from '#db/stored-conversations.ts';
import { alternate, ratioLine } from './bench-row.ts';
import type { BenchRow } from './bench-row.ts';
import { getRaw } from './raw-idb.ts';
import { CONVERSATION_LENGTH, createRandom, messageIdOf, pick } from './seeded-data.ts';

/** Reads in one sample, one after the other: a single one is near the clock's grain. */
const READS = 10;

/** One message by its id through the repository against a raw get. */
export const pointRead: BenchRow = {
  number: 3,
  async run({ fixtures, isQuick }) {
    const { database, raw, conversationCount } = await fixtures.filled(fixtures.bigRows);
    const store = createStoredConversations(database, () => Date.now());
    const random = createRandom(3);
    const anyId = () =>
      messageIdOf(pick(random, conversationCount), pick(random, CONVERSATION_LENGTH));
    const repeat = async (read: () => Promise<unknown>): Promise<void> => {
      for (let at = 0; at < READS; at += 1) {
        if (!(await read())) throw new Error('row not found');
      }
    };
    const pairs = await alternate(
      () => repeat(() => store.getMessage(anyId())),
      () => repeat(() => getRaw(raw, 'messages', anyId())),
      { samples: isQuick ? 30 : 100, warmUp: 10 },
    );
    return [
      ratioLine(pairs, {
        row: '3',
        what: 'read one message through the repository / raw get',
        goal: 1.5,
        note: `${READS} reads`,
      }),
    ];
  },
};
