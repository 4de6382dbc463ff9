import fc from 'fast-check';
import { createConversation } from '#domain/conversation.ts';
import type { Conversation } from '#domain/conversation.ts';
import { createEndpoint } from '#domain/endpoint.ts';
import type { Endpoint } from '#domain/endpoint.ts';
import {
  LOCAL_USER_ID,
  toConversationId,
  toEndpointId,
  toMessageId,
  toSessionId,
} from '#domain/ids.ts';
import { createMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import type { Session } from '#domain/session.ts';
import type { Attachment, Draft, SchemaVersion } from '#domain/stored-rows.ts';
import { usageStatisticId } from '#domain/usage.ts';
import type { UsageStatistic } from '#domain/usage.ts';
import { createUserSettings } from '#domain/user-settings.ts';
import type { UserSettings } from '#domain/user-settings.ts';
import type { DocumentWithText } from '#portability/document-fields.ts';
import type { StorePages } from '#portability/sql-rows.ts';

/** The rows of a store, in memory. */
export interface StoreRows {
  readonly userSettings: readonly UserSettings[];
  readonly sessions: readonly Session[];
  readonly usageStatistics: readonly UsageStatistic[];
  readonly schemaVersions: readonly SchemaVersion[];
  readonly endpoints: readonly Endpoint[];
  readonly drafts: readonly Draft[];
  readonly conversations: readonly Conversation[];
  readonly messages: readonly Message[];
  readonly attachments: readonly Attachment[];
  readonly documents: readonly DocumentWithText[];
}

export const EMPTY_STORE: StoreRows = {
  userSettings: [],
  sessions: [],
  usageStatistics: [],
  schemaVersions: [],
  endpoints: [],
  drafts: [],
  conversations: [],
  messages: [],
  attachments: [],
  documents: [],
};

async function* inPages<Row>(rows: readonly Row[], size: number): AsyncGenerator<readonly Row[]> {
  for (let from = 0; from < rows.length; from += size) {
    yield await Promise.resolve(rows.slice(from, from + size));
  }
}

/** The rows as an export reads them, in pages of `size`. */
export function toPages(rows: StoreRows, size = 1000): StorePages {
  return {
    userSettings: inPages(rows.userSettings, size),
    sessions: inPages(rows.sessions, size),
    usageStatistics: inPages(rows.usageStatistics, size),
    schemaVersions: inPages(rows.schemaVersions, size),
    endpoints: inPages(rows.endpoints, size),
    drafts: inPages(rows.drafts, size),
    conversations: inPages(rows.conversations, size),
    messages: inPages(rows.messages, size),
    attachments: inPages(rows.attachments, size),
    documents: inPages(rows.documents, size),
  };
}

/** Texts that SQL, JSON and UTF-8 trip over. */
export const HOSTILE_TEXTS = [
  '',
  ' ',
  '옹기가 뭐야? 甕器 かめ',
  '🙂👩‍👩‍👧‍👦🇰🇷',
  `quotes ' '' " "" \` and $1 $$ :name ?`,
  'back\\slash \\n \\t \\\\ \\x41 \\N',
  '\\N',
  '\\.',
  'line\n\\.\nline',
  '\\.\r\n',
  'tab\tnewline\nreturn\rboth\r\nfeed\f\v\b\u001b',
  'NUL \0 in the middle',
  '\0',
  '\0\0at both ends\0',
  'lone high \ud83d and low \ude42 ',
  '\udc00\ud800',
  '\ud83d\0\ude42',
  '\uFEFFmark',
  '\uFEFF\uFEFF',
  'שלום ‮ rtl ‬ ‏مرحبا',
  '\u2028\u2029\u0085\u00a0\uffff\ufdd0\u{10ffff}',
  '\\u0000 \\ud800 written out',
  '"begins with a quote',
  `'; DROP TABLE messages; --`,
  '{"json": "text"}',
  '123',
  '1e999',
  'null',
  `x'00'`,
] as const;

const rawText = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 30 })
  .map((units) => String.fromCharCode(...units));

