/** Reading what is readable, past everything that may be broken above: for the rescue screen. */
import { RESCUE_FORMAT } from '#domain/rescue-file.ts';
import { toIsoInstant } from '#domain/instants.ts';
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
 * Every row of every database of ours that can be read, as JSON: `{ format, live, "database/table":
 * [row …] … }`, bytes as base64 in `$bytes`; `live` is the name of the database that the app shows. A
 * restore reads the rows of that one. Opens databases as they are, whatever their version, and changes
 * nothing.
 */
export async function rescueEverything({
  now,
  bootName = 'onggi-boot',
}: {
  readonly now: number;
  /** Only tests give another. */
  readonly bootName?: string;
}): Promise<Rescued> {
  const head = {
    format: RESCUE_FORMAT,
    created_at: toIsoInstant(now),
    live: await readLiveName(bootName),
  };
  const parts: string[] = [JSON.stringify(head).slice(0, -1)];
  let rowCount = 0;
  let unreadableCount = 0;
  for (const { name } of await indexedDB.databases()) {
    if (name === undefined || NO_DATA.includes(name)) continue;
    const database = await requestResult(indexedDB.open(name)).catch(() => undefined);
    if (!database) {
      unreadableCount += 1;
      continue;
    }
    const tables = [...database.objectStoreNames].filter((table) => !LEFT_OUT.includes(table));
    for (const table of tables) {
      parts.push(`,\n${JSON.stringify(`${name}/${table}`)}:[`);
      const rows = await readRows(database, table);
      rowCount += rows.texts.length;
      unreadableCount += rows.unreadableCount;
      parts.push(rows.texts.join(',\n'), ']');
    }
    database.close();
  }
  parts.push('}\n');
  return {
    blob: new Blob(parts, { type: 'application/json' }),
    rowCount,
    unreadableCount,
  };
}

/** The database that the app shows; its first name where nothing says. */
async function readLiveName(bootName: string): Promise<string> {
  try {
    const boot = await requestResult(indexedDB.open(bootName));
    try {
      const pointer: unknown = await requestResult(
        boot.transaction('pointer').objectStore('pointer').get('live'),
      );
      return (pointer as { databaseName?: string } | undefined)?.databaseName ?? 'onggi';
    } finally {
      boot.close();
    }
  } catch {
    return 'onggi';
  }
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
