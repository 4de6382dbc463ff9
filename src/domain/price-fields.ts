import { UNREADABLE } from './file-fields.ts';
import type { FieldKind } from './file-fields.ts';
import { isFileObject } from './file-object.ts';
import { readPriceSettings } from './prices.ts';

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
