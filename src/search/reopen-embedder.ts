import { embedderKey } from '#domain/embedding.ts';
import type { EmbedderIdentity } from '#domain/embedding.ts';
import { OnggiError } from '#domain/errors.ts';

/**
 * Opens an embedder again.
 * @param key What it must be: vectors of two models cannot be compared.
 * @param closed Nobody waits for it any more: what opens still is closed when it is open.
 * @throws what `open` throws; OnggiError `model/changed` when it is another one; `app/worker-failed` once `closed`.
 */
export async function reopenEmbedder<T extends EmbedderIdentity & { close(): void }>(
  open: () => Promise<T>,
  key: string,
  closed: AbortSignal,
): Promise<T> {
  const opening = open();
  const closing = new Promise<never>((_resolve, reject) => {
    const giveUp = (): void => reject(new OnggiError('app/worker-failed', 'the model was closed'));
    closed.addEventListener('abort', giveUp, { once: true });
  });
  try {
    const embedder = await Promise.race([opening, closing]);
    if (embedderKey(embedder) === key) return embedder;
    throw new OnggiError('model/changed', 'the files are of another model now');
  } catch (error) {
    void opening.then(
      (embedder) => embedder.close(),
      () => undefined,
    );
    throw error;
  }
}
