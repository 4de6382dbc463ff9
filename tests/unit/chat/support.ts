import { expect } from 'vitest';
import type { AnswerProgress, AnswerRun } from '#chat/run-answer.ts';
import { createChat } from '#chat/chat.ts';
import type { ChatDeps } from '#chat/chat.ts';
import { tryHoldAnswerLock } from '#db/locks.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { createStoredConversations } from '#db/stored-conversations.ts';
import { readUsageStatistics } from '#db/usage-statistics.ts';
import type { Conversation } from '#domain/conversation.ts';
import { createEndpoint } from '#domain/endpoint.ts';
import type { Endpoint } from '#domain/endpoint.ts';
import { toEndpointId, toSessionId } from '#domain/ids.ts';
import type { ChatDelta, ChatRequest, StreamChat } from '#domain/stream.ts';
import { createUserSettings } from '#domain/user-settings.ts';
import type { UserSettings } from '#domain/user-settings.ts';
import { makeConversation } from '../db/conversation-rows.ts';
import { createTestClock, createTestIds, openForTest } from '../db/fresh-database.ts';

/** What the endpoint does next: a piece, an error, the end, or something the test does in between. */
type Step = ChatDelta | Error | 'end' | (() => void);

/** An endpoint that says what the test tells it to, when the test tells it to. */
export interface FakeEndpoint {
  readonly streamChat: StreamChat;
  readonly requests: readonly ChatRequest[];
  say(...steps: readonly Step[]): void;
}

/** @param onAsked Called when the endpoint is asked, before it says anything. */
export function createFakeEndpoint(onAsked?: () => Promise<void>): FakeEndpoint {
  const requests: ChatRequest[] = [];
  const queue: Step[] = [];
  let wake = (): void => undefined;
  return {
    requests,
    async *streamChat(request, signal) {
      requests.push(request);
      await onAsked?.();
      signal.addEventListener('abort', () => wake());
      for (;;) {
        const step = queue.shift();
        if (step === 'end') return;
        if (step instanceof Error) throw step;
        if (typeof step === 'function') step();
        else if (step) yield step;
        else if (signal.aborted) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
    say(...steps) {
      queue.push(...steps);
      wake();
    },
  };
}

export const text = (words: string): ChatDelta => ({ kind: 'text', text: words });
export const reasoning = (words: string): ChatDelta => ({ kind: 'reasoning', text: words });
export const finish = (reason: string): ChatDelta => ({ kind: 'finish', reason });
export const usage = (promptTokens: number, completionTokens: number): ChatDelta => ({
  kind: 'usage',
  usage: { promptTokens, completionTokens },
});

/** A whole good answer. */
export const answered = (words: string): readonly Step[] => [text(words), finish('stop'), 'end'];

/** Reads a run to its end and keeps what it told. */
export function readRun(run: AnswerRun) {
  const heard: AnswerProgress[] = [];
  const waiting = new Set<() => void>();
  const readToEnd = async () => {
    for await (const progress of run.progress) {
      heard.push(progress);
      for (const check of waiting) check();
    }
    const last = heard.at(-1);
    if (last?.kind !== 'settled') throw new Error(`ended with ${last?.kind}`);
    return { message: last.message, usage: last.usage, unsaved: last.unsaved };
  };
  return {
    heard: heard as readonly AnswerProgress[],
    settled: readToEnd(),
    /** Waits, without looking at the time, until all text so far is this. */
    untilText: (content: string) =>
      new Promise<void>((resolve) => {
        const check = (): void => {
          const last = heard.findLast((progress) => progress.kind === 'writing');
          if (last?.content === content) resolve();
        };
        waiting.add(check);
        check();
      }),
  };
}

/** All usage rows. */
export const readUsage = (db: OnggiDatabase) =>
  readUsageStatistics(db, { from: '0000', to: '9999' });

export const endpoint = createEndpoint({
  id: toEndpointId('endpoint'),
  presetId: 'custom',
  name: 'Test',
  baseUrl: 'http://localhost:1/v1',
  createdAt: 1_700_000_000_000,
});

/** A cache that has nothing and keeps nothing. */
const NO_CACHE: ChatDeps['cache'] = {
  find: () => Promise.resolve(undefined),
  keep: () => Promise.resolve(),
};

interface OpenChat {
  readonly fake?: FakeEndpoint;
  readonly settings?: Partial<UserSettings>;
  readonly endpoints?: readonly Endpoint[];
  readonly deps?: Partial<ChatDeps>;
}

/** The flows of a conversation over a fresh database, and a new conversation of its own. */
export async function openChat({
  fake = createFakeEndpoint(),
  settings = {},
  endpoints = [endpoint],
  deps = {},
}: OpenChat = {}) {
  const db = await openForTest();
  const clock = createTestClock();
  const store = createStoredConversations(db, clock);
  const chat = createChat({
    cache: NO_CACHE,
    streamChat: fake.streamChat,
    getEndpoint: (id) => Promise.resolve(endpoints.find((row) => row.id === id)),
    openApiKey: () => Promise.resolve('key'),
    getSettings: () => ({
      ...createUserSettings('en', clock.now),
      defaultEndpointId: endpoint.id,
      defaultModel: 'model',
      ...settings,
    }),
    getSessionId: () => Promise.resolve(toSessionId('session')),
    tryHoldAnswerLock,
    clock,
    monotonic: clock,
    createId: createTestIds(),
    ...deps,
  });
  // Locks belong to the whole origin: every test takes its own conversation.
  const fresh = makeConversation(crypto.randomUUID());
  const conversation = async (): Promise<Conversation> => {
    const row = await store.getConversation(fresh.id);
    if (!row) throw new Error('no conversation');
    return row;
  };
  const rows = () => db.strict.messages.orderBy('[conversationId+seq]').toArray();
  const place = async () => ({ store, conversation: await conversation() });
  /** Asks one question and takes its answer. */
  const converse = async (question: string, ...steps: readonly Step[]) => {
    fake.say(...steps);
    const stored = (await store.getConversation(fresh.id)) ?? fresh;
    const run = await chat.sendMessage(
      { store, conversation: stored },
      question,
      stored.activeLeafId,
    );
    return (await readRun(run).settled).message;
  };
  /** The lock of the conversation is free again. */
  const expectFree = async () => {
    const release = await tryHoldAnswerLock(fresh.id);
    expect(release).toBeTypeOf('function');
    release?.();
  };
  return { db, clock, store, chat, fake, fresh, conversation, rows, place, converse, expectFree };
}
