/** What a restore and an import write and read in bulk: rows by chunks, whatever the table. */
import { Dexie } from 'dexie';
import type { Table } from 'dexie';
import type { ConversationId, MessageId } from '#domain/ids.ts';
import type { Message } from '#domain/message.ts';
import { read } from './commit.ts';
import type { OnggiDexie } from './onggi-dexie.ts';
import type { OnggiDatabase } from './open-database.ts';
import { toStorageError } from './storage-errors.ts';

/** Rows of one transaction. */
const CHUNK_ROWS = 1000;

/**
 * Adds rows in one transaction; those whose key is taken are left out and the others stay.
 * @returns the places in `rows` of those that were left out, rising.
 */
export async function addNewRows<Row, Key>(
  table: Table<Row, Key>,
  rows: readonly Row[],
): Promise<readonly number[]> {
  if (rows.length === 0) return [];
  try {
    return await table.db.transaction('rw', table, async () => {
      try {
        await table.bulkAdd(rows);
        return [];
      } catch (error) {
        if (!(error instanceof Dexie.BulkError)) throw error;
        const failures = Object.entries(error.failuresByPos);
        const foreign = failures.find(([, { name }]) => name !== 'ConstraintError');
        if (foreign) throw foreign[1];
        return failures.map(([place]) => Number(place)).sort((a, b) => a - b);
      }
    });
  } catch (error) {
    throw toStorageError(error);
  }
}

/** Puts rows in one transaction, in the place of those with the same key. */
export async function putRows<Row, Key>(
  table: Table<Row, Key>,
  rows: readonly Row[],
): Promise<void> {
  if (rows.length > 0) await read(() => table.bulkPut(rows));
}

/** The rows of these keys, undefined where there is none, in their order. */
export function getRows<Row, Key>(
  table: Table<Row, Key>,
  keys: readonly Key[],
): Promise<(Row | undefined)[]> {
  return read(() => table.bulkGet([...keys]));
}

/** Every row of a table that is known to be small. */
export function getAllRows<Row, Key>(table: Table<Row, Key>): Promise<readonly Row[]> {
  return read(() => table.toArray());
}

/** Primary keys of a table, in pages. */
export async function* readKeyPages<Row, Key>(
  table: Table<Row, Key>,
): AsyncGenerator<readonly Key[]> {
  let keys = await read(() => table.orderBy(':id').limit(CHUNK_ROWS).primaryKeys());
  for (let last = keys.at(-1); last !== undefined; last = keys.at(-1)) {
    yield keys;
    if (keys.length < CHUNK_ROWS) return;
    const after = last;
    keys = await read(() => table.where(':id').above(after).limit(CHUNK_ROWS).primaryKeys());
  }
}

/**
 * How many rows a table has here and afterwards, and how many of those here the other does not have. Both
 * are gone through once, side by side: keys rise in the order of their UTF-16 units, as in JavaScript
 * (https://w3c.github.io/IndexedDB/#compare-two-keys).
 * @param onGone Given the keys that the other does not have.
 */
export async function compareKeys<Row, Key extends string>(
  here: Table<Row, Key>,
  after: Table<Row, Key>,
  onGone?: (keys: readonly Key[]) => Promise<void>,
): Promise<{ readonly here: number; readonly after: number; readonly gone: number }> {
  const counts = { here: 0, after: 0, gone: 0 };
  const pages = readKeyPages(after);
  let others: readonly Key[] = [];
  let place = 0;

  /** Whether the other table has the key; to be asked of rising keys. */
  async function isKept(key: Key): Promise<boolean> {
    for (;;) {
      for (let other = others[place]; other !== undefined; other = others[place]) {
        if (other >= key) return other === key;
        place += 1;
      }
      const page = await pages.next();
      if (page.done) return false;
      [others, place] = [page.value, 0];
      counts.after += others.length;
    }
  }

  for await (const keys of readKeyPages(here)) {
    const gone: Key[] = [];
    for (const key of keys) if (!(await isKept(key))) gone.push(key);
    counts.here += keys.length;
    counts.gone += gone.length;
    if (gone.length > 0) await onGone?.(gone);
  }
  for await (const rest of pages) counts.after += rest.length;
  return counts;
}

