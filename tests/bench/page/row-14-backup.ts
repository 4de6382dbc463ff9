import { createBackup } from '#backup/create-backup.ts';
import { verifyBackup } from '#backup/verify-backup.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { alternate, collectGarbage, ratioLine } from './bench-row.ts';
import type { BenchRow } from './bench-row.ts';
import { backUp, clientOf, heapBytes, heapRows, peakHeaps, plainPieces } from './backups.ts';

/** Reading, stringifying and compressing together may take this much longer than compressing alone. */
const TIME_GOAL = 1 / 0.7;
const HEAP_GOAL = 1.1;

/** A whole backup through its workers against a bare CompressionStream over the same bytes in memory. */
export const backup: BenchRow = {
  number: 14,
  async run({ fixtures, isQuick }) {
    const { bigRows } = fixtures;
    const { database } = await fixtures.filled(bigRows);
    const rows = heapRows(bigRows);
    const [few, many] = [await fixtures.filled(rows.small), await fixtures.filled(rows.large)];
    // Before the times: files of earlier runs that the browser has not let go of would be counted.
    const { small, large } = await peakHeaps(
      () => peakHeap(few.database),
      () => peakHeap(many.database),
    );
    const client = clientOf(database);
    const packed = await backUp(client);
    const pieces = await plainPieces(packed);
    const sizeBytes = pieces.reduce((sum, { length }) => sum + length, 0);
    const pairs = await alternate(
      () => backUp(client).then(collectGarbage),
      () => compress(pieces).then(collectGarbage),
      { samples: isQuick ? 3 : 7, warmUp: 1 },
    );
    const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
    return [
      ratioLine(pairs, {
        row: '14',
        what: `back up ${bigRows} messages / CompressionStream over the same bytes, time`,
        goal: TIME_GOAL,
        note: `${mebibytes(sizeBytes)} MiB of JSON, ${mebibytes(packed.size)} MiB packed`,
      }),
      {
        row: '14b',
        what: `peak of the live heap backing up and reading back ${rows.large} messages / a quarter of them, 4 times`,
        unit: 'x',
        value: large / small,
        goal: HEAP_GOAL,
        spread: null,
        n: 1,
        note: `${mebibytes(large)} / ${mebibytes(small)} MiB after gc at every page, all in one thread`,
      },
    ];
  },
};

async function compress(pieces: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
  const gzip = new CompressionStream('gzip');
  const drained = new Response(gzip.readable).blob();
  const writer = gzip.writable.getWriter();
  for (const piece of pieces) {
    await writer.ready;
    void writer.write(piece);
  }
  await writer.close();
  await drained;
}

/**
 * The largest live heap at any page, writing and reading back as the app does with every backup, all done in
 * this thread where it can be measured.
 */
async function peakHeap(db: OnggiDatabase): Promise<number> {
  let peak = 0;
  const onProgress = (): void => {
    collectGarbage();
    peak = Math.max(peak, heapBytes());
  };
  collectGarbage();
  const { blob } = await createBackup(db, {
    target: { kind: 'blob' },
    now: Date.now(),
    appVersion: 'bench',
    schemaVersion: 1,
    onProgress,
  });
  if (!blob) throw new Error('no backup');
  const { isVerified } = await verifyBackup(blob, {
    schemaVersion: 99,
    isLargeAllowed: true,
    onProgress,
  });
  if (!isVerified) throw new Error('the backup is not what was written');
  return peak;
}
