/**
 * Rows of tables that the schema holds from the first version and of those that later work fills:
 * response cache, embeddings, documents, attachments, maintenance. Shapes only.
 */
import type { EmbeddingCollection } from './embedding.ts';
import type { ErrorCode } from './errors.ts';
import type { ConversationId, MessageId, SessionId } from './ids.ts';
import type { ImportReport } from './import-report.ts';
import type { UsageStatistic } from './usage.ts';
import type { UserSettings } from './user-settings.ts';

/** One cached answer (specification 3.1, response_cache). Always a whole one that ended well. */
export interface CachedResponse {
  /** HMAC-SHA-256 over endpoint, model, messages and parameters, hexadecimal. */
  readonly cacheKey: string;
  /** HMAC-SHA-256 over the prompt alone, hexadecimal. */
  readonly promptHash: string;
  readonly model: string;
  readonly response: string;
  /** What a reasoning model thought before it answered. */
  readonly reasoning: string | null;
  /** Tokens that the request cost when it was made, which is what a hit saves; null where unknown. */
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly isTokenCountEstimated: boolean;
  /** US dollars that the request cost; null where the price is unknown. */
  readonly costUsd: number | null;
  /** When the endpoint answered. No level of the cache keeps it for more than 24 hours from then. */
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly hitCount: number;
}

/**
 * A packed block of at most 1,024 vectors of one collection and one embedder. Once full it is never
 * written again: which of its rows still count stands in the coverage of their owners.
 */
export interface EmbeddingBlock {
  readonly id: string;
  readonly collection: EmbeddingCollection;
  /** As `embedderKey` gives it. */
  readonly embedder: string;
  /** From 0 on, in the order in which blocks are begun. Row `i` of it has the number `1024 × number + i`. */
  readonly number: number;
  /** Conversations or documents of the rows, each once. */
  readonly ownerIds: readonly string[];
  /** Int32, six a row: place in `ownerIds`, kind, seq, start, end, hash of the text. */
  readonly passages: ArrayBuffer;
  /** float32, row after row. */
  readonly vectors: ArrayBuffer;
  readonly updatedAt: number;
}

/** That a conversation or document is embedded, in which state, and by which rows. */
export interface EmbeddingCoverage {
  /** Embedder and owner; the rows of an embedder stand together. */
  readonly id: string;
  readonly collection: EmbeddingCollection;
  readonly ownerId: string;
  /** Made of what is embedded; another stamp means that something changed. */
  readonly stamp: string;
  /** Numbers of its rows, rising. */
  readonly rows: Uint32Array<ArrayBuffer>;
}