/** Any text a column may have to hold. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...HOSTILE_TEXTS),
  rawText,
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.integer({ min: 250, max: 400 }).map((length) => '긴'.repeat(length)),
);

const anyInstant = fc.integer({ min: -62_000_000_000_000, max: 250_000_000_000_000 });
const anyCount = fc.oneof(fc.nat(100_000), fc.nat(2 ** 40));
const anyReal = fc.double({ min: 0, max: 1e6, noNaN: true }).map((value) => value + 0);
/** Whole microseconds: what a duration in seconds keeps. */
const anyDuration = fc.nat(10_000_000).map((microseconds) => microseconds / 1000);
const orNull = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.option(value, { nil: null });

const anyMetadata = fc.dictionary(
  fc.oneof(fc.constantFrom('onggi', '__proto__', 'constructor', 'exact', 'a'), anyText),
  fc.oneof(anyText, fc.nat(), fc.boolean(), fc.constant(null), fc.array(anyText, { maxLength: 2 })),
  { maxKeys: 3 },
);

const anyMessageFields = fc.record({
  role: fc.constantFrom('user', 'assistant', 'system', 'function', 'tool'),
  content: anyText,
  timestamp: anyInstant,
  changedAt: anyInstant,
  reasoning: orNull(anyText),
  parts: fc.array(fc.record({ type: anyText }), { maxLength: 2 }),
  status: fc.constantFrom('complete', 'interrupted', 'stopped', 'error'),
  finishReason: orNull(anyText),
  tokenCount: orNull(anyCount),
  promptTokens: orNull(anyCount),
  completionTokens: orNull(anyCount),
  isTokenCountEstimated: fc.boolean(),
  modelUsed: orNull(anyText),
  temperature: orNull(anyReal),
  responseTimeMs: orNull(anyDuration),
  timeToFirstTokenMs: orNull(anyDuration),
  costUsd: orNull(anyReal),
  rating: fc.constantFrom(null, 1, 2, 3, 4, 5),
  feedback: orNull(anyText),
  metadata: anyMetadata,
  error: fc.constantFrom(null, { code: 'provider/server', detail: 'odd \0 \ud800' }),
} as const);

const anyConversationFields = fc.record({
  title: orNull(anyText),
  titleOrigin: fc.constantFrom('first-message', 'model', 'person', 'import'),
  createdAt: anyInstant,
  updatedAt: anyInstant,
  changedAt: anyInstant,
  status: fc.constantFrom('active', 'archived', 'deleted'),
  deletedAt: orNull(anyInstant),
  summary: orNull(anyText),
  tags: fc.array(anyText, { maxLength: 3 }),
  pinned: fc.constantFrom(0, 1),
  chatModel: orNull(anyText),
  systemPrompt: orNull(anyText),
  temperature: orNull(anyReal),
  maxTokens: orNull(anyCount),
  metadata: anyMetadata,
} as const);

/** A conversation with its messages (a random tree) and attachments, every counter right. */
interface Talk {
  readonly conversation: Conversation;
  readonly messages: readonly Message[];
  readonly attachments: readonly Attachment[];
}

const anyId = fc.oneof(
  fc.uuid(),
  fc.uuid(),
  rawText.filter((text) => text !== ''),
);

const anyTalk = fc
  .record({
    id: anyId,
    fields: anyConversationFields,
    messages: fc.array(
      fc.record({ id: anyId, fields: anyMessageFields, parent: fc.nat(), hasFile: fc.boolean() }),
      { maxLength: 6 },
    ),
    name: anyText,
  })
  .map(({ id, fields, messages, name }): Talk => {
    const conversationId = toConversationId(id);
    const rows = new Map<string, Message>();
    const attachments: Attachment[] = [];
    for (const [index, node] of messages.entries()) {
      const earlier = [...rows.values()];
      const parent = earlier[node.parent % (earlier.length + 1)];
      const messageId = toMessageId(`${id}/${node.id}`);
      const reference = { id: `${messageId}/file`, name, mediaType: 'image/png', sizeBytes: 3 };
      const bytes = new Uint8Array([0, 255, index]).buffer;
      if (node.hasFile) attachments.push({ ...reference, conversationId, messageId, bytes });
      rows.set(
        messageId,
        createMessage({
          ...node.fields,
          id: messageId,
          conversationId,
          sessionId: toSessionId(`session of ${id}`),
          parentId: parent?.id ?? null,
          seq: index * 2,
          attachments: node.hasFile ? [reference] : [],
        }),
      );
    }
    const kept = [...rows.values()];
    const last = kept.at(-1);
    const conversation = createConversation({
      ...fields,
      id: conversationId,
      sessionId: toSessionId('session'),
      messageCount: kept.length,
      totalTokens: kept.reduce((sum, { tokenCount }) => sum + (tokenCount ?? 0), 0),
      lastSeq: (last?.seq ?? -1) + 3,
      activeLeafId: last?.id ?? null,
    });
    const ids = new Set(kept.map((message) => message.id));
    const uniqueFiles = new Map(attachments.map((file) => [file.id, file]));
    const files = [...uniqueFiles.values()].filter((file) => ids.has(file.messageId));
    return { conversation, messages: kept, attachments: files };
  });

