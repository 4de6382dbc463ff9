/**
 * Dates as `toLocaleString()` and Google's pages write them in English, Korean, Japanese, Chinese and
 * German (FORMATS 1, rule 5). What fits no known pattern is not guessed.
 */
import { readInstant } from '#domain/instants.ts';
import type { ReadInstant } from '#domain/instants.ts';

/** Longest text that is looked at: nothing longer is a date. */
const MAX_CHARACTERS = 80;

const AM = ['am', 'a.m.', '오전', '上午', '午前', '凌晨', '早上', '清晨'];
const PM = ['pm', 'p.m.', '오후', '下午', '午後', '中午', '晚上', '傍晚'];
const HALF = [...AM, ...PM].map((word) => word.replaceAll('.', '\\.')).join('|');

const TIME = new RegExp(
  `^[\\s,]*(?:(?:um|at|a\\s+las|à|T)\\s+)?(${HALF})?\\s*(\\d{1,2})(?::|시\\s*|時|点)(\\d{1,2})(?:(?::|분\\s*|分)(\\d{1,2}))?(?:[.,]\\d{1,3})?(?:분|分|초|秒)?\\s*(${HALF})?\\s*(.*)$`,
  'i',
);

interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

const YEAR_FIRST =
  /^(\d{4})\s*(?:[./-]|年|년)\s*(\d{1,2})\s*(?:[./-]|月|월)\s*(\d{1,2})\s*(?:\.|日|일)?\s*(?:\([^)]{1,3}\))?/;
const DAY_FIRST = /^(\d{1,2})(?:\.\s?|-)(\d{1,2})(?:\.\s?|-)(\d{4})/;
const SLASHES = /^(\d{1,2})\/(\d{1,2})\/(\d{4})/;
const MONTH_NAME_FIRST = /^(\p{L}{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})/u;
const DAY_THEN_NAME = /^(\d{1,2})\.?\s+(\p{L}{3,9})\.?,?\s+(\d{4})/u;

/** January to December, English and German, by the first three letters. */
const MONTHS: ReadonlyMap<string, number> = new Map(
  'jan feb mar apr may jun jul aug sep oct nov dec'
    .split(' ')
    .map((name, index): [string, number] => [name, index + 1])
    .concat([
      ['mär', 3],
      ['mrz', 3],
      ['mai', 5],
      ['okt', 10],
      ['dez', 12],
    ]),
);

/** Minutes east of Greenwich. Names that stand for two places (CST, IST) are left out. */
const ZONES: ReadonlyMap<string, number> = new Map([
  ['Z', 0],
  ['UTC', 0],
  ['GMT', 0],
  ['WET', 0],
  ['WEST', 60],
  ['BST', 60],
  ['CET', 60],
  ['MEZ', 60],
  ['CEST', 120],
  ['MESZ', 120],
  ['EET', 120],
  ['EEST', 180],
  ['MSK', 180],
  ['SGT', 480],
  ['HKT', 480],
  ['KST', 540],
  ['JST', 540],
  ['AEST', 600],
  ['AEDT', 660],
  ['NZST', 720],
  ['NZDT', 780],
  ['EST', -300],
  ['EDT', -240],
  ['CDT', -300],
  ['MST', -420],
  ['MDT', -360],
  ['PST', -480],
  ['PDT', -420],
]);

/**
 * Reads a date with a time of day. `11/22/2026` and `22/11/2026` are told apart by what is no month,
 * else by the clock: `PM` is American, `pm` and 24 hours are not.
 */
export function readLocaleDate(value: string): ReadInstant | undefined {
  if (value.length > MAX_CHARACTERS) return undefined;
  const text = value
    .replace(/[\u200e\u200f]/g, '')
    .replace(/[\s\u00a0\u2009\u202f]+/g, ' ')
    .trim();
  const iso = /^\d{4}-\d{2}-\d{2}[ T]\d/.test(text) ? readInstant(text) : undefined;
  return iso ?? readWritten(text);
}

