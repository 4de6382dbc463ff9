/** The rows of the database as objects of a backup, table by table, in pages. */
import { readDocumentWithText } from '#db/documents.ts';
import { findOrphans } from '#db/orphans.ts';
import { getRows, readKeyPages } from '#db/staging-rows.ts';
import { readBoundedPages } from '#db/table-pages.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { BackupTable } from '#domain/backup-report.ts';
import type { Conversation } from '#domain/conversation.ts';
import type { FileObject } from '#domain/file-object.ts';
import {
  writeConversation,
  writeEndpoint,
  writeMessage,
  writeSession,
  writeUsage,
  writeUserSettings,
  writeUserSettingsExtras,
} from '#domain/file-rows.ts';
import type { Message } from '#domain/message.ts';
import { writeParts } from './attachment-parts.ts';
import { GROUP_ROWS } from './group-digest.ts';
import {
  ATTACHMENT_ROWS,
  DOCUMENT_ROWS,
  DRAFT_ROWS,
  IMPORT_ROWS,
  MAINTENANCE_ROWS,
  SCHEMA_VERSION_ROWS,
} from './small-rows.ts';

/** Objects of a backup, at most {@link GROUP_ROWS} and within one group. */
export type RowPage = readonly FileObject[];

/** Characters, roughly, that a page of rows may have: bounds the memory that writing takes. */
export const PAGE_CHARACTERS = 6 * 1024 * 1024;
/** Parts of attachments in one page: 4 MiB of text. */
export const PAGE_PARTS = 16;

/**
 * Keeps what is written together while the database goes on changing: the conversations are read
 * first, and what was added to them or beside them since `startedAt` is left out of the later tables,
 * so that a backup is of the moment when its conversations were read. Messages that are deleted or
 * changed meanwhile are written as they then are, or not; a restore repairs links to those gone.
 */
export interface Moment {
  readonly note: (conversation: Conversation) => void;
  /** Undefined for a message of a conversation that was not read: it came meanwhile, or its row is lost. */
  readonly holds: (message: Message) => boolean | undefined;
}

/** @param startedAt Epoch milliseconds. */
export function createMoment(startedAt: number): Moment {
  const lastSeqs = new Map<string, number>();
  return {
    note: ({ id, lastSeq }) => void lastSeqs.set(id, lastSeq),
    holds({ conversationId, seq, timestamp }) {
      // An import writes old messages of new conversations: their date alone says nothing.
      const lastSeq = lastSeqs.get(conversationId);
      if (lastSeq === undefined) return undefined;
      // An old message beyond the counter: the counter is wrong, and the message is kept.
      return seq <= lastSeq || timestamp < startedAt;
    },
  };
}

/**
 * The messages of a page that belong to the moment. Those whose conversation's row is lost are among them:
 * they are all that is left of it, and a restore gives them a conversation again.
 */
async function pickHeld(
  db: OnggiDatabase['strict'],
  rows: readonly Message[],
  { holds }: Moment,
): Promise<readonly Message[]> {
  const unknown = rows.filter((row) => holds(row) === undefined);
  const orphans = unknown.length === 0 ? NO_IDS : await findOrphans(db, unknown);
  return rows.filter((row) => holds(row) ?? orphans.has(row.id));
}

const NO_IDS: ReadonlySet<string> = new Set();

/** The pages of every table, in the order of the file. Pages may be empty. */
export function createTableReaders(
  { strict: db }: OnggiDatabase,
  moment: Moment,
): Readonly<Record<BackupTable, () => AsyncGenerator<RowPage>>> {
  const small = { maxSize: GROUP_ROWS, sizeOf: () => 1 };
  const bySize = <Row>(sizeOf: (row: Row) => number) => ({ maxSize: PAGE_CHARACTERS, sizeOf });
  const pages = {
    sessions: () => readBoundedPages(db.sessions, ({ id }) => id, small),
    user_settings: () => readBoundedPages(db.userSettings, ({ userId }) => userId, small),
    schema_versions: () => readBoundedPages(db.schemaVersions, ({ version }) => version, small),
    endpoints: () => readBoundedPages(db.endpoints, ({ id }) => id, small),
    usage_statistics: () => readBoundedPages(db.usageStatistics, ({ id }) => id, small),
    drafts: () => readBoundedPages(db.drafts, ({ id }) => id, bySize(weighTree)),
    maintenance_runs: () => readBoundedPages(db.maintenanceRuns, ({ id }) => id, bySize(weighTree)),
    imports: () => readBoundedPages(db.imports, ({ id }) => id, bySize(weighTree)),
    conversations: () => readBoundedPages(db.conversations, ({ id }) => id, bySize(weighTree)),
    messages: () => readBoundedPages(db.messages, ({ id }) => id, bySize(weighMessage)),
  };
  const noted = (row: Conversation): FileObject => {
    moment.note(row);
    return writeConversation(row);
  };
  return {
    sessions: () => written(pages.sessions(), writeSession),
    user_settings: () => written(pages.user_settings(), writeUserSettings),
    user_settings_extra: () => written(pages.user_settings(), writeUserSettingsExtras),
    schema_versions: () => written(pages.schema_versions(), SCHEMA_VERSION_ROWS.write),
    endpoints: () => written(pages.endpoints(), writeEndpoint),
    usage_statistics: () => written(pages.usage_statistics(), writeUsage),
    documents: () => readDocuments(db),
    drafts: () => written(pages.drafts(), DRAFT_ROWS.write),
    maintenance_runs: () => written(pages.maintenance_runs(), MAINTENANCE_ROWS.write),
    imports: () => written(pages.imports(), IMPORT_ROWS.write),
    conversations: () => written(pages.conversations(), noted),
    messages: () => writtenMessages(db, pages.messages(), moment),
    attachments: () => readAttachments(db),
    attachment_parts: () => readParts(db),
  };
}

