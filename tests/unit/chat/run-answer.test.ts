import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { CHECKPOINT_INTERVAL_MS } from '#chat/checkpoint.ts';
import { createMemoryConversations } from '#chat/memory-conversations.ts';
import { runAnswer } from '#chat/run-answer.ts';
import { createStoredConversations } from '#db/stored-conversations.ts';
import type { ConversationStore } from '#domain/conversation-store.ts';
import { OnggiError } from '#domain/errors.ts';
import { toConversationId } from '#domain/ids.ts';
import { MAX_CONTENT_CHARACTERS, isContinuable } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import type { ChatQuestion, StreamChat } from '#domain/stream.ts';
import { estimatePromptTokens, estimateTokens } from '#usage/estimate-tokens.ts';
import { makeAnswer, makeConversation, makeMessage } from '../db/conversation-rows.ts';
import { createTestClock, openForTest } from '../db/fresh-database.ts';
import {
  createFakeEndpoint,
  endpoint,
  finish,
  readRun,
  readUsage,
  reasoning,
  text,
  usage,
} from './support.ts';

const asked: ChatQuestion = {
  endpoint,
  chatModel: 'model',
  messages: [{ role: 'user', content: '질문 하나' }],
  temperature: 0.4,
  maxTokens: 100,
  isStreaming: true,
};

/** Asks an endpoint that wants no key, and no cache. */
const askFrom =
  (streamChat: StreamChat) =>
  (question: ChatQuestion, signal: AbortSignal): Promise<ReturnType<StreamChat>> =>
    Promise.resolve(streamChat({ ...question, apiKey: undefined }, signal));

interface OpenRun {
  /** Fields of the answer's row before it is asked for. */
  readonly row?: Partial<Message>;
  readonly prepareQuestion?: () => Promise<ChatQuestion>;
  /** The store the run writes to, around the real one. */
  readonly wrap?: (store: ConversationStore) => ConversationStore;
}

/** A question and an answer row in the database, and the answer on its way. */
async function openRun({
  row = {},
  prepareQuestion = () => Promise.resolve(asked),
  wrap = (store) => store,
}: OpenRun = {}) {
  const db = await openForTest();
  const clock = createTestClock();
  const monotonic = createTestClock(12.5);
  const store = createStoredConversations(db, clock);
  const question = makeMessage('c', 'q', null, { tokenCount: 3 });
  const { messages } = await store.addMessages(makeConversation('c'), [
    question,
    makeAnswer('c', 'a', 'q', row),
  ]);
  const message = messages[1];
  if (!message) throw new Error('no answer');
  const fake = createFakeEndpoint();
  const release = vi.fn<() => void>();
  const ask = askFrom(fake.streamChat);
  const deps = { store: wrap(store), ask, monotonic, prepareQuestion, release };
  const run = runAnswer(message, deps);
  const stored = () => store.getMessage(message.id);
  const conversation = () => store.getConversation(toConversationId('c'));
  return { db, clock, monotonic, store, fake, release, run, stored, conversation, ...readRun(run) };
}

/** Only these two: the database waits with other means. */
function useFakeTimeouts(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
}

