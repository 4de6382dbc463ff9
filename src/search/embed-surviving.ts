import { OnggiError } from '#domain/errors.ts';
import type { OpenEmbedder } from './meaning-run.ts';
import { isDeath } from './reviving-embedder.ts';

/** What no worker dies of that is good for anything, and no endpoint refuses. */
const HARMLESS = 'onggi';
/** Tries of a batch, and then of each of its texts. */
const TRIES = 2;
/** So many texts may be deadly one after the other: then it is not the texts. */
const MOST_IN_A_ROW = 16;

/** Gives one vector a text, in one array; begins another worker with what it is asked after one died. */
type EmbedTexts = (texts: readonly string[]) => Promise<Float32Array<ArrayBuffer>>;

/**
 * Embeds although the worker may die of a text: a batch of which it died twice is gone through one by one, and
 * a text of which it died twice alone is left out, if it lives on without. So is a text that `embed` refused,
 * if it does not refuse everything. What is left out has NaN in the place of its vector.
 * @throws what `embed` throws, also when the worker does not live on, or dies of everything; OnggiError
 * `provider/bad-request` when everything is refused.
 */
export function createSurvivingEmbed(
  embed: EmbedTexts,
  embedder: Pick<OpenEmbedder, 'dimension' | 'isWorker'>,
  mayGoOn: () => Promise<void>,
): EmbedTexts {
  const { dimension } = embedder;
  let inARow = 0;

  /** @returns undefined when the worker died each time */
  async function tryAll(texts: readonly string[]): Promise<Float32Array<ArrayBuffer> | undefined> {
    for (let tries = 0; tries < TRIES; tries++) {
      if (tries > 0 || texts.length === 1) await mayGoOn();
      try {
        const vectors = await embed(texts);
        inARow = 0;
        return vectors;
      } catch (error) {
        if (!isDeath(error, embedder) || inARow >= MOST_IN_A_ROW) throw error;
      }
    }
    return undefined;
  }

  async function embedAlone(text: string): Promise<Float32Array<ArrayBuffer>> {
    const vector = await tryAll([text]);
    if (vector) return vector;
    await embed([HARMLESS]);
    inARow += 1;
    return new Float32Array(dimension).fill(NaN);
  }

  async function embedAll(texts: readonly string[]): Promise<Float32Array<ArrayBuffer>> {
    const vectors = texts.length > 1 && (await tryAll(texts));
    if (vectors) return vectors;
    const all = new Float32Array(texts.length * dimension);
    for (const [at, text] of texts.entries()) all.set(await embedAlone(text), at * dimension);
    return all;
  }

  return async (texts) => {
    const vectors = await embedAll(texts);
    if (vectors.every(Number.isNaN) && (await embed([HARMLESS])).every(Number.isNaN)) {
      throw new OnggiError('provider/bad-request', 'every text is refused');
    }
    return vectors;
  };
}
