import { describe, expect, it } from 'vitest';
import { createStreamChat } from '#provider/stream-chat.ts';
import type { ChatRequest } from '#domain/stream.ts';
import {
  collect,
  createFakeFetch,
  createRequest,
  createTestDeps,
  createTestEndpoint,
  finishOf,
  jsonResponse,
  NOW,
  sse,
  textChunk,
} from './support.ts';
import type { Collected, SeenRequest } from './support.ts';

const BASE_URL = 'https://api.example.com/v1';
const ANSWER = [textChunk('안녕 '), textChunk('👋', 'stop')];

async function ask(
  answer: (seen: SeenRequest) => Response | Promise<Response>,
  changes: Partial<ChatRequest> = {},
): Promise<Collected & { readonly seen: readonly SeenRequest[] }> {
  const { fetch, seen } = createFakeFetch(answer);
  const request = createRequest(createTestEndpoint(BASE_URL), 'model-1', changes);
  const stream = createStreamChat(createTestDeps({ fetch }))(request, new AbortController().signal);
  return { ...(await collect(stream)), seen };
}

const refusal = (message: string, status = 400, more: object = {}): Response =>
  jsonResponse({ error: { message, type: 'invalid_request_error', ...more } }, status);

describe('how a request is sent', () => {
  it('has no cookies, no referrer, no cache and follows nothing', async () => {
    const { seen } = await ask(() => sse(ANSWER));
    expect(seen[0]?.url).toBe(`${BASE_URL}/chat/completions`);
    expect(seen[0]?.init).toMatchObject({
      method: 'POST',
      redirect: 'manual',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      cache: 'no-store',
    });
  });

  it('has only the headers a page may send everywhere', async () => {
    const { seen } = await ask(() => sse(ANSWER));
    const names = [...(seen[0]?.headers.keys() ?? [])].sort();
    expect(names).toEqual(['accept', 'authorization', 'content-type']);
  });

  it("adds the preset's own header", async () => {
    const endpoint = createTestEndpoint(BASE_URL, { presetId: 'anthropic' });
    const { seen } = await ask(() => sse(ANSWER), { endpoint });
    expect(seen[0]?.headers.get('anthropic-dangerous-direct-browser-access')).toBe('true');
  });

  it('sends what a tool said as the words of the person', async () => {
    const messages = [{ role: 'tool', content: '42' } as const];
    const { seen } = await ask(() => sse(ANSWER), { messages });
    expect(seen[0]?.body).toMatchObject({ messages: [{ role: 'user', content: '42' }] });
  });

  it('takes fetch as a plain function: as a method the browser refuses it', async () => {
    const fetch = function (this: unknown): Promise<Response> {
      expect(this).toBeUndefined();
      return Promise.resolve(sse(ANSWER));
    };
    const request = createRequest(createTestEndpoint(BASE_URL), 'model-1');
    const stream = createStreamChat(createTestDeps({ fetch }));
    const { error } = await collect(stream(request, new AbortController().signal));
    expect(error).toBeUndefined();
  });
});

describe('fields that an endpoint does not take', () => {
  const NEEDS_COMPLETION_TOKENS =
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
  const NO_TEMPERATURE =
    "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported.";

  it('max_tokens becomes max_completion_tokens, temperature is left out, both remembered', async () => {
    const { fetch, seen } = createFakeFetch(({ body }) => {
      const text = JSON.stringify(body);
      if (text.includes('"max_tokens"')) return refusal(NEEDS_COMPLETION_TOKENS);
      return text.includes('"temperature"') ? refusal(NO_TEMPERATURE) : sse(ANSWER);
    });
    const streamChat = createStreamChat(createTestDeps({ fetch }));
    const request = createRequest(createTestEndpoint(BASE_URL), 'model-1');
    const first = await collect(streamChat(request, new AbortController().signal));
    expect(first).toMatchObject({ error: undefined, text: '안녕 👋' });
    expect(seen).toHaveLength(3);
    expect(seen[2]?.body).toMatchObject({ max_completion_tokens: 2000, model: 'model-1' });
    expect(seen[2]?.body).not.toHaveProperty('temperature');
    expect(first.deltas.map(({ kind }) => kind)).toEqual(['text', 'text', 'finish']);

    await collect(streamChat(request, new AbortController().signal));
    expect(seen).toHaveLength(4);
    await collect(streamChat({ ...request, chatModel: 'model-2' }, new AbortController().signal));
    expect(seen).toHaveLength(7);
  });

  it('a temperature out of range is an error, not left out', async () => {
    const message = 'temperature: Input should be less than or equal to 1';
    const { error, seen } = await ask(() => refusal(message));
    expect(error).toMatchObject({ code: 'provider/bad-request', detail: message });
    expect(seen).toHaveLength(1);
  });

  it.each([400, 422])('stream_options refused with %i', async (status) => {
    const { deltas, seen, error } = await ask(({ body }) =>
      JSON.stringify(body).includes('stream_options')
        ? jsonResponse(
            {
              detail: [{ loc: ['body', 'stream_options'], msg: 'Extra inputs are not permitted' }],
            },
            status,
          )
        : sse(ANSWER),
    );
    expect(error).toBeUndefined();
    expect(deltas[0]).toEqual({ kind: 'stream-options-refused' });
    expect(seen).toHaveLength(2);
  });

  it('a field that is refused twice is an error', async () => {
    const { error, seen } = await ask(() => refusal('stream_options is not supported'));
    expect(error?.code).toBe('provider/bad-request');
    expect(seen).toHaveLength(2);
  });
});

