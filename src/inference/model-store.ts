/**
 * Downloaded models, in Cache Storage: a plan, and the files in pieces of a fixed size, so that what is
 * here already counts after a download was cut, and is not fetched again.
 */
import * as v from 'valibot';
import { DOWNLOADS_CACHE, FEW_CACHE, MODEL_ENGINE, OWN_MODELS_CACHE } from '#domain/cache-names.ts';
import { BUILT_IN_CHOICE, embedderIdOf } from '#domain/embedder-choice.ts';
import { sizeOf } from '#domain/embedder-models.ts';
import type { ModelDownload, ModelFile, ModelPlan } from '#domain/embedder-models.ts';
import { OnggiError } from '#domain/errors.ts';
import { createSha256 } from '#vault/sha-256.ts';
import { fileAddress } from './model-hub.ts';
import { brokeOff, fetchModelFile } from './model-files.ts';
import type { ModelFiles } from './transformers-embedder.ts';
import { findDataFiles } from './weight-files.ts';

const PIECE_BYTES = 4 * 1024 * 1024;
/** Pieces that are given back when the disk is full: 8 MiB. */
const RESERVE_PIECES = 2;
/** Bytes that are hashed at a time: the page goes on in between. */
const HASH_BYTES = 256 * 1024;

const Plan = v.object({
  repository: v.string(),
  revision: v.string(),
  hub: v.string(),
  dtype: v.picklist(['q8', 'fp32']),
  license: v.exactOptional(v.string()),
  files: v.array(
    v.object({ name: v.string(), sizeBytes: v.number(), sha256: v.exactOptional(v.string()) }),
  ),
  /** Whether the pieces were put together and found right. */
  isVerified: v.boolean(),
});
type StoredPlan = v.InferOutput<typeof Plan>;

const openStore = (): Promise<Cache> => caches.open(DOWNLOADS_CACHE);
/** Keys of a cache are addresses; these are never asked of a server. */
const planKey = (repository: string): string => `/downloaded-models/${repository}/plan`;
const pieceKey = ({ repository, revision }: ModelPlan, name: string, piece: number): string =>
  `/downloaded-models/${repository}/${revision}/${name}?piece=${piece}`;
const pieceCount = ({ sizeBytes }: ModelFile): number => Math.ceil(sizeBytes / PIECE_BYTES);
const sizeOfPiece = ({ sizeBytes }: ModelFile, piece: number): number =>
  Math.min(PIECE_BYTES, sizeBytes - piece * PIECE_BYTES);

/** Every model of which something is here. Empty where the browser has no Cache Storage. */
export async function listDownloads(): Promise<readonly ModelDownload[]> {
  if (!('caches' in globalThis)) return [];
  const store = await openStore();
  const keys = new Set((await store.keys()).map(({ url }) => keyOf(url)));
  const found: ModelDownload[] = [];
  for (const key of keys) {
    if (!key.endsWith('/plan')) continue;
    const plan = await readPlan(store, key);
    if (plan) found.push(describe(plan, keys));
  }
  return found;
}

const keyOf = (url: string): string => {
  const { pathname, search } = new URL(url);
  return pathname + search;
};

function describe({ isVerified, ...plan }: StoredPlan, keys: ReadonlySet<string>): ModelDownload {
  let doneBytes = 0;
  for (const file of plan.files) {
    for (let piece = 0; piece < pieceCount(file); piece++) {
      if (keys.has(pieceKey(plan, file.name, piece))) doneBytes += sizeOfPiece(file, piece);
    }
  }
  const totalBytes = sizeOf(plan);
  return { plan, doneBytes, totalBytes, isComplete: isVerified && doneBytes === totalBytes };
}

async function readPlan(store: Cache, key: string): Promise<StoredPlan | undefined> {
  const response = await store.match(key);
  const plan = v.safeParse(Plan, await response?.json().catch(() => undefined));
  return plan.success ? plan.output : undefined;
}

