/** Reading what is readable, past everything that may be broken above: for the rescue screen. */
import { OnggiError } from '#domain/errors.ts';
import { RESCUE_FORMAT } from '#domain/rescue-file.ts';
import { toIsoInstant } from '#domain/instants.ts';
import { readDatabaseNames, requestResult } from './idb-request.ts';
import { inTime } from './in-time.ts';
import { openExisting } from './open-existing.ts';

/** Tables that never leave: sealed keys, and what can be made again. */
const LEFT_OUT = ['secrets', 'keyRing', 'responseCache', 'embeddings', 'searchFiles', 'changeFeed'];
/** Databases of ours that hold no data of the person. */
const NO_DATA = ['onggi-boot', 'onggi-cache'];
/** The live database before the first restore. */
const FIRST_NAME = 'onggi';

export interface Rescued {
  readonly blob: Blob;
  readonly rowCount: number;
  readonly unreadableCount: number;
}

/**
 * Every row of every database of ours that can be read, as JSON: `{ format, live, "database/table":
 * [row …] … }`, bytes as base64 in `$bytes`; `live` is the name of the database that the app shows. A
 * restore reads the rows of that one. Opens databases as they are, whatever their version, and neither
 * makes nor changes any. Where the browser does not say which there are, those of known names are tried.
 * What gives no answer in time counts as unreadable.
 * Memory does not grow with the rows: the browser takes them piece by piece.
 */
export async function rescueEverything({
  now,
  knownName,
  signal,
  onProgress,
  bootName = 'onggi-boot',
  patienceMs,
}: {
  readonly now: number;
  /** The database that was noted as the live one outside of all databases. */
  readonly knownName?: string | undefined;
  /** Ends it; rejects with its reason then. */
  readonly signal?: AbortSignal;
  /** Told from time to time how many rows were read. */
  readonly onProgress?: (rowCount: number) => void;
  /** Only tests give others. */
  readonly bootName?: string;
  readonly patienceMs?: number;
}): Promise<Rescued> {
  const live = (await readLiveName(bootName, patienceMs)) ?? knownName ?? FIRST_NAME;
  const head = { format: RESCUE_FORMAT, created_at: toIsoInstant(now), live };
  const file = createTextFile();
  file.add(JSON.stringify(head).slice(0, -1));
  let rowCount = 0;
  let unreadableCount = 0;
  const names = await inTime(readDatabaseNames(), patienceMs).catch(() => [
    ...new Set([live, FIRST_NAME]),
  ]);
  for (const name of names) {
    if (NO_DATA.includes(name)) continue;
    const found = await openExisting(name, patienceMs);
    if (found === 'unreadable') unreadableCount += 1;
    if (typeof found === 'string') continue;
    try {
      const tables = [...found.objectStoreNames].filter((table) => !LEFT_OUT.includes(table));
      for (const table of tables) {
        file.add(`,\n${JSON.stringify(`${name}/${table}`)}:[`);
        let isFirst = true;
        for await (const text of readRows(found, table, patienceMs)) {
          signal?.throwIfAborted();
          if (text === undefined) {
            unreadableCount += 1;
            continue;
          }
          file.add(isFirst ? text : `,\n${text}`);
          isFirst = false;
          rowCount += 1;
          if (rowCount % TOLD_ROWS === 0) onProgress?.(rowCount);
        }
        file.add(']');
      }
    } finally {
      found.close();
    }
  }
  file.add('}\n');
  return { blob: file.toBlob(), rowCount, unreadableCount };
}

/** Progress is told after so many rows. */
const TOLD_ROWS = 200;
/** Characters that are kept before the browser takes them. */
const PIECE_CHARACTERS = 256 * 1024;

/** A text that is handed to the browser in pieces as it grows. */
function createTextFile() {
  const pieces: Blob[] = [];
  let texts: string[] = [];
  let length = 0;
  function flush(): void {
    pieces.push(new Blob(texts));
    texts = [];
    length = 0;
  }
  return {
    add(text: string): void {
      texts.push(text);
      length += text.length;
      if (length >= PIECE_CHARACTERS) flush();
    },
    toBlob(): Blob {
      flush();
      return new Blob(pieces, { type: 'application/json' });
    },
  };
}

/** The database that the app shows; undefined where nothing says. */
async function readLiveName(bootName: string, patienceMs?: number): Promise<string | undefined> {
  const boot = await openExisting(bootName, patienceMs);
  if (typeof boot === 'string') return undefined;
  try {
    const pointer: unknown = await inTime(
      requestResult(boot.transaction('pointer').objectStore('pointer').get('live')),
      patienceMs,
    );
    const name = (pointer as { databaseName?: unknown } | undefined)?.databaseName;
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  } finally {
    boot.close();
  }
}

/** The rows as JSON, one by one; undefined for one that cannot be read. */
async function* readRows(
  database: IDBDatabase,
  table: string,
  patienceMs?: number,
): AsyncGenerator<string | undefined, void> {
  let keys: IDBValidKey[];
  try {
    const request = database.transaction(table).objectStore(table).getAllKeys();
    keys = await inTime(requestResult(request), patienceMs);
  } catch {
    // Not even how many there were.
    yield undefined;
    return;
  }
  let isSilent = false;
  for (const key of keys) {
    let text: string | undefined;
    try {
      const request = database.transaction(table).objectStore(table).get(key);
      const row = await inTime(requestResult<unknown>(request), patienceMs);
      const isDocument = table === 'documents' && typeof row === 'object' && row !== null;
      const whole = isDocument
        ? { ...row, ...(await readDocumentText(database, key, patienceMs)) }
        : row;
      text = JSON.stringify(whole, writeBytes);
    } catch (error) {
      text = undefined;
      isSilent = error instanceof OnggiError;
    }
    yield text;
    // The others would be waited for as long, each.
    if (isSilent) return;
  }
}

/**
 * What a restore makes the chunks of a document of; nothing where one cannot be read. What can be read of
 * them stands in the file as rows of their own.
 */
async function readDocumentText(
  database: IDBDatabase,
  id: IDBValidKey,
  patienceMs?: number,
): Promise<{ readonly text?: string }> {
  try {
    const chunks = database.transaction('documentChunks').objectStore('documentChunks');
    const range = IDBKeyRange.bound([id, -Infinity], [id, Infinity]);
    const request = chunks.index('[documentId+seq]').getAll(range);
    const rows: unknown[] = await inTime(requestResult<unknown[]>(request), patienceMs);
    return { text: rows.map((row) => (row as { text: string }).text).join('') };
  } catch {
    return {};
  }
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
