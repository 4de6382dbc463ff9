/** Erasing everything that this origin keeps in the browser. The page that does it has nothing open. */
import { deleteDatabase } from './database-names.ts';
import { ERASE_LOCK, noteErase } from './erase-mark.ts';
import { readDatabaseNames } from './idb-request.ts';
import { readHeldLocks, tryHold } from './locks.ts';
import { SESSION_LOCK_PREFIX } from './sessions.ts';

/** What is not gone yet. */
export interface Remains {
  /** Other pages of onggi that still run. */
  readonly tabs: number;
  readonly databases: number;
  /** Files and folders at the root of the browser's own file system, caches, service workers. */
  readonly files: number;
}

/** How long it may take before the person is told that somebody holds something. */
const PATIENCE_MS = 2000;
/** How long a round waits for databases that others hold, and the pause before the next round. */
const ROUND_MS = 500;

/**
 * Takes the right to erase. @returns what lets it go, or undefined while another page has it.
 */
export function tryHoldErase(): Promise<(() => void) | undefined> {
  return tryHold(ERASE_LOCK, { ifAvailable: true });
}

/**
 * Erases every database, file, cache, service worker and remembered value of this origin, whoever made
 * it, and looks that nothing is left. Deleting the live database tells the other pages to close (see
 * `onErased` of `openDatabase`). What somebody holds is tried again until it can be had: closing those
 * pages is all that has to be done.
 * @param onWaiting Called again and again with what is left while that takes long.
 * @throws the reason of `signal`; a deletion that already waits for a holder cannot be taken back.
 */
export async function eraseOrigin(
  onWaiting: (remains: Remains) => void,
  signal: AbortSignal,
): Promise<void> {
  noteErase();
  const startedAt = performance.now();
  // A second request for a database that waits for others would only queue behind the first.
  const deletions = new Map<string, Promise<unknown>>();
  let emptyRounds = 0;
  for (;;) {
    signal.throwIfAborted();
    await Promise.race([eraseOnce(deletions, signal), pause(ROUND_MS)]);
    const remains = await findRemains();
    // Twice: what was under way when a thing was erased may have made it once more.
    emptyRounds = isNothing(remains) ? emptyRounds + 1 : 0;
    if (emptyRounds === 2) break;
    if (performance.now() - startedAt > PATIENCE_MS) onWaiting(remains);
    await pause(ROUND_MS);
  }
  // Last, because the note that this is going on stands here.
  forgetMemory();
}

async function eraseOnce(
  deletions: Map<string, Promise<unknown>>,
  signal: AbortSignal,
): Promise<void> {
  // First, because it can fill its caches again.
  for (const registration of await readWorkers()) {
    registration.active?.postMessage({ type: 'ERASE' });
    await registration.unregister();
  }
  for (const name of await readDatabaseNames()) {
    if (signal.aborted) return;
    if (deletions.has(name)) continue;
    const deletion = deleteDatabase(name)
      .catch(() => undefined)
      .finally(() => deletions.delete(name));
    deletions.set(name, deletion);
  }
  const root = await openRoot();
  for (const name of await readNames(root)) {
    if (signal.aborted) return;
    // Another page's worker may have a file open: the next round finds it closed.
    await root?.removeEntry(name, { recursive: true }).catch(() => undefined);
  }
  for (const name of await readCaches()) if (!signal.aborted) await caches.delete(name);
  await Promise.all(deletions.values());
}

async function findRemains(): Promise<Remains> {
  const [tabs, databases, names, cacheNames, workers] = await Promise.all([
    readHeldLocks(SESSION_LOCK_PREFIX),
    readDatabaseNames(),
    openRoot().then(readNames),
    readCaches(),
    readWorkers(),
  ]);
  return {
    tabs: tabs.length,
    databases: databases.length,
    files: names.length + cacheNames.length + workers.length,
  };
}

function isNothing({ tabs, databases, files }: Remains): boolean {
  return tabs + databases + files === 0;
}

/** Undefined where the browser has no such file system. */
async function openRoot(): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    return await navigator.storage.getDirectory();
  } catch {
    return undefined;
  }
}

async function readNames(root: FileSystemDirectoryHandle | undefined): Promise<readonly string[]> {
  const names: string[] = [];
  if (root) for await (const name of root.keys()) names.push(name);
  return names;
}

async function readCaches(): Promise<readonly string[]> {
  return 'caches' in globalThis ? caches.keys() : [];
}

async function readWorkers(): Promise<readonly ServiceWorkerRegistration[]> {
  return 'serviceWorker' in navigator ? navigator.serviceWorker.getRegistrations() : [];
}

function forgetMemory(): void {
  try {
    localStorage.clear();
    sessionStorage.clear();
  } catch {
    // The browser keeps sites from storing: there is nothing.
  }
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
