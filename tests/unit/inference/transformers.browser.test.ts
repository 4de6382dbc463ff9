import { describe, expect, inject, onTestFinished, test } from 'vitest';
import type { EmbedderChoice } from '#domain/embedder-choice.ts';
import { openEmbeddingWorker } from '#inference/embedding-client.ts';
import type { EmbeddingWorkerClient } from '#inference/embedding-client.ts';
import { findModel } from '#inference/model-hub.ts';
import { deleteDownload, downloadModel } from '#inference/model-store.ts';

const hub = inject('modelHub');
const modelsUrl = `${hub}/models/`;
const connect = (): Worker =>
  new Worker(new URL('../../../src/inference/transformers.worker.ts', import.meta.url), {
    type: 'module',
  });

async function open(choice: EmbedderChoice): Promise<EmbeddingWorkerClient> {
  const client = await openEmbeddingWorker({ connect, choice, modelsUrl });
  onTestFinished(() => client.close());
  return client;
}

const folder = (path: string): EmbedderChoice => ({ kind: 'folder', path });
const coded = (code: string): Error => expect.objectContaining({ code }) as Error;

async function cosines(
  client: EmbeddingWorkerClient,
  query: string,
  texts: readonly string[],
): Promise<readonly number[]> {
  const one = await client.embed([query], 'query');
  const all = await client.embed(texts, 'passage');
  return texts.map((_text, row) =>
    one.reduce((sum, value, at) => sum + value * (all[row * one.length + at] ?? 0), 0),
  );
}

// Loading an engine of 14 MB takes its time on a busy machine.
const PATIENCE = { timeout: 60_000 };

describe('a model of transformers.js', PATIENCE, () => {
  test('is loaded from a folder of the app, and embeds texts of any kind and order', async () => {
    const client = await open(folder('tiny'));
    expect(client).toMatchObject({ id: 'models/tiny', dtype: 'q8', dimension: 32 });
    expect(client.revision).toMatch(/^\d+-[0-9a-f]{8}$/);
    const texts = ['banana bread', '', '바나나 빵', 'b'.repeat(30_000), '\ud800 lone', '   ', '…'];
    const vectors = await client.embed(texts, 'passage');
    const lengths = texts.map((_text, row) =>
      Math.hypot(...vectors.subarray(row * 32, row * 32 + 32)),
    );
    expect(lengths.map((length) => Number(length.toFixed(4)))).toEqual([1, 0, 1, 1, 1, 0, 1]);
    // One by one and together, in another order, they are the same up to what padding does to sums.
    for (const row of [0, 2, 3]) {
      const alone = await client.embed([texts[row] ?? ''], 'passage');
      const same = alone.reduce((sum, value, at) => sum + value * (vectors[row * 32 + at] ?? 0), 0);
      expect(same).toBeGreaterThan(0.999);
    }
    const [near = 0, far = 1] = await cosines(client, 'banana bread', [
      'bread banana',
      'zzz 999 xxx',
    ]);
    expect(near).toBeGreaterThan(far);
  });

  test('is downloaded, opened from this device alone, and deleted', async () => {
    const repository = 'tiny/e5-small';
    const plan = await findModel(hub, repository, new AbortController().signal);
    const choice = { kind: 'downloaded', repository, revision: plan.revision } as const;
    await expect(open(choice)).rejects.toThrow(coded('model/not-found'));
    await downloadModel(plan, { onBytes: () => undefined, signal: new AbortController().signal });
    const client = await open(choice);
    expect(client).toMatchObject({ id: repository, revision: plan.revision, dimension: 32 });
    // The name says that it is of the family that wants prefixes: the same text is not the same vector.
    const [cosine] = await cosines(client, 'banana', ['banana']);
    expect(cosine).toBeLessThan(0.9999);
    await deleteDownload(repository);
    await expect(open(choice)).rejects.toThrow(coded('model/not-found'));
  });

  test('is read from several files, of a folder and of a hub', async () => {
    const whole = await open(folder('tiny'));
    const split = await open(folder('split'));
    expect(split).toMatchObject({ dtype: 'fp32', dimension: 32 });
    // Of the model and of what lies beside it.
    expect(split.revision).toMatch(/^\d+-[0-9a-f]{8}\.\d+-[0-9a-f]{8}$/);
    const [one, other] = [
      await whole.embed(['banana'], 'passage'),
      await split.embed(['banana'], 'passage'),
    ];
    expect(one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0)).toBeGreaterThan(0.99);

    const repository = 'split/letters';
    const plan = await findModel(hub, repository, new AbortController().signal);
    expect(plan.files.map(({ name }) => name)).toContain('onnx/model.onnx_data');
    await downloadModel(plan, { onBytes: () => undefined, signal: new AbortController().signal });
    onTestFinished(() => deleteDownload(repository));
    const downloaded = await open({ kind: 'downloaded', repository, revision: plan.revision });
    expect(await downloaded.embed(['banana'], 'passage')).toEqual(other);
  });

  test.each([
    ['a folder in which a file of weights is missing', 'torn', 'model/not-found'],
    ['a folder that is not there', 'none', 'model/not-found'],
    ['a host that answers with its page', 'page', 'model/damaged'],
    ['a model that guesses words in the place of vectors', 'guesser', 'model/not-embedding'],
  ])('says what is wrong with %s', async (_name, path, code) => {
    await expect(open(folder(path))).rejects.toThrow(coded(code));
  });
});

describe.skipIf(!inject('hasSharedModels'))(
  'the models of ../shared (needs ../shared/models)',
  PATIENCE,
  () => {
    test('one that writes text is refused', async () => {
      const opening = open(folder('karpathy/stories260K'));
      await expect(opening).rejects.toThrow(coded('model/not-embedding'));
    });

    test('bert-tiny-random goes the way of every model', async () => {
      const client = await open(folder('fixture/bert-tiny-random'));
      expect(client).toMatchObject({ dtype: 'q8', dimension: 32 });
      const vectors = await client.embed(['hello', '안녕하세요'], 'passage');
      expect(Math.hypot(...vectors.subarray(0, 32))).toBeCloseTo(1, 4);
      expect(vectors.subarray(0, 32)).not.toEqual(vectors.subarray(32));
    });

    test('universal-sentence-encoder-lite understands English', async () => {
      const client = await open(folder('tf/universal-sentence-encoder-lite'));
      expect(client.dimension).toBe(512);
      const [paraphrase = 0, other = 1] = await cosines(client, 'How old are you?', [
        'What is your age?',
        'The printer is out of paper.',
      ]);
      expect(paraphrase).toBeGreaterThan(0.7);
      expect(other).toBeLessThan(0.4);
    });
  },
);
