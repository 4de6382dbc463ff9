/** What the rows about backups share. */
import { createBackupClient } from '#backup/backup-client.ts';
import type { BackupClient } from '#backup/backup-client.ts';
import type { OnggiDatabase } from '#db/open-database.ts';

export function clientOf(db: OnggiDatabase): BackupClient {
  return createBackupClient({
    createWorker: () =>
      new Worker(new URL('../../../src/backup/backup.worker.ts', import.meta.url), {
        type: 'module',
      }),
    db,
    appVersion: 'bench',
    clock: () => Date.now(),
    baseName: db.name,
  });
}

/** A backup in memory of the browser. */
export async function backUp(client: BackupClient): Promise<Blob> {
  const { blob } = await client.createBackup({ target: { kind: 'blob' }, isChecked: false });
  if (!blob) throw new Error('no blob');
  return blob;
}

/** The bytes in a backup, in pieces as a database's pages give them. */
export async function plainPieces(packed: Blob): Promise<Uint8Array<ArrayBuffer>[]> {
  const plain = packed.stream().pipeThrough(new DecompressionStream('gzip'));
  const bytes = new Uint8Array(await new Response(plain).arrayBuffer());
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
    pieces.push(bytes.slice(start, start + PIECE_BYTES));
  }
  return pieces;
}

/** A page of 1,000 messages has about this many. */
const PIECE_BYTES = 1_500_000;

/** How many times as many rows the large one of two heaps is measured with. */
const TIMES_LARGER = 4;

/** With fewer rows a work is over before all its steps run side by side. */
const LEAST_HEAP_ROWS = 10_000;

/** Rows of the two databases whose heaps are compared. */
export function heapRows(bigRows: number): { readonly small: number; readonly large: number } {
  const small = Math.max(LEAST_HEAP_ROWS, bigRows / TIMES_LARGER);
  return { small, large: small * TIMES_LARGER };
}

/**
 * The largest live heap of the smaller work and of one with four times its rows. The smaller one is done four
 * times: what a piece leaves for the next moment comes and goes, and of four times as many moments the largest
 * would be larger by that alone (measured: 17.5 MiB at 10,000 messages, 18.9 at 40,000, 6.1 and 6.2 at the end).
 */
export async function peakHeaps(
  small: () => Promise<number>,
  large: () => Promise<number>,
): Promise<{ readonly small: number; readonly large: number }> {
  const peaks: number[] = [];
  for (let time = 0; time < TIMES_LARGER; time += 1) peaks.push(await small());
  return { small: Math.max(...peaks), large: await large() };
}

/** Live heap in bytes, after garbage was collected by the caller. */
export function heapBytes(): number {
  const { memory } = performance as unknown as { memory?: { usedJSHeapSize: number } };
  return memory?.usedJSHeapSize ?? Number.NaN;
}