describe('how an answer ends', () => {
  const unreachable = new OnggiError('provider/unreachable', 'gone', {
    detail: 'connection reset',
  });
  const outcomes = [
    ['complete', [text('An '), text('answer'), finish('stop')], 'complete', null, 'An answer'],
    ['cut by its length', [text('half'), finish('length')], 'complete', null, 'half'],
    ['reasoning alone', [reasoning('hm'), finish('stop')], 'complete', null, ''],
    [
      'filtered after some text',
      [text('so'), finish('content_filter')],
      'complete',
      'provider/content-filter',
      'so',
    ],
    [
      'filtered before any text',
      [finish('content_filter')],
      'complete',
      'provider/content-filter',
      '',
    ],
    ['nothing but its end', [finish('stop')], 'error', 'provider/empty', ''],
    ['nothing at all', [], 'error', 'provider/empty', ''],
    ['text without an end', [text('half')], 'interrupted', 'provider/interrupted', 'half'],
    ['reasoning without an end', [reasoning('hm')], 'interrupted', 'provider/interrupted', ''],
    ['cut with text', [text('half'), unreachable], 'interrupted', 'provider/unreachable', 'half'],
    ['cut without text', [unreachable], 'error', 'provider/unreachable', ''],
    [
      'refused after some text',
      [text('half'), new OnggiError('provider/server', 'x')],
      'error',
      'provider/server',
      'half',
    ],
    ['broken by our own fault', [new TypeError('oops')], 'error', 'app/unexpected', ''],
  ] as const;

  test.each(outcomes)('%s', async (_name, steps, status, code, content) => {
    const { fake, settled, stored, release } = await openRun();
    fake.say(...steps, 'end');
    const { message, unsaved } = await settled;
    expect(unsaved).toBeNull();
    expect(message).toMatchObject({ status, content });
    expect(message.error?.code ?? null).toBe(code);
    expect(message).not.toHaveProperty('streamingSince');
    expect(await stored()).toEqual(message);
    expect(release).toHaveBeenCalledTimes(1);
  });

  test('keeps the reason, the model and what the other side said', async () => {
    const first = await openRun();
    first.fake.say(text('half'), finish('length'), 'end');
    const { message } = await first.settled;
    expect(message).toMatchObject({ finishReason: 'length', modelUsed: 'model', temperature: 0.4 });
    expect(isContinuable(message)).toBe(true);
    const second = await openRun();
    second.fake.say(unreachable);
    expect((await second.settled).message.error).toEqual({
      code: 'provider/unreachable',
      detail: 'connection reset',
    });
  });

  test('keeps the partial answer when stopped', async () => {
    const { fake, untilText, run, settled, stored } = await openRun();
    fake.say(text('half an'));
    await untilText('half an');
    run.stop();
    run.stop();
    const { message } = await settled;
    expect(message).toMatchObject({ status: 'stopped', content: 'half an', error: null });
    expect(await stored()).toEqual(message);
  });

  test('is stopped, not failed, when stopping breaks the connection', async () => {
    const { fake, untilText, run, settled } = await openRun();
    fake.say(text('half'));
    await untilText('half');
    fake.say(() => run.stop(), unreachable);
    expect((await settled).message).toMatchObject({ status: 'stopped', error: null });
  });

  test('is an error when the request cannot be made, and nobody is asked', async () => {
    const { fake, heard, settled, release } = await openRun({
      prepareQuestion: () => Promise.reject(new OnggiError('vault/cannot-open', 'no key')),
    });
    const { message } = await settled;
    expect(message).toMatchObject({ status: 'error', error: { code: 'vault/cannot-open' } });
    expect(heard.map(({ kind }) => kind)).toEqual(['asking', 'settled']);
    expect(fake.requests).toEqual([]);
    expect(release).toHaveBeenCalledTimes(1);
  });

  test('ends where the longest text ends that may be stored', async () => {
    const clock = createTestClock();
    const store = createMemoryConversations(clock);
    const answer = makeAnswer('c', 'a', null);
    await store.addMessages(makeConversation('c'), [answer]);
    const fake = createFakeEndpoint();
    const ask = askFrom(fake.streamChat);
    const prepareQuestion = () => Promise.resolve(asked);
    const run = runAnswer(answer, {
      store,
      ask,
      monotonic: clock,
      prepareQuestion,
      release: vi.fn(),
    });
    fake.say(usage(1, 1), text('한'.repeat(MAX_CONTENT_CHARACTERS)), text('x'), text('never read'));
    const { message } = await readRun(run).settled;
    expect(message.status).toBe('interrupted');
    expect(message.error?.code).toBe('provider/too-large');
    expect(message.content.length).toBe(MAX_CONTENT_CHARACTERS);
    expect(message.content.endsWith('한')).toBe(true);
  });

  test('tells of a pause and of refused stream options, in order', async () => {
    const { fake, heard, settled } = await openRun();
    const code = 'provider/rate-limited';
    fake.say({ kind: 'waiting', retryAt: 5, code }, { kind: 'stream-options-refused' });
    fake.say(text('a'), finish('stop'), 'end');
    await settled;
    expect(heard.slice(0, -1)).toEqual([
      { kind: 'asking' },
      { kind: 'waiting', retryAt: 5 },
      { kind: 'stream-options-refused' },
      { kind: 'writing', content: 'a', reasoning: null },
    ]);
  });
});

