import { expect, onTestFinished, test } from 'vitest';
import type { EmbedTexts } from '#domain/embedding.ts';
import { toEndpointId } from '#domain/ids.ts';
import { openEmbeddingWorker } from '#inference/embedding-client.ts';
import { serveEndpointEmbedding } from '#inference/serve-endpoint-embedding.ts';

/** An embedder at an endpoint that answers nothing but the first question, by which vectors are measured. */
async function open() {
  const requests: {
    readonly texts: readonly string[];
    readonly signal: AbortSignal | undefined;
  }[] = [];
  const embedTexts: EmbedTexts = (_where, texts, signal) => {
    requests.push({ texts, signal });
    if (requests.length === 1) return Promise.resolve([Float32Array.of(1, 0)]);
    if (texts[0] === 'quick') return Promise.resolve(texts.map(() => Float32Array.of(0, 2)));
    return new Promise((_resolve, reject) =>
      signal?.addEventListener('abort', () => reject(new Error('ended'))),
    );
  };
  const { port1, port2 } = new MessageChannel();
  serveEndpointEmbedding(port2, embedTexts);
  const client = await openEmbeddingWorker({
    connect: () => port1,
    choice: {
      kind: 'endpoint',
      endpointId: toEndpointId('e'),
      baseUrl: 'https://models.invalid/v1',
      model: 'm',
    },
    modelsUrl: 'https://onggi.invalid/models/',
  });
  onTestFinished(() => {
    client.close();
    port2.close();
  });
  return { client, requests };
}

test('a question that is given up ends its request, and no other', async () => {
  const { client, requests } = await open();
  const stop = new AbortController();
  const given = client.embed(['slow'], 'query', stop.signal);
  const kept = client.embed(['other'], 'passage');
  kept.catch(() => undefined);
  await expect.poll(() => requests.length).toBe(3);
  stop.abort(new Error('typed on'));
  await expect(given).rejects.toThrow('typed on');
  await expect.poll(() => requests[1]?.signal?.aborted).toBe(true);
  expect(requests[2]?.signal?.aborted).toBe(false);
  expect(await client.embed(['quick'], 'query')).toEqual(Float32Array.of(0, 1));
});

test('what was given up before is not sent', async () => {
  const { client, requests } = await open();
  const reason = new Error('too late');
  await expect(client.embed(['slow'], 'query', AbortSignal.abort(reason))).rejects.toBe(reason);
  expect(requests).toHaveLength(1);
});

test('a model that is closed ends the requests under way', async () => {
  const { client, requests } = await open();
  const running = client.embed(['slow'], 'passage');
  await expect.poll(() => requests.length).toBe(2);
  client.close();
  await expect(running).rejects.toThrow('closed');
  await expect.poll(() => requests[1]?.signal?.aborted).toBe(true);
});
