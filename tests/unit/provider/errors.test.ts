import { describe, expect, it } from 'vitest';
import { OnggiError } from '#domain/errors.ts';
import { readRefusal, refusalOf, refusalToError, toProviderError } from '#provider/errors.ts';
import { parseRetryAfter } from '#provider/retry-after.ts';

const codeFor = (status: number, body: unknown): string =>
  refusalToError(
    readRefusal(status, typeof body === 'string' ? body : JSON.stringify(body), undefined),
  ).code;

const saying = (message: string, code: string | null = null): unknown => ({
  error: { message, type: 'invalid_request_error', param: null, code },
});

describe('refusalToError', () => {
  it.each([
    [401, saying('x'), 'provider/unauthorized'],
    [402, saying('Insufficient credits'), 'provider/rate-limited'],
    [403, saying('Country not supported'), 'provider/forbidden'],
    [404, '404 page not found', 'provider/not-found'],
    [404, saying('The model `x` does not exist', 'model_not_found'), 'provider/model-not-found'],
    [404, saying('model "x" not found, try pulling it first'), 'provider/model-not-found'],
    [400, saying('x is not a valid model ID'), 'provider/model-not-found'],
    [400, saying('Model Not Exist'), 'provider/model-not-found'],
    [400, saying('too long', 'context_length_exceeded'), 'provider/context-too-long'],
    [400, saying('prompt is too long: 210000 tokens > 200000'), 'provider/context-too-long'],
    [500, saying('request exceeds the available context size'), 'provider/context-too-long'],
    [413, '', 'provider/context-too-long'],
    [400, saying('flagged', 'content_filter'), 'provider/content-filter'],
    [400, [{ error: { message: 'API key not valid.' } }], 'provider/unauthorized'],
    [400, saying('max_tokens must be positive'), 'provider/bad-request'],
    [422, { detail: [{ loc: ['body', 'x'], msg: 'field required' }] }, 'provider/bad-request'],
    [429, '', 'provider/rate-limited'],
    [408, '', 'provider/server'],
    [500, '', 'provider/server'],
    [503, '<html>', 'provider/server'],
    [529, saying('Overloaded'), 'provider/server'],
    [418, '', 'provider/bad-request'],
  ])('%i %j is %s', (status, body, code) => {
    expect(codeFor(status, body)).toBe(code);
  });

  it.each([
    ['OpenAI', { error: { message: 'm' } }],
    ['Gemini', [{ error: { message: 'm' } }]],
    ['vLLM', { object: 'error', message: 'm', code: 400 }],
    ['FastAPI', { detail: 'm' }],
    ['Pydantic', { detail: [{ msg: 'm' }] }],
    ['a string', { error: 'm' }],
    ['plain text', 'm'],
    ['markup', '<html><style>x{}</style><body onload="evil()"><h1>m</h1><script>evil()'],
  ])('reads the message of %s', (_name, body) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const error = refusalToError(readRefusal(400, text, undefined));
    expect(error.detail).toBe('m');
  });

  it('cuts the detail at 200 characters', () => {
    const error = refusalToError(readRefusal(400, '가'.repeat(5000), undefined));
    expect(error.detail).toHaveLength(200);
  });

  it('has no detail when nothing was said', () => {
    expect(refusalToError(readRefusal(500, '', undefined)).detail).toBeUndefined();
    expect(refusalToError(readRefusal(500, '{}', undefined)).detail).toBeUndefined();
  });

  it('takes the key out wherever it is', () => {
    const error = refusalToError(readRefusal(401, '{"error":"bad sk-marker"}', 'sk-marker'));
    expect(error.detail).toBe('bad •••');
    expect(refusalOf(error)?.said).not.toContain('sk-marker');
  });

  it.each([
    [429, '', true],
    [500, '', true],
    [429, saying('insufficient_quota'), false],
    [400, '', false],
    [401, '', false],
  ])('%i %j: retryable %s', (status, body, retryable) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    expect(refusalToError(readRefusal(status, text, undefined)).retryable).toBe(retryable);
  });
});

describe('toProviderError', () => {
  it('unwraps ours', () => {
    const ours = new OnggiError('provider/idle', 'x');
    expect(toProviderError(ours)).toBe(ours);
    expect(toProviderError(new Error('Connection error.', { cause: ours }))).toBe(ours);
  });

  it('takes broken JSON for malformed and does not repeat it', () => {
    const error = toProviderError(new SyntaxError('Unexpected token in "my secret text"'));
    expect(error.code).toBe('provider/malformed');
    expect(JSON.stringify([error, error.message])).not.toContain('secret');
  });

  it('takes anything else for unexpected', () => {
    expect(toProviderError(new RangeError('x')).code).toBe('app/unexpected');
    expect(toProviderError('x').code).toBe('app/unexpected');
  });
});

describe('parseRetryAfter', () => {
  const NOW = Date.parse('2026-11-01T00:00:00Z');
  it.each([
    [{}, undefined],
    [{ 'retry-after': '0' }, NOW],
    [{ 'retry-after': '2' }, NOW + 2000],
    [{ 'retry-after': ' 1.5 ' }, NOW + 1500],
    [{ 'retry-after-ms': '250', 'retry-after': '9' }, NOW + 250],
    [{ 'retry-after': 'Sun, 01 Nov 2026 00:00:30 GMT' }, NOW + 30_000],
    [{ 'retry-after': 'Sat, 31 Oct 2026 00:00:00 GMT' }, NOW],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '1e9' }, undefined],
    [{ 'retry-after': '99999999999' }, undefined],
  ])('%j', (headers, expected) => {
    expect(parseRetryAfter(new Headers(headers as HeadersInit), NOW)).toBe(expected);
  });
});
