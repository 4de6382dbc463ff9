/**
 * [Note: Snapshots in segments] A snapshot is a whole backup and, behind it, segments: files of the same
 * shape that hold only what changed since the file before, and the ids of what is gone. Each names the file
 * it follows, so that a segment of another snapshot, or one behind a gap, is never taken. Reading goes
 * through the segments first and notes which of them has the last word on each row; then the rows of all
 * files follow each other, without those that a later segment changed or removed.
 */
import { BACKUP_TABLES } from '#domain/backup-report.ts';
import type { BackupCounts, BackupSummary, BackupTable } from '#domain/backup-report.ts';
import { OnggiError } from '#domain/errors.ts';
import { readBackup } from './read-backup.ts';
import type { BackupReading, ReadBackupOptions } from './read-backup.ts';
import type { TableRows } from './read-rows.ts';
import { CHANGED_TABLES } from './segment-rows.ts';

/**
 * A short text that differs for files of different content: their length, and the end of the gzip format
 * (RFC 1952: CRC-32 and length of what is packed).
 */
export async function fileMark(file: Blob): Promise<string> {
  try {
    const end = new Uint8Array(await file.slice(-8).arrayBuffer());
    const digits = [...end].map((byte) => byte.toString(16).padStart(2, '0'));
    return `${file.size}-${digits.join('')}`;
  } catch (cause) {
    throw new OnggiError('file/unreadable', 'the file cannot be read', { cause });
  }
}

type ChangedTable = (typeof CHANGED_TABLES)[number];

/** The segments that are whole and follow each other, and what they say. */
export interface Chain {
  readonly segments: readonly Blob[];
  /** When the last of them was written; null without any. */
  readonly reachesAt: number | null;
  /** Which segment, from 1, has the last word on a row, or says that it is gone. */
  readonly last: Readonly<Record<ChangedTable, ReadonlyMap<string, number>>>;
}

/** Reads the segments for what they are about; those behind a damaged or missing one are left out. */
export async function openChain(
  whole: Blob,
  segments: readonly Blob[],
  options: ReadBackupOptions,
): Promise<Chain> {
  const last = {
    documents: new Map<string, number>(),
    conversations: new Map<string, number>(),
    messages: new Map<string, number>(),
    attachments: new Map<string, number>(),
  };
  const sound: Blob[] = [];
  let reachesAt: number | null = null;
  let mark = await fileMark(whole);
  for (const segment of segments) {
    const found = await readSegment(segment, options);
    if (found?.follows !== mark) break;
    sound.push(segment);
    ({ reachesAt } = found);
    mark = await fileMark(segment);
    for (const { table, id } of found.ids) last[table].set(id, sound.length);
  }
  return { segments: sound, reachesAt, last };
}

interface FoundSegment {
  readonly follows: string | null;
  readonly reachesAt: number | null;
  readonly ids: readonly { readonly table: ChangedTable; readonly id: string }[];
}

/** What a segment is about; undefined when it is damaged. */
async function readSegment(
  file: Blob,
  options: ReadBackupOptions,
): Promise<FoundSegment | undefined> {
  try {
    const reading = readBackup(file, { ...options, isLargeAllowed: true }, { kind: 'segment' });
    const ids: { table: ChangedTable; id: string }[] = [];
    for await (const read of reading.rows()) {
      for (const id of idsOf(read)) if (isChanged(read.table)) ids.push({ table: read.table, id });
    }
    for (const { table, id } of reading.gone) if (isChanged(table)) ids.push({ table, id });
    if (!reading.summary().isVerified) return undefined;
    return { follows: reading.head.follows, reachesAt: reading.head.createdAt, ids };
  } catch (error) {
    const isDamage = error instanceof OnggiError && error.code.startsWith('file/');
    if (isDamage && error.code !== 'file/newer-version') return undefined;
    throw error;
  }
}

export interface ReadChainOptions extends ReadBackupOptions {
  /** Called before the rows of each segment. */
  readonly onSegment?: (() => void) | undefined;
}

