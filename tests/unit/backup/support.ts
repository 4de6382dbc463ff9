import { onTestFinished } from 'vitest';
import { createBackup } from '#backup/create-backup.ts';
import type { CreateBackupOptions } from '#backup/create-backup.ts';
import { stageRestore } from '#backup/stage-restore.ts';
import type { StageRestoreOptions, StagedRestore } from '#backup/stage-restore.ts';
import { verifyBackup } from '#backup/verify-backup.ts';
import { openNamedDatabase } from '#db/open-database.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { SCHEMA_STEPS } from '#db/schema-steps.ts';
import { withAddedMessages } from '#domain/conversation.ts';
import type { Conversation } from '#domain/conversation.ts';
import type { BackupSummary } from '#domain/backup-report.ts';
import { toSessionId } from '#domain/ids.ts';
import type { Message } from '#domain/message.ts';
import { freshNames, openForTest } from '../db/fresh-database.ts';
import type { Names } from '../db/fresh-database.ts';
import { makeConversation, makeLine } from '../db/conversation-rows.ts';

export const NOW = 1_700_000_000_000;
export const SCHEMA_VERSION = SCHEMA_STEPS.length;
export const SESSION_ID = toSessionId('present-session');

/** A live database with names of its own, which are those of its restores too. */
export interface Home {
  readonly names: Names;
  readonly db: OnggiDatabase;
}

export async function openHome(): Promise<Home> {
  const names = freshNames();
  return { names, db: await openForTest({ names }) };
}

/** Conversation `id` with its messages, counters as they must be. */
export function wholeConversation(
  id: string,
  count = 3,
  fields: Partial<Conversation> = {},
): { conversation: Conversation; messages: Message[] } {
  const messages = makeLine(id, count).map((message, seq) => ({
    ...message,
    id: `${id}-${message.id}` as Message['id'],
    parentId: (message.parentId === null ? null : `${id}-${message.parentId}`) as Message['id'],
    seq,
    tokenCount: seq,
    role: seq % 2 === 0 ? ('user' as const) : ('assistant' as const),
  }));
  const empty = makeConversation(id, fields);
  const conversation = withAddedMessages(empty, messages, fields.updatedAt ?? NOW);
  return { conversation, messages };
}

export async function addWhole(
  db: OnggiDatabase,
  ...wholes: readonly { conversation: Conversation; messages: Message[] }[]
): Promise<void> {
  await db.strict.conversations.bulkPut(wholes.map(({ conversation }) => conversation));
  await db.strict.messages.bulkPut(wholes.flatMap(({ messages }) => messages));
}

/** A backup of the whole database as a file. */
export async function backUp(
  db: OnggiDatabase,
  options: Partial<CreateBackupOptions> = {},
): Promise<File> {
  const { blob, receipt } = await createBackup(db, {
    target: { kind: 'blob' },
    now: NOW,
    appVersion: '0.0.0-test',
    schemaVersion: SCHEMA_VERSION,
    ...options,
  });
  if (!blob) throw new Error('no blob');
  return new File([blob], receipt.fileName);
}

/** Stages a file beside the database of `home`; discarded when the test is over, unless closed. */
export async function stage(
  home: Home,
  file: Blob,
  options: Partial<StageRestoreOptions> = {},
): Promise<StagedRestore> {
  const staged = await stageRestore(home.db, file, {
    mode: 'replace',
    clock: () => NOW,
    sessionId: SESSION_ID,
    baseName: home.names.defaultName,
    schemaVersion: SCHEMA_VERSION,
    ...options,
  });
  onTestFinished(() => staged.close());
  return staged;
}

/** Opens what was staged, after it was finished. */
export async function openStaged(staged: StagedRestore): Promise<OnggiDatabase> {
  const db = await openNamedDatabase(staged.databaseName, {
    clock: () => NOW,
    events: { onSuperseded: noop, onBlocked: noop, onLost: noop },
  });
  onTestFinished(() => db.close());
  return db;
}

/** Stages, accepts everything, finishes, and opens the result. */
export async function restore(
  home: Home,
  file: Blob,
  options: Partial<StageRestoreOptions> = {},
): Promise<{ db: OnggiDatabase; staged: StagedRestore }> {
  const staged = await stage(home, file, options);
  await staged.finish(staged.preview.questions);
  staged.close();
  return { db: await openStaged(staged), staged };
}

export function verify(file: Blob): Promise<BackupSummary> {
  return verifyBackup(file, { schemaVersion: SCHEMA_VERSION });
}

/** The object in an unencrypted backup. */
export async function readObject(file: Blob): Promise<Record<string, unknown>> {
  const plain = file.stream().pipeThrough(new DecompressionStream('gzip'));
  return (await new Response(plain).json()) as Record<string, unknown>;
}

/** A value, or JSON text, as a gzip file. */
export async function gzip(value: unknown): Promise<File> {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
  return new File([await new Response(packed).blob()], 'backup_20231114_221320.json.gz');
}

/** Problems by code. */
export function problemCounts(summary: BackupSummary): Record<string, number> {
  return Object.fromEntries(summary.problems.map(({ code, count }) => [code, count]));
}

const TABLES = [
  'sessions',
  'conversations',
  'messages',
  'userSettings',
  'endpoints',
  'usageStatistics',
  'documents',
  'documentChunks',
  'drafts',
  'maintenanceRuns',
  'imports',
  'attachments',
  'schemaVersions',
] as const;

/** Every row of every table that a backup holds. */
export async function dump(db: OnggiDatabase): Promise<Record<string, unknown[]>> {
  const rows: Record<string, unknown[]> = {};
  for (const table of TABLES) rows[table] = await db.strict[table].toArray();
  return rows;
}

/** Names of the databases of a home, besides the boot database. */
export async function databaseNames({ names }: Home): Promise<string[]> {
  const stored = await indexedDB.databases();
  return stored
    .map(({ name = '' }) => name)
    .filter((name) => name.startsWith(names.defaultName))
    .sort();
}

const noop = (): undefined => undefined;