async function writePlan(store: Cache, plan: ModelPlan, isVerified: boolean): Promise<void> {
  const stored: StoredPlan = { ...plan, files: [...plan.files], isVerified };
  await put(store, planKey(plan.repository), new Response(JSON.stringify(stored)));
}

/**
 * Fetches what is missing of a model and checks the whole. A download that ends early leaves its pieces
 * for the next call; only where there is no room the last two are given back.
 * @param onBytes Told how many bytes are here.
 * @throws OnggiError `model/unreachable` (cut or refused), `model/not-found`, `model/damaged` (other
 * bytes than the hub named: they are thrown away), `model/no-room`; the signal's reason.
 */
export async function downloadModel(
  plan: ModelPlan,
  {
    onBytes,
    signal,
  }: { readonly onBytes: (doneBytes: number) => void; readonly signal: AbortSignal },
): Promise<void> {
  const store = await openStore();
  const before = await readPlan(store, planKey(plan.repository));
  if (before && before.revision !== plan.revision) await deleteDownload(plan.repository);
  if (before?.revision === plan.revision && before.isVerified) return;
  await writePlan(store, plan, false);
  let done = 0;
  try {
    for (const file of plan.files) {
      const begin = done;
      await fetchPieces(store, plan, file, (bytes) => onBytes(begin + bytes), signal);
      done += file.sizeBytes;
    }
  } catch (error) {
    // Conversations come first: what filled the disk makes room for them again.
    if (error instanceof OnggiError && error.code === 'model/no-room') await dropLast(store, plan);
    throw error;
  }
  for (const file of plan.files) {
    if (await isAsNamed(store, plan, file, signal)) continue;
    await deleteDownload(plan.repository);
    throw new OnggiError('model/damaged', `${file.name} is not what the hub named`);
  }
  await writePlan(store, plan, true);
}

/** Deletes the last pieces that are here, up to {@link RESERVE_PIECES}. */
async function dropLast(store: Cache, plan: ModelPlan): Promise<void> {
  let left = RESERVE_PIECES;
  for (const file of plan.files.toReversed()) {
    for (let piece = pieceCount(file) - 1; piece >= 0 && left > 0; piece--) {
      if (await store.delete(pieceKey(plan, file.name, piece))) left -= 1;
    }
  }
}