/** Reads a snapshot: the whole one, and the segments that follow it, as one backup. */
export function readChain(
  whole: Blob,
  segments: readonly Blob[],
  options: ReadChainOptions,
): BackupReading {
  if (segments.length === 0) return readBackup(whole, options);
  const base = readBackup(whole, options, { kind: 'whole' });
  const { notes, head } = base;
  const found = new Set<BackupTable>();
  const counts = Object.fromEntries(BACKUP_TABLES.map((table) => [table, 0])) as Counts;
  const dates = { earliestAt: null as number | null, latestAt: null as number | null };
  const sums = { fileBytes: whole.size, textUnits: 0 };
  let reachesAt: number | null = null;

  async function* rows(): AsyncGenerator<TableRows> {
    const chain = await openChain(whole, segments, options);
    ({ reachesAt } = chain);
    const cut = segments.length - chain.segments.length;
    if (cut > 0) notes.note('segments_damaged', undefined, cut);
    yield* lastWords(base, 0, chain);
    const segmentOptions = { ...options, isLargeAllowed: true };
    for (const [index, file] of chain.segments.entries()) {
      sums.fileBytes += file.size;
      const reading = readBackup(file, segmentOptions, { kind: 'segment', notes });
      options.onSegment?.();
      yield* lastWords(reading, index + 1, chain);
    }
    if (counts.conversations === 0 && counts.messages === 0) notes.note('all_empty');
  }

  async function* lastWords(
    reading: BackupReading,
    index: number,
    { segments: sound, last }: Chain,
  ): AsyncGenerator<TableRows> {
    for await (const read of reading.rows()) {
      const table = read.table === 'attachment_parts' ? 'attachments' : read.table;
      const hasWord = isChanged(table)
        ? (id: string) => (last[table].get(id) ?? 0) === index
        : () => index === sound.length;
      const kept = keepRows(read, hasWord);
      counts[kept.table] += kept.rows.length;
      if (kept.table === 'messages') {
        for (const { row } of kept.rows) {
          dates.earliestAt = Math.min(dates.earliestAt ?? row.timestamp, row.timestamp);
          dates.latestAt = Math.max(dates.latestAt ?? row.timestamp, row.timestamp);
        }
      }
      if (kept.rows.length > 0) yield kept;
    }
    for (const table of reading.found) found.add(table);
    sums.textUnits += reading.summary().textUnits;
  }

  return {
    notes,
    head,
    found,
    gone: [],
    rows,
    summary(): BackupSummary {
      const summary = base.summary();
      return {
        ...summary,
        ...dates,
        ...sums,
        createdAt: reachesAt ?? summary.createdAt,
        counts,
        saidCounts: summary.saidCounts && counts,
        problems: notes.list(),
      };
    },
  };
}

type Counts = { -readonly [Table in keyof BackupCounts]: BackupCounts[Table] };

/** Whether a segment holds of that table only what changed. */
export function isChanged(table: BackupTable): table is ChangedTable {
  return CHANGED_TABLES.some((each) => each === table);
}

function idsOf(read: TableRows): readonly string[] {
  if (read.table === 'messages') return read.rows.map(({ row }) => row.id);
  if (read.table === 'conversations') return read.rows.map(({ id }) => id);
  if (read.table === 'attachments' || read.table === 'documents') {
    return read.rows.map(({ id }) => id);
  }
  return [];
}

/** The rows whose id, or for a part of an attachment the attachment's, is wanted. */
function keepRows(read: TableRows, isWanted: (id: string) => boolean): TableRows {
  switch (read.table) {
    case 'messages':
      return { ...read, rows: read.rows.filter(({ row }) => isWanted(row.id)) };
    case 'conversations':
      return { ...read, rows: read.rows.filter(({ id }) => isWanted(id)) };
    case 'attachments':
      return { ...read, rows: read.rows.filter(({ id }) => isWanted(id)) };
    case 'documents':
      return { ...read, rows: read.rows.filter(({ id }) => isWanted(id)) };
    case 'attachment_parts':
      return { ...read, rows: read.rows.filter(({ attachmentId }) => isWanted(attachmentId)) };
    default:
      // A table that every segment holds whole: the last file has it.
      return isWanted('') ? read : { ...read, rows: [] };
  }
}
