import { toDayText } from './safe-file-name.ts';

/** An SQLite database, or a text for psql. */
export type SqlFormat = 'sqlite' | 'postgres';

/** What a browser saves such a file as. */
export const SQL_MEDIA_TYPES: Readonly<Record<SqlFormat, string>> = {
  sqlite: 'application/vnd.sqlite3',
  postgres: 'application/sql',
};

/** `onggi_YYYYMMDD.sqlite` or `.sql`, by the local day. @param at Epoch milliseconds. */
export function sqlFileName(format: SqlFormat, at: number): string {
  const day = toDayText(at).replaceAll('-', '');
  return `onggi_${day}.${format === 'sqlite' ? 'sqlite' : 'sql'}`;
}
