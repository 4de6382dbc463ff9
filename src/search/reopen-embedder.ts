import { embedderKey } from '#domain/embedding.ts';
import type { EmbedderIdentity } from '#domain/embedding.ts';
import { OnggiError } from '#domain/errors.ts';

/**
 * Opens an embedder, unless nobody waits for it any more: what opens still is closed when it is open.
 * @throws what `open` throws; OnggiError `app/worker-failed` once `closed`.
 */
export async function openUnlessClosed<T extends { close(): void }>(
  open: () => Promise<T>,
  closed: AbortSignal,
): Promise<T> {
  const givenUp = (): OnggiError => new OnggiError('app/worker-failed', 'the model was closed');
  if (closed.aborted) throw givenUp();
  const opening = open();
  let giveUp: () => void = () => undefined;
  const closing = new Promise<never>((_resolve, reject) => {
    giveUp = () => reject(givenUp());
    closed.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([opening, closing]);
  } catch (error) {
    closeWhenOpen(opening);
    throw error;
  } finally {
    closed.removeEventListener('abort', giveUp);
  }
}

/**
 * Opens an embedder again.
 * @param key What it must be: vectors of two models cannot be compared.
 * @throws as {@link openUnlessClosed}; OnggiError `model/changed` when it is another one.
 */
export async function reopenEmbedder<T extends EmbedderIdentity & { close(): void }>(
  open: () => Promise<T>,
  key: string,
  closed: AbortSignal,
): Promise<T> {
  const embedder = await openUnlessClosed(open, closed);
  if (embedderKey(embedder) === key) return embedder;
  embedder.close();
  throw new OnggiError('model/changed', 'the files are of another model now');
}

function closeWhenOpen(opening: Promise<{ close(): void }>): void {
  void opening.then(
    (embedder) => embedder.close(),
    () => undefined,
  );
}
