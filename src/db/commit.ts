import { OnggiError } from '#domain/errors.ts';
import { toStorageError } from './storage-errors.ts';

/** A write without an event for this long will never have one (SECURITY 8.2). */
const HANG_LIMIT_MS = 5000;
/** Counted in short ticks, so that a page that was frozen or asleep is not taken for a dead disk. */
const TICK_MS = 500;

/**
 * Runs one write. Resolved means committed, as far as `work` resolves on the commit: pass a whole
 * transaction. Not for work of many seconds: cut that into several commits.
 * @throws OnggiError `db/*`; `db/hang` after 5 seconds without an event: the write may then still
 * happen or not, and the connection counts as dead.
 */
export async function commit<T>(work: () => PromiseLike<T>): Promise<T> {
  let timer: ReturnType<typeof setInterval> | undefined;
  const hang = new Promise<never>((_resolve, reject) => {
    let ticks = 0;
    timer = setInterval(() => {
      ticks += 1;
      if (ticks * TICK_MS < HANG_LIMIT_MS) return;
      reject(new OnggiError('db/hang', 'no event from the database', { retryable: true }));
    }, TICK_MS);
  });
  try {
    return await Promise.race([work(), hang]);
  } catch (error) {
    throw toStorageError(error);
  } finally {
    clearInterval(timer);
  }
}

/**
 * Runs one read.
 * @throws OnggiError `db/*`.
 */
export async function read<T>(work: () => PromiseLike<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStorageError(error);
  }
}
