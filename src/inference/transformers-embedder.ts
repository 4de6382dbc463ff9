/** Embedders of transformers.js, over files that are at hand. Imported only by its worker: 0.5 MB. */
import { env, pipeline } from '@xenova/transformers';
import type { FeatureExtractionPipeline } from '@xenova/transformers';
import * as v from 'valibot';
import { MAX_DIMENSION } from '#domain/embedding.ts';
import type { Embedder, EmbedKind } from '#domain/embedding.ts';
import { OnggiError } from '#domain/errors.ts';
import type { Engine } from './engine.ts';
import { describeModel } from './model-family.ts';
import { readJson } from './model-files.ts';

/** The files of one model, by their names in its repository. */
export interface ModelFiles {
  readonly id: string;
  /** A commit, or a digest. */
  readonly revision: string;
  /** How its numbers are kept. */
  readonly dtype: 'q8' | 'fp32';
  /** Files of weights beside the ONNX file; see `findDataFiles`. */
  readonly dataFileCount: number;
  /** @returns undefined where the model has no such file. @throws OnggiError `model/*` */
  read(name: string): Promise<Response | undefined>;
}

/** Raised when what becomes of a text changes; see `EmbedderIdentity.pipelineVersion`. */
const PIPELINE_VERSION = 1;
/** RoBERTa and its kin count positions from 2: of 514 they use 512. The others lose two tokens. */
const FILLING_POSITIONS = 2;
/** Where transformers.js looks for files; what it asks for there is answered by {@link ModelFiles}. */
const [PLACE, NAME] = ['/model-files/', 'model'];
/** Longer texts are cut before they become tokens: no model here reads more than some thousand tokens. */
const MAX_TEXT_UNITS = 20_000;

const Config = v.object({
  model_type: v.string(),
  architectures: v.exactOptional(v.array(v.string())),
  max_position_embeddings: v.exactOptional(v.pipe(v.number(), v.minValue(1))),
});

/**
 * Loads a model. One at a time in a worker: the library's settings are global.
 * @throws OnggiError `model/damaged`, `model/not-found`, `model/not-embedding`, `model/no-engine`,
 * `model/no-gpu` where the engine is to use the graphics processor and cannot, and what `files.read` throws.
 */
export async function openTransformersEmbedder(
  files: ModelFiles,
  engine: Engine,
): Promise<Embedder> {
  if (engine.isGpu && !(await hasGpu())) throw noGpu('no adapter of WebGPU');
  const config = await readConfig(files);
  setUpLibrary(files, engine);
  const extract = await load(files, engine);
  if (!givesStates(extract)) throw notEmbedding('its output is no state of tokens or sentences');
  const maxTokens = Math.min(
    Number(extract.tokenizer.model_max_length),
    (config.max_position_embeddings ?? Infinity) - FILLING_POSITIONS,
  );
  limitTokens(extract, maxTokens);
  const { queryPrefix, passagePrefix, pooling } = describeModel(files.id);

  async function run(texts: readonly string[], kind: EmbedKind): Promise<Embedded> {
    const prefix = kind === 'query' ? queryPrefix : passagePrefix;
    // Nothing but the prefix would make empty texts near to each other and to everything vague.
    const given = texts.map(
      (text) => prefix + text.slice(0, MAX_TEXT_UNITS).replace(/\p{Cs}/gu, '\ufffd'),
    );
    const running = extract(given, { pooling, normalize: true });
    // A graphics processor may be lost on the way, or not have the memory.
    const tensor = await (engine.isGpu ? running.catch(failOfGpu) : running);
    const [rows, dimension] = tensor.dims;
    const { data } = tensor;
    if (rows !== texts.length || !dimension || tensor.dims.length !== 2) throw notEmbedding();
    if (!(data instanceof Float32Array)) throw notEmbedding();
    return { dimension, vectors: new Float32Array(data) };
  }

  const { dimension, vectors } = await probe(run);
  if (vectors.some((value) => !Number.isFinite(value))) throw notEmbedding();
  if (dimension > MAX_DIMENSION) throw notEmbedding(`${dimension} numbers a text`);
  return {
    id: files.id,
    revision: files.revision,
    dtype: files.dtype,
    dimension,
    pipelineVersion: PIPELINE_VERSION,
    async embed(texts, kind) {
      const all = new Float32Array(texts.length * dimension);
      const told = texts.flatMap((text, at) => (text.trim() === '' ? [] : [at]));
      if (told.length === 0) return all;
      // The shortest first and together: padding costs as much as text.
      told.sort((a, b) => (texts[a]?.length ?? 0) - (texts[b]?.length ?? 0));
      const found = await run(
        told.map((at) => texts[at] ?? ''),
        kind,
      );
      if (found.dimension !== dimension) throw notEmbedding();
      told.forEach((at, row) => {
        const vector = found.vectors.subarray(row * dimension, (row + 1) * dimension);
        // A text of nothing the model knows may divide zero by zero.
        if (vector.every(Number.isFinite)) all.set(vector, at * dimension);
      });
      return all;
    },
  };
}

interface Embedded {
  readonly dimension: number;
  readonly vectors: Float32Array<ArrayBuffer>;
}

