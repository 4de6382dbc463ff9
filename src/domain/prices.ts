/**
 * What a person said about money: prices of their own and a budget. Prices are US dollars for a
 * million tokens, as providers print them. A price that nobody gave is unknown, never 0.
 */
import { isFileObject } from './file-object.ts';
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
export const MAX_OWN_PRICES = 500;

/** The highest price and budget that is taken: beyond it somebody mistyped. */
export const MAX_USD = 1_000_000;
/** Names of models are cut to this, in UTF-16 units. */
export const MAX_MODEL_CHARACTERS = 300;

/** Whether a value is an amount in US dollars that is taken: a number from 0 to {@link MAX_USD}. */
export const isUsd = (value: unknown): value is number =>
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
