/**
 * [Note: Torn log] Chromium keeps all databases of an origin in one LevelDB, whose newest writes are in a log.
 * A write that a full disk cut leaves a torn record there. The next opening passes over it as the end of the
 * log and, with "Reusing old log", goes on writing behind it; the one after that takes the torn record in the
 * middle for damage and throws **all** databases of the origin away (measured with Chromium 156: full disk,
 * room again, restart, one message, restart: 0 of 63 rows left). Deleting a database makes it compact, which
 * writes what the log holds into a table and begins a new log: then all rows are there after any restart.
 */
import { OnggiError } from '#domain/errors.ts';
import { requestResult } from './idb-request.ts';
import { inTime } from './in-time.ts';
import { isNoRoom, toStorageError } from './storage-errors.ts';

const SCRATCH = 'onggi-turn-log';
const PROBE = 'onggi-room-probe';
/** A log is at most 4 MB; its table needs as much room again. */
const ROOM_BYTES = 6 * 1024 * 1024;
const PIECE_BYTES = 256 * 1024;

/**
 * Has the browser begin a new log of its databases, where there is room for it. See [Note: Torn log].
 * @throws DOMException or OnggiError where it cannot be done, as on a full disk: then nothing was written.
 */
export async function turnLog(): Promise<void> {
  await requireRoom();
  (await inTime(requestResult(indexedDB.open(SCRATCH, 1)))).close();
  await inTime(requestResult(indexedDB.deleteDatabase(SCRATCH)));
}

/**
 * As {@link turnLog}. @returns false where there is room and it failed for another reason
 * @throws OnggiError `db/no-space`, also where nothing shows that there is room
 */
export async function turnLogIfRoom(): Promise<boolean> {
  try {
    await turnLog();
    return true;
  } catch (cause) {
    if (!isNoRoom(toStorageError(cause))) return false;
    throw new OnggiError('db/no-space', 'no room for a new log', { cause });
  }
}

/**
 * Writes and removes as much beside the databases as a new log needs, where the browser has such files: a
 * full disk is found before the torn log is written on.
 * @throws DOMException or OnggiError where neither its files nor its Cache API take that much.
 */
async function requireRoom(): Promise<void> {
  // Safari below 26 has the files and no such writing; its databases are no LevelDB either.
  if (!('createWritable' in FileSystemFileHandle.prototype)) return;
  const root = await navigator.storage.getDirectory().catch(() => undefined);
  if (!root) return;
  try {
    // One page at a time: all of them hear that the disk was full.
    await navigator.locks.request(PROBE, () => probeFiles(root));
  } catch (error) {
    if (isNoRoom(toStorageError(error))) throw error;
    // On a disk that is full to the last byte the files fail without saying why (measured with Chromium 156:
    // InvalidStateError), and so may damaged ones. What is kept elsewhere on the disk tells them apart.
    await navigator.locks.request(PROBE, probeCache).catch((cause: unknown) => {
      throw new OnggiError('db/no-space', 'nothing takes what a new log needs', { cause });
    });
  }
}

async function probeFiles(root: FileSystemDirectoryHandle): Promise<void> {
  try {
    const file = await root.getFileHandle(PROBE, { create: true });
    const stream = await file.createWritable();
    const piece = new Uint8Array(PIECE_BYTES);
    for (let written = 0; written < ROOM_BYTES; written += PIECE_BYTES) await stream.write(piece);
    await stream.close();
  } finally {
    await root.removeEntry(PROBE).catch(() => undefined);
  }
}

async function probeCache(): Promise<void> {
  try {
    const cache = await caches.open(PROBE);
    await inTime(cache.put(`/${PROBE}`, new Response(new Uint8Array(ROOM_BYTES))));
  } finally {
    await caches.delete(PROBE).catch(() => undefined);
  }
}
