/** Reading what is readable, past everything that may be broken above: for the rescue screen. */
import { requestResult } from './idb-request.ts';

/** Tables that never leave: sealed keys, and what can be made again. */
const LEFT_OUT = ['secrets', 'keyRing', 'responseCache', 'embeddings', 'searchFiles', 'changeFeed'];
/** Databases of ours that hold no data of the person. */
const NO_DATA = ['onggi-boot', 'onggi-cache'];

export interface Rescued {
  readonly blob: Blob;
  readonly rowCount: number;
  readonly unreadableCount: number;
}

/**
 * Every row of every database of ours that can be read, as JSON: `{ databases: [{ name, version,
 * tables: { table: [row …] } }] }`, bytes as base64 in `$bytes`. Opens databases as they are, whatever
 * their version, and changes nothing.
 */
export async function rescueEverything(): Promise<Rescued> {
  const parts: string[] = ['{"format":"onggi-rescue","databases":['];
  let rowCount = 0;
  let unreadableCount = 0;
  let isFirst = true;
  for (const { name } of await indexedDB.databases()) {
    if (name === undefined || NO_DATA.includes(name)) continue;
    const database = await requestResult(indexedDB.open(name)).catch(() => undefined);
    if (!database) {
      unreadableCount += 1;
      continue;
    }
    parts.push(`${isFirst ? '' : ','}\n{"name":${JSON.stringify(name)},`);
    parts.push(`"version":${database.version},"tables":{`);
    isFirst = false;
    const tables = [...database.objectStoreNames].filter((table) => !LEFT_OUT.includes(table));
    for (const [index, table] of tables.entries()) {
      parts.push(`${index === 0 ? '' : ','}\n${JSON.stringify(table)}:[`);
      const rows = await readRows(database, table);
      rowCount += rows.texts.length;
      unreadableCount += rows.unreadableCount;
      parts.push(rows.texts.join(',\n'), ']');
    }
    parts.push('}}');
    database.close();
  }
  parts.push(']}\n');
  return {
    blob: new Blob(parts, { type: 'application/json' }),
    rowCount,
    unreadableCount,
  };
}

async function readRows(database: IDBDatabase, table: string) {
  const texts: string[] = [];
  let unreadableCount = 0;
  const keys = await requestResult(
    database.transaction(table).objectStore(table).getAllKeys(),
  ).catch(() => []);
  for (const key of keys) {
    try {
      const request = database.transaction(table).objectStore(table).get(key);
      texts.push(JSON.stringify(await requestResult<unknown>(request), writeBytes));
    } catch {
      unreadableCount += 1;
    }
  }
  return { texts, unreadableCount };
}

function writeBytes(_key: string, value: unknown): unknown {
  const bytes =
    value instanceof ArrayBuffer
      ? new Uint8Array(value)
      : value instanceof Uint8Array
        ? value
        : undefined;
  if (!bytes) return value;
  let binary = '';
  for (let first = 0; first < bytes.length; first += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(first, first + 0x8000));
  }
  return { $bytes: btoa(binary) };
}
