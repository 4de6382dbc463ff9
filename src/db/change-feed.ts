/**
 * The change feed: every write to conversations, messages and documents, whoever makes it, leaves one
 * small row beside it in the same transaction. Search and whatever else is derived reads the feed and
 * then the rows it names, so that a closed tab, an import, an undo and a checkpoint need no special care.
 */
import { Dexie } from 'dexie';
import type { DBCore, DBCoreMutateRequest, DBCoreTable } from 'dexie';
import type { ChangeFeedRow } from '#domain/stored-rows.ts';
import { commit, read } from './commit.ts';
import type { OnggiDatabase } from './open-database.ts';

/** The table of the feed. */
export const FEED = 'changeFeed';

type Named = Omit<ChangeFeedRow, 'seq'>;
type Change = Partial<Omit<Named, 'mark'>>;

type IdList = 'conversationIds' | 'messageIds' | 'documentIds' | 'chunkIds';

/** Where the feed names a row of each table, and, with the field that says it, what the row belongs to. */
const PLACES: Readonly<Record<string, readonly [own: IdList, owners?: IdList, field?: string]>> = {
  conversations: ['conversationIds'],
  messages: ['messageIds', 'conversationIds', 'conversationId'],
  documents: ['documentIds'],
  documentChunks: ['chunkIds', 'documentIds', 'documentId'],
};

/** A position in the feed: what has been seen ends with this change. */
export interface FeedPosition {
  readonly seq: number;
  readonly mark: number;
}

/** The layer between Dexie and IndexedDB that writes the feed; see `OnggiDexie`. */
export function feedChanges(core: DBCore): Partial<DBCore> {
  // Conversations that the feed's rows of a running transaction name already: the counters that follow
  // a message need no row of their own.
  const told = new WeakMap<object, Set<string>>();
  // An older version, which only tests and upgrades open, has no feed.
  const hasTable = core.schema.tables.some(({ name }) => name === FEED);

  function append(request: DBCoreMutateRequest, tableName: string): PromiseLike<unknown> {
    const change = changeOf(request, tableName);
    const before = told.get(request.trans);
    if (tableName === 'conversations' && change.isWholesale !== true) {
      if (change.conversationIds?.every((id) => before?.has(id))) return Dexie.Promise.resolve();
    }
    told.set(request.trans, new Set([...(before ?? []), ...(change.conversationIds ?? [])]));
    return core.table(FEED).mutate({ type: 'add', trans: request.trans, values: [toRow(change)] });
  }

  return {
    ...core,
    transaction(tables, mode, options) {
      const isFed = hasTable && mode === 'readwrite' && tables.some((name) => name in PLACES);
      const scope = isFed ? [...tables, FEED] : tables;
      return core.transaction(scope, mode, options);
    },
    table(name): DBCoreTable {
      const table = core.table(name);
      if (!hasTable || !(name in PLACES)) return table;
      return {
        ...table,
        mutate: (request) => {
          const written = table.mutate(request);
          // In an upgrade of an older version the feed may not be there yet.
          if (!hasFeed(request.trans)) return written;
          return Dexie.Promise.all([written, append(request, name)]).then(([result]) => result);
        },
      };
    },
  };
}

function hasFeed(transaction: unknown): boolean {
  return transaction instanceof IDBTransaction && transaction.objectStoreNames.contains(FEED);
}

function changeOf(request: DBCoreMutateRequest, tableName: string): Change {
  if (request.type === 'deleteRange') return { isWholesale: true };
  const rows: readonly unknown[] = request.type === 'delete' ? [] : request.values;
  const ids = request.type === 'delete' ? request.keys.map(String) : distinct(rows, 'id');
  const [own, owners, field] = PLACES[tableName] ?? [];
  return own ? { ...(owners && field && { [owners]: distinct(rows, field) }), [own]: ids } : {};
}

function toRow(change: Change): Named {
  return {
    // No secret: it must only differ from the mark of another change of that number.
    mark: Math.random(),
    conversationIds: [],
    messageIds: [],
    documentIds: [],
    chunkIds: [],
    isWholesale: false,
    ...change,
  };
}

/** The values of a text field, each once. */
function distinct(rows: readonly unknown[], field: string): string[] {
  const values = new Set<string>();
  for (const row of rows) {
    const value =
      typeof row === 'object' && row !== null && (row as Record<string, unknown>)[field];
    if (typeof value === 'string') values.add(value);
  }
  return [...values];
}

/** Puts an empty change at the end of the feed: everything that is read afterwards is at least as new. */
export function markFeed({ relaxed: db }: OnggiDatabase): Promise<FeedPosition> {
  return commit(() =>
    db.transaction('rw', db.changeFeed, async () => {
      const row = toRow({});
      const seq = await db.changeFeed.add(row);
      return { seq, mark: row.mark };
    }),
  );
}

/** Whether the feed still holds the change of that number and mark, and so everything after it. */
export async function isInFeed({ relaxed: db }: OnggiDatabase, at: FeedPosition): Promise<boolean> {
  const row = await read(() => db.changeFeed.get(at.seq));
  return row?.mark === at.mark;
}

/** The changes after `seq`, oldest first, at most `limit`. */
export function readFeed(
  { relaxed: db }: OnggiDatabase,
  seq: number,
  limit: number,
): Promise<readonly ChangeFeedRow[]> {
  return read(() => db.changeFeed.where(':id').above(seq).limit(limit).toArray());
}

/**
 * Writes down that a reader has seen the feed up to `seq` and deletes what all readers have seen; the
 * change at `seq` itself stays, because the reader is known by it.
 */
export function confirmFeed(
  { relaxed: db }: OnggiDatabase,
  reader: string,
  seq: number,
): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.changeFeed, db.feedReaders, async () => {
      await db.feedReaders.put({ id: reader, seq });
      const readers = await db.feedReaders.toArray();
      const seen = Math.min(...readers.map((each) => each.seq));
      await db.changeFeed.where(':id').below(seen).delete();
    }),
  );
}

/** Takes a reader off the feed: nothing is kept for it any longer. */
export function leaveFeed({ relaxed: db }: OnggiDatabase, reader: string): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.feedReaders, async () => {
      await db.feedReaders.delete(reader);
    }),
  );
}

/**
 * Calls `onChange` after every commit, in any tab or worker of this origin, that the feed has a row of.
 * It may be called for nothing. @returns what stops it.
 */
export function watchFeed({ name }: OnggiDatabase, onChange: () => void): () => void {
  const prefixes = Object.keys(PLACES).map((table) => `idb://${name}/${table}/`);
  const listen = (parts: object): void => {
    const isFed = Object.keys(parts).some((part) => prefixes.some((each) => part.startsWith(each)));
    if (isFed || 'all' in parts) onChange();
  };
  Dexie.on('storagemutated', listen);
  return () => Dexie.on.storagemutated.unsubscribe(listen);
}