async function fetchPieces(
  store: Cache,
  plan: ModelPlan,
  file: ModelFile,
  onBytes: (doneBytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const { name, sizeBytes } = file;
  let piece = 0;
  while (piece < pieceCount(file) && (await store.match(pieceKey(plan, name, piece)))) piece++;
  onBytes(Math.min(sizeBytes, piece * PIECE_BYTES));
  if (piece === pieceCount(file)) return;
  const from = piece * PIECE_BYTES;
  const response = await fetchModelFile(fileAddress(plan, name), {
    signal,
    cache: 'no-store',
    ...(from > 0 && { headers: { range: `bytes=${from}-` } }),
  });
  // A server may ignore the range and send everything.
  let skip = response.status === 206 ? 0 : from;
  let buffer = new Uint8Array(sizeOfPiece(file, piece));
  let filled = 0;
  for await (const chunk of readChunks(response, signal)) {
    let rest = chunk;
    if (skip > 0) {
      const skipped = Math.min(skip, rest.length);
      skip -= skipped;
      rest = rest.subarray(skipped);
    }
    while (rest.length > 0) {
      if (piece === pieceCount(file)) throw new OnggiError('model/damaged', `${name} is too long`);
      const taken = rest.subarray(0, buffer.length - filled);
      buffer.set(taken, filled);
      filled += taken.length;
      rest = rest.subarray(taken.length);
      onBytes(piece * PIECE_BYTES + filled);
      if (filled < buffer.length) continue;
      await put(store, pieceKey(plan, name, piece), new Response(buffer));
      piece += 1;
      filled = 0;
      if (piece < pieceCount(file)) buffer = new Uint8Array(sizeOfPiece(file, piece));
    }
  }
  if (piece < pieceCount(file)) throw brokeOff(`${name} ended early`);
}

async function* readChunks(
  { body }: Response,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw cause instanceof OnggiError ? cause : brokeOff(cause);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function put(store: Cache, key: string, response: Response): Promise<void> {
  try {
    await store.put(key, response);
  } catch (cause) {
    if (!(cause instanceof DOMException) || cause.name !== 'QuotaExceededError') throw cause;
    throw new OnggiError('model/no-room', 'the browser has no room for the model', {
      retryable: true,
      cause,
    });
  }
}

const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Whether the pieces are there and make what the hub named; without a digest their sizes must do. */
async function isAsNamed(
  store: Cache,
  plan: ModelPlan,
  file: ModelFile,
  signal: AbortSignal,
): Promise<boolean> {
  const hash = createSha256();
  for (let piece = 0; piece < pieceCount(file); piece++) {
    const response = await store.match(pieceKey(plan, file.name, piece));
    const bytes = new Uint8Array((await response?.arrayBuffer()) ?? new ArrayBuffer(0));
    if (bytes.length !== sizeOfPiece(file, piece)) return false;
    if (file.sha256 === undefined) continue;
    for (let at = 0; at < bytes.length; at += HASH_BYTES) {
      signal.throwIfAborted();
      hash.update(bytes.subarray(at, at + HASH_BYTES));
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
  return file.sha256 === undefined || toHex(hash.finish()) === file.sha256;
}

/** Takes everything off this device that was fetched for models, with the engine, but the built-in model. */
export async function clearFetchedModels(): Promise<void> {
  if (!('caches' in globalThis)) return;
  await caches.delete(DOWNLOADS_CACHE);
  const builtIn = `/models/${embedderIdOf(BUILT_IN_CHOICE)}/`;
  await deleteEntries(OWN_MODELS_CACHE, (url) => !url.includes(builtIn));
  await deleteEntries(FEW_CACHE, (url) => MODEL_ENGINE.test(url));
}

async function deleteEntries(name: string, isWanted: (url: string) => boolean): Promise<void> {
  // Opening makes one.
  if (!(await caches.has(name))) return;
  const cache = await caches.open(name);
  for (const request of await cache.keys()) {
    if (isWanted(request.url)) await cache.delete(request, { ignoreVary: true });
  }
}

/** Takes a model off this device. */
export async function deleteDownload(repository: string): Promise<void> {
  if (!('caches' in globalThis)) return;
  const store = await openStore();
  const prefix = `/downloaded-models/${repository}/`;
  for (const request of await store.keys()) {
    if (keyOf(request.url).startsWith(prefix)) await store.delete(request);
  }
}

/**
 * The files of a whole download.
 * @throws OnggiError `model/not-found` where it is not here or not whole.
 */
export async function openDownload(repository: string, revision: string): Promise<ModelFiles> {
  const downloads = await listDownloads();
  const found = downloads.find(({ plan }) => plan.repository === repository);
  if (!found?.isComplete || found.plan.revision !== revision) {
    throw new OnggiError('model/not-found', 'the model is not on this device');
  }
  const { plan } = found;
  const store = await openStore();
  const isThere = (name: string): boolean => plan.files.some((file) => file.name === name);
  const onnx = plan.files.find(({ name }) => name.endsWith('.onnx'))?.name ?? '';
  return {
    id: repository,
    revision,
    dtype: plan.dtype,
    dataFileCount: findDataFiles(onnx, isThere).length,
    async read(name) {
      const file = plan.files.find((each) => each.name === name);
      if (!file) return undefined;
      const bytes = new Uint8Array(file.sizeBytes);
      for (let piece = 0; piece < pieceCount(file); piece++) {
        const response = await store.match(pieceKey(plan, name, piece));
        if (!response) throw new OnggiError('model/not-found', `${name} is not whole any more`);
        bytes.set(new Uint8Array(await response.arrayBuffer()), piece * PIECE_BYTES);
      }
      return new Response(bytes);
    },
  };
}
