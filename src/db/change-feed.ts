/**
 * The change feed: every write to conversations, messages, documents and attachments, whoever makes it,
 * leaves one small row beside it in the same transaction. Search, snapshots and whatever else is derived
 * read the feed and then the rows it names, so that a closed tab, an import, an undo and a checkpoint need no special care.
 * Writes to settings, connections, keys and usage leave one too: copies are due after them, and the canary
 * tells rows that somebody removed from rows that were lost.
 */
import { Dexie } from 'dexie';
import type { DBCore, DBCoreMutateRequest, DBCoreTable } from 'dexie';
import type { ChangeFeedRow } from '#domain/stored-rows.ts';

/** The table of the feed. */
export const FEED = 'changeFeed';

type Named = Omit<ChangeFeedRow, 'seq'>;
type Change = Partial<Omit<Named, 'mark'>>;

type IdList = 'conversationIds' | 'messageIds' | 'documentIds' | 'chunkIds' | 'attachmentIds';

/** Where the feed names a row of each table, and, with the field that says it, what the row belongs to. */
export const PLACES: Readonly<
  Record<string, readonly [own: IdList, owners?: IdList, field?: string]>
> = {
  conversations: ['conversationIds'],
  messages: ['messageIds', 'conversationIds', 'conversationId'],
  documents: ['documentIds'],
  documentChunks: ['chunkIds', 'documentIds', 'documentId'],
  attachments: ['attachmentIds'],
};

/** Tables of which the feed only says that they were written, and which rows were removed. */
export const OTHERS: readonly string[] = [
  'userSettings',
  'endpoints',
  'secrets',
  'keyRing',
  'usageStatistics',
];

const isWatched = (table: string): boolean => table in PLACES || OTHERS.includes(table);

/** The layer between Dexie and IndexedDB that writes the feed; see `OnggiDexie`. */
export function feedChanges(core: DBCore): Partial<DBCore> {
  // Conversations that the feed's rows of a running transaction name already: the counters that follow
  // a message need no row of their own.
  const told = new WeakMap<object, Set<string>>();
  // An older version, which only tests and upgrades open, has no feed.
  const hasTable = core.schema.tables.some(({ name }) => name === FEED);

  function append(request: DBCoreMutateRequest, tableName: string): PromiseLike<unknown> {
    const change = changeOf(request, tableName);
    if (change.attachmentIds?.length === 0) return Dexie.Promise.resolve();
    const before = told.get(request.trans);
    // That something was written the row of another table says already.
    if (before && OTHERS.includes(tableName) && isPut(request)) return Dexie.Promise.resolve();
    if (tableName === 'conversations' && change.isWholesale !== true) {
      if (change.conversationIds?.every((id) => before?.has(id))) return Dexie.Promise.resolve();
    }
    told.set(request.trans, new Set([...(before ?? []), ...(change.conversationIds ?? [])]));
    return core.table(FEED).mutate({ type: 'add', trans: request.trans, values: [toRow(change)] });
  }

  return {
    ...core,
    transaction(tables, mode, options) {
      const isFed = hasTable && mode === 'readwrite' && tables.some(isWatched);
      const scope = isFed ? [...tables, FEED] : tables;
      return core.transaction(scope, mode, options);
    },
    table(name): DBCoreTable {
      const table = core.table(name);
      if (!hasTable || !isWatched(name)) return table;
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

const isPut = ({ type }: DBCoreMutateRequest): boolean => type === 'add' || type === 'put';

/** What `others` says of a removed row; without `key`, that any of them may be. */
const otherRow = (tableName: string, key = '*'): string => `${tableName}/${key}`;

function changeOf(request: DBCoreMutateRequest, tableName: string): Change {
  if (OTHERS.includes(tableName)) {
    if (request.type === 'deleteRange') return { others: [otherRow(tableName)] };
    if (request.type !== 'delete') return { others: [tableName] };
    return { others: request.keys.map((key) => otherRow(tableName, String(key))) };
  }
  if (request.type === 'deleteRange') return { isWholesale: true };
  const rows: readonly unknown[] = request.type === 'delete' ? [] : request.values;
  const ids = request.type === 'delete' ? request.keys.map(String) : distinct(rows, 'id');
  const [own, owners, field] = PLACES[tableName] ?? [];
  return own ? { ...(owners && field && { [owners]: distinct(rows, field) }), [own]: ids } : {};
}

/** A row of the feed that names no change but this. */
export function toRow(change: Change): Named {
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

/** Whether a row of the feed is a change, and not a mark of a reader. */
export function isChange({ isWholesale, others = [], attachmentIds = [], ...ids }: Named): boolean {
  const lists = [ids.conversationIds, ids.messageIds, ids.documentIds, ids.chunkIds];
  return isWholesale || [others, attachmentIds, ...lists].some(({ length }) => length > 0);
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
