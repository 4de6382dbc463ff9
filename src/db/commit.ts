import { OnggiError } from '#domain/errors.ts';
import type { ReopenCause } from './reopen-cause.ts';
import { toStorageError } from './storage-errors.ts';

/** A write without an event for this long is not saved yet, and the person is told (SECURITY 8.2). */
const SLOW_LIMIT_MS = 2000;
/** A write without an event for this long will never have one (SECURITY 8.2). */
const HANG_LIMIT_MS = 5000;
/** Counted in short ticks, so that a page that was frozen or asleep is not taken for a dead disk. */
const TICK_MS = 500;
/** Sooner than a write is told to be slow. */
const ROOM_PATIENCE_MS = 1500;
const SLOW_TICKS = SLOW_LIMIT_MS / TICK_MS;

/** What a page does about writes that take long or find no room. */
export interface WriteWatch {
  /** Told when the first write is slow, and when none is any more. */
  onSlow(isSlow: boolean): void;
  /** Lets go of some of what can be had again. @returns whether there was anything */
  makeRoom(): Promise<boolean>;
  /** Opens a closed database again. @returns whether it is open */
  readonly reopen?: (cause: ReopenCause) => Promise<boolean>;
}

let watch: WriteWatch | undefined;
let slowCount = 0;
/** Under way. */
let making: Promise<boolean> | undefined;

/** Sets what this page does; the workers leave it to their page. */
export function watchWrites(next: WriteWatch): void {
  watch = next;
}

/**
 * Runs one write. Resolved means committed, as far as `work` resolves on the commit: pass one whole
 * transaction, which is begun once more, or twice, when there was no room and some could be made, and when the
 * database was closed and could be opened again. Not for work of many seconds: cut that into several commits.
 * @throws OnggiError `db/*`; `db/hang` after 5 seconds without an event: the write may then still
 * happen or not, and the connection counts as dead.
 */
export async function commit<T>(work: () => PromiseLike<T>): Promise<T> {
  try {
    return await untilHang(work);
  } catch (error) {
    const failure = toStorageError(error);
    if (failure.code === 'db/quota' && (await makeRoom())) return commitWithRoom(work);
    // It was closed before anything was begun.
    if (await isOpenAgain(failure, 'write')) return commitAgain(work);
    throw failure;
  }
}

/** Once more, and a last time when that was not enough and there was more to let go of. */
async function commitWithRoom<T>(work: () => PromiseLike<T>): Promise<T> {
  try {
    return await commitAgain(work);
  } catch (error) {
    if (toStorageError(error).code === 'db/quota' && (await makeRoom())) return commitAgain(work);
    throw error;
  }
}

function commitAgain<T>(work: () => PromiseLike<T>): Promise<T> {
  return readOnce(() => untilHang(work));
}

/** Whether a database that was found closed is open again. */
export async function isOpenAgain({ code }: OnggiError, cause: ReopenCause): Promise<boolean> {
  return code === 'db/closed' && (await watch?.reopen?.(cause)) === true;
}

/**
 * One at a time: other writes that find no room meanwhile have what it brings. Not for longer than
 * {@link ROOM_PATIENCE_MS}, for the writes that make room would wait for themselves.
 */
function makeRoom(): Promise<boolean> {
  if (making) {
    const patience = new Promise<boolean>((give) => setTimeout(give, ROOM_PATIENCE_MS, false));
    return Promise.race([making, patience]);
  }
  if (!watch) return Promise.resolve(false);
  making = watch
    .makeRoom()
    .catch(() => false)
    .finally(() => (making = undefined));
  return making;
}

async function untilHang<T>(work: () => PromiseLike<T>): Promise<T> {
  let timer: ReturnType<typeof setInterval> | undefined;
  let ticks = 0;
  const hang = new Promise<never>((_resolve, reject) => {
    timer = setInterval(() => {
      ticks += 1;
      if (ticks === SLOW_TICKS) countSlow(1);
      if (ticks * TICK_MS < HANG_LIMIT_MS) return;
      reject(new OnggiError('db/hang', 'no event from the database', { retryable: true }));
    }, TICK_MS);
  });
  try {
    return await Promise.race([work(), hang]);
  } finally {
    clearInterval(timer);
    if (ticks >= SLOW_TICKS) countSlow(-1);
  }
}

function countSlow(change: 1 | -1): void {
  slowCount += change;
  if (slowCount === (change === 1 ? 1 : 0)) watch?.onSlow(slowCount > 0);
}

/**
 * Runs one read, and once more when the database was closed and could be opened again.
 * @throws OnggiError `db/*`.
 */
export async function read<T>(work: () => PromiseLike<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const failure = toStorageError(error);
    if (await isOpenAgain(failure, 'read')) return readOnce(work);
    throw failure;
  }
}

/** Runs one read that somebody else does again. @throws OnggiError `db/*`. */
export async function readOnce<T>(work: () => PromiseLike<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStorageError(error);
  }
}
