import { Dexie } from 'dexie';
import type { Table } from 'dexie';
import type { Conversation } from '#domain/conversation.ts';
import type { Endpoint } from '#domain/endpoint.ts';
import { OnggiError } from '#domain/errors.ts';
import type {
  ConversationId,
  EndpointId,
  KeyId,
  MessageId,
  SessionId,
  UserId,
} from '#domain/ids.ts';
import type { Message } from '#domain/message.ts';
import type { KeyRingEntry, Secret } from '#domain/secret.ts';
import type { Session } from '#domain/session.ts';
import type {
  Attachment,
  BackupTarget,
  CachedResponse,
  ChangeFeedRow,
  DocumentChunk,
  Draft,
  EmbeddingBlock,
  EmbeddingCoverage,
  FeedReader,
  ImportRun,
  LibraryDocument,
  MaintenanceRun,
  SchemaVersion,
  SearchFilePart,
} from '#domain/stored-rows.ts';
import type { UsageStatistic } from '#domain/usage.ts';
import type { UserSettings } from '#domain/user-settings.ts';
import { feedChanges } from './change-feed.ts';

/** One connection to the database, with its tables by name. */
export class OnggiDexie extends Dexie {
  declare readonly sessions: Table<Session, SessionId>;
  declare readonly conversations: Table<Conversation, ConversationId>;
  declare readonly messages: Table<Message, MessageId>;
  declare readonly userSettings: Table<UserSettings, UserId>;
  declare readonly endpoints: Table<Endpoint, EndpointId>;
  declare readonly secrets: Table<Secret, EndpointId>;
  declare readonly keyRing: Table<KeyRingEntry, KeyId>;
  declare readonly usageStatistics: Table<UsageStatistic, string>;
  declare readonly responseCache: Table<CachedResponse, string>;
  declare readonly embeddings: Table<EmbeddingBlock, string>;
  declare readonly embeddingCoverage: Table<EmbeddingCoverage, string>;
  declare readonly documents: Table<LibraryDocument, string>;
  declare readonly documentChunks: Table<DocumentChunk, string>;
  declare readonly attachments: Table<Attachment, string>;
  declare readonly drafts: Table<Draft, string>;
  declare readonly schemaVersions: Table<SchemaVersion, number>;
  declare readonly maintenanceRuns: Table<MaintenanceRun, string>;
  declare readonly imports: Table<ImportRun, string>;
  declare readonly backupTargets: Table<BackupTarget, BackupTarget['id']>;
  declare readonly changeFeed: Table<ChangeFeedRow, number, Omit<ChangeFeedRow, 'seq'>>;
  declare readonly feedReaders: Table<FeedReader, string>;
  declare readonly searchFiles: Table<SearchFilePart, string>;

  /**
   * @param version The newest version of the schema: the only one it opens.
   * @param durability Whether a commit waits for the disk (SECURITY 8.1).
   */
  constructor(name: string, version: number, durability: 'strict' | 'relaxed') {
    const was = { open: false };
    super(name, {
      autoOpen: false,
      // Two instances share one database; a cache in one would not see the other's open transactions.
      cache: 'disabled',
      chromeTransactionDurability: durability,
      indexedDB: gate(version, was),
    });
    // Dexie switches its slower, talkative mode on by itself on localhost, where onggi is often served.
    Dexie.debug = false;
    this.use({ stack: 'dbcore', create: feedChanges });
    this.on('ready', () => void (was.open = true), true);
  }
}

/**
 * IndexedDB as Dexie may use it. Dexie opens a database that is newer than the code, and adds what a
 * same-numbered one lacks; both would let old code write into a new schema (SECURITY section 2,
 * finding 3). It cannot delete through this either, nor make a database anew that `was` open and is gone.
 */
function gate(version: number, was: { readonly open: boolean }) {
  return {
    open(name: string, nativeVersion?: number): IDBOpenDBRequest {
      if (nativeVersion === toNativeVersion(version)) {
        const request = indexedDB.open(name, nativeVersion);
        if (was.open) request.addEventListener('upgradeneeded', refuseNew);
        return request;
      }
      throw nativeVersion === undefined
        ? new OnggiError('db/newer-version', `${name} is newer than version ${version}`)
        : new OnggiError('db/failed', `${name} differs from the schema of version ${version}`);
    },
    databases: () => indexedDB.databases(),
  };
}

/** Leaves no trace of a database that was not there. */
function refuseNew(event: IDBVersionChangeEvent): void {
  event.stopImmediatePropagation();
  (event.target as IDBOpenDBRequest).transaction?.abort();
}

/** The number under which IndexedDB knows a version: Dexie multiplies by ten. */
export function toNativeVersion(version: number): number {
  return version * 10;
}
