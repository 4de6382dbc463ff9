import { BACKUP_TABLES } from '#domain/backup-report.ts';
import type { BackupCounts, BackupTable } from '#domain/backup-report.ts';
import { OnggiError } from '#domain/errors.ts';
import { isFileObject } from '#domain/file-object.ts';
import { readInstant } from '#domain/instants.ts';
import { RESCUE_FORMAT } from '#domain/rescue-file.ts';
import { DIGEST_ALGORITHM } from './group-digest.ts';
import { BACKUP_FORMAT, BACKUP_FORMAT_VERSION, SEGMENT_FORMAT } from './write-backup.ts';

/** What a backup says of itself, before and behind its tables. Filled as its members are met. */
export interface BackupHead {
  isOurs: boolean;
  hasTimestamp: boolean;
  formatVersion: number | null;
  schemaVersion: number | null;
  appVersion: string | null;
  createdAt: number | null;
  saidCounts: Partial<BackupCounts> | null;
  saidDigest: string | null;
  /** The file before it, in a segment of a snapshot. */
  follows: string | null;
  /** In a file of the rescue screen: the database whose rows come back. */
  liveName: string | null;
}

export function createBackupHead(): BackupHead {
  return {
    isOurs: false,
    hasTimestamp: false,
    formatVersion: null,
    schemaVersion: null,
    appVersion: null,
    createdAt: null,
    saidCounts: null,
    saidDigest: null,
    follows: null,
    liveName: null,
  };
}

/**
 * Takes a member of the file that is no table into `head`.
 * @param options The newest version of the schema that this code knows, and the format that is wanted.
 * @returns whether the member is one of a backup's.
 * @throws OnggiError `file/newer-version`; `file/not-a-backup` for another format of ours.
 */
export function readHeadMember(
  head: BackupHead,
  name: string,
  value: unknown,
  { schemaVersion, isSegment = false }: { schemaVersion: number; isSegment?: boolean },
): boolean {
  switch (name) {
    case 'timestamp':
      head.hasTimestamp = typeof value === 'string' && /^\d{8}_\d{6}$/.test(value);
      head.createdAt ??= readFileTimestamp(value);
      return true;
    case 'format':
      if (value === RESCUE_FORMAT && !isSegment) {
        head.isOurs = true;
        head.liveName = '';
        return true;
      }
      if (value !== (isSegment ? SEGMENT_FORMAT : BACKUP_FORMAT))
        throw notABackup(`format ${JSON.stringify(value)}`);
      head.isOurs = true;
      return true;
    case 'format_version':
      head.formatVersion = readVersion(value, BACKUP_FORMAT_VERSION);
      return true;
    case 'schema_version':
      head.schemaVersion = readVersion(value, schemaVersion);
      return true;
    case 'app_version':
      head.appVersion = typeof value === 'string' ? value.slice(0, 100) : null;
      return true;
    case 'created_at':
      head.createdAt = readInstant(value)?.at ?? head.createdAt;
      return true;
    case 'live':
      if (head.liveName === null) return false;
      head.liveName = typeof value === 'string' ? value : '';
      return true;
    case 'follows':
      head.follows = typeof value === 'string' ? value : null;
      return isSegment;
    case 'counts':
      head.saidCounts = readCounts(value);
      return true;
    case 'digest':
      head.saidDigest = readDigest(value);
      return true;
    default:
      return false;
  }
}

export function notABackup(reason: string): OnggiError {
  return new OnggiError('file/not-a-backup', reason);
}

function readVersion(value: unknown, newest: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) {
    throw notABackup('a version that is no number');
  }
  if (value <= newest) return value;
  throw new OnggiError('file/newer-version', `version ${value}, not ${newest}`);
}

/** `YYYYMMDD_HHMMSS` in this device's zone. */
function readFileTimestamp(value: unknown): number | null {
  const match = /^(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)$/.exec(String(value));
  if (!match) return null;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map(Number);
  return new Date(year, month - 1, day, hour, minute, second).getTime();
}

function readCounts(value: unknown): Partial<BackupCounts> | null {
  if (!isFileObject(value)) return null;
  const counts: Partial<Record<BackupTable, number>> = {};
  for (const table of BACKUP_TABLES) {
    const count = Object.hasOwn(value, table) ? value[table] : undefined;
    if (typeof count === 'number' && Number.isSafeInteger(count)) counts[table] = count;
  }
  return counts;
}

function readDigest(value: unknown): string | null {
  if (!isFileObject(value) || value['algorithm'] !== DIGEST_ALGORITHM) return null;
  return typeof value['value'] === 'string' ? value['value'].toLowerCase() : null;
}