describe('tokens', () => {
  test('are those the endpoint counted, the last count winning', async () => {
    const { db, fake, settled, conversation } = await openRun();
    fake.say(text('answer'), usage(7, 1), usage(40, 12), finish('stop'), 'end');
    const { message } = await settled;
    expect(message).toMatchObject({
      promptTokens: 40,
      completionTokens: 12,
      tokenCount: 12,
      isTokenCountEstimated: false,
    });
    expect(await conversation()).toMatchObject({ totalTokens: 3 + 12 });
    expect(await readUsage(db)).toMatchObject([
      { model: 'model', requestCount: 1, promptTokens: 40, completionTokens: 12, totalTokens: 52 },
    ]);
  });

  test('are estimated and marked so where the endpoint counted none', async () => {
    const { db, fake, settled } = await openRun();
    fake.say(reasoning('생각 중'), text('answer 답'), finish('stop'), 'end');
    const completionTokens = estimateTokens('answer 답') + estimateTokens('생각 중');
    const promptTokens = estimatePromptTokens(asked.messages);
    expect((await settled).message).toMatchObject({
      promptTokens,
      completionTokens,
      tokenCount: completionTokens,
      isTokenCountEstimated: true,
    });
    expect(await readUsage(db)).toMatchObject([{ promptTokens, completionTokens }]);
  });

  test('are unknown for an answer that never came, which counts as a failed request', async () => {
    const { db, fake, settled } = await openRun();
    fake.say('end');
    expect((await settled).message).toMatchObject({ tokenCount: null, promptTokens: null });
    expect(await readUsage(db)).toMatchObject([{ requestCount: 1, errorCount: 1, totalTokens: 0 }]);
  });

  test('of a continued answer are added up, and only the new ones are counted', async () => {
    const { db, fake, settled, conversation } = await openRun({
      row: { content: 'One ', tokenCount: 5, completionTokens: 5, promptTokens: 9 },
    });
    fake.say(text('two'), usage(20, 4), finish('stop'), 'end');
    expect((await settled).message).toMatchObject({
      content: 'One two',
      completionTokens: 9,
      tokenCount: 9,
    });
    expect(await conversation()).toMatchObject({ totalTokens: 3 + 9 });
    expect(await readUsage(db)).toMatchObject([{ promptTokens: 20, completionTokens: 4 }]);
  });
});

describe('times', () => {
  test('of the first token do not count reasoning nor empty pieces', async () => {
    const { monotonic, fake, settled } = await openRun();
    const later = (ms: number) => () => void (monotonic.now += ms);
    fake.say(later(100), reasoning('hm'), later(200), text(''), later(300), text('a'));
    fake.say(later(1000), text('b'), finish('stop'), 'end');
    expect((await settled).message).toMatchObject({
      timeToFirstTokenMs: 600,
      responseTimeMs: 1600,
    });
  });

  test.each([-31_536_000_000, 315_360_000_000])(
    'are what passed, when the clock is set by %s ms meanwhile',
    async (setBy) => {
      const { db, clock, monotonic, fake, settled } = await openRun();
      const set = () => {
        clock.now += setBy;
        monotonic.now += 250.2;
      };
      fake.say(set, text('a'), finish('stop'), 'end');
      const times = { timeToFirstTokenMs: 250, responseTimeMs: 250 };
      expect((await settled).message).toMatchObject(times);
      expect(await readUsage(db)).toMatchObject([{ totalResponseTimeMs: 250, timedCount: 1 }]);
    },
  );

  test('of the first token are unknown when no text came', async () => {
    const { fake, settled } = await openRun();
    fake.say(reasoning('hm'), finish('stop'), 'end');
    expect((await settled).message.timeToFirstTokenMs).toBeNull();
  });
});