async function readConfig(files: ModelFiles): Promise<v.InferOutput<typeof Config>> {
  const response = await files.read('config.json');
  if (!response) throw new OnggiError('model/not-found', 'no config.json');
  const config = v.safeParse(Config, await readJson(response));
  if (!config.success) throw notEmbedding('config.json names no kind of model');
  const [architecture = ''] = config.output.architectures ?? [];
  // What writes text has a head for words in the place of sentences.
  if (/ForCausalLM|ForConditionalGeneration/.test(architecture)) {
    throw notEmbedding(architecture);
  }
  return config.output;
}

const noGpu = (cause: unknown): OnggiError => {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new OnggiError('model/no-gpu', 'the graphics processor does not run it', {
    cause,
    detail,
  });
};
function failOfGpu(cause: unknown): never {
  throw noGpu(cause);
}

/** What WebGPU is asked here; the types that TypeScript has of it need a page. */
interface Gpu {
  requestAdapter(): Promise<object | null>;
}

/** A browser may know WebGPU and have no graphics processor for it. */
async function hasGpu(): Promise<boolean> {
  const { gpu } = navigator as { readonly gpu?: Gpu };
  const adapter = await gpu?.requestAdapter().catch(() => null);
  return adapter !== null && adapter !== undefined;
}

function setUpLibrary(files: ModelFiles, { paths }: Engine): void {
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = PLACE;
  env.useBrowserCache = false;
  env.useWasmCache = false;
  const { wasm } = env.backends.onnx;
  if (wasm) {
    wasm.wasmPaths = { ...paths };
    wasm.numThreads = 1;
  }
  env.fetch = async (asked: string | URL) => {
    const { pathname } = new URL(asked, location.href);
    const found = await files.read(pathname.slice(`${PLACE}${NAME}/`.length));
    return found ?? new Response(null, { status: 404 });
  };
}

async function load(files: ModelFiles, { isGpu }: Engine): Promise<FeatureExtractionPipeline> {
  // What the library is given it may wrap into errors of its own.
  let failed: unknown;
  const { fetch } = env;
  env.fetch = (asked: string | URL) =>
    (fetch(asked) as Promise<Response>).catch((error: unknown) => {
      failed ??= error;
      throw error;
    });
  try {
    const { dtype, dataFileCount } = files;
    const given = { dtype, use_external_data_format: dataFileCount };
    // The library knows no device of an engine that it did not choose itself.
    return await (isGpu
      ? pipeline('feature-extraction', NAME, {
          ...given,
          device: 'auto',
          session_options: { executionProviders: ['webgpu'] },
        })
      : pipeline('feature-extraction', NAME, { ...given, device: 'wasm' }));
  } catch (cause) {
    if (failed instanceof OnggiError) throw failed;
    const failure = readLoadFailure(cause);
    throw isGpu && failure.code === 'model/damaged' ? noGpu(cause) : failure;
  }
}

/** The error of a model that could not be loaded, as far as the library says why. */
function readLoadFailure(cause: unknown): OnggiError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const options = { cause, detail: message };
  if (/no available backend|WebAssembly|wasm streaming|Failed to fetch/i.test(message)) {
    return new OnggiError('model/no-engine', 'the engine did not start', {
      ...options,
      retryable: true,
    });
  }
  if (/Unsupported model type|model_type/i.test(message)) {
    return new OnggiError('model/not-embedding', 'of a kind the library does not know', options);
  }
  if (/could not locate|not found/i.test(message)) {
    return new OnggiError('model/not-found', 'a file is missing', options);
  }
  return new OnggiError('model/damaged', 'the model could not be read', options);
}

const Sessions = v.record(v.string(), v.object({ outputNames: v.array(v.string()) }));
/** The outputs that feature extraction reads, but for `logits`: scores of words or labels say nothing here. */
const STATES = ['last_hidden_state', 'token_embeddings'];

/** Whether what comes out can become a vector of a text. The library would take scores as well. */
function givesStates({ model }: FeatureExtractionPipeline): boolean {
  const sessions = Object.values(v.parse(Sessions, model.sessions));
  return sessions.some(({ outputNames }) => outputNames.some((name) => STATES.includes(name)));
}

/** Some tokenizers name no limit, or one the model does not have. */
function limitTokens({ tokenizer }: FeatureExtractionPipeline, maxTokens: number): void {
  Object.defineProperty(tokenizer, 'model_max_length', { value: maxTokens });
}

/** The first texts, which show what the model is. */
async function probe(
  run: (texts: readonly string[], kind: EmbedKind) => Promise<Embedded>,
): Promise<Embedded> {
  try {
    return await run(['onggi', 'a jar of clay'], 'passage');
  } catch (cause) {
    throw cause instanceof OnggiError ? cause : notEmbedding(cause);
  }
}

function notEmbedding(cause?: unknown): OnggiError {
  const detail =
    cause instanceof Error ? cause.message : typeof cause === 'string' ? cause : undefined;
  return new OnggiError('model/not-embedding', 'it gives no vectors of texts', {
    cause,
    ...(detail && { detail }),
  });
}