/** A file the person added to the library. */
export interface LibraryDocument {
  readonly id: string;
  readonly name: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A passage of a document. */
export interface DocumentChunk {
  readonly id: string;
  readonly documentId: string;
  readonly seq: number;
  readonly text: string;
}

/** Bytes of a file that came with a message. */
export interface Attachment {
  readonly id: string;
  readonly conversationId: ConversationId;
  readonly messageId: MessageId;
  readonly name: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly bytes: ArrayBuffer;
}

/** One run of the maintenance and what it did. */
export interface MaintenanceRun {
  readonly id: string;
  readonly kind: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly report: Readonly<Record<string, unknown>>;
}

/** Which version of the schema was applied when. */
export interface SchemaVersion {
  readonly version: number;
  readonly appliedAt: number;
  readonly description: string;
}

/** Text typed and not yet sent, by conversation id or `new`. */
export interface Draft {
  readonly id: string;
  readonly text: string;
  /** Long texts that were pasted and are kept beside the box, in order. */
  readonly pasted: readonly string[];
  readonly updatedAt: number;
}

/** One import: what it did, and what is needed to undo it. */
export interface ImportRun {
  readonly id: string;
  readonly startedAt: number;
  /** Null while it runs, and for ever when its page was closed: what it stored is whole all the same. */
  readonly endedAt: number | null;
  readonly fileNames: readonly string[];
  readonly report: ImportReport | null;
  /** Conversations it made. */
  readonly createdIds: readonly ConversationId[];
  /** Messages it added to conversations that were there, by conversation. */
  readonly addedIds: Readonly<Record<ConversationId, readonly MessageId[]>>;
  /** Documents it made; missing where there are none. */
  readonly createdDocumentIds?: readonly string[];
  /** Days of usage it brought, as they came; missing where there are none. Undoing leaves them. */
  readonly addedUsage?: readonly UsageStatistic[];
  /** Visits it brought; missing where there are none. */
  readonly addedSessionIds?: readonly SessionId[];
  /** What it changed in rows that were there, oldest first; in no backup, and missing when it is undone. */
  readonly changes?: readonly ImportChange[];
  /** The settings before it put others: null where there were none, missing where it did not. */
  readonly settings?: { readonly before: UserSettings | null; readonly after: string };
  /**
   * The import that this is a part of: what one transaction of it did, in a row of its own as long as it
   * goes on. Missing in the row of a whole import.
   */
  readonly partOf?: string;
  /** Epoch milliseconds of its undoing. */
  readonly undoneAt: number | null;
}

/** What an import changed in one row. */
export interface ImportChange {
  readonly table: 'conversations' | 'messages';
  readonly id: string;
  /** Of a message: its conversation, with which this goes; missing in rows of older versions. */
  readonly conversationId?: ConversationId;
  /** Each with the value it had, and the digest of the one it got. */
  readonly fields: readonly { readonly key: string; readonly was: unknown; readonly is: string }[];
  /** What its metadata remembered of imports, likewise. */
  readonly memory: { readonly was: Readonly<Record<string, unknown>>; readonly is: string };
  /** When it was changed last, before and after; missing where it changed more than stands here. */
  readonly changedAt?: { readonly was: number | null; readonly is: number | null };
  /** The row that keeps the text of before: it goes when that text is given back, and only then. */
  readonly earlierId?: MessageId;
}

/** A place that holds copies of the data, and how the last attempts went. */
export interface BackupTarget {
  /** A downloaded file, a folder the person picked, or this browser's own file system. */
  readonly id: 'download' | 'folder' | 'snapshot';
  readonly lastSuccessAt: number | null;
  readonly lastFileName: string | null;
  readonly lastSizeBytes: number | null;
  readonly lastFailureAt: number | null;
  readonly lastFailureCode: ErrorCode | null;
  /** The folder, for `folder`. */
  readonly directory: FileSystemDirectoryHandle | null;
  /** How often a copy is made; null: only by hand. */
  readonly intervalMs: number | null;
  /** The data that the newest copy holds, as `DataState` names them; missing in rows of older versions. */
  readonly holds?: string | undefined;
  /** What the newest snapshot is made of, so that the next one needs only what changed since. */
  readonly chain?: SnapshotEnd | undefined;
}

/** The newest snapshot: its files, and what of the change feed they have seen. */
export interface SnapshotEnd {
  /** The whole one, then its segments in order; missing in rows of older versions. */
  readonly files?: readonly SnapshotFile[] | undefined;
  /** Epoch milliseconds: when all of them were last read to the end. */
  readonly readAt?: number | undefined;
  /** The last change that is in it. */
  readonly seq: number;
  readonly mark: number;
}

export interface SnapshotFile {
  readonly name: string;
  /** Of the file's bytes, as `fileMark` gives it. */
  readonly mark: string;
}

/**
 * One write to what search looks through, in the order of the commits; written in the transaction of
 * the write itself, so that a reader of the feed misses nothing and sees nothing that did not happen.
 */
export interface ChangeFeedRow {
  /** Rising, never given twice in one database. */
  readonly seq: number;
  /** Random. Number and mark together name this change and no other, in this database and its copies. */
  readonly mark: number;
  readonly conversationIds: readonly string[];
  readonly messageIds: readonly string[];
  readonly documentIds: readonly string[];
  readonly chunkIds: readonly string[];
  /** Only in changes of attachments. */
  readonly attachmentIds?: readonly string[];
  /** Only in changes of tables that search does not know: `table`, or `table/key` of a row that was removed. */
  readonly others?: readonly string[];
  /** Whole ranges went, and nobody wrote down which: everything has to be looked at anew. */
  readonly isWholesale: boolean;
}

/** How far one reader has followed the change feed. What every reader has seen is deleted from it. */
export interface FeedReader {
  readonly id: string;
  readonly seq: number;
}

/** A piece of a file of search, for browsers without a file system of the origin. */
export interface SearchFilePart {
  /** File, offset and length, as `src/search/sidecar-table.ts` writes them. */
  readonly id: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}
