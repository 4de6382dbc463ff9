import { stageRestore } from '#backup/stage-restore.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { toSessionId } from '#domain/ids.ts';
import type { Conversation } from '#domain/conversation.ts';
import type { Message } from '#domain/message.ts';
import type { UsageStatistic } from '#domain/usage.ts';
import { collectGarbage, ratioLine, time } from './bench-row.ts';
import type { BenchRow } from './bench-row.ts';
import { backUp, clientOf, heapBytes, heapRows, peakHeaps } from './backups.ts';
import type { Fixtures } from './fixtures.ts';

const TIME_GOAL = 1.3;
const HEAP_GOAL = 1.1;
const CHUNK_ROWS = 1000;
const SESSION_ID = toSessionId('bench-session');

/** A restore, staged and ready, against bulkAdd of the same rows from memory into an empty database. */
export const restore: BenchRow = {
  number: 15,
  async run({ fixtures, isQuick }) {
    const { bigRows } = fixtures;
    const { database } = await fixtures.filled(bigRows);
    const client = clientOf(database);
    const file = await backUp(client);
    const stored: StoredRows = {
      conversations: await database.relaxed.conversations.toArray(),
      usage: await database.relaxed.usageStatistics.toArray(),
      messages: await database.relaxed.messages.toArray(),
    };
    const pairs = { subject: [] as number[], anchor: [] as number[] };
    for (let turn = isQuick ? -1 : 0; turn < 3; turn += 1) {
      const works = [() => timeRestore(client, file), () => timeBulkAdd(fixtures, stored)];
      const order = turn % 2 === 0 ? [0, 1] : [1, 0];
      const times = [0, 0];
      for (const which of order) times[which] = (await works[which]?.()) ?? Number.NaN;
      if (turn < 0) continue;
      pairs.subject.push(times[0] ?? Number.NaN);
      pairs.anchor.push(times[1] ?? Number.NaN);
    }
    const heap = heapRows(bigRows);
    const few = await fixtures.filled(heap.small);
    const fewPacked = await backUp(clientOf(few.database));
    const many = await fixtures.filled(heap.large);
    const manyPacked = await backUp(clientOf(many.database));
    const { small, large } = await peakHeaps(
      () => peakHeap(few.database, fewPacked),
      () => peakHeap(many.database, manyPacked),
    );
    const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
    return [
      ratioLine(pairs, {
        row: '15',
        what: `restore ${bigRows} messages / bulkAdd of the same rows from memory`,
        goal: TIME_GOAL,
        note: 'unpacked, checked, staged, counters and links settled',
      }),
      {
        row: '15b',
        what: `peak of the live heap restoring ${heap.large} messages / a quarter of them, 4 times`,
        unit: 'x',
        value: large / small,
        goal: HEAP_GOAL,
        spread: null,
        n: 1,
        note: `${mebibytes(large)} / ${mebibytes(small)} MiB after gc at every piece, all in one thread`,
      },
    ];
  },
};

/** What the backup holds, read once: they fill the memory of the page alone. */
interface StoredRows {
  readonly conversations: readonly Conversation[];
  readonly usage: readonly UsageStatistic[];
  readonly messages: readonly Message[];
}

async function timeRestore(client: ReturnType<typeof clientOf>, file: Blob): Promise<number> {
  collectGarbage();
  const start = performance.now();
  const waiting = await client.stage(file, {
    mode: 'replace',
    sessionId: SESSION_ID,
    // Seeded texts hardly compress: 100,000 messages are more than a person is let in with unasked.
    isLargeAllowed: true,
  });
  const took = performance.now() - start;
  await waiting.discard();
  return took;
}

async function timeBulkAdd(
  fixtures: Fixtures,
  { conversations, usage, messages }: StoredRows,
): Promise<number> {
  const { database, raw } = await fixtures.empty();
  collectGarbage();
  const took = await time(async () => {
    await database.relaxed.conversations.bulkAdd(conversations);
    await database.relaxed.usageStatistics.bulkAdd(usage);
    for (let first = 0; first < messages.length; first += CHUNK_ROWS) {
      await database.relaxed.messages.bulkAdd(messages.slice(first, first + CHUNK_ROWS));
    }
  });
  raw.close();
  database.close();
  indexedDB.deleteDatabase(database.name);
  return took;
}

async function peakHeap(db: OnggiDatabase, file: Blob): Promise<number> {
  let peak = 0;
  collectGarbage();
  const staged = await stageRestore(db, file, {
    mode: 'replace',
    clock: () => Date.now(),
    sessionId: SESSION_ID,
    baseName: db.name,
    schemaVersion: 99,
    isLargeAllowed: true,
    onProgress: () => {
      collectGarbage();
      peak = Math.max(peak, heapBytes());
    },
  });
  await staged.discard();
  return peak;
}
