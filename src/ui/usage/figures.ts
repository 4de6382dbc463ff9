import type { UsageSum } from '#domain/usage-summary.ts';
import type { MessageKey, Translator } from '#state/translator.svelte.ts';

/** What can be measured, in the order of the screen. */
export const MEASURES = ['tokens', 'cost', 'requests', 'time', 'errors', 'ratings'] as const;
export type Measure = (typeof MEASURES)[number];

/** The name of a measure in the catalogs. */
export const MEASURE_NAMES = {
  tokens: 'usage.tokens',
  cost: 'usage.cost',
  requests: 'usage.requests',
  time: 'usage.time',
  errors: 'usage.errors',
  ratings: 'usage.ratings',
} as const satisfies Record<Measure, MessageKey>;

/** The figure of a measure; null when it is unknown, which is not 0. */
export function figureOf(sum: UsageSum, measure: Measure): number | null {
  switch (measure) {
    case 'tokens':
      return sum.totalTokens;
    case 'cost':
      return sum.costUsd;
    case 'requests':
      return sum.requestCount;
    case 'time':
      return sum.meanResponseMs;
    case 'errors':
      return sum.errorCount;
    case 'ratings':
      return sum.meanRating;
  }
}

/** A large number in few characters: "1.2M", "120만". */
export function formatCompact(value: number, language: string | undefined): string {
  return new Intl.NumberFormat(language, {
    notation: 'compact',
    maximumFractionDigits: value < 1000 ? 0 : 1,
  }).format(value);
}

/**
 * The figure of a measure as a person reads it.
 * @param isShort True where there is little room: large numbers are rounded.
 */
export function formatFigure(
  value: number | null,
  measure: Measure,
  translator: Translator,
  isShort = false,
): string {
  const { language } = translator;
  if (value === null) return translator.t('usage.unknown');
  switch (measure) {
    case 'cost':
      return translator.usd(value);
    case 'time':
      return translator.seconds(value);
    case 'ratings':
      return new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(value);
    default:
      return isShort ? formatCompact(value, language) : translator.number(value);
  }
}

/** A stretch of days: one date, or from one to the other. */
export function formatDays(from: string, to: string, language: string | undefined): string {
  const format = new Intl.DateTimeFormat(language, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    timeZone: 'UTC',
  });
  return format.formatRange(Date.parse(from), Date.parse(to));
}

/** A day in few characters, for the foot of a chart; with the year where charts span several. */
export function formatDay(date: string, language: string | undefined, hasYear: boolean): string {
  return new Intl.DateTimeFormat(language, {
    ...(hasYear ? { year: '2-digit', month: 'short' } : { month: 'short', day: 'numeric' }),
    timeZone: 'UTC',
  }).format(Date.parse(date));
}

/** A round number at or above a value, for the top of a chart; 1 for nothing. */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step =
    [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find(
      (factor) => factor * power >= value * (1 - 1e-9),
    ) ?? 10;
  return step * power;
}
