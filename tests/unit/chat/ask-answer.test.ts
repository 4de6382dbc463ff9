import { describe, expect, it, vi } from 'vitest';
import { createMemoryConversations } from '#chat/memory-conversations.ts';
import { readFromCache } from '#domain/message.ts';
import type { ConversationStore } from '#domain/conversation-store.ts';
import type { Message } from '#domain/message.ts';
import { createUserSettings } from '#domain/user-settings.ts';
import type { UserSettings } from '#domain/user-settings.ts';
import { openPage } from '../cache/support.ts';
import { makeConversation } from '../db/conversation-rows.ts';
import { createTestClock } from '../db/fresh-database.ts';
import {
  answered,
  createFakeEndpoint,
  endpoint,
  finish,
  openChat,
  readRun,
  readUsage,
  reasoning,
  text,
  usage,
} from './support.ts';

type Steps = ReturnType<typeof answered>;

const WHOLE: Steps = [reasoning('hm'), text('clay'), usage(40, 2), finish('stop'), 'end'];

/** The flows with a real cache, and a new conversation for every question. */
async function openCachedChat() {
  const { cache } = await openPage();
  const settings: { now: UserSettings } = {
    now: {
      ...createUserSettings('en', 0),
      defaultEndpointId: endpoint.id,
      defaultModel: 'model',
    },
  };
  const openApiKey = vi.fn(() => Promise.resolve('key'));
  const keep = vi.fn((...what: Parameters<typeof cache.keep>) => cache.keep(...what));
  const opened = await openChat({
    fake: createFakeEndpoint(),
    deps: {
      cache: { find: (question) => cache.find(question), keep },
      getSettings: () => settings.now,
      openApiKey,
    },
  });
  const { chat, fake, store } = opened;
  /** What was kept or not kept is known from here on. */
  const settle = async (): Promise<void> => {
    await Promise.all(keep.mock.results.map(({ value }) => value as Promise<void>));
  };
  const ask = async (
    question: string,
    steps: Steps,
    place: ConversationStore = store,
  ): Promise<Message> => {
    fake.say(...steps);
    const conversation = makeConversation(crypto.randomUUID());
    const run = await chat.sendMessage({ store: place, conversation }, question, null);
    const { message } = await readRun(run).settled;
    return message;
  };
  const expectKept = async (count: number): Promise<void> => {
    await vi.waitFor(() => expect(keep).toHaveBeenCalledTimes(count));
    await settle();
  };
  return { ...opened, cache, keep, settings, openApiKey, ask, expectKept };
}

describe('the same question again', () => {
  it('is answered without a request, without the key, in one piece, and marked', async () => {
    const { ask, expectKept, fake, openApiKey, store } = await openCachedChat();
    const first = await ask('What is a jar made of?', WHOLE);
    expect(readFromCache(first)).toBeUndefined();
    await expectKept(1);
    const second = await ask('What is a jar made of?', []);
    expect(fake.requests).toHaveLength(1);
    expect(openApiKey).toHaveBeenCalledTimes(1);
    expect(await store.getMessage(second.id)).toEqual(second);
    expect(second).toMatchObject({
      status: 'complete',
      content: 'clay',
      reasoning: 'hm',
      finishReason: 'stop',
      promptTokens: 40,
      completionTokens: 2,
      tokenCount: 2,
      isTokenCountEstimated: false,
      costUsd: 0,
      modelUsed: 'model',
      metadata: { fromCache: { savedTokens: 42 } },
    });
  });

  it('counts no request, and the tokens of the conversation all the same', async () => {
    const { ask, expectKept, db, store } = await openCachedChat();
    await ask('one', WHOLE);
    await expectKept(1);
    const before = await readUsage(db);
    const { conversationId, parentId } = await ask('one', []);
    expect(await readUsage(db)).toEqual(before);
    const question = parentId ? await store.getMessage(parentId) : undefined;
    expect((await store.getConversation(conversationId))?.totalTokens).toBe(
      2 + (question?.tokenCount ?? 0),
    );
  });

  it('is told as one piece on the way', async () => {
    const { ask, expectKept, chat, store } = await openCachedChat();
    await ask('one', WHOLE);
    await expectKept(1);
    const conversation = makeConversation(crypto.randomUUID());
    const { heard, settled } = readRun(
      await chat.sendMessage({ store, conversation }, 'one', null),
    );
    await settled;
    expect(heard.slice(0, -1)).toEqual([
      { kind: 'asking' },
      { kind: 'writing', content: 'clay', reasoning: 'hm' },
    ]);
  });

  it('with another temperature, length or system prompt is asked', async () => {
    const { ask, expectKept, fake, settings } = await openCachedChat();
    await ask('one', WHOLE);
    for (const changes of [{ temperature: 1 }, { maxTokens: 9 }, { systemPrompt: 'Short.' }]) {
      settings.now = { ...settings.now, ...changes };
      await ask('one', WHOLE);
    }
    await expectKept(4);
    expect(fake.requests).toHaveLength(4);
  });

  it('that is stopped before it was looked up says nothing', async () => {
    const { ask, expectKept, chat, fake, store } = await openCachedChat();
    await ask('one', WHOLE);
    await expectKept(1);
    const conversation = makeConversation(crypto.randomUUID());
    const run = await chat.sendMessage({ store, conversation }, 'one', null);
    run.stop();
    const { message } = await readRun(run).settled;
    expect(message).toMatchObject({ status: 'stopped', content: '', metadata: {} });
    expect(fake.requests).toHaveLength(1);
  });
});