function readWritten(text: string): ReadInstant | undefined {
  const found = findDay(text);
  if (!found) return undefined;
  const time = TIME.exec(found.rest);
  if (!time) return undefined;
  const [, before, hours, minutes, seconds, after, zone = ''] = time;
  const half = (before ?? after ?? '').toLowerCase();
  const hour = readHour(Number(hours), half);
  const minute = Number(minutes);
  const second = Number(seconds ?? 0);
  const offset = readZone(zone);
  if (hour === undefined || minute > 59 || second > 59 || offset === undefined) return undefined;
  return toInstant(found.day, hour, minute, second, offset);
}

function findDay(text: string): { day: Day; rest: string } | undefined {
  const parsers = [readYearFirst, readDayFirst, readSlashes, readNameFirst, readDayThenName];
  for (const parse of parsers) {
    const found = parse(text);
    if (found) return { day: found.day, rest: text.slice(found.length) };
  }
  return undefined;
}

interface FoundDay {
  readonly day: Day;
  readonly length: number;
}

function found(match: RegExpExecArray, year: number, month: number, day: number): FoundDay {
  return { day: { year, month, day }, length: match[0].length };
}

function readYearFirst(text: string): FoundDay | undefined {
  const match = YEAR_FIRST.exec(text);
  return match ? found(match, Number(match[1]), Number(match[2]), Number(match[3])) : undefined;
}

function readDayFirst(text: string): FoundDay | undefined {
  const match = DAY_FIRST.exec(text);
  return match ? found(match, Number(match[3]), Number(match[2]), Number(match[1])) : undefined;
}

function readSlashes(text: string): FoundDay | undefined {
  const match = SLASHES.exec(text);
  if (!match) return undefined;
  const [first, second, year] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const isAmerican = second > 12 || (first <= 12 && /\b[AP]M\b/.test(text));
  return isAmerican ? found(match, year, first, second) : found(match, year, second, first);
}

function readNameFirst(text: string): FoundDay | undefined {
  const match = MONTH_NAME_FIRST.exec(text);
  const month = monthOf(match?.[1]);
  return match && month ? found(match, Number(match[3]), month, Number(match[2])) : undefined;
}

function readDayThenName(text: string): FoundDay | undefined {
  const match = DAY_THEN_NAME.exec(text);
  const month = monthOf(match?.[2]);
  return match && month ? found(match, Number(match[3]), month, Number(match[1])) : undefined;
}

function monthOf(name: string | undefined): number | undefined {
  return name === undefined ? undefined : MONTHS.get(name.toLowerCase().slice(0, 3));
}

function readHour(hour: number, half: string): number | undefined {
  if (half === '') return hour <= 23 ? hour : undefined;
  if (hour > 12) return hour <= 23 ? hour : undefined;
  if (AM.includes(half)) return hour % 12;
  // 中午11:30 is before noon, 中午1:30 after it.
  if (half === '中午' && hour === 11) return 11;
  return (hour % 12) + 12;
}

/** Minutes east of Greenwich; null when none is named; undefined when it is no zone at all. */
function readZone(text: string): number | null | undefined {
  const name = text.trim().replace(/^\((.*)\)$/, '$1');
  if (name === '') return null;
  const known = ZONES.get(name.toUpperCase());
  if (known !== undefined) return known;
  const offset = /^(?:UTC|GMT)?([+\u2212-])(\d{1,2})(?::?(\d{2}))?$/i.exec(name);
  if (offset) {
    const minutes = Number(offset[2]) * 60 + Number(offset[3] ?? 0);
    return offset[1] === '+' ? minutes : -minutes;
  }
  return /^[A-Z]{2,5}$/.test(name) ? null : undefined;
}

function toInstant(
  { year, month, day }: Day,
  hour: number,
  minute: number,
  second: number,
  offset: number | null,
): ReadInstant | undefined {
  const utc = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  // Date.UTC rolls 31 February over: such a date is none.
  if (utc.getUTCMonth() !== month - 1 || utc.getUTCDate() !== day) return undefined;
  if (offset !== null) return { at: utc.getTime() - offset * 60_000, isZoneAssumed: false };
  const at = new Date(year, month - 1, day, hour, minute, second).getTime();
  return { at, isZoneAssumed: true };
}
