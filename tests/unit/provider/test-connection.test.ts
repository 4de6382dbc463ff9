import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConnectionReport } from '#domain/connection-report.ts';
import { createTestConnection } from '#provider/test-connection.ts';
import { createConformanceServer } from '../../support/conformance-server.mjs';
import type {
  ConformanceServer,
  ConformanceServerOptions,
} from '../../support/conformance-server.mjs';
import {
  API_KEY,
  createFakeFetch,
  createTestDeps,
  createTestEndpoint,
  jsonResponse,
} from './support.ts';

let server: ConformanceServer | undefined;
beforeEach(() => {
  vi.stubGlobal('navigator', {});
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await server?.close();
  server = undefined;
});

async function test(
  options: ConformanceServerOptions,
  chatModel: string | undefined,
  apiKey: string | undefined = API_KEY,
): Promise<ConnectionReport> {
  server = await createConformanceServer(options);
  const endpoint = createTestEndpoint(server.baseUrl);
  const question = { endpoint, apiKey, chatModel };
  return createTestConnection(createTestDeps())(question, new AbortController().signal);
}

describe('with a server that answers', () => {
  it('reads the list alone when no model is named', async () => {
    const report = await test({}, undefined);
    expect(report).toMatchObject({ kind: 'ok', answered: false });
    expect(report.chatModels.length).toBeGreaterThan(10);
    expect(server?.log()).toHaveLength(1);
  });

  it('asks the model for one token, not streamed', async () => {
    expect(await test({}, 'echo-fast')).toMatchObject({ kind: 'ok', answered: true });
    expect(server?.log()).toHaveLength(2);
    expect(server?.log()[1]?.body).toMatchObject({ max_tokens: 1, stream: false });
  });

  it.each(['404', 'odd-shape', 'html'] as const)(
    'asks the model when the list is %s',
    async (models) => {
      expect(await test({ models }, 'echo-fast')).toMatchObject({ kind: 'ok', answered: true });
    },
  );

  it.each([
    ['a wrong key', {}, 'echo-fast', 'wrong', 'wrong-key', 'provider/unauthorized'],
    ['a wrong model', {}, 'nothing', API_KEY, 'wrong-model', 'provider/model-not-found'],
    [
      'no list and no model',
      { models: '404' },
      undefined,
      API_KEY,
      'wrong-address',
      'provider/not-found',
    ],
    ['a web page', { models: 'html' }, undefined, API_KEY, 'wrong-address', 'provider/not-json'],
    ['a redirect', {}, 'fault/redirect', API_KEY, 'wrong-address', 'provider/redirected'],
    ['a refusal', {}, 'fault/403', API_KEY, 'refused', 'provider/forbidden'],
    ['a busy server', {}, 'fault/429', API_KEY, 'refused', 'provider/rate-limited'],
    ['a failing server', {}, 'fault/500', API_KEY, 'refused', 'provider/server'],
  ] as const)('%s', async (_name, options, chatModel, apiKey, cause, code) => {
    expect(await test(options, chatModel, apiKey)).toMatchObject({ kind: 'failed', cause, code });
    expect(server?.log().length).toBeLessThanOrEqual(2);
  });

  it('tells a missing key from a wrong one, and keeps what the endpoint said', async () => {
    server = await createConformanceServer();
    const question = {
      endpoint: createTestEndpoint(server.baseUrl),
      apiKey: undefined,
      chatModel: undefined,
    };
    const report = await createTestConnection(createTestDeps())(
      question,
      new AbortController().signal,
    );
    expect(report).toMatchObject({ kind: 'failed', cause: 'missing-key' });
    expect(report).toHaveProperty('detail', 'Incorrect API key provided.');
  });

  it.each([
    ['with the key', API_KEY],
    ['where none is asked for', undefined],
  ])('finds the protocol below an address that lacks /v1, %s', async (_name, apiKey) => {
    server = await createConformanceServer({ apiKey });
    const baseUrl = server.baseUrl.replace(/\/v1$/, '');
    const question = { endpoint: createTestEndpoint(baseUrl), apiKey, chatModel: undefined };
    const report = await createTestConnection(createTestDeps())(
      question,
      new AbortController().signal,
    );
    expect(report).toMatchObject({ cause: 'wrong-address', betterBaseUrl: server.baseUrl });
  });

  it('offers no address where there is nothing below it either', async () => {
    expect(await test({ models: '404' }, undefined)).not.toHaveProperty('betterBaseUrl');
    const baseUrl = `${String(server?.baseUrl).replace(/\/v1$/, '')}/elsewhere`;
    const report = await createTestConnection(createTestDeps())(
      { endpoint: createTestEndpoint(baseUrl), apiKey: API_KEY, chatModel: undefined },
      new AbortController().signal,
    );
    expect(report).toMatchObject({ kind: 'failed', cause: 'wrong-address' });
    expect(report).not.toHaveProperty('betterBaseUrl');
  });

  it('asks again without a field that the model does not take', async () => {
    const { fetch, seen } = createFakeFetch(({ body, url }) => {
      if (url.endsWith('/models')) return jsonResponse({ data: [{ id: 'o9' }] });
      return JSON.stringify(body).includes('"max_tokens"')
        ? jsonResponse({ error: { message: "'max_tokens': use 'max_completion_tokens'" } }, 400)
        : jsonResponse({ choices: [{ message: { content: 'H' }, finish_reason: 'length' }] });
    });
    const question = {
      endpoint: createTestEndpoint('https://api.example.com/v1'),
      apiKey: API_KEY,
      chatModel: 'o9',
    };
    const report = await createTestConnection(createTestDeps({ fetch }))(
      question,
      new AbortController().signal,
    );
    expect(report).toEqual({ kind: 'ok', chatModels: [{ id: 'o9' }], answered: true });
    expect(seen).toHaveLength(3);
  });
});

