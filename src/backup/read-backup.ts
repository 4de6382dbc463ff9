import { BACKUP_TABLES, SEED_TABLES } from '#domain/backup-report.ts';
import type { BackupSummary, BackupTable } from '#domain/backup-report.ts';
import { OnggiError } from '#domain/errors.ts';
import { isFileObject } from '#domain/file-object.ts';
import type { SessionId } from '#domain/ids.ts';
import type { Progress } from '#domain/import-report.ts';
import { MAX_ROWS } from '#files/limits.ts';
import { splitElements, splitJson } from '#files/split-json.ts';
import { createBackupHead, notABackup, readHeadMember } from './backup-head.ts';
import type { BackupHead } from './backup-head.ts';
import { createChunkBytes } from './chunk-bytes.ts';
import { GROUP_ROWS, createGroupDigest } from './group-digest.ts';
import type { GroupDigest } from './group-digest.ts';
import { openBackup } from './open-backup.ts';
import type { OpenBackupOptions } from './open-backup.ts';
import { createProblemNotes } from './problems.ts';
import type { ProblemNotes } from './problems.ts';
import { isRescuedTable, rescuedRows } from './rescued-rows.ts';
import { createRowReader, isKeyName } from './read-rows.ts';
import type { TableRows } from './read-rows.ts';
import { GONE_ROWS } from './write-backup.ts';

