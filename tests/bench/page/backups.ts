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

/** Live heap in bytes, after garbage was collected by the caller. */
export function heapBytes(): number {
  const { memory } = performance as unknown as { memory?: { usedJSHeapSize: number } };
  return memory?.usedJSHeapSize ?? Number.NaN;
}