/** Goes through the keys of a table beside those of others, as they come. */
export interface KeysBeside {
  /** @param keys Rising, from one call to the next too. */
  take(keys: readonly string[]): Promise<void>;
  /** The same as {@link compareKeys} of them would say. */
  finish(): Promise<{ readonly here: number; readonly after: number; readonly gone: number }>;
}

/** As {@link compareKeys}, without reading the keys of the other table. */
export function createKeysBeside<Row, Key extends string>(here: Table<Row, Key>): KeysBeside {
  const counts = { here: 0, after: 0, gone: 0 };
  const pages = readKeyPages(here);
  let keys: readonly Key[] = [];
  let place = 0;

  /** Whether there are more keys here; the next is at `place` then. */
  async function hasMore(): Promise<boolean> {
    if (place < keys.length) return true;
    const page = await pages.next();
    if (page.done) return false;
    [keys, place] = [page.value, 0];
    counts.here += keys.length;
    return true;
  }

  return {
    async take(others) {
      counts.after += others.length;
      for (const other of others) {
        while (place < keys.length || (await hasMore())) {
          const key = keys[place];
          if (key === undefined || key > other) break;
          place += 1;
          if (key === other) break;
          counts.gone += 1;
        }
      }
    },
    async finish() {
      while (await hasMore()) {
        counts.gone += keys.length - place;
        place = keys.length;
      }
      return counts;
    },
  };
}

/** Those of the keys that no row of the table has, in their order. */
export async function withoutStored<Row, Key extends string>(
  table: Table<Row, Key>,
  keys: readonly Key[],
): Promise<readonly Key[]> {
  const stored = new Set<Key>();
  for (let first = 0; first < keys.length; first += CHUNK_ROWS) {
    const some = keys.slice(first, first + CHUNK_ROWS);
    const found = await read(() => table.where(':id').anyOf(some).primaryKeys());
    for (const key of found) stored.add(key);
  }
  return keys.filter((key) => !stored.has(key));
}

/** Whether a table holds a row. */
export async function hasRows(table: {
  limit(count: number): { primaryKeys(): PromiseLike<readonly unknown[]> };
}): Promise<boolean> {
  return (await read(() => table.limit(1).primaryKeys())).length > 0;
}

/** What the tree of a conversation needs of a message. */
export interface TreeRow {
  readonly id: MessageId;
  readonly parentId: MessageId | null;
  readonly seq: number;
  readonly timestamp: number;
  readonly tokenCount: number | null;
}

/** The tree of a conversation by `seq`; read in pages, so that no page of long texts fills the memory. */
export async function readTreeRows(
  db: OnggiDexie,
  conversationId: ConversationId,
): Promise<TreeRow[]> {
  const tree: TreeRow[] = [];
  const ids = await read(() =>
    db.messages
      .where('[conversationId+seq]')
      .between([conversationId, Dexie.minKey], [conversationId, Dexie.maxKey])
      .primaryKeys(),
  );
  for (let first = 0; first < ids.length; first += CHUNK_ROWS) {
    const rows = await getRows(db.messages, ids.slice(first, first + CHUNK_ROWS));
    for (const row of rows) {
      if (!row) continue;
      const { id, parentId, seq, timestamp, tokenCount } = row;
      tree.push({ id, parentId, seq, timestamp, tokenCount });
    }
  }
  return tree;
}

/** Gives messages their new place in the tree, in chunks. */
export async function moveMessages(
  db: OnggiDexie,
  places: readonly Pick<Message, 'id' | 'parentId' | 'seq'>[],
): Promise<void> {
  for (let first = 0; first < places.length; first += CHUNK_ROWS) {
    const chunk = places.slice(first, first + CHUNK_ROWS);
    const rows = await getRows(
      db.messages,
      chunk.map(({ id }) => id),
    );
    const moved = rows.flatMap((row, index) => {
      const place = chunk[index];
      return row && place ? [{ ...row, parentId: place.parentId, seq: place.seq }] : [];
    });
    await putRows(db.messages, moved);
  }
}

/** Waits until everything that was written to `db` before is on the disk. */
export async function flushToDisk({ strict }: OnggiDatabase): Promise<void> {
  await read(() =>
    strict.transaction('rw', strict.schemaVersions, async () => {
      const [version] = await strict.schemaVersions.limit(1).toArray();
      if (version) await strict.schemaVersions.put(version);
    }),
  );
}
