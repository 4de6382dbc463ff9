/** Instants in files: ISO 8601 outside, epoch milliseconds inside (FORMATS 3.1 and 1, rule 5). */

/**
 * `2026-11-22T07:30:23.123+00:00`: with three digits and a numeric zone, because the specification
 * reads with Python's `datetime.fromisoformat`, which took no `Z` before 3.11.
 * @param at Epoch milliseconds; fractions are cut, what no date can show becomes the nearest that can.
 */
export function toIsoInstant(at: number): string {
  const bounded = Number.isFinite(at) ? Math.min(MAX_INSTANT, Math.max(-MAX_INSTANT, at)) : 0;
  return new Date(bounded).toISOString().replace('Z', '+00:00');
}

/** The farthest instant from 1970 that ECMAScript knows, in milliseconds. */
const MAX_INSTANT = 8.64e15;

export interface ReadInstant {
  /** Epoch milliseconds. */
  readonly at: number;
  /** The text named no zone and was read in this device's. */
  readonly isZoneAssumed: boolean;
}

const ISO =
  /^([+-]?\d{4,6})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;

/**
 * Reads a date of any export: seconds, milliseconds or microseconds by size, ISO 8601 with or without
 * zone, MongoDB's `{ $date }`. Undefined when it is none of these: never "now", never NaN.
 */
export function readInstant(value: unknown): ReadInstant | undefined {
  if (typeof value === 'number') return known(numberToMs(value));
  if (typeof value === 'string') return readText(value.trim());
  if (typeof value !== 'object' || value === null) return undefined;
  const date: unknown = (value as Record<string, unknown>)['$date'];
  if (typeof date === 'object' && date !== null) {
    const long = (date as Record<string, unknown>)['$numberLong'];
    return typeof long === 'string' && /^-?\d{1,16}$/.test(long) ? known(Number(long)) : undefined;
  }
  if (typeof date === 'number') return known(date);
  return date === undefined ? undefined : readInstant(date);
}

/** {@link readInstant} without the zone, null when unreadable: for readers that have nothing to say about it. */
export function readInstantMs(value: unknown): number | null {
  return readInstant(value)?.at ?? null;
}

/** What {@link toIsoInstant} writes of the years that have four digits. */
const OWN = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$/;

function readText(text: string): ReadInstant | undefined {
  // A backup of ours has several in each row. What the engine does not know is looked at below.
  const own = text.length === 29 && OWN.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(own)) return { at: own, isZoneAssumed: false };
  if (/^-?\d+(\.\d+)?$/.test(text)) return text.length >= 8 ? readInstant(Number(text)) : undefined;
  const match = ISO.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = match;
  const parts = [year, month, day, hour, minute, second].map(Number);
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = parts;
  const ms = Number(fraction.padEnd(3, '0').slice(0, 3));
  if (mo < 1 || mo > 12 || d < 1 || d > 31 || h > 24 || mi > 59 || s > 60) return undefined;
  const utc = new Date(0);
  if (zone === undefined) {
    utc.setFullYear(y, mo - 1, d);
    utc.setHours(h, mi, s, ms);
    return checked(utc.getTime(), true);
  }
  utc.setUTCFullYear(y, mo - 1, d);
  utc.setUTCHours(h, mi, s, ms);
  return checked(utc.getTime() - zoneOffsetMs(zone), false);
}

function zoneOffsetMs(zone: string): number {
  if (/^z$/i.test(zone)) return 0;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (zone.startsWith('-') ? -1 : 1) * minutes * 60_000;
}

/** Below 1e11 seconds, below 1e14 milliseconds, else microseconds (FORMATS 1, rule 5). */
function numberToMs(value: number): number {
  const size = Math.abs(value);
  if (size < 1e11) return value * 1000;
  return size < 1e14 ? value : value / 1000;
}

function known(at: number): ReadInstant | undefined {
  return checked(at, false);
}

function checked(at: number, isZoneAssumed: boolean): ReadInstant | undefined {
  if (!Number.isFinite(at) || Math.abs(at) > MAX_INSTANT) return undefined;
  return { at: Math.round(at), isZoneAssumed };
}
