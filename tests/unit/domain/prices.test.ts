import { describe, expect, it } from 'vitest';
import { readUserSettingsExtras, writeUserSettingsExtras } from '#domain/file-rows.ts';
import { toEndpointId } from '#domain/ids.ts';
import { NO_PRICES, readPriceSettings } from '#domain/prices.ts';
import { checkOwnPrice, parseUsd } from '#domain/typed-price.ts';
import type { OwnPrice, PriceSettings } from '#domain/prices.ts';
import { createUserSettings } from '#domain/user-settings.ts';

const PRICE: OwnPrice = { model: '모델-*', endpointId: null, inputUsd: 0, outputUsd: 1.5 };

describe('readPriceSettings', () => {
  it.each([undefined, null, 7, 'prices', [], {}])('reads %j as nothing said', (value) => {
    expect(readPriceSettings(value)).toEqual(NO_PRICES);
  });

  it.each([
    ['a negative figure', { ...PRICE, inputUsd: -0.01 }],
    ['a missing figure', { model: 'm', endpointId: null, inputUsd: 1 }],
    ['a figure as text', { ...PRICE, outputUsd: '1' }],
    ['no number', { ...PRICE, outputUsd: Number.NaN }],
    ['an endless number', { ...PRICE, outputUsd: Number.POSITIVE_INFINITY }],
    ['no name', { ...PRICE, model: '' }],
    ['a name without end', { ...PRICE, model: 'x'.repeat(301) }],
    ['a strange place', { ...PRICE, endpointId: {} }],
    ['no object', null],
  ])('leaves out a price with %s and keeps the others', (_, damaged) => {
    expect(readPriceSettings({ own: [damaged, PRICE] }).own).toEqual([PRICE]);
  });

  it('takes a price of 0 for a price', () => {
    const free = { ...PRICE, outputUsd: 0 };
    expect(readPriceSettings({ own: [free] }).own).toEqual([free]);
  });

  it('cuts a list without end', () => {
    expect(readPriceSettings({ own: Array.from({ length: 501 }, () => PRICE) }).own).toHaveLength(
      500,
    );
  });

  it.each([0, -1, '5', Number.NaN])('takes %j for no budget', (monthlyBudgetUsd) => {
    expect(readPriceSettings({ monthlyBudgetUsd }).monthlyBudgetUsd).toBeNull();
  });
});

describe('prices in a file', () => {
  const settings = createUserSettings('en', 0);
  const prices: PriceSettings = {
    own: [PRICE, { ...PRICE, endpointId: toEndpointId('e') }],
    isLocalFree: true,
    monthlyBudgetUsd: 12.5,
  };

  it('go out and come back', () => {
    const file: unknown = JSON.parse(
      JSON.stringify(writeUserSettingsExtras({ ...settings, prices })),
    );
    expect(file).toMatchObject({ prices: { monthly_budget_usd: 12.5, is_local_free: true } });
    expect(readUserSettingsExtras(file).row?.prices).toEqual(prices);
  });

  it('are not there when nothing was said', () => {
    const file = writeUserSettingsExtras(settings);
    expect(file).not.toHaveProperty('prices');
    expect(readUserSettingsExtras(file).row).not.toHaveProperty('prices');
  });

  it.each([null, 7, 'x', []])('are passed over as %j', (value) => {
    const read = readUserSettingsExtras({ user_id: 'local', prices: value });
    expect(read.row).toEqual({ userId: 'local' });
  });

  it('lose only what is wrong in them', () => {
    const own = [
      { model: 'm', input_usd: -1, output_usd: 1 },
      3,
      { model: 'n', input_usd: 1, output_usd: 2 },
    ];
    const read = readUserSettingsExtras({ user_id: 'local', prices: { own } });
    expect(read.row?.prices?.own).toEqual([
      { model: 'n', endpointId: null, inputUsd: 1, outputUsd: 2 },
    ]);
  });
});

describe('parseUsd', () => {
  it.each([
    ['2.50', 2.5],
    ['0', 0],
    [' $3 ', 3],
    ['.5', 0.5],
    ['0,15', 0.15],
    ['1000000', 1_000_000],
  ])('%j is %d', (typed, usd) => {
    expect(parseUsd(typed)).toEqual({ usd });
  });

  it.each([
    ['', 'missing'],
    ['  ', 'missing'],
    ['$', 'missing'],
    ['-1', 'negative'],
    ['-0.0001', 'negative'],
    ['1,000', 'not-a-number'],
    ['1e9', 'not-a-number'],
    ['Infinity', 'not-a-number'],
    ['2.5 dollars', 'not-a-number'],
    ['1000001', 'too-large'],
  ])('%j is refused as %s', (typed, problem) => {
    expect(parseUsd(typed)).toEqual({ problem });
  });
});

describe('checkOwnPrice', () => {
  const typed = { model: ' gpt-5 ', endpointId: null, input: '1.25', output: '10' };

  it('gives the price', () => {
    expect(checkOwnPrice(typed, [])).toEqual({
      price: { model: 'gpt-5', endpointId: null, inputUsd: 1.25, outputUsd: 10 },
    });
  });

  it.each([
    [{ model: ' ' }, 'model', 'model-missing'],
    [{ input: '' }, 'input', 'missing'],
    [{ input: '-2' }, 'input', 'negative'],
    [{ output: 'x' }, 'output', 'not-a-number'],
  ])('names what is wrong with %j', (changes, field, problem) => {
    expect(checkOwnPrice({ ...typed, ...changes }, [])).toEqual({ field, problem });
  });

  it('refuses a second price for the same model and place, and not for another place', () => {
    const others = [{ ...PRICE, model: 'gpt-5' }];
    expect(checkOwnPrice(typed, others)).toEqual({ field: 'model', problem: 'twice' });
    const elsewhere = { ...typed, endpointId: toEndpointId('e') };
    expect(checkOwnPrice(elsewhere, others)).toHaveProperty('price');
  });

  it('refuses more than it keeps', () => {
    const others = Array.from({ length: 500 }, (_, index) => ({ ...PRICE, model: `m${index}` }));
    expect(checkOwnPrice(typed, others)).toEqual({ field: 'model', problem: 'too-many' });
  });
});
