import { getBackupTarget, updateBackupTarget } from '#db/backup-targets.ts';
import { confirmFeed, joinFeed, leaveFeed, markFeed, readChangedRows } from '#db/feed-reader.ts';
import type { ChangedRows, FeedPosition } from '#db/feed-reader.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { isNoRoom, toStorageError } from '#db/storage-errors.ts';
import { OnggiError } from '#domain/errors.ts';
import type { Clock } from '#domain/ids.ts';
import type { SnapshotEnd, SnapshotFile } from '#domain/stored-rows.ts';
import { addCopy, copiesToRemove, listCopies } from './copy-folder.ts';
import type { CopyMaker, FolderCopy, KeepBounds } from './copy-folder.ts';
import {
  backupFileTime,
  readSegmentName,
  segmentFileName,
  snapshotFileName,
  snapshotIndex,
} from './file-name.ts';
import { canBeRead, isSoundChain } from './check-chain.ts';
import type { ChainChecker } from './check-chain.ts';
import { fileMark } from './read-chain.ts';
import type { SegmentOptions } from './write-backup.ts';

/** The folder in the browser's own file system. */
const FOLDER = 'snapshots';

/** At least two generations (SECURITY 8.3); more while they are small. */
const SNAPSHOT_BOUNDS: KeepBounds = {
  least: 2,
  most: 8,
  maxBytes: 256 * 1024 * 1024,
  keepsLargest: true,
};

/** What segments may come to before everything is written anew. */
export interface SegmentBounds {
  /** Their bytes, as a share of those of the whole snapshot that they follow. */
  readonly share: number;
  /** They may always have so many bytes. */
  readonly leastBytes: number;
  readonly most: number;
  /** Rows in one of them. */
  readonly maxIds: number;
  /**
   * A whole snapshot of this age is not added to: one damaged file must not cost everything. Nor is one of
   * a time so far ahead, which a wrong clock gave.
   */
  readonly maxAgeMs: number;
  /**
   * Before a segment is added, all files are read to the end when that was so long ago; each time, only
   * that they are there and their lengths and checksums are looked at.
   */
  readonly readEveryMs: number;
}

const SEGMENT_BOUNDS: SegmentBounds = {
  share: 0.5,
  leastBytes: 64 * 1024,
  most: 200,
  maxIds: 50_000,
  maxAgeMs: 7 * 24 * 60 * 60 * 1000,
  readEveryMs: 24 * 60 * 60 * 1000,
};

/** How snapshots are known to the change feed. */
const READER = 'snapshots';

/** What snapshots need of a backup: also to write only what changed, and to read a snapshot to its end. */
export interface SnapshotMaker extends ChainChecker {
  createBackup(
    options: Parameters<CopyMaker['createBackup']>[0] & { readonly segment?: SegmentOptions },
  ): ReturnType<CopyMaker['createBackup']>;
}

export interface SnapshotsDeps {
  readonly maker: SnapshotMaker;
  /** Whose rows they are; without it nothing can be taken. */
  readonly live?: { readonly db: OnggiDatabase; readonly clock: Clock };
  /** The root of the browser's own file system; only tests give another. */
  readonly openRoot?: () => Promise<FileSystemDirectoryHandle>;
  readonly bounds?: KeepBounds;
  readonly segmentBounds?: Partial<SegmentBounds>;
}

/** A snapshot: a whole backup and what changed since. */
export interface SnapshotCopy extends FolderCopy {
  /** Epoch milliseconds, whole seconds: when its last segment was written. */
  readonly reachesAt: number;
}

/** The files of a snapshot. */
export interface SnapshotFiles {
  readonly whole: File;
  /** In order. */
  readonly segments: readonly File[];
}

/** Backups in the browser's own file system: they survive damage of the database, not of the site's data. */
export interface Snapshots {
  /**
   * Takes one: written, read back, then listed; older ones beyond the bounds go after a whole one, and one that
   * cannot be read any more never stands for one that can. Writes only what changed where the newest one can be
   * added to. See [Note: Snapshots in segments].
   * @param options `isWhole`: everything is written, and what is there stays as it is.
   * @throws OnggiError `backup/not-written`, also where the browser has no such file system; `db/*`. What
   * was there before is as it was then.
   */
  take(options?: {
    readonly isWhole?: boolean;
    readonly signal?: AbortSignal;
  }): Promise<FolderCopy & { readonly createdAt: number }>;
  /** Newest first; none where the browser has no such file system. */
  list(): Promise<readonly SnapshotCopy[]>;
  /** @throws OnggiError `file/unreadable` when it is gone. */
  read(name: string): Promise<SnapshotFiles>;
  /** Nothing happens when it is gone. */
  remove(name: string): Promise<void>;
}

/** A snapshot as it lies in the folder. */
interface Stored extends SnapshotCopy {
  /** In order. */
  readonly segments: readonly FolderCopy[];
  readonly wholeBytes: number;
}