describe('with a network that gives nothing', () => {
  const LOCAL = 'http://localhost:11434/v1';
  const REMOTE = 'https://api.example.com/v1';

  async function testSilence(
    baseUrl: string,
    { answersUnread, isOnline = true }: { answersUnread: boolean; isOnline?: boolean },
  ): Promise<ConnectionReport & { readonly probe: RequestInit | undefined }> {
    const { fetch, seen } = createFakeFetch(({ init }) => {
      if (init.mode === 'no-cors' && answersUnread) return new Response(null);
      throw new TypeError('Failed to fetch');
    });
    const question = { endpoint: createTestEndpoint(baseUrl), apiKey: API_KEY, chatModel: 'm' };
    const deps = createTestDeps({ fetch, isOnline: () => isOnline });
    const report = await createTestConnection(deps)(question, new AbortController().signal);
    return { ...report, probe: seen[1]?.init };
  }

  it('something answers: CORS refused; the probe has no key', async () => {
    const report = await testSilence(LOCAL, { answersUnread: true });
    expect(report).toMatchObject({ cause: 'cors-refused', code: 'provider/unreachable' });
    expect(new Headers(report.probe?.headers).has('authorization')).toBe(false);
  });

  it('nothing answers: server off', async () => {
    expect(await testSilence(LOCAL, { answersUnread: false })).toMatchObject({
      cause: 'server-off',
    });
  });

  it('offline, for an address outside', async () => {
    const report = await testSilence(REMOTE, { answersUnread: false, isOnline: false });
    expect(report).toMatchObject({ cause: 'offline', code: 'provider/offline' });
  });

  it.each([
    ['denied', LOCAL, 'permission-denied'],
    ['denied', REMOTE, 'server-off'],
    ['prompt', LOCAL, 'server-off'],
  ])('permission %s for %s: %s', async (state, baseUrl, cause) => {
    vi.stubGlobal('navigator', { permissions: { query: () => Promise.resolve({ state }) } });
    expect(await testSilence(baseUrl, { answersUnread: false })).toMatchObject({ cause });
  });

  it('a browser that does not know the permission', async () => {
    const query = (): Promise<never> => Promise.reject(new TypeError('unknown name'));
    vi.stubGlobal('navigator', { permissions: { query } });
    expect(await testSilence(LOCAL, { answersUnread: true })).toMatchObject({
      cause: 'cors-refused',
    });
  });

  it('rejects with the reason of the signal when it is aborted', async () => {
    const controller = new AbortController();
    controller.abort(new RangeError('mine'));
    const question = {
      endpoint: createTestEndpoint(LOCAL),
      apiKey: undefined,
      chatModel: undefined,
    };
    const answer = createTestConnection(createTestDeps())(question, controller.signal);
    await expect(answer).rejects.toThrow('mine');
  });
});
