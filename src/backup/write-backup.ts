import type { OnggiDatabase } from '#db/open-database.ts';
import { BACKUP_TABLES } from '#domain/backup-report.ts';
import type { BackupCounts, BackupTable } from '#domain/backup-report.ts';
import { toIsoInstant } from '#domain/instants.ts';
import { createByteBuffer } from './byte-buffer.ts';
import { digestRows } from './digest-rows.ts';
import { toFileTimestamp } from './file-name.ts';
import { DIGEST_ALGORITHM, createGroupDigest } from './group-digest.ts';
import { createSegmentReaders } from './segment-rows.ts';
import type { ChangedIds } from './segment-rows.ts';
import { createMoment, createTableReaders } from './table-rows.ts';
import type { RowPage } from './table-rows.ts';

/** What `format` says in a backup of ours. */
export const BACKUP_FORMAT = 'onggi.backup';
/** What `format` says in a segment of a snapshot: nobody takes one for a backup. */
export const SEGMENT_FORMAT = 'onggi.snapshot-segment';
/** The array of a segment with table and id of each row that is gone. */
export const GONE_ROWS = 'removed';
/** The newest version of the file's shape that this code writes and reads. */
export const BACKUP_FORMAT_VERSION = 1;

/** What makes a file a segment: it holds only what changed since another file. */
export interface SegmentOptions extends ChangedIds {
  /** The file before it, as `fileMark` gives it. */
  readonly follows: string;
}

export interface WriteBackupOptions {
  /** Epoch milliseconds: the moment the backup is of. */
  readonly now: number;
  readonly appVersion: string;
  readonly schemaVersion: number;
  /** Stops between two pages. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each page. @param rowCount Rows so far, over all tables. @param byteCount Not compressed. */
  readonly onPage?: (rowCount: number, byteCount: number) => void;
  /** A buffer given before that may be filled again; without it, memory is taken anew. */
  readonly takeSpare?: () => ArrayBuffer | undefined;
  /** Writes a segment instead of a whole backup. */
  readonly segment?: SegmentOptions | undefined;
}

/** Where the rows of a backup come from. */
export interface RowSource {
  /** Called in the order of the file, each read to its end before the next. */
  readonly readers: Readonly<Record<BackupTable, () => AsyncGenerator<RowPage>>>;
  /** Of a segment: table and id of the rows that are gone, after all tables were read. */
  readonly gone?: () => Generator<RowPage>;
}

/** The JSON of everything in the database, or of what changed: see {@link writeRows}. */
export function writeBackup(
  db: OnggiDatabase,
  options: WriteBackupOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>, BackupCounts> {
  const moment = createMoment(options.now);
  return writeRows(
    options.segment
      ? createSegmentReaders(db, moment, options.segment)
      : { readers: createTableReaders(db, moment) },
    options,
  );
}

/**
 * The JSON of a whole backup in UTF-8, in buffers of one size, as FORMATS 3.4 has it: head, small tables,
 * conversations, messages, attachments, counts, digest. Secrets, key ring, response cache, embeddings
 * and chunks of documents are never read. Rows come from an allow-list of columns. A segment has the same
 * shape, and behind the attachments what is gone.
 * @returns the rows by table.
 * @throws OnggiError `db/*`; what `signal` was aborted with.
 */
export async function* writeRows(
  { readers, gone }: RowSource,
  { now, appVersion, schemaVersion, signal, onPage, takeSpare, segment }: WriteBackupOptions,
): AsyncGenerator<Uint8Array<ArrayBuffer>, BackupCounts> {
  const digest = createGroupDigest();
  const counts = Object.fromEntries(BACKUP_TABLES.map((table) => [table, 0])) as Counts;
  const buffer = createByteBuffer(takeSpare ?? (() => undefined));
  let [rowCount, byteCount] = [0, 0];
  const put = (bytes: Uint8Array): Iterable<Uint8Array<ArrayBuffer>> => {
    byteCount += bytes.length;
    return buffer.put(bytes);
  };
  async function* putArray(name: string, pages: AsyncIterable<RowPage> | Iterable<RowPage>) {
    yield* put(encode(`,${JSON.stringify(name)}:[`));
    let count = 0;
    for await (const page of pages) {
      signal?.throwIfAborted();
      for await (const rows of digestRows(digest, page)) {
        if (count > 0) yield* put(COMMA);
        yield* put(rows.bytes);
        count += rows.rowCount;
        rowCount += rows.rowCount;
      }
      onPage?.(rowCount, byteCount);
    }
    await digest.endTable();
    yield* put(CLOSING);
    return count;
  }

  yield* put(encode(writeHead({ now, appVersion, schemaVersion, segment })));
  for (const table of BACKUP_TABLES) counts[table] = yield* putArray(table, readers[table]());
  if (gone) yield* putArray(GONE_ROWS, gone());
  const end = { counts, digest: { algorithm: DIGEST_ALGORITHM, value: await digest.finish() } };
  yield* put(encode(`,${JSON.stringify(end).slice(1)}`));
  yield* buffer.end();
  return counts;
}

type Counts = Record<BackupTable, number>;

/** An object without its closing brace. */
function writeHead({
  now,
  appVersion,
  schemaVersion,
  segment,
}: Pick<WriteBackupOptions, 'now' | 'appVersion' | 'schemaVersion' | 'segment'>): string {
  const head = {
    timestamp: toFileTimestamp(now),
    format: segment ? SEGMENT_FORMAT : BACKUP_FORMAT,
    format_version: BACKUP_FORMAT_VERSION,
    schema_version: schemaVersion,
    app_version: appVersion,
    created_at: toIsoInstant(now),
    ...(segment && { follows: segment.follows }),
  };
  return JSON.stringify(head).slice(0, -1);
}

const encoder = new TextEncoder();

function encode(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

const COMMA = encode(',');
const CLOSING = encode(']');
