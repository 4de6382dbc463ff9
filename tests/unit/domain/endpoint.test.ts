import { describe, expect, it } from 'vitest';
import { looksLikeChatModel } from '#domain/chat-models.ts';
import {
  ENDPOINT_PRESETS,
  PRESET_IDS,
  getPreset,
  pickFirstModel,
  presetOfBaseUrl,
  recogniseKey,
} from '#domain/endpoint-presets.ts';
import { endpointOrigin, isLocalUrl, parseApiKey, parseBaseUrl } from '#domain/endpoint.ts';
import { OnggiError } from '#domain/errors.ts';

function failure(run: () => unknown): OnggiError {
  try {
    run();
  } catch (error) {
    if (error instanceof OnggiError) return error;
    throw error;
  }
  throw new Error('did not throw');
}

describe('parseBaseUrl', () => {
  it.each([
    ['https://api.openai.com/v1', 'https://api.openai.com/v1'],
    ['  https://api.openai.com/v1/  ', 'https://api.openai.com/v1'],
    ['https://api.openai.com', 'https://api.openai.com'],
    ['https://api.openai.com///', 'https://api.openai.com'],
    ['HTTPS://API.OpenAI.com/V1', 'https://api.openai.com/V1'],
    ['https://a.example/v1/chat/completions', 'https://a.example/v1'],
    ['https://a.example/v1/chat/completions/', 'https://a.example/v1'],
    ['https://a.example/v1/models', 'https://a.example/v1'],
    ['https://a.example/v1?key=1#x', 'https://a.example/v1'],
    ['https://a.example:8443/v1', 'https://a.example:8443/v1'],
    ['https://a.example:443/v1', 'https://a.example/v1'],
    ['http://localhost:11434/v1', 'http://localhost:11434/v1'],
    ['http://127.0.0.1:1234/v1', 'http://127.0.0.1:1234/v1'],
    ['https://한국.example/v1', 'https://xn--3e0b707e.example/v1'],
  ])('%j is %s, and reading it again changes nothing', (typed, expected) => {
    expect(parseBaseUrl(typed)).toBe(expected);
    expect(parseBaseUrl(expected)).toBe(expected);
  });

  it.each([
    ['', 'endpoint/address-empty'],
    ['   ', 'endpoint/address-empty'],
    ['api.openai.com/v1', 'endpoint/address-no-scheme'],
    ['localhost:11434', 'endpoint/address-no-scheme'],
    ['http://192.168.0.2:11434/v1', 'endpoint/address-insecure'],
    ['http://api.openai.com/v1', 'endpoint/address-insecure'],
    ['http://localhost.evil.example/v1', 'endpoint/address-insecure'],
    ['http://[::1]:11434/v1', 'endpoint/address-insecure'],
    ['ftp://a.example/v1', 'endpoint/address-invalid'],
    ['file:///etc/passwd', 'endpoint/address-invalid'],
    ['https://user:pass@a.example/v1', 'endpoint/address-invalid'],
    ['https://user@a.example', 'endpoint/address-invalid'],
    ['https://', 'endpoint/address-invalid'],
    ['https://a b/v1', 'endpoint/address-invalid'],
    ['javascript:alert(1)', 'endpoint/address-no-scheme'],
    ['javascript://a.example/%0aalert(1)', 'endpoint/address-invalid'],
  ])('refuses %j with %s', (typed, code) => {
    expect(failure(() => parseBaseUrl(typed)).code).toBe(code);
  });

  it.each([
    ['localhost:11434/v1', 'http://localhost:11434/v1'],
    ['127.0.0.1:1234', 'http://127.0.0.1:1234'],
    ['api.openai.com/v1', 'https://api.openai.com/v1'],
  ])('suggests for %s the address %s', (typed, suggestion) => {
    expect(failure(() => parseBaseUrl(typed)).detail).toBe(suggestion);
    expect(parseBaseUrl(suggestion)).toBe(suggestion);
  });

  it('never repeats a password in its error', () => {
    const error = failure(() => parseBaseUrl('https://user:hunter2@a.example/v1'));
    expect(JSON.stringify([error, error.message, error.stack])).not.toContain('hunter2');
  });
});

