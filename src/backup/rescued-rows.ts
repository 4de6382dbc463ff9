/** The rows of a rescue file, which are as the database stores them, as objects of a backup. */
import type { BackupTable } from '#domain/backup-report.ts';
import { isFileObject } from '#domain/file-object.ts';
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
import {
  ATTACHMENT_ROWS,
  DOCUMENT_ROWS,
  DRAFT_ROWS,
  IMPORT_ROWS,
  MAINTENANCE_ROWS,
  SCHEMA_VERSION_ROWS,
} from './small-rows.ts';

type Write = (row: FileObject) => FileObject;

/** A writer of sound rows, tried on one that nobody has looked at: the reader behind it judges the result. */
const trying =
  (write: (row: never) => FileObject): Write =>
  (row) =>
    write(row as never);

const WRITERS: Readonly<Record<string, readonly (readonly [BackupTable, Write])[]>> = {
  sessions: [['sessions', trying(writeSession)]],
  userSettings: [
    ['user_settings', trying(writeUserSettings)],
    ['user_settings_extra', trying(writeUserSettingsExtras)],
  ],
  schemaVersions: [['schema_versions', trying(SCHEMA_VERSION_ROWS.write)]],
  endpoints: [['endpoints', trying(writeEndpoint)]],
  usageStatistics: [['usage_statistics', trying(writeUsage)]],
  documents: [['documents', trying(DOCUMENT_ROWS.write)]],
  drafts: [['drafts', trying(DRAFT_ROWS.write)]],
  maintenanceRuns: [['maintenance_runs', trying(MAINTENANCE_ROWS.write)]],
  imports: [['imports', trying(IMPORT_ROWS.write)]],
  conversations: [['conversations', trying(writeConversation)]],
  messages: [['messages', trying(writeMessage)]],
  attachments: [
    ['attachments', trying(ATTACHMENT_ROWS.write)],
    ['attachment_parts', writeWholePart],
  ],
};

/** The bytes of an attachment as its only part; they stand in the file as base64 already. */
function writeWholePart({ id, bytes }: FileObject): FileObject {
  const data = isFileObject(bytes) ? bytes['$bytes'] : undefined;
  return { attachment_id: id, index: 0, data };
}

/** Whether rows of that table of the database come back. */
export function isRescuedTable(table: string): boolean {
  return Object.hasOwn(WRITERS, table);
}

/**
 * The rows of a table of the database, by tables of a backup. One that cannot be written as such is given
 * as null, which no reader takes.
 */
export function rescuedRows(
  table: string,
  rows: readonly unknown[],
): readonly (readonly [BackupTable, readonly unknown[]])[] {
  return (WRITERS[table] ?? []).map(([name, write]) => [
    name,
    rows.map((row) => {
      try {
        return isFileObject(row) ? write(row) : null;
      } catch {
        return null;
      }
    }),
  ]);
}
