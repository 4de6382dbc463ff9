import { createStoredConversations } from '#db/stored-conversations.ts';
import { alternate, ratioLine } from './bench-row.ts';
import type { BenchRow } from './bench-row.ts';
import type { Fixture } from './fixtures.ts';
import { firstValue } from './first-value.ts';
import { requestDone } from './raw-idb.ts';
import { CONVERSATION_LENGTH, conversationIdOf, createRandom, pick } from './seeded-data.ts';

/** Messages that a conversation opens with. */
const SHOWN = 50;

/** Opening a conversation: the last 50 of its 200 messages, as the screen gets them. */
export const openConversation: BenchRow = {
  number: 4,
  async run({ fixtures, isQuick }) {
    const big = await fixtures.filled(fixtures.bigRows);
    const small = await fixtures.filled(fixtures.smallRows);
    const options = { samples: isQuick ? 30 : 100, warmUp: 10 };
    const openBig = opener(big);
    const raw = await alternate(openBig, rawOpener(big), options);
    const growth = await alternate(openBig, opener(small), options);
    return [
      ratioLine(raw, {
        row: '4a',
        what: `open a conversation (last 50 of 200) among ${fixtures.bigRows} / raw getAll of the same 50`,
        goal: 1.3,
      }),
      ratioLine(growth, {
        row: '4b',
        what: `the same among ${fixtures.bigRows} messages / among ${fixtures.smallRows}`,
        goal: 1.5,
      }),
    ];
  },
};

/** Opens a random conversation by the live read that the screen uses. */
function opener({ database, conversationCount }: Fixture): () => Promise<void> {
  const store = createStoredConversations(database, () => Date.now());
  const random = createRandom(41);
  return async () => {
    const id = conversationIdOf(pick(random, conversationCount));
    const thread = await firstValue(store.watchThread(id, SHOWN));
    if (thread?.messages.length !== SHOWN) throw new Error('not the last 50');
  };
}

function rawOpener({ raw, conversationCount }: Fixture): () => Promise<void> {
  const random = createRandom(42);
  return async () => {
    const id = conversationIdOf(pick(random, conversationCount));
    const last = CONVERSATION_LENGTH - 1;
    const range = IDBKeyRange.bound([id, last - SHOWN + 1], [id, last]);
    const index = raw.transaction('messages').objectStore('messages').index('[conversationId+seq]');
    const rows = await requestDone<unknown[]>(index.getAll(range));
    if (rows.length !== SHOWN) throw new Error('not the last 50');
  };
}