describe('the cache', () => {
  it('is looked at while the rows are being committed', async () => {
    const { ask, expectKept, cache, chat, store } = await openCachedChat();
    await ask('one', WHOLE);
    await expectKept(1);
    const order: string[] = [];
    const place = {
      ...store,
      addMessages: async (...given: Parameters<typeof store.addMessages>) => {
        await vi.waitFor(() => expect(order).toContain('looked up'));
        order.push('committed');
        return store.addMessages(...given);
      },
    };
    const find = vi.spyOn(cache, 'find').mockImplementation((...given) => {
      order.push('looked up');
      find.mockRestore();
      return cache.find(...given);
    });
    const conversation = makeConversation(crypto.randomUUID());
    const run = await chat.sendMessage({ store: place, conversation }, 'one', null);
    expect((await readRun(run).settled).message).toMatchObject({ content: 'clay' });
    expect(order).toEqual(['looked up', 'committed']);
  });
});

describe('asking anew', () => {
  it('bypasses the cache, and its answer takes the place of the old one', async () => {
    const { ask, expectKept, chat, fake, store } = await openCachedChat();
    await ask('one', answered('old'));
    await expectKept(1);
    const hit = await ask('one', []);
    const conversation = await store.getConversation(hit.conversationId);
    const question = hit.parentId && (await store.getMessage(hit.parentId));
    if (!conversation || !question) throw new Error('no rows');
    fake.say(...answered('new'));
    const { message } = await readRun(await chat.regenerate({ store, conversation }, question))
      .settled;
    expect(message).toMatchObject({ content: 'new', metadata: {} });
    // The hit is offered too, and refused.
    await expectKept(3);
    expect(fake.requests).toHaveLength(2);
    expect((await ask('one', [])).content).toBe('new');
  });

  it('in the place of a failed answer is kept for the next time', async () => {
    const { ask, expectKept, chat, fake, store } = await openCachedChat();
    const failed = await ask('one', [new Error('gone')]);
    const conversation = await store.getConversation(failed.conversationId);
    if (!conversation) throw new Error('no conversation');
    fake.say(...answered('late'));
    await readRun(await chat.tryAgain({ store, conversation }, failed)).settled;
    // The failed one was offered too, and refused.
    await expectKept(2);
    expect((await ask('one', [])).content).toBe('late');
  });
});

describe('never kept', () => {
  const CUT: readonly [string, Steps][] = [
    ['one without an end', [text('half'), 'end']],
    ['one that broke off', [text('half'), new Error('gone')]],
    ['an error', [new Error('gone')]],
    ['one cut by its length', [text('half'), finish('length'), 'end']],
    ['a filtered one', [text('half'), finish('content_filter'), 'end']],
  ];

  it.each(CUT)('is %s', async (_name, steps) => {
    const { ask, cache, expectKept, fake } = await openCachedChat();
    await ask('one', steps);
    await expectKept(1);
    expect((await cache.readOverview()).entries).toEqual({ memory: 0, keyval: 0, table: 0 });
    expect((await ask('one', answered('asked'))).content).toBe('asked');
    expect(fake.requests).toHaveLength(2);
  });

  it('is a stopped one', async () => {
    const { cache, chat, expectKept, fake, store } = await openCachedChat();
    const conversation = makeConversation(crypto.randomUUID());
    const run = await chat.sendMessage({ store, conversation }, 'one', null);
    const { settled, untilText } = readRun(run);
    fake.say(text('half'));
    await untilText('half');
    run.stop();
    await settled;
    await expectKept(1);
    expect((await cache.readOverview()).entries.memory).toBe(0);
  });

  it('is one of a conversation in memory, which is not answered from the cache either', async () => {
    const { ask, expectKept, fake, keep } = await openCachedChat();
    const memory = createMemoryConversations(createTestClock());
    await ask('one', WHOLE, memory);
    await ask('one', WHOLE);
    await expectKept(1);
    const again = await ask('one', WHOLE, memory);
    expect(readFromCache(again)).toBeUndefined();
    expect(fake.requests).toHaveLength(3);
    expect(keep).toHaveBeenCalledTimes(1);
  });

  it.each([{ useCache: false }, { saveHistory: false }])(
    'is anything with %o, and nothing is answered from the cache',
    async (off) => {
      const { ask, expectKept, fake, keep, settings } = await openCachedChat();
      await ask('one', WHOLE);
      await expectKept(1);
      settings.now = { ...settings.now, ...off };
      expect(readFromCache(await ask('one', WHOLE))).toBeUndefined();
      expect(fake.requests).toHaveLength(2);
      expect(keep).toHaveBeenCalledTimes(1);
    },
  );

  it('is one that was switched off while it ran', async () => {
    const { ask, keep, settings } = await openCachedChat();
    const switchOff = (): void => {
      settings.now = { ...settings.now, useCache: false };
    };
    await ask('one', [text('clay'), switchOff, finish('stop'), 'end']);
    settings.now = { ...settings.now, useCache: true };
    await ask('two', WHOLE);
    await vi.waitFor(() => expect(keep).toHaveBeenCalledTimes(1));
    expect(keep.mock.calls[0]?.[0].messages[0]?.content).toBe('two');
  });

  it('is the rest of a cut answer', async () => {
    const { ask, chat, expectKept, fake, keep, store } = await openCachedChat();
    const cut = await ask('one', [text('half'), 'end']);
    await expectKept(1);
    const conversation = await store.getConversation(cut.conversationId);
    if (!conversation) throw new Error('no conversation');
    fake.say(...answered(' and rest'));
    await readRun(await chat.continueAnswer({ store, conversation }, cut)).settled;
    await ask('two', WHOLE);
    await expectKept(2);
    expect(keep.mock.calls.map(([question]) => question.messages[0]?.content)).toEqual([
      'one',
      'two',
    ]);
  });
});
