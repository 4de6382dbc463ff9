import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ChatDelta, ChatRequest } from '#domain/stream.ts';
import { sleep } from '#provider/limits.ts';
import type { ProviderDeps, StreamLimits } from '#provider/limits.ts';
import { createStreamChat } from '#provider/stream-chat.ts';
import {
  createConformanceServer,
  ODD_ANSWER,
  steadyWords,
} from '../../support/conformance-server.mjs';
import type { ConformanceServer } from '../../support/conformance-server.mjs';
import { collect, createRequest, createTestDeps, createTestEndpoint, finishOf } from './support.ts';
import type { Collected } from './support.ts';

let server: ConformanceServer;
beforeAll(async () => {
  server = await createConformanceServer({ cors: 'expose' });
});
afterAll(() => server.close());
beforeEach(() => server.reset());

const requestFor = (chatModel: string, changes: Partial<ChatRequest> = {}): ChatRequest =>
  createRequest(createTestEndpoint(server.baseUrl), chatModel, changes);

function ask(
  chatModel: string,
  changes: Partial<ChatRequest> = {},
  deps: Partial<ProviderDeps> = {},
): Promise<Collected> {
  const streamChat = createStreamChat(createTestDeps(deps));
  return collect(streamChat(requestFor(chatModel, changes), new AbortController().signal));
}

const askWithin = (
  chatModel: string,
  limits: Partial<StreamLimits>,
  changes: Partial<ChatRequest> = {},
): Promise<Collected> => ask(chatModel, changes, { limits });

const words = (count: number): string => steadyWords(count).join('');
const posts = (): number => server.log().filter(({ method }) => method === 'POST').length;

