import { OnggiError } from '#domain/errors.ts';

/** A storage that says nothing for so long is not waited for where something else can be done. */
const PATIENCE_MS = 8000;

/**
 * Gives what the work gives, if it does in time. What comes later is nobody's.
 * @throws OnggiError `db/no-answer`; what the work throws.
 */
export async function inTime<T>(work: PromiseLike<T>, patienceMs = PATIENCE_MS): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new OnggiError('db/no-answer', 'no event in time', { retryable: true })),
      patienceMs,
    );
  });
  try {
    return await Promise.race([work, patience]);
  } finally {
    clearTimeout(timer);
  }
}
