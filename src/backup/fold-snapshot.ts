/** A snapshot and its segments as one backup, row by row from file to file: needs no database. */
import { BACKUP_TABLES } from '#domain/backup-report.ts';
import type { BackupTable } from '#domain/backup-report.ts';
import { OnggiError } from '#domain/errors.ts';
import { isFileObject } from '#domain/file-object.ts';
import type { FileObject } from '#domain/file-object.ts';
import { splitJson } from '#files/split-json.ts';
import { packBackup } from './create-backup.ts';
import type { CreateBackupOptions, CreatedBackup } from './create-backup.ts';
import { GROUP_ROWS } from './group-digest.ts';
import { openBackup } from './open-backup.ts';
import { isChanged, openChain } from './read-chain.ts';
import type { Chain } from './read-chain.ts';
import type { ReadBackupOptions } from './read-backup.ts';
import type { RowPage } from './table-rows.ts';
import { writeRows } from './write-backup.ts';
import type { RowSource } from './write-backup.ts';

/**
 * Writes one backup of a whole snapshot and the segments that follow it; those behind a damaged one are
 * left out. The rows are as they stand in the files. Memory does not grow with the rows of the whole one.
 * @throws OnggiError `file/*` when the whole one is damaged; `backup/not-written`; what `signal` was
 * aborted with.
 */
export async function foldSnapshot(
  whole: Blob,
  segments: readonly Blob[],
  options: Omit<CreateBackupOptions, 'segment'>,
): Promise<CreatedBackup> {
  const reading = { ...options, isLargeAllowed: true, passphrase: undefined };
  const chain = await openChain(whole, segments, reading);
  const source = createFileSource(whole, chain, reading);
  return packBackup((written) => writeRows(source, written), options);
}

interface TablePage {
  readonly table: BackupTable;
  readonly rows: RowPage;
}

/** The tables of all files, in the one order that all of them have. */
function createFileSource(whole: Blob, chain: Chain, options: ReadBackupOptions): RowSource {
  const files = [whole, ...chain.segments].map((file) => createCursor(readPages(file, options)));

  async function* read(table: BackupTable): AsyncGenerator<RowPage> {
    for (const [index, file] of files.entries()) {
      const hasWord = (row: FileObject): boolean => lastWordOn(table, row, chain) === index;
      for (let page = await file.peek(); page?.table === table; page = await file.next()) {
        yield page.rows.filter(hasWord);
      }
    }
    if (table !== BACKUP_TABLES.at(-1)) return;
    for (const file of files) {
      const page = await file.peek();
      if (page) throw new OnggiError('file/not-a-backup', `${page.table} stands elsewhere`);
    }
  }

  return {
    readers: Object.fromEntries(
      BACKUP_TABLES.map((table) => [table, () => read(table)]),
    ) as RowSource['readers'],
  };
}

/** The file that has the last word on a row; 0 is the whole one. */
function lastWordOn(table: BackupTable, row: FileObject, { last, segments }: Chain): number {
  const owner = table === 'attachment_parts' ? 'attachments' : table;
  // A table that every segment holds whole: the last file has it.
  if (!isChanged(owner)) return segments.length;
  return last[owner].get(String(row[ID_FIELDS[owner]])) ?? 0;
}

const ID_FIELDS = {
  documents: 'document_id',
  conversations: 'conversation_id',
  messages: 'message_id',
  attachments: 'attachment_id',
} as const;

interface Cursor {
  /** The page that it stands at; undefined behind the last. */
  peek(): Promise<TablePage | undefined>;
  /** The page after that. */
  next(): Promise<TablePage | undefined>;
}

function createCursor(pages: AsyncGenerator<TablePage>): Cursor {
  let current: Promise<TablePage | undefined> | undefined;
  const next = (): Promise<TablePage | undefined> =>
    (current = pages.next().then(({ done, value }) => (done ? undefined : value)));
  return { peek: () => current ?? next(), next };
}

/** The rows of a file of ours that were never looked at, in its order. */
async function* readPages(file: Blob, options: ReadBackupOptions): AsyncGenerator<TablePage> {
  const { chunks } = await openBackup(file, options);
  let table: BackupTable | undefined;
  for await (const piece of splitJson(chunks, { maxElements: GROUP_ROWS, isParsing: true })) {
    options.signal?.throwIfAborted();
    if (piece.kind === 'array') table = BACKUP_TABLES.find((each) => each === piece.key);
    if (piece.kind !== 'elements' || table === undefined) continue;
    yield { table, rows: (piece.values ?? parseElements(piece.text)).filter(isFileObject) };
  }
}

function parseElements(text: string): readonly unknown[] {
  try {
    return JSON.parse(`[${text}]`) as readonly unknown[];
  } catch (cause) {
    throw new OnggiError('file/not-json', 'unreadable rows', { cause });
  }
}
