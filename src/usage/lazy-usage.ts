/**
 * The parts of usage that the first load does not need: the table of prices, and counting anew. Each
 * is fetched with its first use.
 */
import type { BuiltInPrices } from './find-price.ts';
import type * as CutAnswer from './cut-answer.ts';
import type * as FindPrice from './find-price.ts';
import type * as ReadDays from './read-days.ts';
import type * as RebuildUsage from './rebuild-usage.ts';
import type * as UsageReport from './usage-report.ts';

type Later<Call extends (...given: never[]) => unknown> = (
  ...given: Parameters<Call>
) => Promise<Awaited<ReturnType<Call>>>;

/** As `findPrice`; undefined, and so unknown, also when the table cannot be fetched. */
export const findPrice: Later<typeof FindPrice.findPrice> = async (...given) => {
  try {
    return (await import('./find-price.ts')).findPrice(...given);
  } catch {
    // An answer is settled all the same; counting anew prices it later.
    return undefined;
  }
};

/** The table that comes with onggi. */
export const readBuiltInPrices = async (): Promise<BuiltInPrices> =>
  (await import('./find-price.ts')).BUILT_IN_PRICES;

/** As `toCutAnswer`; undefined when it cannot be fetched: the answer is looked after the next time. */
export const toCutAnswer: Later<
  (
    ...given: Parameters<typeof CutAnswer.toCutAnswer>
  ) => ReturnType<typeof CutAnswer.toCutAnswer> | undefined
> = async (...given) => {
  const part = await import('./cut-answer.ts').catch(() => undefined);
  return part?.toCutAnswer(...given);
};

export const createUsageReport: Later<typeof UsageReport.createUsageReport> = async (...given) =>
  (await import('./usage-report.ts')).createUsageReport(...given);

export const rebuildUsage: Later<typeof RebuildUsage.rebuildUsage> = async (...given) =>
  (await import('./rebuild-usage.ts')).rebuildUsage(...given);

export const readRatedDays: Later<typeof ReadDays.readRatedDays> = async (...given) =>
  (await import('./read-days.ts')).readRatedDays(...given);

export const calculateUsageStatistics: Later<typeof ReadDays.calculateUsageStatistics> = async (
  ...given
) => (await import('./read-days.ts')).calculateUsageStatistics(...given);
