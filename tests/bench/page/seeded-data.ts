/** Rows like those of a person who writes a lot, the same in every run. */
import { createConversation, withAddedMessages } from '#domain/conversation.ts';
import type { Conversation } from '#domain/conversation.ts';
import { toConversationId, toEndpointId, toMessageId, toSessionId } from '#domain/ids.ts';
import { createMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import { LOCAL_USER_ID } from '#domain/ids.ts';
import { usageStatisticId } from '#domain/usage.ts';
import type { UsageStatistic } from '#domain/usage.ts';

/** Messages of one conversation. */
export const CONVERSATION_LENGTH = 200;
/** Different texts; messages take theirs from here in random order. */
const TEXT_COUNT = 2000;
const MIN_BYTES = 400;
const MAX_BYTES = 2000;
const START = 1_750_000_000_000;
const MINUTE_MS = 60_000;
const SESSION_ID = toSessionId('bench-session');
const ENDPOINT_ID = toEndpointId('bench-endpoint');

export type Random = () => number;

/** Numbers from 0 to below 1 (mulberry32, public domain). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A whole number from 0 to below `limit`. */
export const pick = (random: Random, limit: number): number => Math.floor(random() * limit);

/** A script: its share of all messages, one of its letters by number, UTF-8 bytes of a letter. */
interface Script {
  readonly share: number;
  readonly first: number;
  readonly count: number;
  readonly letters: number;
}

/** 60 % Korean, 30 % English, 5 % Japanese, 5 % Chinese; code points of the letters used. */
const SCRIPTS: readonly Script[] = [
  { share: 0.6, first: 0xac00, count: 2350, letters: 3 },
  { share: 0.3, first: 0x61, count: 26, letters: 6 },
  { share: 0.05, first: 0x3042, count: 80, letters: 4 },
  { share: 0.05, first: 0x4e00, count: 3000, letters: 2 },
];

/** Words of one script until `bytes` of UTF-8 are full. */
function makeText(random: Random): string {
  const bytes = MIN_BYTES + pick(random, MAX_BYTES - MIN_BYTES);
  let left = random();
  const script = SCRIPTS.find(({ share }) => (left -= share) < 0) ?? SCRIPTS[0];
  if (!script) return '';
  const size = script.first < 0x80 ? 1 : 3;
  let text = '';
  for (let used = 0; used < bytes;) {
    const length = 1 + pick(random, script.letters);
    for (let at = 0; at < length; at += 1) {
      text += String.fromCodePoint(script.first + pick(random, script.count));
    }
    text += ' ';
    used += length * size + 1;
  }
  return text;
}

/** Conversations with their messages, by number, always the same for the same number. */
export interface SeededData {
  conversation(index: number): { conversation: Conversation; messages: Message[] };
}

/** The id of a conversation and of one of its messages, without making the rows. */
export const conversationIdOf = (index: number) => toConversationId(`conversation-${index}`);
export const messageIdOf = (index: number, seq: number) => toMessageId(`message-${index}-${seq}`);

export function createSeededData(seed: number): SeededData {
  const random = createRandom(seed);
  const texts = Array.from({ length: TEXT_COUNT }, () => makeText(random));
  return { conversation: (index) => makeConversation(index, createRandom(seed + index), texts) };
}

function makeConversation(index: number, random: Random, texts: readonly string[]) {
  const id = conversationIdOf(index);
  const createdAt = START + index * CONVERSATION_LENGTH * MINUTE_MS;
  const messages: Message[] = [];
  for (let seq = 0; seq < CONVERSATION_LENGTH; seq += 1) {
    const content = texts[pick(random, TEXT_COUNT)] ?? '';
    const tokenCount = Math.round(content.length / 3);
    const isAnswer = seq % 2 === 1;
    messages.push(
      createMessage({
        id: messageIdOf(index, seq),
        conversationId: id,
        sessionId: SESSION_ID,
        parentId: seq === 0 ? null : messageIdOf(index, seq - 1),
        seq,
        role: isAnswer ? 'assistant' : 'user',
        content,
        timestamp: createdAt + seq * MINUTE_MS,
        tokenCount,
        isTokenCountEstimated: true,
        ...(isAnswer && {
          finishReason: 'stop',
          promptTokens: 900,
          completionTokens: tokenCount,
          modelUsed: 'bench-model',
          endpointId: ENDPOINT_ID,
          temperature: 0.7,
          responseTimeMs: 4200,
          timeToFirstTokenMs: 310,
        }),
      }),
    );
  }
  const empty = createConversation({
    id,
    sessionId: SESSION_ID,
    createdAt,
    title: (texts[pick(random, TEXT_COUNT)] ?? '').slice(0, 40),
    tags: index % 4 === 0 ? [`tag-${index % 12}`] : [],
    pinned: index % 100 === 0 ? 1 : 0,
    summary: index % 5 === 0 ? (texts[pick(random, TEXT_COUNT)] ?? '').slice(0, 200) : null,
  });
  const end = createdAt + CONVERSATION_LENGTH * MINUTE_MS;
  return { conversation: withAddedMessages(empty, messages, end), messages };
}

/** Two models a day over a year, by day. */
export function makeUsage(days = 365): UsageStatistic[] {
  return Array.from({ length: days * 2 }, (_value, index) => {
    const date = new Date(START + Math.floor(index / 2) * 24 * 60 * MINUTE_MS);
    const key = { date: date.toISOString().slice(0, 10), model: `model-${index % 2}` };
    return {
      id: usageStatisticId(LOCAL_USER_ID, key),
      userId: LOCAL_USER_ID,
      ...key,
      requestCount: 20,
      promptTokens: 18_000,
      completionTokens: 8000,
      totalTokens: 26_000,
      totalCostUsd: 0,
      unpricedCount: 20,
      totalResponseTimeMs: 80_000,
      timedCount: 20,
      errorCount: 0,
    };
  });
}
