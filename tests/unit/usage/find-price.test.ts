import { describe, expect, it } from 'vitest';
import { PRESET_IDS, getPreset } from '#domain/endpoint-presets.ts';
import type { PresetId } from '#domain/endpoint-presets.ts';
import { toEndpointId } from '#domain/ids.ts';
import { NO_PRICES } from '#domain/prices.ts';
import type { OwnPrice } from '#domain/prices.ts';
import { BUILT_IN_PRICES, findPrice, readPriceLines } from '#usage/find-price.ts';
import { costOf } from '#usage/price.ts';
import table from '#usage/prices.json' with { type: 'json' };

const at = (presetId: PresetId) => ({
  id: toEndpointId(presetId),
  presetId,
  baseUrl: getPreset(presetId).baseUrl || 'https://example.com/v1',
});
const own = (model: string, inputUsd: number, place: string | null = null): OwnPrice => ({
  model,
  endpointId: place === null ? null : toEndpointId(place),
  inputUsd,
  outputUsd: 1,
});

describe('the table that comes with onggi', () => {
  it('has a date, a source, and only whole lines of known providers', () => {
    expect(BUILT_IN_PRICES.asOf).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(BUILT_IN_PRICES.source).toContain('https://');
    expect(BUILT_IN_PRICES.models.length).toBeGreaterThan(50);
    for (const { preset, names, input, output, upToPromptTokens } of BUILT_IN_PRICES.models) {
      expect(PRESET_IDS).toContain(preset);
      expect(getPreset(preset).isLocal).toBe(false);
      expect(names.length).toBeGreaterThan(0);
      expect(input).toBeGreaterThan(0);
      expect(output).toBeGreaterThan(0);
      expect(upToPromptTokens ?? 1).toBeGreaterThan(0);
    }
  });

  it('loses no line of its file', () => {
    expect(BUILT_IN_PRICES.models).toEqual(table.models);
  });

  const whole = { preset: 'openai', names: ['gpt-5', 'gpt-5-*'], input: 1, output: 2 };

  it.each([
    ['a whole line', {}],
    ['one that costs nothing', { input: 0, output: 0 }],
    ['one that holds for so long a prompt', { upToPromptTokens: 200_000 }],
  ])('takes %s', (_which, fields) => {
    const line = { ...whole, ...fields };
    expect(readPriceLines([line])).toEqual([line]);
  });

  it.each([
    ['no price of the prompt', { input: undefined }],
    ['no price of the answer', { output: undefined }],
    ['a negative price', { input: -1 }],
    ['a negative price of the answer', { output: -0.5 }],
    ['a price that is no number', { output: '2' }],
    ['null for a price', { input: null }],
    ['a price that no computation survives', { input: Number.NaN }],
    ['a price beyond all', { input: Infinity }],
    ['a length that is none', { upToPromptTokens: -1 }],
    ['null for a length', { upToPromptTokens: null }],
    ['names that are none', { names: [1] }],
    ['no names', { names: undefined }],
    ['a provider nobody knows', { preset: 'nobody' }],
  ])('leaves out a line with %s, and only that', (_what, fields) => {
    expect(readPriceLines([{ ...whole, ...fields }, null, whole])).toEqual([whole]);
  });

  it('has every name once', () => {
    const names = BUILT_IN_PRICES.models.flatMap((line) =>
      line.names.map((name) => `${line.preset} ${name}`),
    );
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('findPrice', () => {
  it('finds an exact name, a beginning, and a name with its folder', () => {
    expect(findPrice('gpt-5', at('openai'), NO_PRICES)).toEqual({
      inputUsd: 1.25,
      outputUsd: 10,
      upToPromptTokens: null,
      source: `table ${BUILT_IN_PRICES.asOf}`,
    });
    expect(findPrice('claude-haiku-4-5-20251001', at('anthropic'), NO_PRICES)?.inputUsd).toBe(1);
    expect(findPrice('models/gemini-2.5-flash', at('gemini'), NO_PRICES)?.outputUsd).toBe(2.5);
  });

  it('knows no price where nobody gave one', () => {
    expect(findPrice('gpt-5-future', at('openai'), NO_PRICES)).toBeUndefined();
    expect(findPrice('gpt-5', at('custom'), NO_PRICES)).toBeUndefined();
    expect(findPrice('openai/gpt-5', at('openrouter'), NO_PRICES)).toBeUndefined();
    expect(findPrice('qwen3', at('ollama'), NO_PRICES)).toBeUndefined();
  });

  it.each([
    ['another host', 'https://proxy.example.org/v1'],
    ['another port', 'https://api.openai.com:8443/v1'],
    ['a host that only begins alike', 'https://api.openai.com.example.org/v1'],
    ['what is no address', 'api.openai.com'],
  ])('knows no price of a connection that was led to %s', (_where, baseUrl) => {
    const moved = { ...at('openai'), baseUrl };
    expect(findPrice('gpt-4o', moved, NO_PRICES)).toBeUndefined();
    const settings = { ...NO_PRICES, own: [own('gpt-4o', 7)] };
    expect(findPrice('gpt-4o', moved, settings)?.inputUsd).toBe(7);
  });

  it('takes this computer for free only when the person says so', () => {
    const settings = { ...NO_PRICES, isLocalFree: true };
    expect(findPrice('qwen3', at('ollama'), settings)).toMatchObject({
      inputUsd: 0,
      source: 'local',
    });
    expect(findPrice('qwen3', at('custom'), settings)).toBeUndefined();
    const priced = { ...settings, own: [own('qwen3', 3)] };
    expect(findPrice('qwen3', at('ollama'), priced)?.inputUsd).toBe(3);
  });

  it('prefers own to the table, this endpoint to all, exact to begins, long to short', () => {
    const rules = [own('gpt*', 1), own('gpt-5*', 2), own('gpt-5', 3), own('g*', 4, 'openai')];
    const price = (model: string, count: number, place: PresetId = 'xai') =>
      findPrice(model, at(place), { ...NO_PRICES, own: rules.slice(0, count) })?.inputUsd;
    expect(price('gpt-5', 3)).toBe(3);
    expect(price('gpt-5-mini', 3)).toBe(2);
    expect(price('gpt-4', 3)).toBe(1);
    expect(price('gpt-5', 4, 'openai')).toBe(4);
    expect(price('gpt-5', 4)).toBe(3);
    expect(price('gpt-5', 1, 'openai')).toBe(1);
  });
});

describe('costOf', () => {
  const price = { inputUsd: 2, outputUsd: 10, upToPromptTokens: 1000, source: 'own' } as const;

  it('is dollars by the million', () => {
    expect(costOf(price, { promptTokens: 1000, completionTokens: 500 })).toBeCloseTo(0.007, 12);
    expect(costOf(price, { promptTokens: 0, completionTokens: 0 })).toBe(0);
  });

  it('is unknown for a prompt that is longer than the price holds for', () => {
    expect(costOf(price, { promptTokens: 1001, completionTokens: 1 })).toBeUndefined();
  });
});
