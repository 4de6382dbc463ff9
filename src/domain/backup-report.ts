/** What a backup holds, and what reading it found: for verifying, for the preview of a restore, and after it. */

/** Arrays of a backup in the order in which they are written (FORMATS 3.4). */
export const BACKUP_TABLES = [
  'sessions',
  'user_settings',
  'user_settings_extra',
  'schema_versions',
  'endpoints',
  'usage_statistics',
  'documents',
  'drafts',
  'maintenance_runs',
  'imports',
  'conversations',
  'messages',
  'attachments',
  'attachment_parts',
] as const;
export type BackupTable = (typeof BACKUP_TABLES)[number];

/** The tables of the specification's own backups. */
export const SEED_TABLES = ['sessions', 'conversations', 'messages', 'user_settings'] as const;

/** What reading a backup had to decide, repair or leave out. The catalogs have a text for each. */
export const BACKUP_PROBLEMS = [
  /** The checksum is not that of the rows. Asks. */
  'digest_differs',
  /** A table holds another number of rows than the file says. Asks. */
  'counts_differ',
  /** A row without id, date or text, or of the wrong shape, was left out. */
  'rows_unreadable',
  /** A value of the wrong type was left out; the rest of its row was taken. */
  'values_ignored',
  /** An id stands there more than once; the first row was taken. */
  'duplicate_ids',
  /** Messages whose conversation is not in the file got one of their own. */
  'messages_without_conversation',
  /** The bytes of an attachment are missing, cut or unreadable. */
  'attachments_incomplete',
  /** A message named a parent that is not there; it was put below the one before it. */
  'parents_missing',
  /** Messages that were each other's parents were taken apart. */
  'circles_cut',
  /** Counts of messages or tokens, the last number given out or the shown branch were wrong. */
  'counters_recomputed',
  /** A role onggi does not know was read as the nearest one; the original is kept. */
  'roles_unknown',
  /** A date without a zone was read in this device's zone. */
  'zone_assumed',
  /** A date could not be read; that of the message before it or of the conversation was taken. */
  'dates_unknown',
  /** Keys in the file were not read. */
  'keys_ignored',
  /** Tables that onggi does not know were left out. */
  'unknown_tables',
  /** Members or columns that onggi does not know were left out. */
  'unknown_keys',
  /** Later parts of a snapshot are damaged or missing: it reaches a moment before them. Asks. */
  'segments_damaged',
  /** Tables are missing: replacing empties them. Asks. */
  'table_missing',
  /** There is no conversation and no message: replacing leaves an empty app. Asks. */
  'all_empty',
  /** A connection with a key here has another address in the file; the one here stays. */
  'endpoint_redirected',
  /** Connections with a key that the file does not have stay. */
  'endpoints_kept',
  /** New conversations would be sent to another address than now. */
  'default_endpoint_changed',
] as const;
export type BackupProblemCode = (typeof BACKUP_PROBLEMS)[number];

/** Problems that a person must have accepted before the data here are replaced. */
export const ASKING_PROBLEMS: readonly BackupProblemCode[] = [
  'digest_differs',
  'counts_differ',
  'segments_damaged',
  'table_missing',
  'all_empty',
];

export interface BackupProblem {
  readonly code: BackupProblemCode;
  readonly count: number;
  /** Names of tables and members, ids or titles of the first ones: at most five, 80 characters each. */
  readonly examples: readonly string[];
}

/** Rows by table. */
export type BackupCounts = Readonly<Record<BackupTable, number>>;

/** What is in a backup. */
export interface BackupSummary {
  /** Null for a file of the specification's own program. */
  readonly formatVersion: number | null;
  readonly schemaVersion: number | null;
  readonly appVersion: string | null;
  /** Epoch milliseconds; null when the file does not say. */
  readonly createdAt: number | null;
  readonly isEncrypted: boolean;
  /** Size of the file, and of the text in it in UTF-16 units. */
  readonly fileBytes: number;
  readonly textUnits: number;
  /** Rows found. */
  readonly counts: BackupCounts;
  /** Rows the file says it has; null when it does not say. */
  readonly saidCounts: Partial<BackupCounts> | null;
  /** Dates of the first and last message, epoch milliseconds; null without messages. */
  readonly earliestAt: number | null;
  readonly latestAt: number | null;
  /** Whether the file carries counts and a checksum; those of the specification's program do not. */
  readonly isVerifiable: boolean;
  /** Whether both are there and right. */
  readonly isVerified: boolean;
  readonly problems: readonly BackupProblem[];
  /** How many of the conversations that were looked for it has; missing where none were looked for. */
  readonly wantedCount?: number | undefined;
}

/** `replace`: the file's rows take the place of those here. `merge`: the newer row wins, none goes. */
export type RestoreMode = 'replace' | 'merge';

export interface MergeCount {
  readonly added: number;
  readonly updated: number;
  readonly unchanged: number;
}

/** Rows of a table here, as the file has them, and how many of those here the file does not have. */
export interface ReplaceCount {
  readonly here: number;
  readonly after: number;
  readonly gone: number;
}

/** The tables of which a replacement tells what goes. */
export const REPLACED_TABLES = ['conversations', 'messages', 'documents'] as const;

/** What a replacement does with what is here. */
export interface Replaced {
  readonly counts: Readonly<Record<(typeof REPLACED_TABLES)[number], ReplaceCount>>;
  /** Titles of conversations that go, the newest first, a few of them. */
  readonly goneTitles: readonly string[];
}

/** What a restore is about to do; nothing of it is live yet. */
export interface RestorePreview {
  readonly mode: RestoreMode;
  readonly summary: BackupSummary;
  /** Tables with rows in the file, for `merge`; null for `replace`. */
  readonly merged: Readonly<Partial<Record<BackupTable, MergeCount>>> | null;
  /** For `replace`; null for `merge`. */
  readonly replaced: Replaced | null;
  /** What a person must accept first. */
  readonly questions: readonly BackupProblemCode[];
}

/** What writing a backup gave. */
export interface BackupReceipt {
  readonly fileName: string;
  readonly fileBytes: number;
  readonly createdAt: number;
  readonly counts: BackupCounts;
  readonly isEncrypted: boolean;
}
