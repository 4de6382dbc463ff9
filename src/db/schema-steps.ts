import type { Transaction } from 'dexie';

/** Rows by table name. */
export type TableCounts = Readonly<Record<string, number>>;

/** One published version of the schema. Never edited once released: the next change is a new step. */
export interface SchemaStep {
  /** 1, 2, 3 … without gaps. */
  readonly version: number;
  /** One line for the person, stored in `schemaVersions`. */
  readonly description: string;
  /**
   * Tables that this step adds or changes, in Dexie's notation (primary key first, then the
   * indexes); null takes a table away. Tables not named stay as they are.
   */
  readonly stores: Readonly<Record<string, string | null>>;
  /** Changes rows, inside the one transaction of the whole upgrade. Awaits nothing but `tx`. */
  upgrade?(tx: Transaction): PromiseLike<void>;
  /**
   * The counts that the step must leave, for those tables where they change. Every other table that
   * existed before must hold as many rows as before.
   */
  expectedCounts?(before: TableCounts): TableCounts;
}

/**
 * The schema, version by version. Fields that are not indexed do not appear here. Derived tables
 * (responseCache, embeddings, documents …) are there from the start so that the features that fill
 * them need no upgrade.
 */
export const SCHEMA_STEPS: readonly SchemaStep[] = [
  {
    version: 1,
    description: 'Conversations, messages, settings, keys and the tables of the features to come',
    stores: {
      sessions: 'id, userId, status, lastActivity',
      conversations:
        'id, sessionId, status, createdAt, [status+updatedAt], [status+pinned], *tags, [source+sourceId]',
      // streamingSince is present on running answers only, so its index is almost always empty.
      messages: 'id, [conversationId+seq], sessionId, timestamp, streamingSince',
      userSettings: 'userId',
      endpoints: 'id',
      secrets: 'id',
      keyRing: 'id',
      usageStatistics: 'id, &[userId+date+model], date',
      responseCache: 'cacheKey, promptHash, expiresAt',
      embeddings: 'id, [collection+embedder]',
      documents: 'id, createdAt',
      documentChunks: 'id, [documentId+seq]',
      attachments: 'id, conversationId, messageId',
      drafts: 'id',
      schemaVersions: 'version',
      maintenanceRuns: 'id, startedAt',
    },
  },
  {
    version: 2,
    description:
      'Imports that can be undone, where copies of the data go, what search has yet to see',
    stores: {
      imports: 'id, startedAt',
      backupTargets: 'id',
      changeFeed: '++seq',
      feedReaders: 'id',
      searchFiles: 'id',
      embeddingCoverage: 'id',
    },
  },
];
