import { expect, test } from 'vitest';
import { createMemoryConversations } from '#chat/memory-conversations.ts';
import { OnggiError } from '#domain/errors.ts';
import { LOCAL_USER_ID } from '#domain/ids.ts';
import { priceAnswers } from '#usage/price-answers.ts';
import { rebuildUsage } from '#usage/rebuild-usage.ts';
import { finish, openChat, readRun, readUsage, text, usage } from '../chat/support.ts';
import { PRICE } from './support.ts';

const DAY_MS = 86_400_000;

/** A conversation that lives in memory, with two answers, one of them tried twice, and a title. */
async function openUnsaved() {
  const { db, clock, chat, fake, fresh, store: stored } = await openChat();
  const memory = priceAnswers(createMemoryConversations(clock), () => Promise.resolve(PRICE));
  const place = async () => ({
    store: memory,
    conversation: (await memory.getConversation(fresh.id)) ?? fresh,
  });
  fake.say(text('a'), usage(10, 5), finish('stop'), 'end');
  await readRun(await chat.sendMessage(await place(), '?', null)).settled;
  clock.now += DAY_MS;
  fake.say(new OnggiError('provider/unauthorized', 'no key'));
  const second = await place();
  const run = await chat.sendMessage(second, '?', second.conversation.activeLeafId);
  const { message: failed } = await readRun(run).settled;
  fake.say(text('b'), usage(20, 6), finish('stop'), 'end');
  await readRun(await chat.tryAgain(await place(), failed)).settled;
  fake.say(text('Jars'), usage(40, 2), finish('stop'), 'end');
  await chat.askInPassing(await place(), 'title', new AbortController().signal);
  const unsaved = memory.readWhole(fresh.id);
  if (!unsaved) throw new Error('nothing in memory');
  return { db, clock, memory, stored, fresh, unsaved, failed };
}

test('what was asked before a conversation was saved is counted with it, once', async () => {
  const { db, stored, unsaved } = await openUnsaved();
  expect(await readUsage(db)).toEqual([]);
  await stored.saveConversation(unsaved);
  const live = await readUsage(db);
  expect(live).toMatchObject([
    { date: '2023-11-14', requestCount: 1, promptTokens: 10, totalCostUsd: 20, unpricedCount: 0 },
    { date: '2023-11-15', requestCount: 3, promptTokens: 60, totalCostUsd: 76, errorCount: 1 },
  ]);
  await stored.saveConversation(unsaved);
  expect(await readUsage(db)).toEqual(live);
  await rebuildUsage(db, LOCAL_USER_ID);
  expect(await readUsage(db)).toEqual(live);
});

test('is stored as it was, and answers that were deleted before stay counted', async () => {
  const { db, memory, stored, fresh, failed } = await openUnsaved();
  await memory.removeSubtree(fresh.id, failed.id);
  const unsaved = memory.readWhole(fresh.id);
  if (!unsaved) throw new Error('nothing in memory');
  await stored.saveConversation(unsaved);
  expect(await db.strict.conversations.get(fresh.id)).toMatchObject({
    ...unsaved.conversation,
    metadata: {},
  });
  const rows = await db.strict.messages.orderBy('[conversationId+seq]').toArray();
  expect(rows).toEqual(unsaved.messages);
  const requests = (await readUsage(db)).map(({ requestCount }) => requestCount);
  expect(requests).toEqual([1, 3]);
});

test('a conversation that is forgotten takes its count with it', async () => {
  const { memory, fresh, unsaved } = await openUnsaved();
  memory.forget(fresh.id);
  expect(memory.readWhole(fresh.id)).toBeUndefined();
  await memory.addMessages(unsaved.conversation, []);
  expect(memory.readWhole(fresh.id)).toMatchObject({ usage: [], passingUsage: [] });
});
