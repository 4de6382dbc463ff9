import { afterEach, expect, it } from 'vitest';
import { openEndpointEmbedder } from '#inference/endpoint-embedder.ts';
import { createRequestEmbeddings } from '#provider/request-embeddings.ts';
import { toEndpointId } from '#domain/ids.ts';
import { createConformanceServer } from '../../support/conformance-server.mjs';
import type {
  ConformanceServer,
  ConformanceServerOptions,
} from '../../support/conformance-server.mjs';
import { API_KEY, createTestDeps, rejection } from './support.ts';

let server: ConformanceServer | undefined;
afterEach(() => server?.close());

/** The embedder of an endpoint, as the page makes it. */
async function open(
  model: string,
  options: ConformanceServerOptions & { usedKey?: string } = {},
): ReturnType<typeof openEndpointEmbedder> {
  const { usedKey = API_KEY, ...serverOptions } = options;
  server = await createConformanceServer(serverOptions);
  const endpoint = { baseUrl: server.baseUrl, presetId: 'custom' } as const;
  const request = createRequestEmbeddings(createTestDeps());
  return openEndpointEmbedder(
    { kind: 'endpoint', endpointId: toEndpointId('e1'), baseUrl: server.baseUrl, model },
    (where, texts) => request({ endpoint, apiKey: usedKey, model: where.model, texts }),
  );
}

it('gives unit vectors in the order of the texts, and none for empty ones', async () => {
  const embedder = await open('embed/small');
  expect(embedder).toMatchObject({
    id: `endpoint:e1/embed/small@${server?.baseUrl ?? ''}`,
    dtype: 'remote',
    dimension: 32,
  });
  const vectors = await embedder.embed(['banana', '  ', 'bananas', 'xyz'], 'passage');
  const row = (at: number): Float32Array => vectors.subarray(at * 32, at * 32 + 32);
  const cosine = (a: number, b: number): number =>
    row(a).reduce((sum, value, at) => sum + value * (row(b)[at] ?? 0), 0);
  expect(Math.hypot(...row(0))).toBeCloseTo(1, 5);
  expect(Math.hypot(...row(1))).toBe(0);
  expect(cosine(0, 2)).toBeGreaterThan(cosine(0, 3));
  // One request to learn the length, one for the three texts that say something.
  const bodies = server?.log().map(({ body }) => body);
  expect(bodies).toEqual([
    { model: 'embed/small', input: ['onggi'], encoding_format: 'float' },
    { model: 'embed/small', input: ['banana', 'bananas', 'xyz'], encoding_format: 'float' },
  ]);
  await embedder.embed(['', ' '], 'query');
  expect(server?.log()).toHaveLength(2);
});

it.each([
  ['embed/odd', {}, 'provider/malformed'],
  ['embed/short', {}, 'provider/malformed'],
  ['embed/none', {}, 'provider/model-not-found'],
  ['embed/wide', {}, 'model/not-embedding'],
  ['embed/small', { usedKey: 'wrong' }, 'provider/unauthorized'],
] as const)('%s with %o is refused with %s', async (model, options, code) => {
  expect((await rejection(open(model, options))).code).toBe(code);
});

it('notices vectors of another length', async () => {
  const embedder = await open('embed/growing');
  expect(embedder.dimension).toBe(32);
  expect((await rejection(embedder.embed(['a b', 'c d'], 'passage'))).code).toBe('model/changed');
});

it('finds the one text among many that is refused in few requests', async () => {
  const embedder = await open('embed/picky');
  const texts = Array.from({ length: 32 }, (_, at) => (at === 20 ? 'refuse me' : `text ${at}`));
  const vectors = await embedder.embed(texts, 'passage');
  const isRefused = texts.map((_text, at) => Number.isNaN(vectors[at * 32]));
  expect(isRefused.indexOf(true)).toBe(20);
  expect(isRefused.lastIndexOf(true)).toBe(20);
  // The first is by which vectors are measured; then all, and two halves five times.
  expect(server?.log().filter(({ path }) => path.endsWith('/embeddings'))).toHaveLength(1 + 1 + 10);
});

it('leaves out the one text that is refused, and halves of characters', async () => {
  const embedder = await open('embed/picky');
  const vectors = await embedder.embed(['fine', 'refuse me', 'half \ud83d'], 'passage');
  const lengths = [0, 1, 2].map((at) => Math.hypot(...vectors.subarray(at * 32, at * 32 + 32)));
  expect(lengths.map((length) => Math.round(length))).toEqual([1, NaN, 1]);
  expect(JSON.stringify(server?.log().at(-1)?.body)).toContain('half \ufffd');
  // A question that is refused is told: it must not look like one that is near to nothing.
  expect((await rejection(embedder.embed(['refuse me'], 'query'))).code).toBe(
    'provider/bad-request',
  );
});
