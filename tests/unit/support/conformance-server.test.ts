import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  CONFORMANCE_MODELS,
  type ConformanceServer,
  type ConformanceServerOptions,
  createConformanceServer,
  type LogEntry,
  ODD_ANSWER,
  steadyWords,
} from '../../support/conformance-server.mjs';

const PAGE = 'https://onggi.example';

interface Chunk {
  readonly id: string;
  readonly choices: readonly {
    readonly delta?: { readonly content?: unknown; readonly reasoning_content?: string | null };
    readonly finish_reason?: string | null;
  }[];
  readonly usage?: { readonly completion_tokens: number } | null;
}

interface ErrorBody {
  readonly error: { message: string; type: string; param: string | null; code: string | null };
}

interface Completion {
  readonly choices: readonly [
    { message: { content: string; reasoning_content?: string }; finish_reason: string },
  ];
  readonly usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
}

const servers: ConformanceServer[] = [];

const start = async (options: ConformanceServerOptions = {}): Promise<ConformanceServer> => {
  const server = await createConformanceServer(options);
  servers.push(server);
  return server;
};

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const asked = (content: string) => [{ role: 'user', content }];

const post = (
  server: ConformanceServer,
  body: object,
  { path = '/chat/completions', headers = {}, signal }: PostOptions = {},
): Promise<Response> =>
  fetch(server.baseUrl + path, {
    method: 'POST',
    headers: {
      authorization: 'Bearer test-key',
      'content-type': 'application/json',
      origin: PAGE,
      ...headers,
    },
    body: JSON.stringify(body),
    redirect: 'manual',
    ...(signal ? { signal } : {}),
  });

interface PostOptions {
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

const ask = (server: ConformanceServer, model: string, more: object = {}, options?: PostOptions) =>
  post(server, { model, messages: asked('Hello'), ...more }, options);

const streamText = async (server: ConformanceServer, model: string, more: object = {}) =>
  (await ask(server, model, { stream: true, ...more })).text();

const dataOf = (text: string): string[] =>
  text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).trimStart());

const chunksOf = (text: string): Chunk[] =>
  dataOf(text)
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data) as Chunk);

const contentOf = (chunks: readonly Chunk[]): string =>
  chunks
    .map((chunk) => chunk.choices[0]?.delta?.content)
    .filter((content) => typeof content === 'string')
    .join('');

const finishOf = (chunks: readonly Chunk[]): (string | null | undefined)[] =>
  chunks.map((chunk) => chunk.choices[0]?.finish_reason).filter(Boolean);

const errorOf = async (response: Response): Promise<ErrorBody['error']> =>
  ((await response.json()) as ErrorBody).error;

const completionOf = async (response: Response): Promise<Completion> =>
  (await response.json()) as Completion;

/** Reads until the text contains `until`, the stream ends or breaks. */
const readUntil = async (response: Response, until: string) => {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  try {
    for (;;) {
      const part = await reader?.read();
      text += part?.value ?? '';
      if (!part || part.done) return { text, end: 'ended' };
      if (text.includes(until)) return { text, end: 'found' };
    }
  } catch {
    return { text, end: 'broken' };
  }
};

const closedEntry = (server: ConformanceServer): Promise<LogEntry> =>
  vi.waitFor(() => {
    const entry = server.log().at(-1);
    if (!entry?.closed) throw new Error('The last request is still open.');
    return entry;
  });