async function* written<Row>(
  pages: AsyncIterable<readonly Row[]>,
  write: (row: Row) => FileObject,
): AsyncGenerator<RowPage> {
  for await (const rows of pages) yield rows.map(write);
}

/** Messages as objects of the file, without those that came after the moment. */
export async function* writtenMessages(
  db: OnggiDatabase['strict'],
  pages: AsyncIterable<readonly Message[]>,
  moment: Moment,
): AsyncGenerator<RowPage> {
  for await (const rows of pages) yield (await pickHeld(db, rows, moment)).map(writeMessage);
}

async function* readDocuments(db: OnggiDatabase['strict']): AsyncGenerator<RowPage> {
  for await (const ids of readKeyPages(db.documents)) {
    yield* readDocumentPages(db, ids, { isTextNeeded: false });
  }
}

interface DocumentPagesOptions {
  /** Whether a document of whose text something is missing is passed over. */
  readonly isTextNeeded: boolean;
  /** Told which are not there. */
  readonly onGone?: (id: string) => void;
}

/** Documents with their text. */
export async function* readDocumentPages(
  db: OnggiDatabase['strict'],
  ids: readonly string[],
  { isTextNeeded, onGone }: DocumentPagesOptions,
): AsyncGenerator<RowPage> {
  let [page, size]: [FileObject[], number] = [[], 0];
  for (const id of ids) {
    const row = await readDocumentWithText(db, id);
    if (!row) {
      onGone?.(id);
      continue;
    }
    if (row.text === null && isTextNeeded) continue;
    page.push(DOCUMENT_ROWS.write(row));
    size += row.text?.length ?? 0;
    if (size < PAGE_CHARACTERS && page.length < GROUP_ROWS) continue;
    yield page;
    [page, size] = [[], 0];
  }
  yield page;
}

/** One whole row at a time: each holds a file. */
async function* readAttachments(db: OnggiDatabase['strict']): AsyncGenerator<RowPage> {
  for await (const ids of readKeyPages(db.attachments)) {
    const page: FileObject[] = [];
    for (const id of ids) {
      const [row] = await getRows(db.attachments, [id]);
      if (row) page.push(ATTACHMENT_ROWS.write(row));
    }
    yield page;
  }
}

async function* readParts(db: OnggiDatabase['strict']): AsyncGenerator<RowPage> {
  let page: FileObject[] = [];
  for await (const ids of readKeyPages(db.attachments)) {
    for (const id of ids) {
      const [row] = await getRows(db.attachments, [id]);
      for (const part of row ? writeParts(id, row.bytes) : []) {
        page.push(part);
        if (page.length < PAGE_PARTS) continue;
        yield page;
        page = [];
      }
    }
  }
  yield page;
}

/** Roughly the length of a message as JSON. */
export function weighMessage({ content, reasoning, parts, metadata }: Message): number {
  const extras = parts.length > 0 ? weighTree(parts) : 0;
  return 600 + content.length + (reasoning?.length ?? 0) + extras + weighTree(metadata);
}

/** Roughly the length of a value as JSON. */
export function weighTree(value: unknown): number {
  if (typeof value === 'string') return value.length + 3;
  if (typeof value !== 'object' || value === null) return 8;
  let weight = 2;
  for (const key in value) {
    weight += key.length + 4 + weighTree((value as Readonly<Record<string, unknown>>)[key]);
  }
  return weight;
}
