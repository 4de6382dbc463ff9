/**
 * What a person said about money: prices of their own and a budget. Prices are US dollars for a
 * million tokens, as providers print them. A price that nobody gave is unknown, never 0.
 */
import { UNREADABLE, isFileObject } from './file-fields.ts';
import type { FieldKind } from './file-fields.ts';
import type { EndpointId } from './ids.ts';
import { toEndpointId } from './ids.ts';

/** A price that the person typed. */
export interface OwnPrice {
  /** Name of the model; with `*` at its end all names that begin so. */
  readonly model: string;
  /** The connection it holds for; null for all of them. */
  readonly endpointId: EndpointId | null;
  /** US dollars for a million tokens of the prompt. */
  readonly inputUsd: number;
  /** US dollars for a million tokens of the answer, reasoning included. */
  readonly outputUsd: number;
}

/** The part of the settings that is about money. */
export interface PriceSettings {
  readonly own: readonly OwnPrice[];
  /** True when the person says that answers of a server on this computer cost nothing. */
  readonly isLocalFree: boolean;
  /** US dollars for a calendar month; null without a budget. */
  readonly monthlyBudgetUsd: number | null;
}

/** Prices of a person who said nothing. */
export const NO_PRICES: PriceSettings = { own: [], isLocalFree: false, monthlyBudgetUsd: null };

/** More own prices than this are cut off. */
const MAX_OWN_PRICES = 500;

/** The highest price and budget that is taken: beyond it somebody mistyped. */
const MAX_USD = 1_000_000;
const MAX_MODEL_CHARACTERS = 300;

/** Why a typed figure or price is refused; each has its sentence in the catalogs. */
export type PriceProblem =
  'model-missing' | 'missing' | 'not-a-number' | 'negative' | 'too-large' | 'twice' | 'too-many';

const isUsd = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= MAX_USD;

/**
 * Prices from a stored row or a file, whatever is in it. A price with a negative, missing or
 * unreadable figure is left out, so that its model is unknown and not free.
 */
export function readPriceSettings(value: unknown): PriceSettings {
  if (!isFileObject(value)) return NO_PRICES;
  const { own, isLocalFree, monthlyBudgetUsd } = value;
  return {
    own: Array.isArray(own) ? own.flatMap(readOwnPrice).slice(0, MAX_OWN_PRICES) : [],
    isLocalFree: isLocalFree === true,
    monthlyBudgetUsd: isUsd(monthlyBudgetUsd) && monthlyBudgetUsd > 0 ? monthlyBudgetUsd : null,
  };
}

function readOwnPrice(value: unknown): readonly OwnPrice[] {
  if (!isFileObject(value)) return [];
  const { model, endpointId, inputUsd, outputUsd } = value;
  if (typeof model !== 'string' || model === '' || model.length > MAX_MODEL_CHARACTERS) return [];
  if (!isUsd(inputUsd) || !isUsd(outputUsd)) return [];
  const isEverywhere = endpointId === null || endpointId === undefined;
  if (!isEverywhere && typeof endpointId !== 'string') return [];
  const scope = isEverywhere ? null : toEndpointId(endpointId);
  return [{ model, endpointId: scope, inputUsd, outputUsd }];
}

/** How the prices stand in a file (FORMATS 3): the same fields under snake_case names. */
export const PRICES: FieldKind = {
  write: (value) => {
    const { own, isLocalFree, monthlyBudgetUsd } = readPriceSettings(value);
    return {
      own: own.map(({ model, endpointId, inputUsd, outputUsd }) => ({
        model,
        endpoint_id: endpointId,
        input_usd: inputUsd,
        output_usd: outputUsd,
      })),
      is_local_free: isLocalFree,
      monthly_budget_usd: monthlyBudgetUsd,
    };
  },
  read: (value) => {
    if (!isFileObject(value)) return UNREADABLE;
    const own: readonly unknown[] = Array.isArray(value['own']) ? value['own'] : [];
    return readPriceSettings({
      own: own.filter(isFileObject).map((price) => ({
        model: price['model'],
        endpointId: price['endpoint_id'],
        inputUsd: price['input_usd'],
        outputUsd: price['output_usd'],
      })),
      isLocalFree: value['is_local_free'],
      monthlyBudgetUsd: value['monthly_budget_usd'],
    });
  },
};

/**
 * Dollars from what a person typed: a leading `$` is passed over, a comma counts as the decimal sign
 * unless it could be a thousands' one (`1,000`).
 */
export function parseUsd(typed: string): { usd: number } | { problem: PriceProblem } {
  const text = typed.trim().replace(/^\$\s*/, '');
  if (text === '') return { problem: 'missing' };
  const plain = /^-?\d*,(\d{1,2}|\d{4,})$/.test(text) ? text.replace(',', '.') : text;
  if (!/^-?(\d+\.?\d*|\.\d+)$/.test(plain)) return { problem: 'not-a-number' };
  const usd = Number(plain);
  if (usd < 0) return { problem: 'negative' };
  return usd > MAX_USD ? { problem: 'too-large' } : { usd };
}

/** A price as it was typed. */
export interface TypedPrice {
  readonly model: string;
  readonly endpointId: EndpointId | null;
  readonly input: string;
  readonly output: string;
}

/** The price that was typed, or what is wrong with it, the first thing first. */
export function checkOwnPrice(
  typed: TypedPrice,
  others: readonly OwnPrice[],
): { price: OwnPrice } | { field: 'model' | 'input' | 'output'; problem: PriceProblem } {
  const { endpointId } = typed;
  const model = typed.model.trim().slice(0, MAX_MODEL_CHARACTERS);
  if (model === '') return { field: 'model', problem: 'model-missing' };
  if (others.some((other) => other.model === model && other.endpointId === endpointId)) {
    return { field: 'model', problem: 'twice' };
  }
  if (others.length >= MAX_OWN_PRICES) return { field: 'model', problem: 'too-many' };
  const input = parseUsd(typed.input);
  if ('problem' in input) return { field: 'input', problem: input.problem };
  const output = parseUsd(typed.output);
  if ('problem' in output) return { field: 'output', problem: output.problem };
  return { price: { model, endpointId, inputUsd: input.usd, outputUsd: output.usd } };
}