describe('routes', () => {
  it('is reached by 127.0.0.1 and by localhost', async () => {
    const server = await start({ apiKey: undefined });
    for (const base of [server.baseUrl, server.localhostUrl]) {
      const response = await fetch(`${base}/models`);
      const body = (await response.json()) as { data: { id: string }[] };
      expect(body.data.map(({ id }) => id)).toEqual(CONFORMANCE_MODELS.map(({ id }) => id));
    }
  });

  it('runs several instances at once', async () => {
    const [first, second] = await Promise.all([start(), start({ apiKey: 'other' })]);
    expect(first.baseUrl).not.toBe(second.baseUrl);
    expect((await ask(first, 'echo-fast')).status).toBe(200);
    expect((await ask(second, 'echo-fast')).status).toBe(401);
  });

  it('rejects a port that is taken', async () => {
    const server = await start();
    const port = Number(new URL(server.origin).port);
    await expect(createConformanceServer({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('answers an unknown path with a JSON 404', async () => {
    const server = await start();
    const response = await post(server, {}, { path: '/completions' });
    expect(response.status).toBe(404);
    expect((await errorOf(response)).type).toBe('invalid_request_error');
  });

  it.each([
    ['404', 404, 'text/plain'],
    ['odd-shape', 200, 'application/json'],
    ['html', 200, 'text/html'],
  ] as const)('gives the model list as %s', async (models, status, type) => {
    const server = await start({ models, apiKey: undefined });
    const response = await fetch(`${server.baseUrl}/models`);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain(type);
    expect(await response.text()).not.toContain('"data"');
  });

  it('logs requests with the key masked, until it is reset', async () => {
    const server = await start();
    await (await ask(server, 'echo-fast')).text();
    const response = await fetch(`${server.origin}/__log`);
    const [entry] = (await response.json()) as LogEntry[];
    expect(entry).toMatchObject({
      method: 'POST',
      path: '/v1/chat/completions',
      body: { model: 'echo-fast', messages: asked('Hello') },
      status: 200,
      closed: 'server',
    });
    expect(entry?.headers.authorization).toBe('Bearer ***');
    expect(JSON.stringify(server.log())).not.toContain('test-key');
    await fetch(`${server.origin}/__reset`, { method: 'POST' });
    expect(server.log()).toEqual([]);
  });

  it('embeds like texts near each other, as floats and as base64', async () => {
    const server = await start();
    const body = { model: 'embed/small', input: ['옹기 김치', '옹기 김치.', 'a train'] };
    const response = await post(server, body, { path: '/embeddings' });
    const { data } = (await response.json()) as { data: { embedding: number[] }[] };
    const [a = [], b = [], c = []] = data.map(({ embedding }) => embedding);
    const dot = (x: number[], y: number[]) => x.reduce((sum, v, at) => sum + v * (y[at] ?? 0), 0);
    expect(dot(a, a)).toBeCloseTo(1);
    expect(dot(a, b)).toBeGreaterThan(dot(a, c));
    const packed = await post(
      server,
      { ...body, encoding_format: 'base64', dimensions: 8 },
      { path: '/embeddings' },
    );
    const first = ((await packed.json()) as { data: { embedding: string }[] }).data[0];
    expect(atob(first?.embedding ?? '')).toHaveLength(32);
  });
});

describe('request check', () => {
  const user = { role: 'user', content: 'Hi' };
  it.each([
    [{ messages: [user] }, 'model', 'missing_required_parameter'],
    [{ model: 'echo' }, 'messages', 'missing_required_parameter'],
    [{ model: 'echo', messages: [] }, 'messages', 'invalid_value'],
    [{ model: 'echo', messages: [user], topP: 1 }, 'topP', 'unknown_parameter'],
    [{ model: 'echo', messages: [user], temperature: 'hot' }, 'temperature', 'invalid_type'],
    [{ model: 'echo', messages: [user], temperature: 3 }, 'temperature', 'invalid_value'],
    [{ model: 'echo', messages: [user], max_tokens: 0 }, 'max_tokens', 'invalid_value'],
    [{ model: 'echo', messages: [user], stream: 'yes' }, 'stream', 'invalid_type'],
    [
      { model: 'echo', messages: [user], stream_options: { include_usage: true } },
      'stream_options',
      'invalid_value',
    ],
    [
      { model: 'echo', messages: [{ role: 'bot', content: 'Hi' }] },
      'messages[0].role',
      'invalid_value',
    ],
    [
      { model: 'echo', messages: [{ content: 'Hi' }] },
      'messages[0].role',
      'missing_required_parameter',
    ],
    [{ model: 'echo', messages: [{ ...user, id: 'm1' }] }, 'messages[0].id', 'unknown_parameter'],
    [
      { model: 'echo', messages: [user, { role: 'assistant' }] },
      'messages[1].content',
      'missing_required_parameter',
    ],
    [
      { model: 'echo', messages: [{ role: 'user', content: [{ type: 'text' }] }] },
      'messages[0].content[0].text',
      'missing_required_parameter',
    ],
    [{ model: 'echo?k=x', messages: [user] }, 'model', 'invalid_value'],
  ])('refuses %j', async (body, param, code) => {
    const response = await post(await start(), body);
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ type: 'invalid_request_error', param, code });
  });

  it('accepts every common field at once', async () => {
    const response = await post(await start(), {
      model: 'echo-fast',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'developer', content: [{ type: 'text', text: 'Be kind.' }] },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AA', detail: 'low' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'a', content: 'done' },
        { role: 'user', content: 'Thanks' },
      ],
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0.7,
      top_p: 1,
      max_tokens: null,
      max_completion_tokens: 50,
      stop: ['END'],
      seed: 1,
      reasoning_effort: 'low',
      response_format: { type: 'text' },
    });
    expect(response.status).toBe(200);
    await response.text();
  });

  it('refuses a body that is not JSON', async () => {
    const server = await start();
    const response = await fetch(`${server.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer test-key' },
      body: '{"model":',
    });
    expect(response.status).toBe(400);
  });

  it('wants the expected key and a model it knows', async () => {
    const server = await start();
    const wrongKey = await ask(server, 'echo', {}, { headers: { authorization: 'Bearer no' } });
    expect(wrongKey.status).toBe(401);
    expect((await errorOf(wrongKey)).code).toBe('invalid_api_key');
    const wrongModel = await ask(server, 'gpt-unknown');
    expect(wrongModel.status).toBe(404);
    expect((await errorOf(wrongModel)).code).toBe('model_not_found');
  });
});

describe('answers', () => {
  const answer = async (messages: object[], more: object = {}) =>
    completionOf(await post(await start(), { model: 'echo-fast', messages, ...more }));
  const textOf = async (messages: object[]) => (await answer(messages)).choices[0].message.content;

  it.each([
    ['How are you?', '(recorded answer of the test server)'],
    ['잘 지내세요?', '(시험 서버에 녹화된 답입니다)'],
    ['お元気ですか', 'テスト用サーバー'],
    ['你好吗', '测试服务器'],
  ])('echoes %s in its language and says that it is recorded', async (question, hint) => {
    const text = await textOf(asked(question));
    expect(text).toContain(`> ${question}`);
    expect(text).toContain(hint);
    expect(await textOf(asked(question))).toBe(text);
  });

  it.each([
    ['데모 보여 줘', '옹기에 담그는 김치'],
    ['Answer in English', 'Keeping notes that last'],
    ['日本語で', '京都を歩く一日'],
    ['请用中文', '泡一壶好茶'],
    ['Show me TypeScript', '```typescript'],
    ['파이썬으로 써 줘', '```python'],
  ])('replays a recording for %s', async (question, part) => {
    expect(await textOf(asked(question))).toContain(part);
  });

  it('gives a title of one line and a summary of two sentences', async () => {
    const talk = asked('사용자: 김치를 담그려면 무엇이 필요한가요?\n어시스턴트: 배추');
    const title = await textOf([{ role: 'system', content: '짧은 제목을 지어 주세요' }, ...talk]);
    expect(title).toBe('김치를 담그려면 무엇이 필요한가요');
    const english = await textOf([
      { role: 'system', content: 'Write a title.' },
      ...asked('How do I keep notes for twenty years without losing any?'),
    ]);
    expect(english).toBe('How do I keep notes for');
    const summary = await textOf([{ role: 'system', content: 'Summarize.' }, ...asked('Hi there')]);
    expect(summary.match(/\.(\s|$)/g)).toHaveLength(2);
  });

  it('goes on after a partial answer', async () => {
    const partial = { role: 'assistant', content: 'The story was cut' };
    const afterContinue = await textOf([...asked('Tell'), partial, ...asked('Continue')]);
    expect(afterContinue).toMatch(/^ and it goes on/);
    expect(await textOf([...asked('Tell'), partial])).toBe(afterContinue);
    const korean = { role: 'assistant', content: '이야기가 끊' };
    expect(await textOf([...asked('Tell'), korean, ...asked('계속')])).toMatch(/이어서/);
  });

  it('cuts at the token limit, streamed or not', async () => {
    const { choices, usage } = await answer(asked('Hello'), { max_tokens: 4 });
    expect(choices[0].finish_reason).toBe('length');
    expect(usage.completion_tokens).toBe(4);
    expect(usage.total_tokens).toBe(usage.prompt_tokens + 4);
    const chunks = chunksOf(
      await streamText(await start(), 'echo-fast', { max_completion_tokens: 4 }),
    );
    expect(contentOf(chunks)).toBe(choices[0].message.content);
    expect(finishOf(chunks)).toEqual(['length']);
  });

  it('streams what it answers whole, with usage only when asked', async () => {
    const server = await start();
    const whole = await completionOf(await ask(server, 'echo-fast'));
    const plain = await streamText(server, 'echo-fast');
    expect(contentOf(chunksOf(plain))).toBe(whole.choices[0].message.content);
    expect(plain).not.toContain('usage');
    expect(plain.endsWith('data: [DONE]\n\n')).toBe(true);
    const counted = chunksOf(
      await streamText(server, 'echo-fast', { stream_options: { include_usage: true } }),
    );
    expect(counted.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
    expect(counted[0]?.usage).toBeNull();
  });

  it('paces echo like speech', async () => {
    const startedAt = performance.now();
    const chunks = chunksOf(await streamText(await start(), 'echo', { max_tokens: 10 }));
    expect(contentOf(chunks)).not.toBe('');
    expect(performance.now() - startedAt).toBeGreaterThan(200);
  });

  it('answers every sensible model without a stream', async () => {
    const server = await start();
    const ids = CONFORMANCE_MODELS.map(({ id }) => id).filter((id) => !/^(fault|embed)/.test(id));
    for (const id of ids) {
      const { choices } = await completionOf(await ask(server, id));
      expect(choices[0].message.content.length, id).toBeGreaterThan(0);
    }
  });
});

describe('reasoning', () => {
  it('sends it in reasoning_content before the content', async () => {
    const server = await start();
    const chunks = chunksOf(await streamText(server, 'reasoning/deepseek?ms=0'));
    const reasoning = chunks.map((chunk) => chunk.choices[0]?.delta?.reasoning_content ?? '');
    const whole = await completionOf(await ask(server, 'reasoning/deepseek'));
    expect(reasoning.join('')).toBe(whole.choices[0].message.reasoning_content);
    expect(contentOf(chunks)).toBe(whole.choices[0].message.content);
  });

  it.each([
    ['reasoning/think-tag', /^<think>\n[^<]+\n<\/think>\n\nThis is what/],
    ['reasoning/details-tag', /^<details type="reasoning">\n[^<]+\n<\/details>\n\nThis is what/],
  ])('puts it inline for %s, with the mark cut', async (model, form) => {
    const chunks = chunksOf(await streamText(await start(), `${model}?ms=0`));
    expect(contentOf(chunks)).toMatch(form);
    expect(chunks.some(({ choices }) => String(choices[0]?.delta?.content).includes('>\n'))).toBe(
      false,
    );
    expect(String(chunks[1]?.choices[0]?.delta?.content)).toHaveLength(3);
  });

  it('sends lists of parts as Mistral does', async () => {
    const chunks = chunksOf(await streamText(await start(), 'reasoning/mistral-parts?ms=0'));
    const lists = chunks.map(({ choices }) => choices[0]?.delta?.content).filter(Array.isArray);
    expect(lists[0]).toEqual([{ type: 'thinking', thinking: [{ type: 'text', text: 'First' }] }]);
    expect(lists.at(-1)).toMatchObject([{ type: 'text' }]);
    expect(contentOf(chunks)).toContain('test server');
  });
});

describe('odd frames', () => {
  const oddIds = CONFORMANCE_MODELS.map(({ id }) => id).filter((id) => id.startsWith('odd/'));

  it.each(oddIds)('%s still carries the whole answer', async (model) => {
    const text = await streamText(await start(), `${model}?ms=1`);
    const chunks = chunksOf(text);
    expect(contentOf(chunks)).toBe(ODD_ANSWER);
    expect(finishOf(chunks)).toHaveLength(1);
    expect(dataOf(text).at(-1)).toBe('[DONE]');
  });

  it.each([
    ['azure-first-chunk', /^data: \{"id":"",.*"choices":\[\]/],
    ['no-delta', /"choices":\[\{"index":0,"finish_reason":"stop"\}\]/],
    ['empty-tool-calls', /"tool_calls":\[\].*\n\n.*"arguments":""/],
    ['comments', /^: ping\n\n\n:\n[^]*\ndata:\{/],
    ['crlf', /\r\n\r\ndata: /],
    ['cr', /^[^\n]*\r\rdata: [^\n]*$/],
    ['usage-with-choice', /"finish_reason":"stop"\}\],"usage":\{/],
    ['late-finish', /"delta":\{\},"logprobs":null,"finish_reason":null/],
    ['finish-with-text', /"content":"[^"]+"\},"logprobs":null,"finish_reason":"stop"/],
    ['finish-length', /"finish_reason":"length"/],
    ['finish-content-filter', /"finish_reason":"content_filter"/],
  ])('%s has its oddity on the wire', async (name, form) => {
    expect(await streamText(await start(), `odd/${name}?ms=1`)).toMatch(form);
  });

  it('begins with a byte order mark', async () => {
    const response = await ask(await start(), 'odd/bom', { stream: true });
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect([...bytes.slice(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
  });

  it('cuts characters over network chunks', async () => {
    const response = await ask(await start(), 'odd/split-utf8', { stream: true });
    const reader = response.body?.getReader();
    let cutCount = 0;
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      const first = part.value[0] ?? 0;
      if (first >= 0x80 && first < 0xc0) cutCount += 1;
    }
    expect(cutCount).toBeGreaterThan(40);
  });

  it('grows usage on each chunk and leaves it out when told to', async () => {
    const server = await start();
    const each = chunksOf(await streamText(server, 'odd/usage-each-chunk'));
    const counts = each.map(({ usage }) => usage?.completion_tokens ?? -1);
    expect(counts[0]).toBe(0);
    expect(counts.at(-1)).toBe(Math.max(...counts));
    const options = { stream_options: { include_usage: true } };
    expect(await streamText(server, 'odd/no-usage', options)).not.toContain('"usage"');
  });
});

describe('faults', () => {
  it.each([
    ['500', 500, null],
    ['429', 429, 'rate_limit_exceeded'],
    ['429-retry-after', 429, 'rate_limit_exceeded'],
    ['401', 401, 'invalid_api_key'],
    ['403', 403, 'permission_denied'],
    ['context-too-long', 400, 'context_length_exceeded'],
  ])('fault/%s has status %i', async (name, status, code) => {
    for (const stream of [true, false]) {
      const response = await ask(await start(), `fault/${name}`, { stream });
      expect(response.status).toBe(status);
      expect((await errorOf(response)).code).toBe(code);
      expect(response.headers.get('retry-after')).toBe(name === '429-retry-after' ? '1' : null);
    }
  });

  it.each([
    ['html-error', 502, '<script>'],
    ['html-200', 200, '<script>'],
    ['text-error', 503, 'upstream'],
  ])('fault/%s answers with text', async (name, status, part) => {
    const response = await ask(await start(), `fault/${name}`, { stream: true });
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(part);
  });

  it.each(['fault/500-once', 'fault/429-once'])('%s answers the next time', async (model) => {
    const server = await start();
    const statuses = [];
    for (let turn = 0; turn < 3; turn += 1) statuses.push((await ask(server, model)).status);
    expect(statuses.map((status) => status === 200)).toEqual([false, true, true]);
    server.reset();
    expect((await ask(server, model)).status).not.toBe(200);
  });

  it('rejects stream_options and nothing else', async () => {
    const server = await start();
    const options = { stream: true, stream_options: { include_usage: true } };
    const refused = await ask(server, 'fault/reject-stream-options', options);
    expect(refused.status).toBe(400);
    expect((await errorOf(refused)).param).toBe('stream_options');
    expect(contentOf(chunksOf(await streamText(server, 'fault/reject-stream-options')))).toBe(
      steadyWords(10).join(''),
    );
  });

  it('redirects to where it is told', async () => {
    const here = await ask(await start(), 'fault/redirect');
    expect(here.headers.get('location')).toMatch(/\/__elsewhere$/);
    const there = await ask(await start({ redirectTo: 'http://localhost:9/x' }), 'fault/redirect');
    expect(there.status).toBe(302);
    expect(there.headers.get('location')).toBe('http://localhost:9/x');
  });

  it.each([
    ['no-done', 10, ['stop'], false],
    ['no-finish', 10, [], true],
    ['no-end?k=2', 2, [], false],
  ])('fault/%s ends as it says', async (name, wordCount, finish, isDone) => {
    const text = await streamText(await start(), `fault/${name}`);
    const chunks = chunksOf(text);
    expect(contentOf(chunks)).toBe(steadyWords(wordCount).join(''));
    expect(finishOf(chunks)).toEqual(finish);
    expect(text.includes('[DONE]')).toBe(isDone);
  });

  it('breaks the connection after k words', async () => {
    const server = await start();
    const { text, end } = await readUntil(
      await ask(server, 'fault/cut-after?k=4', { stream: true }),
      'never',
    );
    expect(end).toBe('broken');
    expect(contentOf(chunksOf(text))).toBe(steadyWords(4).join(''));
    expect((await closedEntry(server)).closed).toBe('server');
  });

  it('sends an error event inside the stream', async () => {
    const text = await streamText(await start(), 'fault/error-in-stream?k=1');
    expect(JSON.parse(dataOf(text).at(-1) ?? '')).toMatchObject({
      error: { type: 'server_error' },
    });
  });

  it('goes on after broken JSON and after JSON of wrong shapes', async () => {
    const server = await start();
    const broken = dataOf(await streamText(server, 'fault/truncated-json?k=1'));
    expect(() => void JSON.parse(broken[2] ?? '')).toThrow();
    expect(broken.at(-1)).toBe('[DONE]');
    const garbage = dataOf(await streamText(server, 'fault/json-garbage?k=1'));
    expect(garbage).toContain('null');
    expect(garbage).toContain('{"choices":"x"}');
    expect(garbage.at(-1)).toBe('[DONE]');
  });

  it('falls silent after k words, until the client leaves', async () => {
    const server = await start();
    const stop = new AbortController();
    const response = await ask(
      server,
      'fault/silent-after?k=2',
      { stream: true },
      { signal: stop.signal },
    );
    expect((await readUntil(response, 'w1')).end).toBe('found');
    expect(server.log().at(-1)?.closed).toBeNull();
    stop.abort();
    expect((await closedEntry(server)).closed).toBe('client');
  });

  it.each([
    ['silent-from-start', false],
    ['silent-after-headers', true],
    ['slow-first?ms=5000', false],
    ['slow-first-delta?ms=5000', true],
  ])('fault/%s sends headers at once: %s', async (name, hasHeaders) => {
    const response = ask(
      await start(),
      `fault/${name}`,
      { stream: true },
      { signal: AbortSignal.timeout(300) },
    );
    const status = await response.then((sent) => sent.status).catch(() => undefined);
    expect(status).toBe(hasHeaders ? 200 : undefined);
  });

  it('answers late when it is slow to begin', async () => {
    const startedAt = performance.now();
    const text = await streamText(await start(), 'fault/slow-first?ms=150');
    expect(performance.now() - startedAt).toBeGreaterThan(140);
    expect(contentOf(chunksOf(text))).toBe(steadyWords(10).join(''));
  });

  it('drips, floods and lengthens', async () => {
    const server = await start();
    expect(contentOf(chunksOf(await streamText(server, 'fault/drip?ms=1')))).toBe('똑 ');
    expect(contentOf(chunksOf(await streamText(server, 'many')))).toBe(steadyWords(5000).join(''));
    expect(contentOf(chunksOf(await streamText(server, 'fault/huge')))).toHaveLength(1024 * 1024);
    const line = await streamText(server, 'fault/huge-line');
    expect(Math.max(...line.split('\n').map(({ length }) => length))).toBeGreaterThan(16 * 2 ** 20);
  });

  it('stops an endless answer when the client leaves, and serves others meanwhile', async () => {
    const server = await start();
    const response = await ask(server, 'fault/endless', { stream: true });
    const reader = response.body?.getReader();
    await reader?.read();
    expect((await ask(server, 'echo-fast')).status).toBe(200);
    await reader?.cancel();
    await expect.poll(() => server.log().map(({ closed }) => closed)).toEqual(['client', 'server']);
  });

  it('ends open streams when it closes', async () => {
    const server = await start();
    const response = await ask(server, 'steady', { stream: true });
    const reading = readUntil(response, 'never');
    await server.close();
    expect((await reading).end).toBe('broken');
    expect((await closedEntry(server)).closed).toBe('server');
  });
});

describe('display models', () => {
  it('keeps the pace of steady', async () => {
    const text = await streamText(await start(), 'steady?k=5&ms=10');
    expect(contentOf(chunksOf(text))).toBe('w0 w1 w2 w3 w4 ');
  });

  it('points the remote addresses of hostile at its own log', async () => {
    const server = await start();
    const content = contentOf(chunksOf(await streamText(server, 'hostile')));
    expect(content).toContain(`<img src="${server.origin}/__elsewhere?leak=html-image"`);
    await fetch(`${server.origin}/__elsewhere?leak=html-image`);
    expect(server.log().at(-1)?.path).toBe('/__elsewhere?leak=html-image');
  });
});

describe('CORS profiles', () => {
  const preflight = async (options: ConformanceServerOptions, headers: string) => {
    const server = await start(options);
    return fetch(`${server.baseUrl}/chat/completions`, {
      method: 'OPTIONS',
      headers: {
        origin: PAGE,
        'access-control-request-method': 'POST',
        'access-control-request-headers': headers,
        'access-control-request-private-network': 'true',
      },
    });
  };
  const allowed = (response: Response) => response.headers.get('access-control-allow-headers');
  const originOf = (response: Response) => response.headers.get('access-control-allow-origin');

  it('open allows everything, also on errors', async () => {
    const response = await preflight({ cors: 'open' }, 'authorization,x-stainless-os');
    expect(allowed(response)).toBe('authorization, x-stainless-os');
    expect(originOf(response)).toBe(PAGE);
    expect(response.headers.get('access-control-allow-private-network')).toBe('true');
    expect(originOf(await ask(await start(), 'fault/500'))).toBe(PAGE);
  });

  it('strict allows two headers and no third', async () => {
    const plain = await preflight({ cors: 'strict' }, 'authorization,content-type');
    expect(allowed(plain)).toBe('authorization, content-type');
    expect(originOf(plain)).toBe(PAGE);
    const more = await preflight({ cors: 'strict' }, 'authorization,content-type,x-stainless-os');
    expect(originOf(more)).toBeNull();
    expect(allowed(more)).toBeNull();
    expect(originOf(await ask(await start({ cors: 'strict' }), 'echo-fast'))).toBe(PAGE);
  });

  it('anthropic wants its header', async () => {
    const name = 'anthropic-dangerous-direct-browser-access';
    const server = await start({ cors: 'anthropic' });
    const without = await ask(server, 'echo-fast');
    expect(without.status).toBe(401);
    expect(originOf(without)).toBeNull();
    const withIt = await ask(server, 'echo-fast', {}, { headers: { [name]: 'true' } });
    expect(withIt.status).toBe(200);
    expect(originOf(withIt)).toBe(PAGE);
    expect(originOf(await preflight({ cors: 'anthropic' }, 'authorization'))).toBeNull();
    expect(originOf(await preflight({ cors: 'anthropic' }, `authorization,${name}`))).toBe(PAGE);
  });

  it('none knows nothing of CORS', async () => {
    const response = await preflight({ cors: 'none' }, 'authorization');
    expect(response.status).toBe(404);
    expect(originOf(await ask(await start({ cors: 'none' }), 'echo-fast'))).toBeNull();
  });

  it('expose lets a page read retry-after', async () => {
    const response = await ask(await start({ cors: 'expose' }), 'fault/429-retry-after');
    expect(response.headers.get('access-control-expose-headers')).toBe('retry-after');
    const open = await ask(await start(), 'fault/429-retry-after');
    expect(open.headers.get('access-control-expose-headers')).toBeNull();
  });
});

it('waits latencyMs before it answers', async () => {
  const server = await start({ latencyMs: 120 });
  const startedAt = performance.now();
  await (await ask(server, 'echo-fast')).text();
  expect(performance.now() - startedAt).toBeGreaterThan(110);
});