describe('checkpoints', () => {
  /** Notes the checkpoints that were begun and lets a test wait for the last one. */
  function watching() {
    const begun: string[] = [];
    let last: Promise<void> | undefined;
    const wrap = (store: ConversationStore): ConversationStore => ({
      ...store,
      checkpointAnswer(id, answer) {
        begun.push(answer.content);
        last = store.checkpointAnswer(id, answer);
        return last;
      },
    });
    return { begun, wrap, lastWrite: () => last };
  }

  test('are written at most once an interval, with all text so far', async () => {
    const { begun, wrap, lastWrite } = watching();
    const { fake, untilText, settled, stored } = await openRun({ wrap });
    useFakeTimeouts();
    const hundred = 'a'.repeat(100);
    fake.say(...Array.from(hundred, text));
    await untilText(hundred);
    vi.advanceTimersByTime(CHECKPOINT_INTERVAL_MS - 1);
    expect(begun).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(begun).toEqual([hundred]);
    await lastWrite();
    expect(await stored()).toMatchObject({ content: hundred, status: 'streaming' });
    fake.say(reasoning('hm'), text('b'));
    await untilText(`${hundred}b`);
    vi.advanceTimersByTime(CHECKPOINT_INTERVAL_MS);
    await lastWrite();
    expect(await stored()).toMatchObject({ content: `${hundred}b`, reasoning: 'hm' });
    vi.advanceTimersByTime(CHECKPOINT_INTERVAL_MS * 5);
    expect(begun).toEqual([hundred, `${hundred}b`]);
    fake.say(finish('stop'), 'end');
    await settled;
  });

  test('are written at once when the page asks for it, and not after the end', async () => {
    const { begun, wrap } = watching();
    const { fake, untilText, run, stored, settled } = await openRun({ wrap });
    useFakeTimeouts();
    fake.say(text('half'));
    await untilText('half');
    await run.flush();
    expect(await stored()).toMatchObject({ content: 'half', status: 'streaming' });
    await run.flush();
    fake.say(text(' and half'), finish('stop'), 'end');
    await settled;
    vi.advanceTimersByTime(CHECKPOINT_INTERVAL_MS);
    expect(begun).toEqual(['half']);
  });
});

describe('a database that does not take it', () => {
  test('is told of while the answer goes on', async () => {
    const { db, fake, heard, untilText, run, settled } = await openRun();
    fake.say(text('half'));
    await untilText('half');
    db.close();
    await run.flush();
    fake.say(text(' and half'), finish('stop'), 'end');
    const { message } = await settled;
    expect(heard.map(({ kind }) => kind)).toEqual([
      'asking',
      'writing',
      'writing',
      'unsaved',
      'settled',
    ]);
    expect(heard.find(({ kind }) => kind === 'unsaved')).toMatchObject({
      error: { code: 'db/closed' },
    });
    expect(message).toMatchObject({ status: 'complete', content: 'half and half' });
  });

  test('leaves the whole answer with the page, says why, and lets go of the lock', async () => {
    const { db, fake, untilText, settled, release } = await openRun();
    fake.say(text('all of it'));
    await untilText('all of it');
    expect(release).not.toHaveBeenCalled();
    db.close();
    fake.say(finish('stop'), 'end');
    const { message, unsaved } = await settled;
    expect(unsaved).toMatchObject({ code: 'db/closed' });
    expect(message).toMatchObject({ status: 'complete', content: 'all of it' });
    expect(release).toHaveBeenCalledTimes(1);
  });
});
