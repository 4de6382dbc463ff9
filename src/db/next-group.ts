import { Dexie } from 'dexie';
import type { Table } from 'dexie';
import { read } from './commit.ts';

/**
 * The first part of the key after `id` in a table's index of two parts; undefined at the end. Reads keys alone,
 * one for each group of rows that share that part.
 * @param id Null for the first group.
 */
export function findNextGroup<Row, Key>(
  table: Table<Row, Key>,
  index: string,
  id: string | null,
): Promise<string | undefined> {
  return read(async () => {
    const where = table.where(index);
    const [key] = await (
      id === null ? where.above([Dexie.minKey, Dexie.minKey]) : where.above([id, Dexie.maxKey])
    )
      .limit(1)
      .keys();
    const first: unknown = Array.isArray(key) ? key[0] : undefined;
    return typeof first === 'string' ? first : undefined;
  });
}
