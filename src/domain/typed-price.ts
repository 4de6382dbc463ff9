/** Prices and a budget as a person types them. */
import type { EndpointId } from './ids.ts';
import { MAX_MODEL_CHARACTERS, MAX_OWN_PRICES, MAX_USD } from './prices.ts';
import type { OwnPrice } from './prices.ts';

/** Why a typed figure or price is refused; each has its sentence in the catalogs. */
export type PriceProblem =
  'model-missing' | 'missing' | 'not-a-number' | 'negative' | 'too-large' | 'twice' | 'too-many';

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
