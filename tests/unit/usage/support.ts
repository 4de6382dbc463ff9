import type { ChatDeps } from '#chat/chat.ts';
import { LOCAL_USER_ID } from '#domain/ids.ts';
import type { ConversationStore } from '#domain/conversation-store.ts';
import type { ChatDelta } from '#domain/stream.ts';
import type { Message } from '#domain/message.ts';
import type { UsageStatistic } from '#domain/usage.ts';
import { readAllUsage } from '#db/usage-statistics.ts';
import type { Price } from '#usage/price.ts';
import { priceAnswers } from '#usage/price-answers.ts';
import { openChat, readRun } from '../chat/support.ts';

type Steps = readonly (ChatDelta | Error | 'end')[];

/** One dollar for a token in, two for a token out. */
export const PRICE: Price = {
  inputUsd: 1_000_000,
  outputUsd: 2_000_000,
  upToPromptTokens: 1000,
  source: 'own',
};

/** The flows of a conversation over a store that prices answers; `prices.now` can be changed. */
export async function openPricedChat(deps: Partial<ChatDeps> = {}) {
  const house = await openChat({ deps });
  const prices: { now: Price | undefined } = { now: PRICE };
  const store: ConversationStore = priceAnswers(house.store, () => Promise.resolve(prices.now));
  const place = async () => ({
    store,
    conversation: (await store.getConversation(house.fresh.id)) ?? house.fresh,
  });
  return {
    ...house,
    store,
    prices,
    send: async (...steps: Steps): Promise<Message> => {
      house.fake.say(...steps);
      const there = await place();
      const run = await house.chat.sendMessage(there, '?', there.conversation.activeLeafId);
      return readStored(store, (await readRun(run).settled).message);
    },
    again: async (
      how: 'tryAgain' | 'continueAnswer',
      answer: Message,
      ...steps: Steps
    ): Promise<Message> => {
      house.fake.say(...steps);
      const run = await house.chat[how](await place(), answer);
      return readStored(store, (await readRun(run).settled).message);
    },
    pass: async (question: 'title' | 'summary', ...steps: Steps): Promise<string | undefined> => {
      house.fake.say(...steps);
      return house.chat.askInPassing(await place(), question, new AbortController().signal);
    },
    readRows: (): Promise<readonly UsageStatistic[]> => readAllUsage(house.db, LOCAL_USER_ID),
  };
}

async function readStored(store: ConversationStore, { id }: Message): Promise<Message> {
  const stored = await store.getMessage(id);
  if (!stored) throw new Error('not stored');
  return stored;
}
