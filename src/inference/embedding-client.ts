import type { EmbedderChoice } from '#domain/embedder-choice.ts';
import type { Embedder } from '#domain/embedding.ts';
import { OnggiError } from '#domain/errors.ts';
import { fromFailed, parseFromEmbeddingWorker } from './embedding-messages.ts';
import type { ToEmbeddingWorker } from './embedding-messages.ts';
import type { OnBytes } from './model-files.ts';

export interface EmbeddingWorkerOptions {
  /** A fresh embedding worker, or a port to whoever serves as one. */
  readonly connect: () => Worker | MessagePort;
  readonly choice: EmbedderChoice;
  /** Address of the app's folder `models/`, with its slash. */
  readonly modelsUrl: string;
  readonly onBytes?: OnBytes;
  /** Ends the loading, and the worker with it. */
  readonly signal?: AbortSignal;
}

/** An embedder whose model is in a worker of its own. */
export interface EmbeddingWorkerClient extends Embedder {
  /** Ends the worker: what is being embedded fails with `app/worker-failed`. Harmless twice. */
  close(): void;
}

interface Waiting {
  readonly textCount: number;
  readonly resolve: (vectors: Float32Array<ArrayBuffer>) => void;
  readonly reject: (error: OnggiError) => void;
}

/**
 * Starts an embedding worker and waits until its model is loaded. When it dies later, everything that
 * is asked of it fails with `app/worker-failed`; a new one is for the caller to start.
 * @throws the signal's reason; OnggiError `model/*`, `app/worker-failed`.
 */
export function openEmbeddingWorker({
  connect,
  choice,
  modelsUrl,
  onBytes,
  signal,
}: EmbeddingWorkerOptions): Promise<EmbeddingWorkerClient> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const worker = connect();
    const waiting = new Map<number, Waiting>();
    const measuring = new Map<number, (oddness: number | null) => void>();
    let lastNumber = 0;
    let dimension = 0;
    let failure: OnggiError | undefined;
    const send = (message: ToEmbeddingWorker): void => worker.postMessage(message);

    function end(error: OnggiError): void {
      failure ??= error;
      // Who serves a port is not ended with it.
      for (const number of waiting.keys()) send({ kind: 'cancel', number });
      if ('terminate' in worker) worker.terminate();
      else worker.close();
      signal?.removeEventListener('abort', onAbort);
      for (const { reject: fail } of waiting.values()) fail(failure);
      waiting.clear();
      for (const tell of measuring.values()) tell(null);
      measuring.clear();
      reject(failure);
    }
    const onAbort = (): void => {
      // The promise keeps its first rejection: the signal's own reason.
      reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
      end(new OnggiError('app/worker-failed', 'the loading was given up'));
    };
    const embed: Embedder['embed'] = async (texts, kind, stop) => {
      stop?.throwIfAborted();
      if (failure) throw failure;
      const number = ++lastNumber;
      let cancel: (() => void) | undefined;
      try {
        return await new Promise((resolveTexts, rejectTexts) => {
          cancel = () => {
            if (!waiting.delete(number)) return;
            send({ kind: 'cancel', number });
            rejectTexts(stop?.reason instanceof Error ? stop.reason : new Error('aborted'));
          };
          stop?.addEventListener('abort', cancel);
          waiting.set(number, {
            textCount: texts.length,
            resolve: resolveTexts,
            reject: rejectTexts,
          });
          send({ kind: 'embed', number, texts: [...texts], as: kind });
        });
      } finally {
        if (cancel) stop?.removeEventListener('abort', cancel);
      }
    };

    const measureOddness = (text: string): Promise<number | null> => {
      if (failure) return Promise.resolve(null);
      const number = ++lastNumber;
      return new Promise((resolveOddness) => {
        measuring.set(number, resolveOddness);
        send({ kind: 'measure', number, text });
      });
    };

    function take(data: unknown): void {
      const message = parseFromEmbeddingWorker(data);
      if (message.kind === 'loading') {
        onBytes?.(message.doneBytes, message.totalBytes);
      } else if (message.kind === 'ready') {
        signal?.removeEventListener('abort', onAbort);
        const close = (): void => end(new OnggiError('app/worker-failed', 'the model was closed'));
        ({ dimension } = message.identity);
        resolve({ ...message.identity, embed, measureOddness, close });
      } else if (message.kind === 'embedded') {
        const { number, vectors } = message;
        const asked = waiting.get(number);
        waiting.delete(number);
        if (asked && vectors.length !== asked.textCount * dimension) {
          asked.reject(died(`${vectors.length} numbers for ${asked.textCount} texts`));
          end(died('vectors of another dimension'));
        } else asked?.resolve(vectors);
      } else if (message.kind === 'measured') {
        measuring.get(message.number)?.(message.oddness);
        measuring.delete(message.number);
      } else if (message.number === null) {
        end(fromFailed(message));
      } else {
        measuring.get(message.number)?.(null);
        measuring.delete(message.number);
        waiting.get(message.number)?.reject(fromFailed(message));
        waiting.delete(message.number);
      }
    }

    const hear = ({ data }: { readonly data: unknown }): void => {
      try {
        take(data);
      } catch (error) {
        end(error instanceof OnggiError ? error : died(error));
      }
    };
    worker.onmessage = hear;
    worker.onmessageerror = () => end(died('an unreadable message'));
    if ('onerror' in worker) {
      worker.onerror = (event) => {
        event.preventDefault();
        end(died(event.message));
      };
    }
    signal?.addEventListener('abort', onAbort);
    if ('start' in worker) worker.start();
    send({ kind: 'load', choice, modelsUrl });
  });
}

function died(cause: unknown): OnggiError {
  return new OnggiError('app/worker-failed', 'the embedding worker failed', {
    retryable: true,
    cause,
  });
}
