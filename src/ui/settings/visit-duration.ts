import type { Session } from '#domain/session.ts';

const MINUTE_MS = 60_000;

/**
 * How long a visit lasted, in whole hours and minutes of a language (`1 hr 5 min`); undefined below a
 * minute, and where the clock went back in it.
 */
export function formatVisitDuration(
  { createdAt, lastActivity }: Pick<Session, 'createdAt' | 'lastActivity'>,
  language: string | undefined,
): string | undefined {
  const minutes = Math.floor((lastActivity - createdAt) / MINUTE_MS);
  if (!(minutes > 0)) return undefined;
  const format = (value: number, unit: 'hour' | 'minute'): string =>
    new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(value);
  const hours = Math.floor(minutes / 60);
  const parts = [
    ...(hours > 0 ? [format(hours, 'hour')] : []),
    ...(minutes % 60 > 0 ? [format(minutes % 60, 'minute')] : []),
  ];
  return parts.join(' ');
}