const anySession = fc
  .record({ id: anyId, at: anyInstant, agent: orNull(anyText), metadata: anyMetadata })
  .map(({ id, at, agent, metadata }): Session => ({
    id: toSessionId(id),
    userId: LOCAL_USER_ID,
    createdAt: at,
    lastActivity: at + 1000,
    status: 'expired',
    ipAddress: null,
    userAgent: agent,
    metadata,
  }));

const anyUsage = fc
  .record({ day: fc.nat(20_000), model: anyText, count: anyCount, cost: anyReal })
  .map(({ day, model, count, cost }): UsageStatistic => {
    const date = new Date(day * 86_400_000).toISOString().slice(0, 10);
    return {
      id: usageStatisticId(LOCAL_USER_ID, { date, model }),
      userId: LOCAL_USER_ID,
      date,
      model,
      requestCount: count,
      promptTokens: 1,
      completionTokens: 2,
      totalTokens: 3,
      totalCostUsd: cost,
      unpricedCount: 4,
      totalResponseTimeMs: 1234.5,
      timedCount: 2,
      errorCount: 0,
    };
  });

const anyDraft = fc
  .record({ id: anyId, text: anyText, pasted: fc.array(anyText, { maxLength: 2 }), at: anyInstant })
  .map(({ id, text, pasted, at }): Draft => ({ id, text, pasted, updatedAt: at }));

const anyDocument = fc
  .record({ id: anyId, name: anyText, text: anyText, at: anyInstant, metadata: anyMetadata })
  .map(({ id, name, text, at, metadata }): DocumentWithText => ({
    ...{ id, name, text, metadata, mediaType: 'text/plain', sizeBytes: 3 },
    ...{ createdAt: at, updatedAt: at + 1 },
  }));

const anyEndpoint = fc
  .record({ id: anyId, name: anyText, models: fc.array(anyText) })
  .map(({ id, name, models }): Endpoint =>
    createEndpoint({
      id: toEndpointId(id),
      presetId: 'custom',
      name,
      baseUrl: 'https://api.example.com/v1',
      chatModels: models.map((model) => ({ id: model })),
      createdAt: 1_700_000_000_000,
    }),
  );

/** A whole store in which every reference but those to sessions leads somewhere. */
export const anyStore: fc.Arbitrary<StoreRows> = fc
  .record({
    talks: fc.uniqueArray(anyTalk, { maxLength: 3, selector: (talk) => talk.conversation.id }),
    sessions: fc.uniqueArray(anySession, { maxLength: 2, selector: (row) => row.id }),
    usageStatistics: fc.uniqueArray(anyUsage, { maxLength: 2, selector: (row) => row.id }),
    endpoints: fc.uniqueArray(anyEndpoint, { maxLength: 2, selector: (row) => row.id }),
    drafts: fc.uniqueArray(anyDraft, { maxLength: 2, selector: (row) => row.id }),
    documents: fc.uniqueArray(anyDocument, { maxLength: 2, selector: (row) => row.id }),
    defaultModel: orNull(anyText),
  })
  .map(({ talks, defaultModel, ...rows }) => ({
    ...rows,
    userSettings: [{ ...createUserSettings('ko', 1_700_000_000_000), defaultModel }],
    schemaVersions: [{ version: 1, appliedAt: 1_700_000_000_000, description: '첫 판' }],
    conversations: talks.map(({ conversation }) => conversation),
    messages: talks.flatMap(({ messages }) => messages),
    attachments: talks.flatMap(({ attachments }) => attachments),
  }));