describe('answers of other forms', () => {
  it.each([
    ['with its content type', 'application/json'],
    ['with none', ''],
  ])('one JSON body in place of a stream, %s', async (_name, type) => {
    const whole = { choices: [{ message: { content: '안녕\n👋' }, finish_reason: 'stop' }] };
    const body = new TextEncoder().encode(JSON.stringify(whole, null, 2));
    const answer = await ask(() => new Response(body, { headers: { 'content-type': type } }));
    expect(answer).toMatchObject({ error: undefined, text: '안녕\n👋' });
    expect(finishOf(answer)).toBe('stop');
  });

  it('an error object with status 200 in place of a stream', async () => {
    const { error } = await ask(() => jsonResponse({ error: { message: 'no', code: 429 } }));
    expect(error).toMatchObject({ code: 'provider/rate-limited', detail: 'no' });
  });

  it('markup in place of a stream', async () => {
    const { error } = await ask(() => new Response('<p>hello', { headers: {} }));
    expect(error?.code).toBe('provider/not-json');
  });

  it.each(['data: [DONE]', '', 'data: [DONE]\n\n'])('ends with %j', async (end) => {
    const answer = await ask(() => sse(ANSWER, end));
    expect(answer).toMatchObject({ error: undefined, text: '안녕 👋' });
  });

  it('keeps a last event without its blank line', async () => {
    const end = `data: ${JSON.stringify(textChunk('!', 'stop'))}`;
    const answer = await ask(() => sse([textChunk('a')], end));
    expect(answer).toMatchObject({ error: undefined, text: 'a!' });
  });

  it('drops a last event that was cut off', async () => {
    const answer = await ask(() => sse([textChunk('a')], 'data: {"choices":[{"del'));
    expect(answer).toMatchObject({ error: undefined, text: 'a' });
    expect(finishOf(answer)).toBeUndefined();
  });

  it('does not wait for a server that stays open after [DONE]', async () => {
    const answer = await ask(() => {
      const bytes = new TextEncoder().encode(
        `data: ${JSON.stringify(ANSWER[1])}\n\ndata: [DONE]\n`,
      );
      const body = new ReadableStream({ start: (controller) => controller.enqueue(bytes) });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    });
    expect(answer).toMatchObject({ error: undefined, text: '👋' });
  });

  it('an answer that is finished and then breaks off is finished', async () => {
    const answer = await ask(() => {
      const bytes = new TextEncoder().encode(`data: ${JSON.stringify(ANSWER[1])}\n\n`);
      let hasSent = false;
      const body = new ReadableStream({
        pull(controller) {
          if (hasSent) controller.error(new TypeError('network error'));
          else controller.enqueue(bytes);
          hasSent = true;
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    });
    expect(answer).toMatchObject({ error: undefined, text: '👋' });
  });

  it.each(['[1', '"text"', 'nothing'])('not streamed: %s is no completion', async (text) => {
    const { error } = await ask(() => new Response(text), { isStreaming: false });
    expect(error?.code).toBe('provider/not-json');
  });

  it('not streamed: an error object with status 200', async () => {
    const answer = (): Response => jsonResponse({ error: { message: 'busy', code: 503 } });
    const { error } = await ask(answer, { isStreaming: false });
    expect(error).toMatchObject({ code: 'provider/server', detail: 'busy' });
  });
});

describe('refusals', () => {
  it('out of money is not asked again and says what the endpoint said', async () => {
    const message = 'You exceeded your current quota, please check your plan and billing details.';
    for (const status of [402, 429]) {
      const answer = await ask(() => refusal(message, status, { code: 'insufficient_quota' }));
      expect(answer.error).toMatchObject({ code: 'provider/rate-limited', detail: message });
      expect(answer.error?.retryable).toBe(false);
      expect(answer.seen).toHaveLength(1);
    }
  });

  it('a pause of more than a minute is thrown with its time', async () => {
    const headers = { 'retry-after': '3600' };
    const { error, seen } = await ask(() => new Response('', { status: 429, headers }));
    expect(error).toMatchObject({ code: 'provider/rate-limited', retryAt: NOW + 3_600_000 });
    expect(seen).toHaveLength(1);
  });

  it('an endless error body is not read to its end', async () => {
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new TextEncoder().encode('no '.repeat(1000))),
    });
    const { error } = await ask(() => new Response(body, { status: 400 }));
    expect(error?.code).toBe('provider/bad-request');
  });

  it('never repeats the key', async () => {
    const { error } = await ask(
      ({ headers }) => refusal(`Incorrect API key: ${headers.get('authorization') ?? ''}`, 401),
      { apiKey: 'sk-secret-marker' },
    );
    expect(error?.code).toBe('provider/unauthorized');
    expect(JSON.stringify([error, error?.cause, error?.stack])).not.toContain('secret-marker');
  });

  it.each([
    ['https://api.example.com/v1', true, 'provider/unreachable'],
    ['https://api.example.com/v1', false, 'provider/offline'],
    ['http://localhost:11434/v1', false, 'provider/unreachable'],
  ])('no network: %s, online %s', async (baseUrl, isOnline, code) => {
    const fetch = (): Promise<Response> => Promise.reject(new TypeError('Failed to fetch'));
    const deps = createTestDeps({ fetch, isOnline: () => isOnline });
    const request = createRequest(createTestEndpoint(baseUrl), 'model-1');
    const { error } = await collect(createStreamChat(deps)(request, new AbortController().signal));
    expect(error?.code).toBe(code);
    expect(deps.pauses).toEqual([]);
  });
});
