import { afterEach, describe, expect, it } from 'vitest';
import { createListChatModels, readModels } from '#provider/list-models.ts';
import type { ListChatModels } from '#provider/list-models.ts';
import { CONFORMANCE_MODELS, createConformanceServer } from '../../support/conformance-server.mjs';
import type {
  ConformanceServer,
  ConformanceServerOptions,
} from '../../support/conformance-server.mjs';
import { API_KEY, createTestDeps, rejection } from './support.ts';

let server: ConformanceServer | undefined;
afterEach(() => server?.close());

async function list(
  options: ConformanceServerOptions,
  apiKey: string | undefined = API_KEY,
): ReturnType<ListChatModels> {
  server = await createConformanceServer(options);
  const endpoint = { baseUrl: server.baseUrl, presetId: 'custom' } as const;
  return createListChatModels(createTestDeps())(endpoint, apiKey, new AbortController().signal);
}

const ALL = CONFORMANCE_MODELS.map(({ id }) => id).sort();

describe('createListChatModels', () => {
  it.each(['ok', 'odd-shape'] as const)('reads a list of shape %s', async (models) => {
    expect((await list({ models })).map(({ id }) => id)).toEqual(ALL);
    expect(server?.log()).toHaveLength(1);
  });

  it('asks without any header that needs a preflight when there is no key', async () => {
    server = await createConformanceServer({ apiKey: undefined });
    const endpoint = { baseUrl: server.baseUrl, presetId: 'ollama' } as const;
    const { signal } = new AbortController();
    await createListChatModels(createTestDeps())(endpoint, undefined, signal);
    const names = Object.keys(server.log()[0]?.headers ?? {});
    expect(names.filter((name) => /^(x-|openai-|authorization|content-)/.test(name))).toEqual([]);
  });

  it.each([
    [{ models: '404' }, API_KEY, 'provider/not-found'],
    [{ models: 'html' }, API_KEY, 'provider/not-json'],
    [{}, 'wrong', 'provider/unauthorized'],
  ] as const)('%o with key %s rejects with %s', async (options, apiKey, code) => {
    expect((await rejection(list(options, apiKey))).code).toBe(code);
    expect(server?.log()).toHaveLength(1);
  });

  it('rejects with the reason of the signal when it is aborted', async () => {
    server = await createConformanceServer({ latencyMs: 10_000 });
    const controller = new AbortController();
    const endpoint = { baseUrl: server.baseUrl, presetId: 'custom' } as const;
    const answer = createListChatModels(createTestDeps())(endpoint, API_KEY, controller.signal);
    controller.abort(new RangeError('mine'));
    await expect(answer).rejects.toThrow('mine');
  });

  it('gives up on a silent server', async () => {
    server = await createConformanceServer({ latencyMs: 10_000 });
    const deps = createTestDeps({ limits: { listFirstByteMs: 30 } });
    const endpoint = { baseUrl: server.baseUrl, presetId: 'custom' } as const;
    const answer = createListChatModels(deps)(endpoint, API_KEY, new AbortController().signal);
    expect((await rejection(answer)).code).toBe('provider/first-byte-timeout');
  });
});

describe('readModels', () => {
  it.each([
    [{ data: [{ id: 'b' }, { id: 'a' }] }, ['a', 'b']],
    [{ models: [{ name: 'a', model: 'x' }] }, ['a']],
    [{ models: ['a'] }, ['a']],
    [[{ id: 'a' }], ['a']],
    [
      ['b', 'a', 'b'],
      ['a', 'b'],
    ],
    [{ data: [] }, []],
    [
      { data: [null, 3, {}, { id: 7 }, { id: '' }, 'x'.repeat(201), 'x'.repeat(200)] },
      ['x'.repeat(200)],
    ],
    [{ data: [{ id: '모델' }] }, ['모델']],
  ])('%j', (answer, ids) => {
    expect(readModels(answer).map(({ id }) => id)).toEqual(ids);
  });

  it('keeps 2,000', () => {
    const names = Array.from({ length: 2001 }, (_, index) => `m${String(index).padStart(5, '0')}`);
    expect(readModels(names)).toHaveLength(2000);
    expect(readModels(names.slice(0, 2000))).toHaveLength(2000);
  });

  it.each([{}, { data: 'x' }, { data: {} }, null, 3])('refuses %j', (answer) => {
    expect(() => readModels(answer)).toThrow(
      expect.objectContaining({ code: 'provider/not-json' }),
    );
  });
});
