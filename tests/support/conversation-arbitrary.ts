import fc from 'fast-check';
import { createConversation } from '#domain/conversation.ts';
import type { Conversation } from '#domain/conversation.ts';
import { toConversationId, toEndpointId, toMessageId, toSessionId } from '#domain/ids.ts';
import { createMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';

/** A random conversation with its messages, a whole tree with its shown branch. */
export interface RandomConversation {
  readonly conversation: Conversation;
  readonly messages: readonly Message[];
}

/** What texts of chats hold, and what breaks readers. */
const PIECES = [
  '옹기가 뭐야?',
  '👩‍👩‍👧‍👦🏺',
  'שלום‎ \u202eabc\u202c',
  '\ud800',
  '\udfff',
  '\0',
  '\u0001\u001b[0m\u007f\u0085',
  '\r\n',
  '\r',
  '\n',
  '\n\n',
  ' ',
  '\t',
  '\u2028\u2029',
  '\ufeff',
  '<!-- onggi:aaaaaa end -->',
  '\n<!-- onggi:aaaaa0 end -->\n',
  '<!-- onggi:',
  '-->',
  '--',
  '# Heading\n',
  '\n## User\n\n',
  '```\n## Assistant\n```',
  '*2026-11-22T07:30:23.123+00:00*',
  '<script>alert(1)</script>',
  '"\\\'&<>',
  '\\u0041',
  '__proto__',
] as const;

/** Korean, emoji, right-to-left, control characters, lone surrogates, U+0000, imitated markers, empty. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }).map(joined) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.constant('') },
);

function joined(pieces: readonly string[]): string {
  return pieces.join('');
}

const anyName = fc.uuid();
/** Up to the year 9999: what Python can read. */
const anyInstant = fc.integer({ min: 0, max: 253_402_300_799_999 });
const anyCount = fc.nat(1_000_000);
const nullOr = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary);

/** JSON as metadata holds it: any keys, `__proto__` among them, no negative zero. */
const anyMetadata = fc
  .dictionary(
    fc.oneof(anyText, fc.constantFrom('__proto__', 'constructor', 'source_id', 'hidden')),
    fc.oneof(anyText, fc.integer(), fc.boolean(), fc.constant(null), fc.array(anyText)),
    { maxKeys: 4 },
  )
  // Parsed, so that `__proto__` is a member like any other.
  .map((metadata): Record<string, unknown> => JSON.parse(JSON.stringify(metadata)) as never);

const anyAttachments = fc.array(
  fc.record({
    id: anyName,
    name: anyText.filter((name) => name !== ''),
    mediaType: fc.constantFrom('image/png', 'text/plain'),
    sizeBytes: anyCount,
  }),
  { maxLength: 2 },
);

const anyMessageFields = fc.record({
  role: fc.constantFrom('user', 'assistant', 'system', 'function', 'tool'),
  content: anyText,
  reasoning: nullOr(anyText),
  parts: fc.array(fc.record({ type: anyText, value: fc.integer() }), { maxLength: 2 }),
  timestamp: anyInstant,
  changedAt: anyInstant,
  status: fc.constantFrom('complete', 'interrupted', 'stopped', 'error'),
  finishReason: nullOr(anyText),
  tokenCount: nullOr(anyCount),
  promptTokens: nullOr(anyCount),
  completionTokens: nullOr(anyCount),
  isTokenCountEstimated: fc.boolean(),
  modelUsed: nullOr(anyText),
  endpointId: nullOr(anyName.map(toEndpointId)),
  temperature: nullOr(fc.integer({ min: 0, max: 20 }).map((tenths) => tenths / 10)),
  responseTimeMs: nullOr(anyCount),
  timeToFirstTokenMs: nullOr(anyCount),
  costUsd: nullOr(fc.integer({ min: 0, max: 1000 }).map((cents) => cents / 100)),
  rating: nullOr(fc.constantFrom(1, 2, 3, 4, 5)),
  feedback: nullOr(anyText),
  attachments: anyAttachments,
  metadata: anyMetadata,
  error: nullOr(fc.record({ code: fc.constant('provider/offline'), detail: nullOr(anyText) })),
});

const anyConversationFields = fc.record({
  title: nullOr(anyText),
  titleOrigin: fc.constantFrom('first-message', 'model', 'person', 'import'),
  createdAt: anyInstant,
  updatedAt: anyInstant,
  changedAt: anyInstant,
  status: fc.constantFrom('active', 'archived'),
  summary: nullOr(anyText),
  tags: fc.array(anyText, { maxLength: 3 }),
  pinned: fc.constantFrom(0, 1),
  chatModel: nullOr(anyText),
  temperature: nullOr(fc.integer({ min: 0, max: 20 }).map((tenths) => tenths / 10)),
  maxTokens: nullOr(anyCount),
  systemPrompt: nullOr(anyText),
  endpointId: nullOr(anyName.map(toEndpointId)),
  metadata: anyMetadata,
});

/** Any conversation the database may hold at rest, with its counters right. */
export const anyConversation: fc.Arbitrary<RandomConversation> = fc
  .record({
    id: anyName,
    sessionId: anyName,
    source: fc.constantFrom(undefined, { source: 'chatgpt', sourceId: 'conversation-0815' }),
    fields: anyConversationFields,
    nodes: fc.uniqueArray(
      fc.record({ id: anyName, fields: anyMessageFields, parent: fc.nat(), gap: fc.nat(2) }),
      { maxLength: 8, selector: (node) => node.id },
    ),
    leaf: fc.nat(),
    extraSeq: fc.nat(2),
  })
  .map(({ id, sessionId, source, fields, nodes, leaf, extraSeq }) => {
    const conversationId = toConversationId(id);
    const messages: Message[] = [];
    for (const [index, node] of nodes.entries()) {
      const parent = messages[node.parent % (index + 1)];
      const message = createMessage({
        ...(node.fields as Pick<Message, 'role' | 'content' | 'timestamp'>),
        id: toMessageId(node.id),
        conversationId,
        sessionId: toSessionId(sessionId),
        parentId: parent?.id ?? null,
        seq: (messages.at(-1)?.seq ?? -1) + 1 + node.gap,
      });
      messages.push(message);
    }
    const conversation = createConversation({
      ...(fields as Pick<Conversation, 'createdAt'>),
      ...source,
      id: conversationId,
      sessionId: toSessionId(sessionId),
      messageCount: messages.length,
      totalTokens: messages.reduce((sum, { tokenCount }) => sum + (tokenCount ?? 0), 0),
      lastSeq: messages.length === 0 ? -1 + extraSeq : (messages.at(-1)?.seq ?? 0) + extraSeq,
      activeLeafId: messages.length === 0 ? null : (messages[leaf % messages.length]?.id ?? null),
    });
    return { conversation, messages };
  });

/** The pieces of a file as one text. */
export async function joinPieces(
  pieces: Iterable<string> | AsyncIterable<string>,
): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}
