import { describe, expect, onTestFinished, test } from 'vitest';
import { BUILT_IN_CHOICE } from '#domain/embedder-choice.ts';
import { openEmbeddingWorker } from '#inference/embedding-client.ts';
import type { EmbeddingWorkerClient } from '#inference/embedding-client.ts';
import { BUILT_IN_EMBEDDER } from '#inference/built-in-model.ts';

const modelsUrl = new URL('/models/', location.href).href;
let worker: Worker | undefined;
const choice = BUILT_IN_CHOICE;
const connect = (): Worker => {
  worker = new Worker(new URL('../../../src/inference/embedding.worker.ts', import.meta.url), {
    type: 'module',
  });
  return worker;
};

async function open(): Promise<EmbeddingWorkerClient> {
  const client = await openEmbeddingWorker({ connect, choice, modelsUrl });
  onTestFinished(() => client.close());
  return client;
}

describe('the embedding worker', () => {
  test('loads the built-in model and says which it is', async () => {
    const told: number[] = [];
    const client = await openEmbeddingWorker({
      connect,
      choice,
      modelsUrl,
      onBytes: (done) => told.push(done),
    });
    onTestFinished(() => client.close());
    expect(client).toMatchObject(BUILT_IN_EMBEDDER);
    expect(told.at(-1)).toBe(12_479_048);
  });

  test('answers several callers, each with its own vectors', async () => {
    const client = await open();
    const [one, two] = await Promise.all([
      client.embed(['김치찌개 끓이는 법'], 'query'),
      client.embed(['How to cook kimchi stew', 'tax return'], 'passage'),
    ]);
    const cosine = (row: number): number =>
      one.reduce((sum, value, at) => sum + value * (two[row * 256 + at] ?? 0), 0);
    expect(two).toHaveLength(512);
    expect(cosine(0)).toBeGreaterThan(cosine(1) + 0.2);
  });

  test('fails what waits when it is closed, and everything after', async () => {
    const client = await open();
    const running = client.embed(['말'.repeat(10)], 'query');
    client.close();
    const failed = expect.objectContaining({ code: 'app/worker-failed' }) as Error;
    await expect(running).rejects.toThrow(failed);
    await expect(client.embed(['x'], 'query')).rejects.toThrow(failed);
  });

  test('fails what waits when it speaks nonsense', async () => {
    const client = await open();
    const running = client.embed(['x'], 'query');
    worker?.dispatchEvent(new MessageEvent('message', { data: { kind: 'embedded' } }));
    await expect(running).rejects.toThrow(
      expect.objectContaining({ code: 'app/worker-failed' }) as Error,
    );
  });

  test('fails what waits, and ends, when vectors of another dimension come', async () => {
    const client = await open();
    const running = client.embed(['x', 'y'], 'query');
    const vectors = new Float32Array(3);
    worker?.dispatchEvent(
      new MessageEvent('message', { data: { kind: 'embedded', number: 1, vectors } }),
    );
    const failed = expect.objectContaining({ code: 'app/worker-failed' }) as Error;
    await expect(running).rejects.toThrow(failed);
    await expect(client.embed(['z'], 'query')).rejects.toThrow(failed);
  });

  test.each([
    ['a missing folder', '/no-such-folder/', 'model/not-found'],
    ['no network', 'https://onggi.invalid/', 'model/unreachable'],
  ])('says what is wrong with %s', async (_name, address, code) => {
    const url = new URL(address, location.href).href;
    await expect(openEmbeddingWorker({ connect, choice, modelsUrl: url })).rejects.toThrow(
      expect.objectContaining({ code }) as Error,
    );
  });

  test('gives up loading when told to', async () => {
    const stop = new AbortController();
    const loading = openEmbeddingWorker({ connect, choice, modelsUrl, signal: stop.signal });
    stop.abort();
    await expect(loading).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }) as Error);
  });
});
