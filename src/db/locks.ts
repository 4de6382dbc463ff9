import type { ConversationId } from '#domain/ids.ts';
import { ANSWER_LOCK_PREFIX } from '#domain/lock-names.ts';
import { toStorageError } from './storage-errors.ts';

/**
 * Runs `work` while no other tab of this origin runs work under the same name. Others wait their
 * turn. Passes what `work` gives or throws; an abort ends the waiting, not the work, and throws its
 * reason.
 */
export async function withExclusiveLock<T>(
  name: string,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  return navigator.locks.request(name, signal ? { signal } : {}, work);
}

/** Runs `work` unless another tab runs work under the same name: then nothing happens. */
export async function tryRunAlone(name: string, work: () => Promise<void>): Promise<void> {
  await navigator.locks.request(name, { ifAvailable: true }, async (lock) => {
    if (lock) await work();
  });
}

/** How long a lock that was just let go may take to be free. */
const RELEASE_GRACE_MS = 200;

/**
 * Takes the one lock of a conversation under which an answer is written, over all tabs.
 * @returns what lets it go again (harmless when called twice), or undefined while another holds it.
 */
export async function tryHoldAnswerLock(
  conversationId: ConversationId,
): Promise<(() => void) | undefined> {
  const name = `${ANSWER_LOCK_PREFIX}${conversationId}`;
  const release = await tryHold(name, { ifAvailable: true });
  return release ?? tryHold(name, { signal: AbortSignal.timeout(RELEASE_GRACE_MS) });
}

/**
 * Takes a lock.
 * @param onStolen Called when another tab has taken it away (`steal`).
 * @returns what lets it go again, or undefined when `options` (`ifAvailable`, `signal`) gave it up.
 */
export function tryHold(
  name: string,
  options: LockOptions,
  onStolen?: () => void,
): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    let isHeld = false;
    navigator.locks
      .request(name, options, (lock) => {
        if (!lock) {
          resolve(undefined);
          return;
        }
        isHeld = true;
        return new Promise<void>((release) => resolve(release));
      })
      .catch((error: unknown) => {
        if (isHeld) onStolen?.();
        else if (options.signal?.aborted) resolve(undefined);
        else reject(toStorageError(error));
      });
  });
}

/**
 * Holds a shared lock until this tab closes.
 * @returns once it is held.
 */
export function holdForLife(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { mode: 'shared' }, () => {
        resolve();
        return new Promise<never>(() => undefined);
      })
      .catch(reject);
  });
}

/** The locks beginning with `prefix` that any open tab of this origin holds, without the prefix. */
export async function readHeldLocks(prefix: string): Promise<readonly string[]> {
  const { held = [] } = await navigator.locks.query();
  const names = held.flatMap(({ name }) => (name?.startsWith(prefix) ? [name] : []));
  return [...new Set(names)].map((name) => name.slice(prefix.length));
}