describe('a plain answer', () => {
  it('streams text, usage and finish from one request', async () => {
    const answer = await ask('echo-fast');
    expect(answer.error).toBeUndefined();
    expect(answer.text).toContain('안녕');
    expect(finishOf(answer)).toBe('stop');
    expect(answer.deltas.some(({ kind }) => kind === 'usage')).toBe(true);
    expect(posts()).toBe(1);
  });

  it('gives the same text in one piece when it does not stream', async () => {
    const streamed = await ask('echo-fast');
    const whole = await ask('echo-fast', { isStreaming: false });
    expect(whole.text).toBe(streamed.text);
    expect(finishOf(whole)).toBe('stop');
    expect(whole.deltas.filter(({ kind }) => kind === 'text')).toHaveLength(1);
    expect(whole.deltas.some(({ kind }) => kind === 'usage')).toBe(true);
  });

  it('sends no header that a strict server would have to allow', async () => {
    await ask('echo-fast');
    const names = Object.keys(server.log()[0]?.headers ?? {});
    expect(names.filter((name) => /^(x-|openai-)/.test(name))).toEqual([]);
    expect(names).toContain('authorization');
  });

  it('sends no Authorization header without a key', async () => {
    const answer = await ask('echo-fast', { apiKey: undefined });
    expect(Object.keys(server.log()[0]?.headers ?? {})).not.toContain('authorization');
    expect(answer.error?.code).toBe('provider/unauthorized');
  });

  it('sends exactly what was asked for', async () => {
    await ask('echo-fast', { temperature: 0.3, maxTokens: 77 });
    expect(server.log()[0]?.body).toEqual({
      model: 'echo-fast',
      messages: [{ role: 'user', content: '안녕' }],
      temperature: 0.3,
      max_tokens: 77,
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it('delivers 5,000 deltas in order', async () => {
    const answer = await ask('many', { maxTokens: 10_000 });
    // Not toBe: a failure would print both.
    expect(answer.text === words(5000)).toBe(true);
  });
});

describe('odd frames', () => {
  it.each([
    'azure-first-chunk',
    'no-delta',
    'empty-tool-calls',
    'placeholder-first',
    'tiny-deltas',
    'comments',
    'crlf',
    'cr',
    'bom',
    'split-utf8?ms=0',
    'usage-each-chunk',
    'usage-with-choice',
    'no-usage',
    'late-finish?ms=1',
    'finish-with-text',
  ])('%s: the text is exact and finished', async (name) => {
    const answer = await ask(`odd/${name}`);
    expect(answer.error).toBeUndefined();
    expect(answer.text).toBe(ODD_ANSWER);
    expect(finishOf(answer)).toBe('stop');
    expect(answer.reasoning).toBe('');
  });

  it.each([
    ['finish-length', 'length'],
    ['finish-content-filter', 'content_filter'],
  ])('%s: says why it ended', async (name, reason) => {
    const answer = await ask(`odd/${name}`);
    expect(answer.text).toBe(ODD_ANSWER);
    expect(finishOf(answer)).toBe(reason);
  });

  it.each(['usage-each-chunk', 'usage-with-choice', 'no-usage'])('%s: usage', async (name) => {
    const { deltas } = await ask(`odd/${name}`);
    const usages = deltas.filter((delta) => delta.kind === 'usage').map(({ usage }) => usage);
    if (name === 'no-usage') expect(usages).toEqual([]);
    else expect(usages.at(-1)?.completionTokens).toBeGreaterThan(0);
    const counts = usages.map(({ completionTokens }) => completionTokens);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
  });

  it.each(['deepseek', 'think-tag', 'details-tag', 'mistral-parts'])(
    'reasoning/%s: reasoning is kept apart',
    async (name) => {
      const plain = await ask('echo-fast');
      for (const isStreaming of [true, false]) {
        const answer = await ask(`reasoning/${name}?ms=0`, { isStreaming });
        expect(answer.error).toBeUndefined();
        expect(answer.text).toBe(plain.text);
        expect(answer.reasoning).toContain('First I look at what was asked. 그다음');
        expect(answer.reasoning + answer.text).not.toMatch(/<\/?(think|details)/);
      }
    },
  );
});

describe('faults keep what arrived', () => {
  it.each([
    ['fault/cut-after', 'provider/interrupted', words(3)],
    ['fault/error-in-stream', 'provider/server', words(3)],
    ['fault/truncated-json', 'provider/malformed', words(3)],
    ['fault/huge-line?k=2', 'provider/too-large', ''],
  ])('%s ends with %s', async (model, code, text) => {
    const answer = await ask(model);
    expect(answer.error?.code).toBe(code);
    expect(answer.text).toBe(text);
    expect(posts()).toBe(1);
  });

  it('says in its own words what an error inside the stream said', async () => {
    const { error } = await ask('fault/error-in-stream');
    expect(error?.detail).toContain('server had an error');
  });

  it.each(['fault/no-finish', 'fault/no-end'])('%s ends without a finish delta', async (model) => {
    const answer = await ask(model);
    expect(answer.error).toBeUndefined();
    expect(finishOf(answer)).toBeUndefined();
    expect(answer.text).toBe(words(model === 'fault/no-end' ? 3 : 10));
  });

  it.each(['fault/no-done', 'fault/json-garbage'])('%s is a whole answer', async (model) => {
    const answer = await ask(model);
    expect(answer.error).toBeUndefined();
    expect(answer.text).toBe(words(model === 'fault/json-garbage' ? 13 : 10));
    expect(finishOf(answer)).toBe('stop');
  });

  it.each([
    ['fault/cut-after', 'provider/interrupted'],
    ['fault/truncated-json', 'provider/malformed'],
    ['fault/500', 'provider/server'],
    ['fault/html-200', 'provider/not-json'],
  ])('%s, not streamed, ends with %s', async (model, code) => {
    const answer = await ask(model, { isStreaming: false });
    expect(answer.error?.code).toBe(code);
    expect(answer.text).toBe('');
  });

  it('gives nothing at all for a completion of another shape', async () => {
    const answer = await ask('fault/json-garbage', { isStreaming: false });
    expect(answer).toMatchObject({ deltas: [], error: undefined });
  });
});

describe('limits', () => {
  it.each([
    ['fault/silent-after', { idleMs: 500 }, 'provider/idle', words(3)],
    ['fault/drip?ms=1', { answerMs: 60 }, 'provider/too-long', ''],
    ['fault/huge?k=64', { answerBytes: 10_240 }, 'provider/too-large', undefined],
    ['fault/huge?k=64', { answerCharacters: 10_240 }, 'provider/too-large', undefined],
    ['fault/huge?k=64', { lineBytes: 1000 }, 'provider/too-large', ''],
    ['fault/huge-line', {}, 'provider/too-large', ''],
    ['fault/endless', { streamBytes: 50_000 }, 'provider/too-large', undefined],
  ] as const)('%s with %o ends with %s', async (model, limits, code, text) => {
    const answer = await askWithin(model, limits);
    expect(answer.error?.code).toBe(code);
    if (text !== undefined) expect(answer.text).toBe(text);
    await expect.poll(() => server.log().at(-1)?.closed).not.toBeNull();
  });

  it('bites also while the reader is slow', async () => {
    const deps = createTestDeps({ limits: { answerMs: 50 } });
    const stream = createStreamChat(deps)(requestFor('many'), new AbortController().signal);
    const slowly = async function* (): AsyncGenerator<ChatDelta> {
      for await (const delta of stream) {
        yield delta;
        if (deps.pauses.push(0) === 1) await sleep(120, new AbortController().signal);
      }
    };
    expect((await collect(slowly())).error?.code).toBe('provider/too-long');
  });

  it('keeps the text up to the limit', async () => {
    const { text } = await askWithin('fault/huge?k=64', { answerCharacters: 10_240 });
    expect(text).toHaveLength(10_240);
  });

  it.each(['fault/silent-from-start', 'fault/silent-after-headers'])(
    '%s ends with first-byte-timeout',
    async (model) => {
      const endpoint = createTestEndpoint(server.baseUrl, { firstByteTimeoutMs: 40 });
      const answer = await ask(model, { endpoint });
      expect(answer.error?.code).toBe('provider/first-byte-timeout');
      await expect.poll(() => server.log().at(-1)?.closed).toBe('client');
    },
  );

  it('waits longer for the first byte of an answer in one piece', async () => {
    const endpoint = createTestEndpoint(server.baseUrl, { firstByteTimeoutMs: 20 });
    const changes = { endpoint, isStreaming: false };
    const answer = await ask('fault/slow-first?ms=80', changes);
    expect(answer.error).toBeUndefined();
    const limits = { wholeFirstByteMs: 20 };
    const impatient = await askWithin('fault/slow-first?ms=5000', limits, changes);
    expect(impatient.error?.code).toBe('provider/first-byte-timeout');
  });

  it('refuses an answer in one piece over the limit', async () => {
    const limits = { answerBytes: 10_000 };
    const answer = await askWithin('fault/huge?k=64', limits, { isStreaming: false });
    expect(answer.error?.code).toBe('provider/too-large');
  });
});

describe('refusals', () => {
  it.each([
    ['fault/401', 'provider/unauthorized', 1],
    ['fault/403', 'provider/forbidden', 1],
    ['fault/context-too-long', 'provider/context-too-long', 1],
    ['fault/html-200', 'provider/not-json', 1],
    ['fault/redirect', 'provider/redirected', 1],
    ['no-such-model', 'provider/model-not-found', 1],
    ['fault/500', 'provider/server', 3],
    ['fault/429', 'provider/rate-limited', 3],
    ['fault/html-error', 'provider/server', 3],
    ['fault/text-error', 'provider/server', 3],
  ])('%s ends with %s after %i requests', async (model, code, requests) => {
    const answer = await ask(model);
    expect(answer.error?.code).toBe(code);
    expect(answer.text).toBe('');
    expect(posts()).toBe(requests);
    expect(server.log().some(({ path }) => path.includes('__elsewhere'))).toBe(false);
  });

  it('shows a page of markup as text', async () => {
    const { error } = await ask('fault/html-error');
    expect(error?.detail).toContain('502 Bad Gateway');
    expect(error?.detail).not.toMatch(/[<>]|__onggiPwned/);
  });

  it('cuts a long text at 200 characters', async () => {
    const { error } = await ask('fault/text-error');
    expect(error?.detail).toHaveLength(200);
  });

  it('never follows a redirect with a key to another server', async () => {
    const other = await createConformanceServer();
    const redirecting = await createConformanceServer({
      redirectTo: `${other.origin}/__elsewhere`,
    });
    const streamChat = createStreamChat(createTestDeps());
    const request = createRequest(createTestEndpoint(redirecting.baseUrl), 'fault/redirect');
    const answer = await collect(streamChat(request, new AbortController().signal));
    expect(answer.error?.code).toBe('provider/redirected');
    expect(other.log()).toEqual([]);
    await Promise.all([other.close(), redirecting.close()]);
  });

  it('asks once again without stream_options and says so', async () => {
    const deps = createTestDeps();
    const streamChat = createStreamChat(deps);
    const request = requestFor('fault/reject-stream-options');
    const answer = await collect(streamChat(request, new AbortController().signal));
    expect(answer.deltas[0]).toEqual({ kind: 'stream-options-refused' });
    expect(answer.text).toBe(words(10));
    expect(posts()).toBe(2);
    expect(deps.pauses).toEqual([]);

    const again = await collect(streamChat(request, new AbortController().signal));
    expect(again.text).toBe(words(10));
    expect(posts()).toBe(3);
  });

  it('does not send stream_options to an endpoint known to refuse them', async () => {
    const endpoint = createTestEndpoint(server.baseUrl, { refusesStreamOptions: true });
    const answer = await ask('fault/reject-stream-options', { endpoint });
    expect(answer.text).toBe(words(10));
    expect(posts()).toBe(1);
  });
});

describe('asking again before the first byte', () => {
  it.each(['fault/500-once', 'fault/429-once'])('%s answers at the second time', async (model) => {
    const answer = await ask(model);
    expect(answer.text).toBe(words(10));
    expect(answer.deltas[0]?.kind).toBe('waiting');
    expect(posts()).toBe(2);
  });

  it('pauses 1 s, then 3 s', async () => {
    const deps = createTestDeps();
    await collect(createStreamChat(deps)(requestFor('fault/500'), new AbortController().signal));
    expect(deps.pauses).toEqual([1000, 3000]);
  });

  it('pauses as long as retry-after asks', async () => {
    const deps = createTestDeps();
    const request = requestFor('fault/429-retry-after');
    const answer = await collect(createStreamChat(deps)(request, new AbortController().signal));
    expect(deps.pauses).toEqual([1000, 1000]);
    expect(answer.deltas).toEqual([
      { kind: 'waiting', code: 'provider/rate-limited', retryAt: deps.clock() + 1000 },
      { kind: 'waiting', code: 'provider/rate-limited', retryAt: deps.clock() + 1000 },
    ]);
  });

  it('throws with retryAt instead of waiting longer than the limit', async () => {
    const answer = await askWithin('fault/429-retry-after', { longestPauseMs: 500 });
    expect(answer.error?.retryAt).toBe(createTestDeps().clock() + 1000);
    expect(posts()).toBe(1);
  });

  it('never asks again once something arrived', async () => {
    await ask('fault/error-in-stream');
    expect(posts()).toBe(1);
  });
});

describe('stop', () => {
  it.each([
    ['fault/silent-after', 'fault/silent-after'],
    ['steady', 'steady'],
  ])('in mid-stream of %s keeps the text and closes the socket', async (_name, model) => {
    const controller = new AbortController();
    const streamChat = createStreamChat(createTestDeps());
    let text = '';
    for await (const delta of streamChat(requestFor(model), controller.signal)) {
      if (delta.kind === 'text') text += delta.text;
      if (text.includes('w2 ')) controller.abort();
    }
    expect(text).toBe(words(3));
    await expect.poll(() => server.log().at(-1)?.closed).toBe('client');
    expect(posts()).toBe(1);
  });

  it('closes the socket when the reader leaves the loop', async () => {
    const streamChat = createStreamChat(createTestDeps());
    for await (const _delta of streamChat(requestFor('steady'), new AbortController().signal)) {
      break;
    }
    await expect.poll(() => server.log().at(-1)?.closed).toBe('client');
  });

  it('before the first byte ends normally', async () => {
    const controller = new AbortController();
    const stream = createStreamChat(createTestDeps())(
      requestFor('fault/silent-from-start'),
      controller.signal,
    );
    const answer = collect(stream);
    await expect.poll(posts).toBe(1);
    controller.abort();
    expect(await answer).toMatchObject({ deltas: [], error: undefined });
    await expect.poll(() => server.log().at(-1)?.closed).toBe('client');
  });

  it('in a pause ends normally and does not ask again', async () => {
    const controller = new AbortController();
    const deps = createTestDeps({ sleep });
    const seen: string[] = [];
    const stream = createStreamChat(deps)(requestFor('fault/500'), controller.signal);
    for await (const { kind } of stream) {
      seen.push(kind);
      controller.abort();
    }
    expect(seen).toEqual(['waiting']);
    expect(posts()).toBe(1);
  });

  it('ends even when the fetch does not listen', async () => {
    const controller = new AbortController();
    const deps = createTestDeps({ fetch: () => new Promise(() => undefined) });
    const answer = collect(createStreamChat(deps)(requestFor('echo'), controller.signal));
    controller.abort();
    expect((await answer).error).toBeUndefined();
  });

  it('asks nothing when it was stopped before it began', async () => {
    const answer = createStreamChat(createTestDeps())(requestFor('echo'), AbortSignal.abort());
    expect(await collect(answer)).toMatchObject({ deltas: [], error: undefined });
    expect(posts()).toBe(0);
  });
});
