import { OnggiError } from '#domain/errors.ts';

/** Told with every piece that a model is fetched in. */
type OnBytes = (doneBytes: number, totalBytes: number | null) => void;

/**
 * Loads a model, unless it gets no further for so long: then the loading is given up. What counts as getting
 * further is every piece that arrives; between the last one and the model stands what makes it ready.
 * @param load Ends when its signal is aborted, with the reason of that.
 * @param signal Ends it too, because nobody wants the model any more.
 * @throws what `load` throws; OnggiError `model/stuck`; the reason of `signal`
 */
export async function watchLoading<T>(
  load: (onBytes: OnBytes, signal: AbortSignal) => Promise<T>,
  onBytes: OnBytes,
  patienceMs: number,
  signal?: AbortSignal,
): Promise<T> {
  signal?.throwIfAborted();
  const stop = new AbortController();
  const end = (): void => stop.abort(signal?.reason);
  signal?.addEventListener('abort', end);
  const giveUp = (): void =>
    stop.abort(new OnggiError('model/stuck', 'loading a model came no further'));
  let timer = setTimeout(giveUp, patienceMs);
  try {
    return await load((doneBytes, totalBytes) => {
      clearTimeout(timer);
      timer = setTimeout(giveUp, patienceMs);
      onBytes(doneBytes, totalBytes);
    }, stop.signal);
  } finally {
    signal?.removeEventListener('abort', end);
    clearTimeout(timer);
  }
}
