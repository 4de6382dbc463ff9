/**
 * Puts rows into the app's own database before the app is opened, so that a test need not click
 * its way to where it begins. The tables are those of the newest
 * released version; what older ones become is tested in `tests/unit/db/released-versions.test.ts`.
 */
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
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
import { createDocumentRows } from '#domain/library.ts';
import { createMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import { createUserSettings } from '#domain/user-settings.ts';
import { toLocalDate, usageStatisticId } from '#domain/usage.ts';
import type { Session } from '#domain/session.ts';
import type { DocumentRows } from '#domain/library.ts';
import type {
  Attachment,
  DocumentChunk,
  LibraryDocument,
  MaintenanceRun,
} from '#domain/stored-rows.ts';
import type { UsageStatistic } from '#domain/usage.ts';
import type { UserSettings } from '#domain/user-settings.ts';

interface ReleasedDatabase {
  readonly version: number;
  readonly shape: Readonly<
    Record<
      string,
      {
        readonly keyPath: string;
        readonly autoIncrement?: true;
        readonly indexes: Readonly<Record<string, readonly [string | string[], boolean, boolean]>>;
      }
    >
  >;
}

/** Rows by table. */
export interface SeedRows {
  readonly sessions?: readonly Session[];
  readonly userSettings?: readonly UserSettings[];
  readonly endpoints?: readonly Endpoint[];
  readonly conversations?: readonly Conversation[];
  readonly messages?: readonly Message[];
  readonly usageStatistics?: readonly UsageStatistic[];
  readonly maintenanceRuns?: readonly MaintenanceRun[];
  readonly documents?: readonly LibraryDocument[];
  readonly documentChunks?: readonly DocumentChunk[];
  readonly attachments?: readonly Attachment[];
}

const SESSION_ID = toSessionId('seeded-session');
const DAY_MS = 24 * 60 * 60 * 1000;

const readReleased = (): ReleasedDatabase => {
  const file = new URL('../fixtures/db/v2.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as ReleasedDatabase;
};

/**
 * Makes the app's database with these rows. The page must not have opened the app yet.
 * @param origin Where the app is served, for a page that has no base address.
 */
export async function seedDatabase(page: Page, rows: SeedRows, origin = ''): Promise<void> {
  const { version, shape } = readReleased();
  await page.route('**/__seed', (route) => route.fulfill({ contentType: 'text/html', body: '' }));
  await page.goto(`${origin}/__seed`);
  await page.evaluate(
    ({ nativeVersion, tables, rowsByTable }) =>
      new Promise<void>((resolve, reject) => {
        const request = indexedDB.open('onggi', nativeVersion);
        request.onupgradeneeded = () => {
          for (const [table, { keyPath, autoIncrement = false, indexes }] of Object.entries(
            tables,
          )) {
            const store = request.result.createObjectStore(table, { keyPath, autoIncrement });
            for (const [name, [path, unique, multiEntry]] of Object.entries(indexes)) {
              store.createIndex(name, path, { unique, multiEntry });
            }
            for (const row of rowsByTable[table] ?? []) store.add(row);
          }
        };
        request.onerror = () => reject(new Error(String(request.error)));
        request.onsuccess = () => {
          request.result.close();
          resolve();
        };
      }),
    {
      nativeVersion: version * 10,
      tables: shape,
      rowsByTable: rows as Readonly<Record<string, readonly unknown[]>>,
    },
  );
}

/** An endpoint at `baseUrl` that lists `models`, without a key. */
export function seedEndpoint(
  baseUrl: string,
  models: readonly string[],
  changes: Partial<Endpoint> = {},
): Endpoint {
  return createEndpoint({
    id: toEndpointId('seeded-endpoint'),
    presetId: 'custom',
    name: 'Test server',
    baseUrl,
    chatModels: models.map((id) => ({ id })),
    chatModelsAt: Date.now(),
    createdAt: Date.now(),
    ...changes,
  });
}

/** Settings of a first start in English, with these changes. */
export function seedSettings(changes: Partial<UserSettings> = {}): UserSettings {
  return { ...createUserSettings('en', Date.now()), ...changes };
}

/** The usage of a model on a day before today: one request of 100 tokens in and 50 out, unpriced. */
export function seedUsage(
  daysAgo: number,
  model: string,
  changes: Partial<UsageStatistic> = {},
): UsageStatistic {
  const today = new Date();
  const day = new Date(today.getFullYear(), today.getMonth(), today.getDate() - daysAgo, 12);
  const date = toLocalDate(day.getTime());
  const row = {
    userId: LOCAL_USER_ID,
    date,
    model,
    requestCount: 1,
    promptTokens: 100,
    completionTokens: 50,
    totalTokens: 150,
    totalCostUsd: 0,
    unpricedCount: 1,
    totalResponseTimeMs: 1500,
    timedCount: 1,
    errorCount: 0,
    ...changes,
  };
  return { ...row, id: usageStatisticId(LOCAL_USER_ID, row) };
}

/** The visit that seeded conversations are of, long over. */
export function seedSession(): Session {
  return {
    id: SESSION_ID,
    userId: LOCAL_USER_ID,
    createdAt: 1000,
    lastActivity: 1000,
    status: 'expired',
    ipAddress: null,
    userAgent: null,
    metadata: {},
  };
}

/** A conversation and its messages: question, answer, question … in one branch. */
export function seedConversation(
  title: string,
  {
    id = title,
    daysAgo = 0,
    texts = [`Question about ${title}`, `Answer about ${title}`],
    ...changes
  }: { id?: string; daysAgo?: number; texts?: readonly string[] } & Partial<
    Omit<Conversation, 'id'>
  > = {},
): { conversation: Conversation; messages: readonly Message[] } {
  const conversationId = toConversationId(id);
  const createdAt = Date.now() - daysAgo * DAY_MS;
  const messageId = (at: number) => toMessageId(`${id}/${at}`);
  const messages = texts.map((content, seq) =>
    createMessage({
      id: messageId(seq),
      conversationId,
      sessionId: SESSION_ID,
      parentId: seq === 0 ? null : messageId(seq - 1),
      seq,
      role: seq % 2 === 0 ? 'user' : 'assistant',
      content,
      timestamp: createdAt + seq,
      tokenCount: 5,
      isTokenCountEstimated: true,
      ...(seq % 2 === 0
        ? {}
        : { finishReason: 'stop', modelUsed: 'echo-fast', promptTokens: 9, completionTokens: 5 }),
    }),
  );
  return {
    conversation: createConversation({
      id: conversationId,
      sessionId: SESSION_ID,
      title,
      createdAt,
      messageCount: texts.length,
      totalTokens: texts.length * 5,
      lastSeq: texts.length - 1,
      activeLeafId: texts.length > 0 ? messageId(texts.length - 1) : null,
      ...changes,
    }),
    messages,
  };
}

/** The rows of several conversations. */
export function seedConversations(
  seeds: readonly ReturnType<typeof seedConversation>[],
): Pick<SeedRows, 'conversations' | 'messages'> {
  return {
    conversations: seeds.map(({ conversation }) => conversation),
    messages: seeds.flatMap(({ messages }) => messages),
  };
}

/** A text document of the library, as it is when a file was added. */
export function seedDocument(name: string, text: string): DocumentRows {
  const at = Date.now() - DAY_MS;
  return createDocumentRows({
    id: name,
    name,
    mediaType: 'text/plain',
    sizeBytes: Buffer.byteLength(text),
    text,
    createdAt: at,
    updatedAt: at,
    source: 'file',
  });
}

/** The rows of several documents. */
export function seedDocuments(
  seeds: readonly DocumentRows[],
): Pick<SeedRows, 'documents' | 'documentChunks'> {
  return {
    documents: seeds.map(({ document }) => document),
    documentChunks: seeds.flatMap(({ chunks }) => chunks),
  };
}
