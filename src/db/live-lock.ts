/**
 * Who works with which database. Every page holds a shared lock on the database it shows; a restore
 * takes it alone, so that no page writes into data that are being replaced (SECURITY 8.4, 8.5).
 */
import * as v from 'valibot';
import { tryHold } from './locks.ts';
import { toStorageError } from './storage-errors.ts';

const LIVE_PREFIX = 'onggi-live:';
/** One restore, undo or clean-up at a time, over all tabs. */
const RESTORE_LOCK = 'onggi-restore';
const CHANNEL = 'onggi-restore';

const Request = v.object({ kind: v.literal('let-go'), databaseName: v.string() });

/** The share that a page has in its database. */
export interface LiveHold {
  /** Lets go for good or until {@link LiveHold.retake}; harmless when called twice. */
  release(): void;
  /** Holds it again, once whoever has it alone is done. */
  retake(): Promise<void>;
}

/**
 * Takes a share in the database `name`; waits while a restore has it alone.
 * @param onAsked Called when a restore in another page asks to let go: close the database, then release.
 */
export async function holdLive(name: string, onAsked: () => void): Promise<LiveHold> {
  const lock = LIVE_PREFIX + name;
  let held: (() => void) | undefined;
  const take = async (): Promise<void> => {
    const [releaseLock, stopListening] = [await requireHold(lock), listen(name, onAsked)];
    held = () => {
      held = undefined;
      stopListening();
      releaseLock();
    };
  };
  await take();
  return {
    release: () => held?.(),
    retake: async () => {
      if (!held) await take();
    },
  };
}

/** @returns what stops it. */
function listen(name: string, onAsked: () => void): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (v.is(Request, data) && data.databaseName === name) onAsked();
  };
  return () => {
    channel.onmessage = null;
    channel.close();
  };
}

async function requireHold(lock: string): Promise<() => void> {
  const release = await tryHold(lock, { mode: 'shared' });
  return release ?? (() => undefined);
}

/** Asks every other page that shows `name` to close it. */
function askToLetGo(name: string): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage({ kind: 'let-go', databaseName: name });
  channel.close();
}

/**
 * Has the database `name` alone, after asking the other pages to close it.
 * @returns what lets it go, or undefined when another page still has it after `patienceMs`.
 */
export async function takeLiveAlone(
  name: string,
  patienceMs: number,
): Promise<(() => void) | undefined> {
  askToLetGo(name);
  try {
    return await tryHold(LIVE_PREFIX + name, { signal: AbortSignal.timeout(patienceMs) });
  } catch (error) {
    throw toStorageError(error);
  }
}

/** How long the lock of a restore that just ended may take to be free. */
const RELEASE_GRACE_MS = 300;

/** Takes the right to restore; undefined while another page or worker has it for longer than `patienceMs`. */
export async function tryHoldRestoreLock(
  patienceMs = RELEASE_GRACE_MS,
): Promise<(() => void) | undefined> {
  const release = await tryHold(RESTORE_LOCK, { ifAvailable: true });
  return release ?? tryHold(RESTORE_LOCK, { signal: AbortSignal.timeout(patienceMs) });
}
