/** Whether the files of a snapshot are still those that were written, before anything is added to them. */
import type { BackupSummary } from '#domain/backup-report.ts';
import { OnggiError } from '#domain/errors.ts';
import type { SnapshotFile } from '#domain/stored-rows.ts';
import { fileMark } from './read-chain.ts';

/** Reads a snapshot to its end. */
export interface ChainChecker {
  /** @throws OnggiError `file/*` when the whole one is damaged; what `signal` was aborted with. */
  verify(
    whole: Blob,
    options: {
      readonly segments: readonly Blob[];
      readonly isLargeAllowed: true;
      readonly signal?: AbortSignal;
    },
  ): Promise<BackupSummary>;
}

/**
 * Whether a snapshot can be added to: the folder has exactly its files, each with the mark that was noted,
 * and each whole where `checker` is given. A mark sees what is missing, cut off or another file; a byte that
 * turned in the middle only the reading sees.
 * @param names The files that are there, the whole one first, then its segments in order.
 * @param noted The files as they were written.
 * @throws what `signal` was aborted with, and what `checker` met that is no damage.
 */
export async function isSoundChain(
  folder: FileSystemDirectoryHandle,
  names: readonly string[],
  noted: readonly SnapshotFile[],
  checker: ChainChecker | undefined,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (names.length !== noted.length) return false;
  const files: File[] = [];
  for (const [index, { name, mark }] of noted.entries()) {
    if (name !== names[index]) return false;
    const file = await openFile(folder, name);
    if (!file || (await unlessDamaged(fileMark(file))) !== mark) return false;
    files.push(file);
  }
  return checker ? isWhole(files, checker, signal) : files.length > 0;
}

/**
 * Whether the files of a snapshot can be read to their end.
 * @param names The whole one first, then its segments in order.
 * @throws what `signal` was aborted with, and what `checker` met that is no damage.
 */
export async function canBeRead(
  folder: FileSystemDirectoryHandle,
  names: readonly string[],
  checker: ChainChecker,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const files = await Promise.all(names.map((name) => openFile(folder, name)));
  const found = files.filter((file) => file !== undefined);
  return found.length === names.length && isWhole(found, checker, signal);
}

async function isWhole(
  [whole, ...segments]: readonly File[],
  checker: ChainChecker,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (!whole) return false;
  const options = { segments, isLargeAllowed: true, ...(signal && { signal }) } as const;
  const summary = await unlessDamaged(checker.verify(whole, options));
  const isCut = summary?.problems.some(({ code }) => code === 'segments_damaged') ?? true;
  return !isCut && summary?.isVerified === true;
}

/** Undefined where it is gone or the file system cannot give it. */
async function openFile(
  folder: FileSystemDirectoryHandle,
  name: string,
): Promise<File | undefined> {
  try {
    return await (await folder.getFileHandle(name)).getFile();
  } catch {
    return undefined;
  }
}

/** Undefined where the file is damaged or cannot be read. */
async function unlessDamaged<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof OnggiError && error.code.startsWith('file/')) return undefined;
    throw error;
  }
}