type ChainSoFar = Required<Pick<SnapshotEnd, 'readAt'>> & {
  readonly files: readonly SnapshotFile[];
};

/** What is to be added to the newest snapshot. */
interface Addition {
  readonly newest: Stored;
  readonly changes: ChangedRows;
  /** The files that it follows. */
  readonly before: ChainSoFar;
}

export function createSnapshots({
  maker,
  live: taking,
  openRoot = () => navigator.storage.getDirectory(),
  bounds = SNAPSHOT_BOUNDS,
  segmentBounds = {},
}: SnapshotsDeps): Snapshots {
  const limits = { ...SEGMENT_BOUNDS, ...segmentBounds };

  async function openFolder(): Promise<FileSystemDirectoryHandle> {
    try {
      return await (await openRoot()).getDirectoryHandle(FOLDER, { create: true });
    } catch (cause) {
      const error = toStorageError(cause);
      if (isNoRoom(error)) throw error;
      throw new OnggiError('backup/not-written', 'no file system in this browser', { cause });
    }
  }

  /** Writes everything; what changes meanwhile goes into the first segment. */
  async function addWhole(
    live: OnggiDatabase,
    folder: FileSystemDirectoryHandle,
    signal: AbortSignal | undefined,
  ) {
    const isNew = (await joinFeed(live, READER)) === undefined;
    try {
      const at = await markFeed(live);
      const [newest] = await listStored(folder);
      const index = (snapshotIndex(newest?.name ?? '') ?? 0) + 1;
      const copy = await addCopy(folder, maker, signal, {
        ...WHOLE_NAMES,
        nameOf: (now) => snapshotFileName(now, index),
      });
      // It was read back when it was written.
      await noteEnd(live, folder, copy.name, at, { files: [], readAt: copy.createdAt });
      return copy;
    } catch (error) {
      if (isNew) await leaveFeed(live, READER).catch(() => undefined);
      throw error;
    }
  }

  /** What the newest snapshot does not have yet; undefined when it cannot be added to. */
  async function findAddition(
    { db: live, clock }: NonNullable<SnapshotsDeps['live']>,
    folder: FileSystemDirectoryHandle,
    newest: Stored | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Addition | undefined> {
    const { chain } = await getBackupTarget(live, 'snapshot');
    if (!newest || !chain?.files) return undefined;
    const segmentBytes = newest.sizeBytes - newest.wholeBytes;
    const roomBytes = Math.max(limits.leastBytes, newest.wholeBytes * limits.share);
    const now = clock();
    const ageMs = Math.abs(now - (backupFileTime(newest.name) ?? 0));
    const isFull = segmentBytes > roomBytes || newest.segments.length >= limits.most;
    if (isFull || ageMs > limits.maxAgeMs) return undefined;
    const names = [newest.name, ...newest.segments.map(({ name }) => name)];
    const isReadDue = Math.abs(now - (chain.readAt ?? -Infinity)) >= limits.readEveryMs;
    const checker = isReadDue ? maker : undefined;
    if (!(await isSoundChain(folder, names, chain.files, checker, signal))) return undefined;
    const changes = await readChangedRows(live, chain, limits.maxIds);
    // Nothing has to be kept in the feed for it any longer.
    if (!changes) await leaveFeed(live, READER);
    const readAt = isReadDue ? now : chain.readAt;
    return changes && { newest, changes, before: { files: chain.files, readAt } };
  }

  async function addSegment(
    live: OnggiDatabase,
    folder: FileSystemDirectoryHandle,
    { newest, changes: { at, ...ids }, before }: Addition,
    signal: AbortSignal | undefined,
  ) {
    const lastIndex = readSegmentName(newest.segments.at(-1)?.name ?? '')?.index ?? 0;
    const segment = { ...ids, follows: before.files.at(-1)?.mark ?? '' };
    const copy = await addCopy(
      folder,
      { createBackup: (options) => maker.createBackup({ ...options, segment }) },
      signal,
      {
        partName: 'segment.part',
        nameOf: (now) => segmentFileName(newest.name, lastIndex + 1, now),
        isOwn: (name) => readSegmentName(name) !== undefined,
      },
    );
    await noteEnd(live, folder, copy.name, at, before);
    return { ...copy, name: newest.name, sizeBytes: newest.sizeBytes + copy.sizeBytes };
  }

  /** Writes down of which files the newest snapshot is, then lets go of what is in it. */
  async function noteEnd(
    live: OnggiDatabase,
    folder: FileSystemDirectoryHandle,
    name: string,
    { seq, mark }: FeedPosition,
    { files, readAt }: ChainSoFar,
  ): Promise<void> {
    const last = { name, mark: await fileMark(await readFile(folder, name)) };
    const chain = { files: [...files, last], readAt, seq, mark };
    await updateBackupTarget(live, 'snapshot', { chain });
    await confirmFeed(live, READER, seq);
  }

  /**
   * What is beyond the bounds, but for those that have to stay because of the others so few can be read to
   * their end. The newest one has just been.
   */
  async function findLeaving(
    folder: FileSystemDirectoryHandle,
    signal: AbortSignal | undefined,
  ): Promise<ReadonlySet<string>> {
    const stored = await listStored(folder);
    const leaving = new Set(copiesToRemove(stored, bounds).map(({ name }) => name));
    if (leaving.size === 0) return leaving;
    const staying = stored.filter(({ name }) => !leaving.has(name));
    const others = stored.filter(({ name }) => leaving.has(name));
    let soundCount = 1;
    for (const { name, segments } of [...staying.slice(1), ...others]) {
      if (soundCount >= bounds.least) break;
      const names = [name, ...segments.map((segment) => segment.name)];
      // What the reading dies of cannot be restored either.
      if (!(await canBeRead(folder, names, maker, signal).catch(() => false))) continue;
      soundCount += 1;
      leaving.delete(name);
    }
    // Stopped, nobody knows which of them can be read.
    return signal?.aborted ? new Set() : leaving;
  }

  async function prune(
    folder: FileSystemDirectoryHandle,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for (const name of await findLeaving(folder, signal)) await removeStored(folder, name);
    const names = new Set((await listStored(folder)).map(({ name }) => name));
    await removeSegments(folder, (whole) => !names.has(whole));
  }

  return {
    async take({ isWhole = false, signal } = {}) {
      if (!taking) throw new OnggiError('backup/not-written', 'no database to take a snapshot of');
      const folder = await openFolder();
      const [newest] = await listStored(folder);
      const addition = isWhole ? undefined : await findAddition(taking, folder, newest, signal);
      if (addition) return addSegment(taking.db, folder, addition, signal);
      const copy = await addWhole(taking.db, folder, signal);
      // It is there, whatever becomes of the older ones; the next one looks at them again.
      await prune(folder, signal).catch(() => undefined);
      return copy;
    },
    async list() {
      try {
        return (await listStored(await openFolder())).map(({ name, sizeBytes, reachesAt }) => ({
          name,
          sizeBytes,
          reachesAt,
        }));
      } catch {
        return [];
      }
    },
    async read(name) {
      try {
        const folder = await openFolder();
        const stored = (await listStored(folder)).find((each) => each.name === name);
        if (!stored) throw new Error('no snapshot of that name');
        const segments: File[] = [];
        for (const segment of stored.segments) segments.push(await readFile(folder, segment.name));
        return { whole: await readFile(folder, name), segments };
      } catch (cause) {
        throw new OnggiError('file/unreadable', 'the snapshot is gone', { cause });
      }
    },
    async remove(name) {
      if (snapshotIndex(name) !== undefined) await removeStored(await openFolder(), name);
    },
  };
}

async function readFile(folder: FileSystemDirectoryHandle, name: string): Promise<File> {
  return (await folder.getFileHandle(name)).getFile();
}

const WHOLE_NAMES = {
  partName: 'backup.part',
  nameOf: () => '',
  isOwn: (name: string) => snapshotIndex(name) !== undefined,
};

const SEGMENT_NAMES = {
  partName: '',
  nameOf: () => '',
  isOwn: (name: string) => readSegmentName(name) !== undefined,
};

/** Newest first: by number, and those of an older version, which have none, by name behind them. */
async function listStored(folder: FileSystemDirectoryHandle): Promise<readonly Stored[]> {
  const byWhole = new Map<string, FolderCopy[]>();
  // By name, which is by number.
  for (const segment of [...(await listCopies(folder, SEGMENT_NAMES))].reverse()) {
    const whole = readSegmentName(segment.name)?.whole ?? '';
    const before = byWhole.get(whole) ?? [];
    byWhole.set(whole, [...before, segment]);
  }
  const wholes = [...(await listCopies(folder, WHOLE_NAMES))];
  wholes.sort((a, b) => (snapshotIndex(b.name) ?? 0) - (snapshotIndex(a.name) ?? 0));
  return wholes.map(({ name, sizeBytes: wholeBytes }) => {
    const segments = byWhole.get(name) ?? [];
    const last = segments.at(-1)?.name ?? name;
    return {
      name,
      wholeBytes,
      segments,
      sizeBytes: segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, wholeBytes),
      reachesAt: readSegmentName(last)?.at ?? backupFileTime(name) ?? 0,
    };
  });
}

/** The whole one goes first: segments without it are never taken for anything. */
async function removeStored(folder: FileSystemDirectoryHandle, name: string): Promise<void> {
  await folder.removeEntry(name).catch(() => undefined);
  await removeSegments(folder, name);
}

async function removeSegments(
  folder: FileSystemDirectoryHandle,
  of: string | ((whole: string) => boolean),
): Promise<void> {
  const isOf = typeof of === 'string' ? (whole: string) => whole === of : of;
  for (const { name } of await listCopies(folder, SEGMENT_NAMES)) {
    if (isOf(readSegmentName(name)?.whole ?? '')) {
      await folder.removeEntry(name).catch(() => undefined);
    }
  }
}