export interface ReadBackupOptions extends OpenBackupOptions {
  /** The newest version of the schema that this code knows. */
  readonly schemaVersion: number;
  /** The present visit: rows that name none belong to it. */
  readonly sessionId?: SessionId | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** How a file belongs to others: it is read as a part of them. */
export interface BackupPart {
  readonly kind: 'whole' | 'segment';
  /** What was noted of the files before it. */
  readonly notes?: ProblemNotes;
}

/** A row that a segment says is gone. */
export interface GoneRow {
  readonly table: BackupTable;
  readonly id: string;
}

/** A backup that is being read. */
export interface BackupReading {
  /** What the reading had to decide; whoever stores the rows adds to it. */
  readonly notes: ProblemNotes;
  readonly head: Readonly<BackupHead>;
  /** Tables that were met so far. */
  readonly found: ReadonlySet<BackupTable>;
  /**
   * The rows of every table, in pieces of at most 1,000, in the order of the file. To be read once.
   * @throws OnggiError `file/*` when the file is refused; what `signal` was aborted with.
   */
  rows(): AsyncGenerator<TableRows>;
  /** What the file holds, after the last row. */
  summary(): BackupSummary;
  /** Of a segment, after its last row. */
  readonly gone: readonly GoneRow[];
}

/** Rows are given together until they come to so many characters, or to {@link GROUP_ROWS}. */
const GATHERED_CHARACTERS = 4 * 1024 * 1024;

/** Where nothing is stored, any name will do. */
const NO_SESSION = 'none';

/** Tables that a file of an older schema could not have. */
const TABLES_SINCE: Readonly<Partial<Record<BackupTable, number>>> = { imports: 2 };

/**
 * Reads a backup under the limits of SECURITY 6, ours of any version or the specification's, without
 * writing anything. Memory does not grow with the rows.
 * @param part Where the file is one of several.
 */
export function readBackup(
  file: Blob,
  options: ReadBackupOptions,
  part?: BackupPart,
): BackupReading {
  const notes = part?.notes ?? createProblemNotes();
  const isSegment = part?.kind === 'segment';
  const gone: GoneRow[] = [];
  const head = createBackupHead();
  const found = new Set<BackupTable>();
  const counts = Object.fromEntries(BACKUP_TABLES.map((table) => [table, 0])) as Counts;
  const digest = createGroupDigest();
  const dates = { earliestAt: null as number | null, latestAt: null as number | null };
  let [textUnits, rowCount] = [0, 0];
  let isEncrypted = false;
  let foundDigest: string | null = null;

  async function* rows(): AsyncGenerator<TableRows> {
    const chunkBytes = createChunkBytes();
    const opened = await openBackup(file, options, chunkBytes.see);
    ({ isEncrypted } = opened);
    const reader = createRowReader(notes, options.sessionId ?? NO_SESSION);
    /** The table that began last; null for one that is passed over. */
    let table: BackupTable | null = null;
    let isGone = false;
    /** In a file of the rescue screen: the table of the database that began last. */
    let rescued: string | null = null;
    /** Elements of it that were not given yet, and their characters. */
    let gathered: unknown[] = [];
    let gatheredUnits = 0;

    function* give(): Generator<TableRows> {
      const rows = gathered;
      gathered = [];
      gatheredUnits = 0;
      if (rescued !== null) {
        for (const [name, values] of rescuedRows(rescued, rows)) yield* giveRows(name, values);
      } else if (table !== null) yield* giveRows(table, rows);
    }

    function* giveRows(name: BackupTable, values: readonly unknown[]): Generator<TableRows> {
      if (values.length === 0) return;
      if (rescued !== null) {
        found.add(name);
        counts[name] += values.length;
      }
      const read = reader.read(name, values);
      if (read.table === 'messages') {
        for (const { row } of read.rows) noteDate(row.timestamp);
      }
      yield read;
      report();
    }

    const pieces = splitJson(counted(opened.chunks), { maxElements: GROUP_ROWS, isParsing: true });
    for await (const piece of pieces) {
      options.signal?.throwIfAborted();
      if (piece.key === null) throw notABackup('no object at the top');
      if (piece.kind === 'value') readMember(piece.key, parse(piece.text));
      if (piece.kind === 'array') {
        yield* give();
        await digest.endTable();
        isGone = isSegment && piece.key === GONE_ROWS;
        rescued = beginRescued(piece.key);
        table = isGone || head.liveName !== null ? null : beginTable(piece.key);
      }
      if (piece.kind !== 'elements') continue;
      rowCount += piece.count;
      if (rowCount > MAX_ROWS && !options.isLargeAllowed) {
        throw new OnggiError('file/too-many-rows', `more than ${MAX_ROWS} rows`);
      }
      const bytes = piece.from === undefined ? undefined : chunkBytes.find(piece.text, piece.from);
      await digestElements(digest, piece, bytes);
      if (isGone) takeGone(piece.values ?? parseElements(piece.text, 'messages', notes));
      if (table === null && rescued === null) continue;
      if (table !== null) counts[table] += piece.count;
      if (gathered.length + piece.count > GROUP_ROWS) yield* give();
      const elements = piece.values ?? parseElements(piece.text, table ?? 'messages', notes);
      for (const element of elements) gathered.push(element);
      gatheredUnits += piece.text.length;
      if (gatheredUnits >= GATHERED_CHARACTERS) yield* give();
    }
    yield* give();
    if (found.size === 0 || (!head.isOurs && !head.hasTimestamp)) {
      throw notABackup('none of the members of a backup');
    }
    foundDigest = await digest.finish();
    noteEnd();
  }

  async function* counted(chunks: AsyncIterable<string>): AsyncGenerator<string> {
    for await (const chunk of chunks) {
      textUnits += chunk.length;
      yield chunk;
    }
  }

  function takeGone(values: readonly unknown[]): void {
    for (const value of values) {
      const { table, row_id: id } = isFileObject(value) ? value : {};
      const isKnown = typeof table === 'string' && isTable(table) && typeof id === 'string';
      if (isKnown) gone.push({ table, id });
      else notes.note('rows_unreadable', GONE_ROWS);
    }
  }

  function readMember(name: string, value: unknown): void {
    const { schemaVersion } = options;
    if (readHeadMember(head, name, value, { schemaVersion, isSegment })) return;
    // A table that is no list: the specification's reader would fail on it, and so would a guess.
    if (isTable(name) && value !== null) throw notABackup(`${name} is no list`);
    notes.note(isKeyName(name) ? 'keys_ignored' : 'unknown_keys', name);
  }

  /** The table of the database, of a rescue file's live one; other databases are passed over. */
  function beginRescued(name: string): string | null {
    const prefix = `${head.liveName ?? ''}/`;
    if (head.liveName === null || !name.startsWith(prefix)) return null;
    const own = name.slice(prefix.length);
    return isRescuedTable(own) ? own : null;
  }

  function beginTable(name: string): BackupTable | null {
    if (!isTable(name)) {
      notes.note(isKeyName(name) ? 'keys_ignored' : 'unknown_tables', name);
      return null;
    }
    found.add(name);
    return name;
  }

  function noteDate(at: number): void {
    dates.earliestAt = Math.min(dates.earliestAt ?? at, at);
    dates.latestAt = Math.max(dates.latestAt ?? at, at);
  }

  function report(): void {
    options.onProgress?.({
      step: 'read',
      doneBytes: textUnits,
      totalBytes: null,
      doneRows: rowCount,
      totalRows: null,
    });
  }

  function noteEnd(): void {
    const { saidCounts, saidDigest } = head;
    for (const table of saidCounts ? BACKUP_TABLES : []) {
      if ((saidCounts?.[table] ?? 0) === counts[table]) continue;
      notes.note('counts_differ', `${table} ${counts[table]} / ${saidCounts?.[table] ?? 0}`);
    }
    if (saidDigest !== null && saidDigest !== foundDigest) notes.note('digest_differs');
    for (const table of head.liveName === null ? expectedTables(head) : []) {
      if (!found.has(table)) notes.note('table_missing', table);
    }
    if (!part && counts.conversations === 0 && counts.messages === 0) notes.note('all_empty');
  }

  return {
    notes,
    head,
    found,
    gone,
    rows,
    summary() {
      const { formatVersion, schemaVersion, appVersion, createdAt, saidCounts, saidDigest } = head;
      const isVerifiable = saidCounts !== null && saidDigest !== null;
      const problems = notes.list();
      const isDamaged = problems.some(
        ({ code }) => code === 'counts_differ' || code === 'digest_differs',
      );
      return {
        formatVersion: head.isOurs ? formatVersion : null,
        schemaVersion,
        appVersion,
        createdAt,
        isEncrypted,
        fileBytes: file.size,
        textUnits,
        counts,
        saidCounts,
        ...dates,
        isVerifiable,
        isVerified: isVerifiable && !isDamaged,
        problems,
      };
    },
  };
}

type Counts = Record<BackupTable, number>;

function isTable(name: string): name is BackupTable {
  return BACKUP_TABLES.some((table) => table === name);
}

/** Tables that a file of its kind and age has, even where they are empty. */
function expectedTables(head: BackupHead): readonly BackupTable[] {
  if (!head.isOurs) return SEED_TABLES;
  const version = head.schemaVersion ?? Infinity;
  return BACKUP_TABLES.filter((table) => version >= (TABLES_SINCE[table] ?? 1));
}

/**
 * Takes the rows of a piece into the digest, cut where a group ends.
 * @param bytes Of the text, as the file has them: making them anew took as long as hashing them.
 */
async function digestElements(
  digest: GroupDigest,
  { text, count }: { readonly text: string; readonly count: number },
  bytes: Uint8Array | undefined,
): Promise<void> {
  if (count <= digest.room) {
    await (bytes ? digest.addBytes(bytes, count) : digest.add(text, count));
    return;
  }
  const elements = splitElements(text);
  for (let first = 0; first < elements.length;) {
    const group = elements.slice(first, first + digest.room);
    await digest.add(group.join(','), group.length);
    first += group.length;
  }
}

/** The elements of a piece; those that are no JSON are noted and left out. */
function parseElements(text: string, table: BackupTable, notes: ProblemNotes): readonly unknown[] {
  try {
    return JSON.parse(`[${text}]`) as readonly unknown[];
  } catch {
    return splitElements(text).flatMap((element) => {
      try {
        return [JSON.parse(element) as unknown];
      } catch {
        notes.note('rows_unreadable', table);
        return [];
      }
    });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new OnggiError('file/not-json', 'unreadable member', { cause });
  }
}
