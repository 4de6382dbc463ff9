/** Rows as fast-check makes them: sound, and with every text that has hurt somebody. */
import * as fc from 'fast-check';
import { createConversation } from '#domain/conversation.ts';
import type { Conversation } from '#domain/conversation.ts';
import { toConversationId, toEndpointId, toMessageId, toSessionId } from '#domain/ids.ts';
import { createMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';

const ROLES = ['user', 'assistant', 'system', 'function', 'tool'] as const;

/** Korean, emoji, lone surrogates, NUL, right-to-left, control characters, escapes, key names. */
export const naughtyText = fc.oneof(
  fc.constantFrom(
    '',
    '옹기가 뭐야? 👩‍👩‍👧‍👦',
    '\ud800',
    'a\udc00b\ud83d',
    '\u0000\u0001\u001f\u007f\u0085',
    '\u202eevil\u202c مرحبا שלום',
    '\u2028\u2029\ufeff',
    '{"messages":[',
    '","x":[\\',
    '\\\\\\"',
    '__proto__',
    'onggi',
    '<script>alert(1)</script>',
    '\r\n\t \n',
    'e\u0301\u1100\u1161',
  ),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 30 })
    .map((units) => String.fromCharCode(...units)),
);

/** Values of JSON; no -0, which JSON has not. */
const json = fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }).map(withoutMinusZero);
const metadata = fc
  .dictionary(fc.oneof(naughtyText, fc.constantFrom('onggi', '__proto__', 'constructor')), json, {
    maxKeys: 4,
  })
  // As a reader of JSON would have it: a plain object, whatever its keys.
  .map((value) => JSON.parse(JSON.stringify(value)) as Readonly<Record<string, unknown>>);

function withoutMinusZero(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

const instant = fc.integer({ min: 0, max: 4_000_000_000_000 });
const count = fc.option(fc.nat(1_000_000), { nil: null });
const milliseconds = fc.option(
  fc.nat(10_000_000).map((thousandths) => thousandths / 1000),
  { nil: null },
);
const optionalText = fc.option(naughtyText, { nil: null });

const messageFields = fc.record({
  role: fc.constantFrom(...ROLES),
  content: naughtyText,
  reasoning: optionalText,
  parts: fc.array(json, { maxLength: 2 }),
  timestamp: instant,
  changedAt: instant,
  status: fc.constantFrom('complete' as const, 'interrupted' as const, 'stopped' as const),
  finishReason: optionalText,
  tokenCount: count,
  promptTokens: count,
  completionTokens: count,
  isTokenCountEstimated: fc.boolean(),
  modelUsed: optionalText,
  endpointId: fc.option(fc.constant(toEndpointId('e')), { nil: null }),
  temperature: fc.option(fc.constantFrom(0, 0.7, 1.25), { nil: null }),
  responseTimeMs: milliseconds,
  timeToFirstTokenMs: milliseconds,
  costUsd: fc.option(fc.constantFrom(0, 0.000123), { nil: null }),
  rating: fc.constantFrom(null, 1 as const, 5 as const),
  feedback: optionalText,
  metadata,
});

const conversationFields = fc.record({
  title: optionalText,
  titleOrigin: fc.constantFrom('first-message' as const, 'person' as const, 'import' as const),
  createdAt: instant,
  updatedAt: instant,
  changedAt: instant,
  status: fc.constantFrom('active' as const, 'archived' as const, 'deleted' as const),
  deletedAt: fc.option(instant, { nil: null }),
  summary: optionalText,
  tags: fc.array(naughtyText, { maxLength: 3 }),
  pinned: fc.constantFrom(0 as const, 1 as const),
  chatModel: optionalText,
  systemPrompt: optionalText,
  temperature: fc.option(fc.constantFrom(0, 1.5), { nil: null }),
  maxTokens: fc.option(fc.nat(5000), { nil: null }),
  sourceId: naughtyText,
  metadata,
});

/** Conversations with random trees of messages, numbered with gaps, counters right. */
export const wholeConversations = (
  size: number,
): fc.Arbitrary<{ conversation: Conversation; messages: Message[] }[]> =>
  fc
    .uniqueArray(fc.uuid(), { minLength: size, maxLength: size })
    .chain((ids) => fc.tuple(...ids.map(wholeConversation)));

function wholeConversation(
  id: string,
): fc.Arbitrary<{ conversation: Conversation; messages: Message[] }> {
  const place = fc.record({
    fields: messageFields,
    /** Which earlier message is the parent; those beyond make a root or follow the last one. */
    parent: fc.nat(12),
    gap: fc.constantFrom(0, 0, 0, 1, 5),
  });
  return fc
    .record({
      fields: conversationFields,
      places: fc.array(place, { maxLength: 6 }),
      leaf: fc.nat(5),
      later: fc.constantFrom(0, 0, 2),
    })
    .map(({ fields, places, leaf, later }) => {
      let seq = -1;
      const messages: Message[] = [];
      for (const [index, { fields: values, parent, gap }] of places.entries()) {
        seq += 1 + gap;
        const above = parent === 12 ? undefined : (messages[parent] ?? messages.at(-1));
        messages.push(
          createMessage({
            ...values,
            id: toMessageId(`${id}/${index}`),
            conversationId: toConversationId(id),
            sessionId: toSessionId('s'),
            parentId: above?.id ?? null,
            seq,
          }),
        );
      }
      const conversation = createConversation({
        ...fields,
        id: toConversationId(id),
        sessionId: toSessionId('s'),
        messageCount: messages.length,
        totalTokens: messages.reduce((sum, { tokenCount }) => sum + (tokenCount ?? 0), 0),
        lastSeq: seq + later,
        activeLeafId: (messages[leaf] ?? messages.at(-1))?.id ?? null,
      });
      return { conversation, messages };
    });
}
