/** Names of backup files, as the specification gives them (7.1), in local time. */

/** `YYYYMMDD_HHMMSS`. @param at Epoch milliseconds. */
export function toFileTimestamp(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  return `${day}_${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
}

/** `backup_YYYYMMDD_HHMMSS.json.gz`, with `.age` behind it when it is encrypted. */
export function backupFileName(at: number, isEncrypted = false): string {
  return `backup_${toFileTimestamp(at)}.json.gz${isEncrypted ? '.age' : ''}`;
}

/** `onggi_copy_YYYYMMDD_HHMMSS.json.gz`: a copy that onggi itself puts into a person's folder. */
export function folderCopyName(at: number): string {
  return `onggi_copy_${toFileTimestamp(at)}.json.gz`;
}

/** Whether {@link folderCopyName} gives such names; what a person saves never has one. */
export function isFolderCopyName(name: string): boolean {
  return /^onggi_copy_\d{8}_\d{6}\.json\.gz$/.test(name);
}

/**
 * `backup_YYYYMMDD_HHMMSS_n000001.json.gz`: a whole snapshot. The number says the order, because clocks go
 * back and local time does too.
 */
export function snapshotFileName(at: number, index: number): string {
  return backupFileName(at).replace('.json.gz', `_n${String(index).padStart(6, '0')}.json.gz`);
}

/**
 * The number in a name of {@link snapshotFileName}; 0 for one of an older version, which had none; undefined
 * for other names.
 */
export function snapshotIndex(name: string): number | undefined {
  const match = /^backup_\d{8}_\d{6}(?:_n(\d{6,}))?\.json\.gz$/.exec(name);
  return match ? Number(match[1] ?? 0) : undefined;
}

/**
 * `backup_YYYYMMDD_HHMMSS_n000001.0001_YYYYMMDD_HHMMSS.segment.gz`: what changed since the whole snapshot that the
 * name begins with, or since the segment before.
 */
export function segmentFileName(whole: string, index: number, at: number): string {
  const stem = whole.replace('.json.gz', '');
  return `${stem}.${String(index).padStart(4, '0')}_${toFileTimestamp(at)}.segment.gz`;
}

/** What stands in a name of {@link segmentFileName}; undefined for other names. */
export interface SegmentName {
  /** The name of the whole snapshot. */
  readonly whole: string;
  /** From 1. */
  readonly index: number;
  /** Epoch milliseconds, in local time. */
  readonly at: number;
}

export function readSegmentName(name: string): SegmentName | undefined {
  const match = /^(backup_\d{8}_\d{6}(?:_n\d{6,})?)\.(\d{4})_(\d{8}_\d{6})\.segment\.gz$/.exec(
    name,
  );
  if (!match) return undefined;
  const at = backupFileTime(`backup_${match[3]}.json.gz`);
  return at === undefined
    ? undefined
    : { whole: `${match[1]}.json.gz`, index: Number(match[2]), at };
}

/** The moment in a name of {@link backupFileName} or {@link snapshotFileName}, epoch milliseconds, in local time; undefined for other names. */
export function backupFileTime(name: string): number | undefined {
  const match = /^backup_(\d{4})(\d{2})(\d{2})_(\d{2})(\d{2})(\d{2})(?:_n\d{6,})?\.json\.gz/.exec(
    name,
  );
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour, minute, second] = match.slice(1).map(Number);
  return new Date(year, month - 1, day, hour, minute, second).getTime();
}
