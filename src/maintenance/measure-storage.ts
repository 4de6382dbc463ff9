import type { OnggiDatabase } from '#db/open-database.ts';
import { listDatabases, measureCaches, measureFolders } from '#db/origin-storage.ts';
import type { CacheSize, DatabaseRole, FolderSize } from '#db/origin-storage.ts';
import { sampleDatabase } from '#db/sample-database.ts';
import { getRows, readKeyPages } from '#db/staging-rows.ts';

/** Rows whose size is taken for that of all rows of a table. */
const SAMPLE_ROWS = 120;

/** What a table holds. */
export interface TableSize {
  readonly name: string;
  readonly rowCount: number;
  /** The mean of a sample times the number of rows, before the browser compresses. */
  readonly aboutBytes: number;
}

export interface StorageReport {
  readonly tables: readonly TableSize[];
  readonly folders: readonly FolderSize[];
  readonly caches: readonly CacheSize[];
  /** Databases beside the live one, by what they are for. */
  readonly databases: readonly DatabaseSize[];
}

/** What a database beside the live one holds. */
export interface DatabaseSize {
  readonly name: string;
  readonly role: DatabaseRole;
  /** Of all its tables; null where it did not answer. */
  readonly rowCount: number | null;
  /** As {@link TableSize.aboutBytes}. */
  readonly aboutBytes: number | null;
}

/** What takes how much, largest first. @returns undefined when it was stopped. */
export async function measureStorage(
  db: OnggiDatabase,
  signal: AbortSignal,
): Promise<StorageReport | undefined> {
  const tables: TableSize[] = [];
  for (const table of db.strict.tables) {
    const sampled: unknown[] = [];
    let rowCount = 0;
    for await (const keys of readKeyPages<unknown, unknown>(table)) {
      if (signal.aborted) return undefined;
      rowCount += keys.length;
      // A few of every page: rows of one age are alike.
      if (sampled.length < SAMPLE_ROWS)
        sampled.push(...keys.filter((_key, index) => index % 50 === 0));
    }
    const rows = await getRows<unknown, unknown>(table, sampled.slice(0, SAMPLE_ROWS));
    tables.push({ name: table.name, rowCount, aboutBytes: toBytes(rowCount, rows) });
  }
  const [folders, caches, listed] = await Promise.all([
    measureFolders(),
    measureCaches(),
    listDatabases(),
  ]);
  const databases: DatabaseSize[] = [];
  for (const { name, role } of listed) {
    if (signal.aborted) return undefined;
    if (role === 'live') continue;
    const stores = await sampleDatabase(name, SAMPLE_ROWS);
    databases.push({
      name,
      role,
      rowCount: stores?.reduce((sum, { rowCount }) => sum + rowCount, 0) ?? null,
      aboutBytes:
        stores?.reduce((sum, { rowCount, rows }) => sum + toBytes(rowCount, rows), 0) ?? null,
    });
  }
  if (signal.aborted) return undefined;
  return {
    tables: tables.toSorted((a, b) => b.aboutBytes - a.aboutBytes),
    folders,
    caches,
    databases,
  };
}

function toBytes(rowCount: number, rows: readonly unknown[]): number {
  const mean = rows.reduce<number>((sum, row) => sum + weigh(row), 0) / Math.max(1, rows.length);
  return Math.round(mean * rowCount);
}

/** About how many bytes a value takes as V8 writes it: one a character, two where one is not enough. */
export function weigh(value: unknown): number {
  if (typeof value === 'string') {
    return 5 + value.length * (/[\u0100-\uffff]/.test(value) ? 2 : 1);
  }
  if (value instanceof ArrayBuffer) return 5 + value.byteLength;
  if (ArrayBuffer.isView(value)) return 5 + value.byteLength;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + weigh(item), 5);
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).reduce((sum, [key, item]) => sum + weigh(key) + weigh(item), 5);
  }
  return typeof value === 'number' ? 9 : 2;
}
