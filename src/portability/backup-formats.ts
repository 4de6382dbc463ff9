/** What the summary of a file calls a whole backup, ours or the specification's: it is restored, not imported. */
export const BACKUP_FORMATS = { onggi: 'onggi-backup', seed: 'seed-backup' } as const;

export function isBackupFormat(format: string | null): boolean {
  return Object.values(BACKUP_FORMATS).some((known) => known === format);
}
