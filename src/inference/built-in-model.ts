/** The embedding model that comes with onggi, and where its files are. See docs/models.md. */
import type { EmbedderIdentity } from '#domain/embedding.ts';
import { OnggiError } from '#domain/errors.ts';
import type { StaticModelFiles } from './static-model.ts';

/** What the built-in embedder writes beside its vectors. */
export const BUILT_IN_EMBEDDER: EmbedderIdentity = {
  id: 'onggi/static-multilingual',
  /** Begin of the SHA-256 of `onnx/model_quantized.onnx`. */
  revision: '40d6f3e58f72',
  dtype: 'q8',
  dimension: 256,
  pipelineVersion: 1,
};

/** Told with every piece that arrives; the total is null where the server does not say it. */
export type OnBytes = (doneBytes: number, totalBytes: number | null) => void;

/**
 * Fetches the files from the app's own origin. The revision stands in every address, so that what a
 * service worker or the browser kept of an older model is never taken for this one.
 * @param base Address of the folder `models/`, with its slash.
 * @throws OnggiError `model/unreachable`, `model/damaged` (a page in the place of a file).
 */
export async function fetchBuiltInModel(
  base: URL,
  { onBytes, signal }: { readonly onBytes?: OnBytes; readonly signal?: AbortSignal } = {},
): Promise<StaticModelFiles> {
  const { id, revision } = BUILT_IN_EMBEDDER;
  const get = (file: string): Promise<Response> =>
    fetchFile(new URL(`${id}/${file}?revision=${revision}`, base), signal);
  const [config, tokenizer, onnx] = await Promise.all([
    get('config.json').then(readJson),
    get('tokenizer.json').then(readJson),
    get('onnx/model_quantized.onnx').then((response) => readBytes(response, onBytes)),
  ]);
  return { config, tokenizer, onnx };
}

async function fetchFile(url: URL, signal: AbortSignal | undefined): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, signal ? { signal } : {});
  } catch (cause) {
    signal?.throwIfAborted();
    throw new OnggiError('model/unreachable', `cannot fetch ${url.pathname}`, {
      retryable: true,
      cause,
    });
  }
  if (!response.ok) {
    throw new OnggiError('model/unreachable', `${url.pathname}: ${response.status}`, {
      retryable: true,
    });
  }
  // A host that answers everything with its start page says 200 to it.
  if (/\bhtml\b/i.test(response.headers.get('content-type') ?? '')) {
    throw new OnggiError('model/damaged', `${url.pathname} is a page`);
  }
  return response;
}

async function readJson(response: Response): Promise<unknown> {
  const text = await readWhole(response.text());
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new OnggiError('model/damaged', 'a file of the model is not JSON', { cause });
  }
}

async function readBytes(response: Response, onBytes?: OnBytes): Promise<ArrayBuffer> {
  const { body } = response;
  if (!body || !onBytes) return readWhole(response.arrayBuffer());
  const total = Number(response.headers.get('content-length')) || null;
  let done = 0;
  const counted = body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        done += chunk.byteLength;
        onBytes(done, total);
        controller.enqueue(chunk);
      },
    }),
  );
  return readWhole(new Response(counted).arrayBuffer());
}

/** A body that breaks off is a file that could not be fetched. */
async function readWhole<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new OnggiError('model/unreachable', 'a file of the model broke off', {
      retryable: true,
      cause,
    });
  }
}
