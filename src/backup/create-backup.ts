import type { OnggiDatabase } from '#db/open-database.ts';
import type { BackupCounts, BackupReceipt } from '#domain/backup-report.ts';
import { OnggiError } from '#domain/errors.ts';
import type { Progress } from '#domain/import-report.ts';
import { backupFileName } from './file-name.ts';
import { createPacker } from './pack.ts';
import type { PackOptions, Packer } from './pack.ts';
import { writeBackup } from './write-backup.ts';
import type { SegmentOptions, WriteBackupOptions } from './write-backup.ts';

export interface CreateBackupOptions extends PackOptions {
  /** Epoch milliseconds: the moment the backup is of; names the file. */
  readonly now: number;
  readonly appVersion: string;
  readonly schemaVersion: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Writes a segment of a snapshot instead of the whole database. */
  readonly segment?: SegmentOptions | undefined;
  /** Packs elsewhere, so that reading and compressing overlap. Without it, here. */
  readonly createPacker?: (options: PackOptions) => Packer;
}

/** A backup that was written. */
export interface CreatedBackup {
  readonly receipt: BackupReceipt;
  /** The file, where the target is a blob. */
  readonly blob: Blob | null;
}

/**
 * Writes the whole database into one compressed file, encrypted when there is a passphrase. Memory
 * does not grow with the rows. What is added while it runs is not in it (see `Moment`).
 * @throws OnggiError `db/*`, `backup/not-written`; what `signal` was aborted with. No file is left then.
 */
export function createBackup(
  db: OnggiDatabase,
  options: CreateBackupOptions,
): Promise<CreatedBackup> {
  return packBackup((written) => writeBackup(db, written), options);
}

/** Packs what `write` gives, the bytes of a backup, into one file. As {@link createBackup}. */
export async function packBackup(
  write: (options: WriteBackupOptions) => AsyncGenerator<Uint8Array<ArrayBuffer>, BackupCounts>,
  options: CreateBackupOptions,
): Promise<CreatedBackup> {
  const { now, passphrase, signal, onProgress } = options;
  const pack = options.createPacker ?? createPacker;
  const packer = pack(options);
  const writer = packer.writable.getWriter();
  // Its errors are met at each write.
  writer.closed.catch(() => undefined);
  const pages = write({
    ...options,
    ...(packer.takeSpare ? { takeSpare: packer.takeSpare } : {}),
    onPage: (doneRows, doneBytes) =>
      onProgress?.({ step: 'backup', doneBytes, totalBytes: null, doneRows, totalRows: null }),
  });
  try {
    let page = await pages.next();
    while (!page.done) {
      await writer.ready;
      signal?.throwIfAborted();
      // Not awaited: the next page is read while this one is packed; `ready` holds it back.
      writer.write(page.value).catch(() => undefined);
      page = await pages.next();
    }
    const counts = page.value;
    await writer.close();
    const { sizeBytes, blob } = await packer.done;
    const isEncrypted = passphrase !== undefined && passphrase !== '';
    const receipt = {
      fileName: backupFileName(now, isEncrypted),
      fileBytes: sizeBytes,
      createdAt: now,
      counts,
      isEncrypted,
    };
    return { receipt, blob };
  } catch (error) {
    await writer.abort(error).catch(() => undefined);
    if (error instanceof OnggiError || signal?.aborted) throw error;
    // Whatever a broken stream says here, the packer knows why.
    await packer.done;
    throw error;
  }
}