describe('isLocalUrl and endpointOrigin', () => {
  it.each([
    ['http://localhost:1/v1', true],
    ['https://127.0.0.1/v1', true],
    ['https://localhost.example', false],
    ['http://192.168.0.1', false],
    ['nonsense', false],
    ['', false],
  ])('%s local: %s', (url, isLocal) => {
    expect(isLocalUrl(url)).toBe(isLocal);
  });

  it('gives scheme, host and port', () => {
    expect(endpointOrigin('https://a.example:8443/v1')).toBe('https://a.example:8443');
  });
});

describe('parseApiKey', () => {
  it.each([
    ['sk-abc', 'sk-abc'],
    ['  sk-abc\n', 'sk-abc'],
    ['"sk-abc"', 'sk-abc'],
    ["'sk-abc'", 'sk-abc'],
    ['Bearer sk-abc', 'sk-abc'],
    ['bearer   "sk-abc"', 'sk-abc'],
    ['', undefined],
    ['   ', undefined],
    ['""', undefined],
    ['!~', '!~'],
  ])('%j is %j', (typed, expected) => {
    expect(parseApiKey(typed)).toBe(expected);
  });

  it.each(['sk abc', 'sk-한글', 'sk-\u200babc', 'sk\nabc', 'sk-\u00e9', 'a\u0000b', '“sk-abc”'])(
    'refuses %j and does not repeat it',
    (typed) => {
      const error = failure(() => parseApiKey(typed));
      expect(error.code).toBe('endpoint/key-malformed');
      expect(`${error.message} ${error.detail ?? ''}`).not.toContain(typed);
    },
  );
});

describe('presets', () => {
  it('has one for every id, each with an address that parses as it stands', () => {
    expect(ENDPOINT_PRESETS.map(({ id }) => id)).toEqual([...PRESET_IDS]);
    for (const { id, baseUrl } of ENDPOINT_PRESETS) {
      expect(getPreset(id).id).toBe(id);
      if (id !== 'custom') expect(parseBaseUrl(baseUrl)).toBe(baseUrl);
    }
  });

  it.each([
    ['sk-proj-x', 'openai'],
    ['sk-ant-x', 'anthropic'],
    ['sk-or-v1-x', 'openrouter'],
    ['AIzaX', 'gemini'],
    ['gsk_x', 'groq'],
    ['xai-x', 'xai'],
    ['x', undefined],
    ['', undefined],
  ])('recognises %s as %s', (apiKey, id) => {
    expect(recogniseKey(apiKey)?.id).toBe(id);
  });

  it.each([
    ['https://api.openai.com/v1', 'openai'],
    ['http://127.0.0.1:11434/v1', 'ollama'],
    ['https://a.example', 'custom'],
    ['nonsense', 'custom'],
  ])('takes %s for %s', (baseUrl, id) => {
    expect(presetOfBaseUrl(baseUrl).id).toBe(id);
  });

  it.each([
    ['gpt-5', true],
    ['gemma3:4b', true],
    ['nomic-embed-text', false],
    ['text-embedding-3-small', false],
    ['whisper-1', false],
    ['bge-reranker-v2-m3', false],
  ])('%s chats: %j', (id, chats) => {
    expect(looksLikeChatModel(id)).toBe(chats);
  });

  it('picks a model to begin with', () => {
    const openai = getPreset('openai');
    expect(pickFirstModel(openai, ['dall-e-3', 'gpt-4o', 'gpt-5'])).toBe('gpt-5');
    expect(pickFirstModel(getPreset('ollama'), ['nomic-embed-text', 'gemma3'])).toBe('gemma3');
    expect(pickFirstModel(openai, ['text-embedding-3-small'])).toBeUndefined();
    expect(pickFirstModel(openai, [])).toBeUndefined();
  });
});
