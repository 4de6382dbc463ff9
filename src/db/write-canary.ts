import { APP_VERSION } from '#domain/app-version.ts';
import type { CreateId } from '#domain/ids.ts';
import { CANARY_KEY, readCanary, readInstallId, readLastSeq } from './canary.ts';
import type { Canary, Memory } from './canary.ts';
import { read } from './commit.ts';
import type { OnggiDexie } from './onggi-dexie.ts';
import type { OnggiDatabase } from './open-database.ts';
import { readSpread } from './spread-keys.ts';
import { flushToDisk } from './staging-rows.ts';

/** How the canary is known to the change feed. */
const READER = 'canary';
/**
 * How long the feed is kept behind the newest note. Chromium writes localStorage some seconds late and, where
 * much is written, once a minute (`kMaxCommitsPerHour` of its DOM storage); the system after half a minute more.
 */
const FOLLOW_MS = 10 * 60_000;
/** How often the keys from all over a table are read anew while something changes. */
const SPREAD_MS = 60_000;
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
  /** Also reads the keys from all over the tables, and lets go of what the feed kept for long enough. */
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
  const noted = readCanary(memory);
  const last = noted?.databaseName === name ? noted : undefined;
  const isSame = last?.appVersion === APP_VERSION && last.lastSeq === lastSeq && lastSeq > 0;
  const follow = isTidying ? await keepFeed(database, { last, lastSeq, now }) : last?.follow;
  const mustSpread =
    isTidying &&
    last?.spread?.lastSeq !== lastSeq &&
    !isYoung(last?.spread?.notedAt ?? -Infinity, now, SPREAD_MS);
  if (isSame && !mustSpread && follow === last.follow) return;
  const { conversations: conversationIds = [], ...rows } = await readSamples(db);
  const spread = mustSpread
    ? {
        lastSeq,
        notedAt: now,
        rows: await readSpread(db, { conversations: conversationIds, ...rows }),
      }
    : last?.spread;
  const canary: Canary = {
    databaseName: name,
    conversationIds,
    rows,
    lastSeq,
    notedAt: now,
    ...(spread && { spread }),
    ...(follow && { follow }),
    installId: readInstallId(memory) ?? createId(),
    appVersion: APP_VERSION,
    schemaVersion: Math.round(db.verno),
  };
  // Only what is on the disk: after a power cut a note that knows more would tell of a loss.
  await flushToDisk(database);
  const since = readCanary(memory);
  // Another note of this database was faster.
  if (since?.databaseName === name && since.lastSeq > lastSeq) return;
  memory.setItem(CANARY_KEY, JSON.stringify(canary));
}
const isYoung = (notedAt: number, now: number, ms: number): boolean =>
  now >= notedAt && now - notedAt < ms;

/**
 * Has the feed keep what came after the notes of the last {@link FOLLOW_MS}.
 * @returns the place that it is let go up to once the place is that old
 */
async function keepFeed(
  { relaxed: { feedReaders } }: OnggiDatabase,
  { last, lastSeq, now }: { last: Canary | undefined; lastSeq: number; now: number },
): Promise<Canary['follow']> {
  const reader = await feedReaders.get(READER);
  // What came after the note stays in the feed; without one, what comes from now on.
  if (!reader) await feedReaders.put({ id: READER, seq: last?.lastSeq ?? lastSeq });
  const follow = last?.follow;
  if (!follow) return { seq: lastSeq, notedAt: now };
  if (isYoung(follow.notedAt, now, FOLLOW_MS)) return follow;
  const seq = Math.min(follow.seq, last.spread?.lastSeq ?? follow.seq);
  if (reader && reader.seq < seq) await feedReaders.put({ id: READER, seq });
  return follow.seq < lastSeq ? { seq: lastSeq, notedAt: now } : follow;
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
