/** A folder of backups: written under another name, read back, then named; old ones are cleared away. */
import { isNoRoom, toStorageError } from '#db/storage-errors.ts';
import { OnggiError } from '#domain/errors.ts';
import type { PackTarget } from './pack.ts';

/** What a folder needs of a backup: to write it into a target, and to read it back whole. */
export interface CopyMaker {
  /**
   * Writes a backup into `target` and reads it back.
   * @throws OnggiError `backup/not-written` when what was read back is not what was written.
   */
  createBackup(options: { readonly target: PackTarget; readonly signal?: AbortSignal }): Promise<{
    readonly receipt: {
      readonly fileName: string;
      readonly fileBytes: number;
      readonly createdAt: number;
    };
  }>;
}

/** A whole backup in a folder. */
export interface FolderCopy {
  readonly name: string;
  readonly sizeBytes: number;
}

/** How copies are called in a folder. Only files of such names are listed, replaced or removed. */
export interface CopyNames {
  /** The name of a copy that is not whole yet. */
  readonly partName: string;
  /** Names sort by time. @param at Epoch milliseconds. */
  readonly nameOf: (at: number) => string;
  /** Whether `nameOf` gives such names. */
  readonly isOwn: (name: string) => boolean;
}

/** The whole copies in a folder, newest first, by their names. */
export async function listCopies(
  directory: FileSystemDirectoryHandle,
  { isOwn }: CopyNames,
): Promise<readonly FolderCopy[]> {
  const copies: FolderCopy[] = [];
  for await (const [name, handle] of entriesOf(directory)) {
    if (handle.kind !== 'file' || !isOwn(name)) continue;
    const { size } = await (handle as FileSystemFileHandle).getFile();
    copies.push({ name, sizeBytes: size });
  }
  return copies.sort((a, b) => (a.name < b.name ? 1 : -1));
}

/**
 * Puts a fresh backup into a folder. It gets its name only when it is whole and was read back.
 * @throws OnggiError `backup/not-written`, `db/*`; what `signal` was aborted with. Nothing new is in the
 * folder then.
 */
export async function addCopy(
  directory: FileSystemDirectoryHandle,
  maker: CopyMaker,
  signal: AbortSignal | undefined,
  { partName, nameOf }: CopyNames,
): Promise<FolderCopy & { readonly createdAt: number }> {
  try {
    const handle = await directory.getFileHandle(partName, { create: true });
    const { receipt } = await maker.createBackup({
      target: { kind: 'file', handle },
      ...(signal ? { signal } : {}),
    });
    const name = nameOf(receipt.createdAt);
    // One of the same second is of the same rows: the later one takes its place.
    await directory.removeEntry(name).catch(() => undefined);
    await rename(directory, handle, name);
    return { name, sizeBytes: receipt.fileBytes, createdAt: receipt.createdAt };
  } catch (error) {
    await directory.removeEntry(partName).catch(() => undefined);
    if (error instanceof OnggiError || signal?.aborted) throw error;
    const failure = toStorageError(error);
    if (isNoRoom(failure)) throw failure;
    throw new OnggiError('backup/not-written', failure.message, { cause: error });
  }
}

interface Movable {
  move(name: string): Promise<void>;
}

/** Gives a file its name; where a browser cannot, its bytes are copied. */
async function rename(
  directory: FileSystemDirectoryHandle,
  handle: FileSystemFileHandle,
  name: string,
): Promise<void> {
  if (isMovable(handle)) {
    try {
      await handle.move(name);
      return;
    } catch {
      // Some browsers have the method for their own file system only.
    }
  }
  const target = await directory.getFileHandle(name, { create: true });
  try {
    await (await handle.getFile()).stream().pipeTo(await target.createWritable());
  } catch (error) {
    await directory.removeEntry(name).catch(() => undefined);
    throw error;
  }
  await directory.removeEntry(handle.name);
}

function isMovable(handle: object): handle is Movable {
  return 'move' in handle && typeof handle.move === 'function';
}

export interface KeepBounds {
  /** These newest ones stay, whatever their size. */
  readonly least: number;
  /** More than these do not. */
  readonly most: number;
  /** Beyond `least`, older ones go while all together, with a largest one that stays, have more bytes. */
  readonly maxBytes: number;
  /** True: the largest one stays too, so that nearly empty ones never take the place of all history. */
  readonly keepsLargest?: boolean;
}

/**
 * Which of the copies go, oldest first. Pure.
 * @param copies Newest first.
 */
export function copiesToRemove(
  copies: readonly FolderCopy[],
  { least, most, maxBytes, keepsLargest = false }: KeepBounds,
): readonly FolderCopy[] {
  const largestBytes = Math.max(...copies.map((copy) => copy.sizeBytes));
  const largest = keepsLargest ? copies.find((copy) => copy.sizeBytes === largestBytes) : undefined;
  let sizeBytes = largest?.sizeBytes ?? 0;
  const removed = copies.filter((copy, index) => {
    if (copy === largest) return false;
    const isWithin = index < most && sizeBytes + copy.sizeBytes <= maxBytes;
    const isKept = index < least || isWithin;
    if (isKept) sizeBytes += copy.sizeBytes;
    return !isKept;
  });
  return removed.reverse();
}

/** Names so far ahead are not of another zone: a wrong clock gave them. */
const AHEAD_MS = 24 * 60 * 60 * 1000;

/**
 * Removes older copies; only files whose names are of `names`. Those of a future go first: they came from a
 * clock that was wrong, and would otherwise take the place of every new one.
 * @param now Epoch milliseconds.
 */
export async function pruneCopies(
  directory: FileSystemDirectoryHandle,
  bounds: KeepBounds,
  names: CopyNames,
  now: number,
): Promise<void> {
  const lastName = names.nameOf(now + AHEAD_MS);
  const copies = await listCopies(directory, names);
  const ofFuture = copies.filter(({ name }) => name > lastName);
  const others = copies.filter(({ name }) => name <= lastName);
  for (const { name } of copiesToRemove([...others, ...ofFuture], bounds)) {
    await directory.removeEntry(name).catch(() => undefined);
  }
}

/** Entries of a folder; not every declaration of the type has them. */
function entriesOf(
  directory: FileSystemDirectoryHandle,
): AsyncIterable<[string, FileSystemHandle]> {
  return directory as FileSystemDirectoryHandle & AsyncIterable<[string, FileSystemHandle]>;
}
