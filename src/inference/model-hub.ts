/** Asks a hub what it has of a model: the API of huggingface.co, which mirrors copy. */
import * as v from 'valibot';
import type { ModelFile, ModelPlan } from '#domain/embedder-models.ts';
import { OnggiError } from '#domain/errors.ts';
import { fetchModelFile, readJson } from './model-files.ts';
import { findDataFiles } from './weight-files.ts';

const Size = v.pipe(v.number(), v.integer(), v.minValue(0));
const Answer = v.object({
  sha: v.pipe(v.string(), v.regex(/^[\w.-]{1,96}$/)),
  pipeline_tag: v.nullish(v.string()),
  cardData: v.nullish(v.object({ license: v.nullish(v.unknown()) })),
  siblings: v.array(
    v.object({
      rfilename: v.string(),
      size: v.nullish(Size),
      lfs: v.nullish(v.object({ sha256: v.nullish(v.string()), size: v.nullish(Size) })),
    }),
  ),
});

/** What hubs call models that give vectors of texts. */
const EMBEDDING_TASKS = ['feature-extraction', 'sentence-similarity'];
const WEIGHTS = [
  ['q8', 'onnx/model_quantized.onnx'],
  ['fp32', 'onnx/model.onnx'],
] as const;
/** Read by transformers.js where they are there. */
const [CONFIG, TOKENIZER] = ['config.json', 'tokenizer.json'];
const OTHERS = ['tokenizer_config.json'];

/**
 * @param hub Address without a slash at its end.
 * @throws OnggiError `model/not-found` (no such repository, or one that is not public),
 * `model/not-embedding`, `model/damaged`, `model/unreachable`; the signal's reason.
 */
export async function findModel(
  hub: string,
  repository: string,
  signal: AbortSignal,
): Promise<ModelPlan> {
  const url = new URL(`${hub}/api/models/${repository}?blobs=true`);
  const answer = v.safeParse(Answer, await askHub(url, signal));
  if (!answer.success) throw new OnggiError('model/damaged', 'no description of a model');
  const { sha, pipeline_tag: task, siblings, cardData } = answer.output;
  if (task && !EMBEDDING_TASKS.includes(task)) {
    throw new OnggiError('model/not-embedding', task, { detail: task });
  }
  const files = new Map<string, ModelFile>();
  for (const { rfilename: name, size, lfs } of siblings) {
    const sizeBytes = lfs?.size ?? size;
    const sha256 = lfs?.sha256?.toLowerCase();
    if (typeof sizeBytes === 'number')
      files.set(name, { name, sizeBytes, ...(sha256 && { sha256 }) });
  }
  const weights = WEIGHTS.find(([, name]) => files.has(name));
  if (!weights || !files.has(CONFIG) || !files.has(TOKENIZER)) {
    throw new OnggiError('model/not-embedding', 'no ONNX weights or no tokenizer', {
      detail: weights ? TOKENIZER : WEIGHTS[0][1],
    });
  }
  const [dtype, onnx] = weights;
  const names = [CONFIG, TOKENIZER, ...OTHERS, onnx];
  names.push(...findDataFiles(onnx, (name) => files.has(name)));
  const license = cardData?.license;
  return {
    repository,
    revision: sha,
    hub,
    dtype,
    ...(typeof license === 'string' && { license }),
    files: names.flatMap((name) => files.get(name) ?? []),
  };
}

async function askHub(url: URL, signal: AbortSignal): Promise<unknown> {
  try {
    return await readJson(await fetchModelFile(url, { signal }));
  } catch (error) {
    // huggingface.co says 401 of repositories that do not exist, because they may be private.
    if (error instanceof OnggiError && /^(401|403)\b/.test(error.detail ?? '')) {
      throw new OnggiError('model/not-found', 'not a public repository', { cause: error });
    }
    throw error;
  }
}

/** Where a file of a model is. */
export const fileAddress = ({ hub, repository, revision }: ModelPlan, name: string): URL =>
  new URL(`${hub}/${repository}/resolve/${revision}/${name}`);
