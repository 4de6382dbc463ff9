import { APP_VERSION } from '#domain/app-version.ts';
import type { CreateId } from '#domain/ids.ts';
import { CANARY_KEY, readCanary, readInstallId, readLastSeq } from './canary.ts';
import type { Canary, Memory } from './canary.ts';
import { read } from './commit.ts';
import type { OnggiDexie } from './onggi-dexie.ts';
import type { OnggiDatabase } from './open-database.ts';

/** How the canary is known to the change feed. */
const READER = 'canary';
/** Rows noted from each end of a table: damage takes the newest rows, or any. */
const SAMPLE = 12;
/** The tables, and the index of each that says what is old; rows of some have no time. */
const SAMPLED = {
  conversations: 'createdAt',
  messages: 'timestamp',
  attachments: ':id',
  documents: 'createdAt',
  documentChunks: ':id',
  userSettings: ':id',
  endpoints: ':id',
  secrets: ':id',
  keyRing: ':id',
  usageStatistics: 'date',
};

/** What noting needs. */
export interface NoteOptions {
  readonly now: number;
  readonly createId: CreateId;
  /** Lets go of what the feed kept since the last note but this. */
  readonly isTidying?: boolean;
  /** Only tests give another. */
  readonly memory?: Memory;
}

/**
 * Notes what is there now, if anything changed since the last note. See [Note: Canary].
 * @throws OnggiError `db/*`; DOMException when there is no room beside the database.
 */
export async function writeCanary(
  database: OnggiDatabase,
  { now, createId, isTidying = false, memory = localStorage }: NoteOptions,
): Promise<void> {
  const { name, strict: db } = database;
  const lastSeq = await readLastSeq(database);
  const last = readCanary(memory);
  if (isTidying) {
    // What came after the note stays in the feed; without one, what comes from now on.
    const seq = last?.databaseName === name ? last.lastSeq : lastSeq;
    const { feedReaders } = database.relaxed;
    if ((await feedReaders.get(READER))?.seq !== seq) await feedReaders.put({ id: READER, seq });
  }
  const isSame = last?.databaseName === name && last.appVersion === APP_VERSION;
  if (isSame && last.lastSeq === lastSeq && lastSeq > 0) return;
  const { conversations: conversationIds = [], ...rows } = await readSamples(db);
  const canary: Canary = {
    databaseName: name,
    conversationIds,
    rows,
    lastSeq,
    notedAt: now,
    installId: readInstallId(memory) ?? createId(),
    appVersion: APP_VERSION,
    schemaVersion: Math.round(db.verno),
  };
  memory.setItem(CANARY_KEY, JSON.stringify(canary));
}

/** The keys of some rows of each table, from both ends of an index of time. Reads no row. */
function readSamples(db: OnggiDexie): Promise<Record<string, string[]>> {
  return read(() =>
    db.transaction('r', Object.keys(SAMPLED), async () => {
      const samples = Object.entries(SAMPLED).map(async ([table, index]) => {
        const inOrder = db.table(table).orderBy(index);
        const ends =
          index === ':id'
            ? [inOrder.limit(2 * SAMPLE)]
            : [inOrder.limit(SAMPLE), db.table(table).orderBy(index).reverse().limit(SAMPLE)];
        const keys = await Promise.all(ends.map((end) => end.primaryKeys()));
        return [table, [...new Set(keys.flat().map(String))]] as [string, string[]];
      });
      return Object.fromEntries(await Promise.all(samples));
    }),
  );
}

/** Takes those rows out of `missing` that the feed names after `seq`: somebody changed or removed them. */
export async function removeNamed(
  db: OnggiDexie,
  seq: number,
  missing: Map<string, Set<string>>,
): Promise<void> {
  const takeOut = (table: string, ids: readonly string[]): void => {
    for (const id of ids) missing.get(table)?.delete(id);
  };
  await read(() =>
    db.changeFeed
      .where(':id')
      .above(seq)
      .each(({ isWholesale, conversationIds, messageIds, documentIds, ...change }) => {
        const { chunkIds, attachmentIds = [], others = [] } = change;
        // Nobody wrote down which rows went.
        if (isWholesale) missing.clear();
        takeOut('conversations', conversationIds);
        takeOut('messages', messageIds);
        takeOut('documents', documentIds);
        takeOut('documentChunks', chunkIds);
        takeOut('attachments', attachmentIds);
        for (const name of others) {
          const [table = '', id] = name.split(/\/(.*)/s);
          if (id === '*') missing.get(table)?.clear();
          else if (id !== undefined) takeOut(table, [id]);
        }
      }),
  );
}
