import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { getPreset } from '#domain/endpoint-presets.ts';
import { createFindLocalEndpoints } from '#provider/find-local-endpoints.ts';
import { createFakeFetch, createTestDeps, jsonResponse } from './support.ts';

beforeEach(() => {
  vi.stubGlobal('navigator', {});
});
afterEach(() => {
  vi.unstubAllGlobals();
});

it('tells found, CORS refused and absent apart, in the order of the presets', async () => {
  const { fetch, seen } = createFakeFetch(({ url, init }) => {
    const { port } = new URL(url);
    if (port === '11434') return jsonResponse({ data: [{ id: 'gemma3' }] });
    if (port === '1234' && init.mode === 'no-cors') return new Response(null);
    if (port === '8080')
      return new Response('<html>', { headers: { 'content-type': 'text/html' } });
    throw new TypeError('Failed to fetch');
  });
  const find = createFindLocalEndpoints(createTestDeps({ fetch }));
  expect(await find(new AbortController().signal)).toEqual([
    {
      presetId: 'ollama',
      baseUrl: getPreset('ollama').baseUrl,
      state: 'found',
      chatModels: [{ id: 'gemma3' }],
    },
    { presetId: 'lm-studio', baseUrl: getPreset('lm-studio').baseUrl, state: 'cors-refused' },
    { presetId: 'llama-cpp', baseUrl: getPreset('llama-cpp').baseUrl, state: 'absent' },
    { presetId: 'vllm', baseUrl: getPreset('vllm').baseUrl, state: 'absent' },
  ]);
  expect(seen.every(({ headers }) => !headers.has('authorization'))).toBe(true);
});

it('rejects with the reason of the signal when it is aborted', async () => {
  const controller = new AbortController();
  const fetch: typeof globalThis.fetch = (_input, init) =>
    new Promise((_resolve, reject) => {
      init?.signal?.addEventListener('abort', () => reject(new DOMException('x', 'AbortError')));
    });
  const answer = createFindLocalEndpoints(createTestDeps({ fetch }))(controller.signal);
  controller.abort(new RangeError('mine'));
  await expect(answer).rejects.toThrow('mine');
});
