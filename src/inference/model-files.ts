/** Fetching the files of a model, wherever they are. */
import { OnggiError } from '#domain/errors.ts';

/** Told with every piece that arrives; the total is null where the server does not say it. */
export type OnBytes = (doneBytes: number, totalBytes: number | null) => void;

/**
 * The answer for one file of a model.
 * @throws OnggiError `model/unreachable`, `model/not-found` (404), `model/damaged` (a page in the place
 * of a file); the signal's reason.
 */
export async function fetchModelFile(
  url: URL,
  init: Pick<RequestInit, 'headers' | 'cache'> & { readonly signal?: AbortSignal | undefined } = {},
): Promise<Response> {
  const { signal, ...rest } = init;
  let response: Response;
  try {
    response = await fetch(url, { ...rest, ...(signal && { signal }) });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new OnggiError('model/unreachable', `cannot fetch ${url.pathname}`, {
      retryable: true,
      cause,
    });
  }
  if (response.status === 404) throw new OnggiError('model/not-found', `no ${url.pathname}`);
  if (!response.ok) {
    throw new OnggiError('model/unreachable', `${url.pathname}: ${response.status}`, {
      retryable: response.status >= 500 || response.status === 429,
      detail: `${response.status} ${response.statusText}`.trim(),
    });
  }
  // A host that answers everything with its start page says 200 to it.
  if (/\bhtml\b/i.test(response.headers.get('content-type') ?? '')) {
    throw new OnggiError('model/damaged', `${url.pathname} is a page`);
  }
  return response;
}

/** @throws OnggiError `model/unreachable`, `model/damaged`. */
export async function readJson(response: Response): Promise<unknown> {
  const text = await readWhole(response.text());
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new OnggiError('model/damaged', 'a file of the model is not JSON', { cause });
  }
}

/** All bytes of an answer. @throws OnggiError `model/unreachable`. */
export async function readBytes(response: Response, onBytes?: OnBytes): Promise<ArrayBuffer> {
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
    throw brokeOff(cause);
  }
}

export function brokeOff(cause: unknown): OnggiError {
  return new OnggiError('model/unreachable', 'a file of the model broke off', {
    retryable: true,
    cause,
  });
}
