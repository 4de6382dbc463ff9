import { APP_VERSION } from '#domain/app-version.ts';
import type { CreateId } from '#domain/ids.ts';
import { CANARY_KEY, readCanary, readInstallId, readLastSeq } from './canary.ts';
import type { Canary, Memory } from './canary.ts';
import { read } from './commit.ts';
import type { OnggiDexie } from './onggi-dexie.ts';
import type { OnggiDatabase } from './open-database.ts';

/** How the canary is known to the change feed. */
const READER = 'canary';
/** Conversations noted from each end: damage takes the newest rows, or any. */
const SAMPLE = 12;

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
  const byAge = db.conversations.orderBy('createdAt');
  const oldest = await byAge.limit(SAMPLE).primaryKeys();
  const newest = await db.conversations.orderBy('createdAt').reverse().limit(SAMPLE).primaryKeys();
  const conversationIds = [...new Set([...oldest, ...newest])];
  const canary: Canary = {
    databaseName: name,
    conversationIds,
    lastSeq,
    notedAt: now,
    installId: readInstallId(memory) ?? createId(),
    appVersion: APP_VERSION,
    schemaVersion: Math.round(db.verno),
  };
  memory.setItem(CANARY_KEY, JSON.stringify(canary));
}

/** Takes those out of `ids` that the feed names after `seq`: somebody changed or deleted them. */
export async function removeNamed(db: OnggiDexie, seq: number, ids: Set<string>): Promise<void> {
  await read(() =>
    db.changeFeed
      .where(':id')
      .above(seq)
      .each(({ conversationIds }) => {
        for (const id of conversationIds) ids.delete(id);
      }),
  );
}
