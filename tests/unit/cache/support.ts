import { onTestFinished } from 'vitest';
import { createKeyvalStore } from '#cache/keyval-store.ts';
import { createResponseCache } from '#cache/response-cache.ts';
import type { ResponseCache } from '#cache/response-cache.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { createEndpoint } from '#domain/endpoint.ts';
import { toEndpointId } from '#domain/ids.ts';
import type { Message } from '#domain/message.ts';
import type { CachedResponse } from '#domain/stored-rows.ts';
import type { ChatQuestion } from '#domain/stream.ts';
import { makeMessage } from '../db/conversation-rows.ts';
import { createTestClock, openForTest } from '../db/fresh-database.ts';
import type { TestClock } from '../db/fresh-database.ts';

export const NOW = 1_700_000_000_000;
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** A name that no other test uses; its store goes when the test is over. */
export function freshStoreName(): string {
  const name = `cache-${crypto.randomUUID()}`;
  onTestFinished(() => void indexedDB.deleteDatabase(name));
  return name;
}

export const freshStore = () => createKeyvalStore(freshStoreName());

/** An entry of a key, kept now for five minutes. */
export function makeEntry(cacheKey: string, fields: Partial<CachedResponse> = {}): CachedResponse {
  return {
    cacheKey,
    promptHash: 'prompt',
    model: 'model',
    response: `answer to ${cacheKey}`,
    reasoning: null,
    promptTokens: 10,
    completionTokens: 5,
    isTokenCountEstimated: false,
    costUsd: null,
    createdAt: NOW,
    expiresAt: NOW + 5 * MINUTE,
    hitCount: 0,
    ...fields,
  };
}

export function makeQuestion(fields: Partial<ChatQuestion> = {}): ChatQuestion {
  return {
    endpoint: createEndpoint({
      id: toEndpointId('endpoint'),
      presetId: 'custom',
      name: 'Test',
      baseUrl: 'http://localhost:1/v1',
      createdAt: NOW,
    }),
    chatModel: 'model',
    messages: [{ role: 'user', content: '항아리가 뭐야?' }],
    temperature: 0.7,
    maxTokens: 2000,
    isStreaming: true,
    ...fields,
  };
}

/** A whole answer, as it is stored. */
export function makeStoredAnswer(content: string, fields: Partial<Message> = {}): Message {
  return makeMessage('c', 'a', 'q', {
    role: 'assistant',
    content,
    finishReason: 'stop',
    modelUsed: 'model',
    promptTokens: 10,
    completionTokens: 5,
    tokenCount: 5,
    ...fields,
  });
}

/** A page with a cache of its own memory, over a database and a store that others may share. */
export interface TestPage {
  readonly cache: ResponseCache;
  readonly db: OnggiDatabase;
  readonly name: string;
  readonly clock: TestClock;
  /** Time that no setting of the clock changes; passing it lets the clock pass too. */
  readonly pass: (milliseconds: number) => void;
}

interface OpenPage {
  /** Another tab of the same profile. */
  readonly beside?: Pick<TestPage, 'db' | 'name' | 'clock'>;
  readonly patienceMs?: number;
}

export async function openPage({ beside, patienceMs }: OpenPage = {}): Promise<TestPage> {
  const clock = beside?.clock ?? createTestClock(NOW);
  const db = beside?.db ?? (await openForTest({ clock }));
  const name = beside?.name ?? freshStoreName();
  let passed = 0;
  const cache = createResponseCache({
    db,
    clock,
    monotonic: () => passed,
    name,
    // A busy machine must not make a miss of a hit.
    patienceMs: patienceMs ?? 20_000,
  });
  onTestFinished(() => cache.close());
  return {
    cache,
    db,
    name,
    clock,
    pass(milliseconds) {
      passed += milliseconds;
      clock.now += milliseconds;
    },
  };
}
