import type { BackupSummary } from '#domain/backup-report.ts';
import { createIdCheck } from './id-check.ts';
import type { IdCheck } from './id-check.ts';
import { readBackup } from './read-backup.ts';
import { readChain } from './read-chain.ts';
import type { ReadBackupOptions } from './read-backup.ts';
import type { TableRows } from './read-rows.ts';
import type { ProblemNotes } from './problems.ts';

export interface VerifyOptions extends ReadBackupOptions {
  /** Segments that follow the file, see [Note: Snapshots in segments]. */
  readonly segments?: readonly Blob[] | undefined;
  /** The file is a segment itself. */
  readonly isSegment?: boolean | undefined;
  /** Conversations that are looked for; the summary says how many of them there are. */
  readonly wantedIds?: readonly string[] | undefined;
}

/**
 * What a backup holds and whether it is whole, without writing anything: version, rows by table,
 * dates, checksum, and what a restore would have to decide. Links between messages are looked at by
 * the restore alone, which has them in a database.
 * @throws OnggiError `file/*` when the file is refused; what `signal` was aborted with.
 */
export async function verifyBackup(
  file: Blob,
  { segments = [], isSegment = false, wantedIds, ...options }: VerifyOptions,
): Promise<BackupSummary> {
  const ids = createIdCheck(isSegment, (lastId) => readIdsUpTo(lastId, file, options));
  const reading = isSegment
    ? readBackup(file, options, { kind: 'segment' })
    : readChain(file, segments, { ...options, onSegment: ids.beginSegment });
  const check = createReferenceCheck(reading.notes, ids);
  const wanted = new Set(wantedIds);
  const found = new Set<string>();
  for await (const rows of reading.rows()) {
    await check.look(rows);
    if (rows.table !== 'conversations') continue;
    for (const { id } of rows.rows) if (wanted.has(id)) found.add(id);
  }
  // A segment alone refers to rows of the files before it.
  if (!isSegment) check.finish();
  const summary = reading.summary();
  return wantedIds ? { ...summary, wantedCount: found.size } : summary;
}

interface Tally {
  said: { readonly messageCount: number; readonly totalTokens: number } | null;
  messageCount: number;
  totalTokens: number;
}

/** The ids of the messages of a file up to one of them. */
async function readIdsUpTo(
  lastId: string,
  file: Blob,
  options: ReadBackupOptions,
): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const read of readBackup(file, { ...options, onProgress: undefined }).rows()) {
    if (read.table !== 'messages') continue;
    for (const { row } of read.rows) {
      ids.add(row.id);
      if (row.id === lastId) return ids;
    }
  }
  return ids;
}

/** Ids twice, messages without their conversation, counters that do not agree. */
function createReferenceCheck(
  notes: ProblemNotes,
  ids: IdCheck,
): {
  look(rows: TableRows): Promise<void>;
  finish(): void;
} {
  const tallies = new Map<string, Tally>();

  function tallyOf(id: string): Tally {
    const tally = tallies.get(id) ?? { said: null, messageCount: 0, totalTokens: 0 };
    tallies.set(id, tally);
    return tally;
  }

  return {
    async look(read) {
      if (read.table === 'conversations') {
        for (const { id, messageCount, totalTokens } of read.rows) {
          const tally = tallyOf(id);
          if (tally.said) notes.note('duplicate_ids', id);
          else tally.said = { messageCount, totalTokens };
        }
      }
      if (read.table !== 'messages') return;
      for (const { row } of read.rows) {
        const isSecond = ids.isSecond(row.id);
        // Nearly always known at once: a hundred thousand pauses would cost more than the reading.
        if (typeof isSecond === 'boolean' ? isSecond : await isSecond) {
          notes.note('duplicate_ids', row.id);
          continue;
        }
        const tally = tallyOf(row.conversationId);
        tally.messageCount += 1;
        tally.totalTokens += row.tokenCount ?? 0;
      }
    },
    finish() {
      for (const [id, { said, messageCount, totalTokens }] of tallies) {
        if (!said) notes.note('messages_without_conversation', id, messageCount);
        else if (said.messageCount !== messageCount || said.totalTokens !== totalTokens) {
          notes.note('counters_recomputed', id);
        }
      }
    },
  };
}
