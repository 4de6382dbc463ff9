import type { Maskable, MaskableKind } from './maskable.ts';

/** Digits that stand together. */
interface DigitGroup {
  readonly digits: string;
  readonly start: number;
  readonly end: number;
}

/** Most groups of one number: `+82 (0)2 1234 5678` has five. */
const MAX_GROUPS = 7;
/** Fewer digits than any of the numbers has, and more: a group with more is data. */
const MIN_DIGITS = 8;
const MAX_DIGITS = 19;

const SEPARATOR = /^[ \u00a0.()\-\u2010-\u2015\u2212\u30fc（）－]{1,3}$/;

/** Phone numbers, card numbers and resident registration numbers. */
export function* findNumbers(text: string): Generator<Maskable> {
  const groups = [...readGroups(text)];
  for (let first = 0; first < groups.length; first += 1) {
    const found = findAt(text, groups, first);
    if (!found) continue;
    yield found.place;
    first = found.last;
  }
}

function* readGroups(text: string): Generator<DigitGroup> {
  for (const { index, 0: digits } of text.matchAll(/[0-9０-９]+/g)) {
    if (digits.length > MAX_DIGITS) continue;
    yield { digits: toAscii(digits), start: index, end: index + digits.length };
  }
}

/** Full-width digits, as Japanese and Chinese forms write them. */
function toAscii(digits: string): string {
  return digits.replace(/[０-９]/g, (digit) => String(digit.charCodeAt(0) - 0xff10));
}

/** The longest number that begins with this group. */
function findAt(
  text: string,
  groups: readonly DigitGroup[],
  first: number,
): { place: Maskable; last: number } | undefined {
  const start = groups[first]?.start ?? 0;
  const sign = /[+＋]\(?$/.exec(text.slice(Math.max(0, start - 2), start))?.[0] ?? '';
  let shape = sign === '' ? '' : '+';
  let digitCount = 0;
  let best: { kind: MaskableKind; last: number } | undefined;
  for (let last = first; last < Math.min(groups.length, first + MAX_GROUPS); last += 1) {
    const group = groups[last];
    const before = groups[last - 1];
    if (!group) break;
    if (last > first) {
      const between = text.slice(before?.end, group.start);
      if (!SEPARATOR.test(between)) break;
      shape += between === ' ' || between === '.' ? between : '-';
    }
    shape += group.digits;
    digitCount += group.digits.length;
    if (digitCount > MAX_DIGITS) break;
    const kind = digitCount < MIN_DIGITS ? undefined : kindOf(shape);
    if (kind && !isWithinWord(text, start, group.end, last === first)) best = { kind, last };
  }
  const end = best && groups[best.last]?.end;
  if (!best || end === undefined) return undefined;
  return { place: { kind: best.kind, start: start - sign.length, end }, last: best.last };
}

/** Digits without separators inside a word (a hash, a name of a file) are no number of a person. */
function isWithinWord(text: string, start: number, end: number, isOneGroup: boolean): boolean {
  if (!isOneGroup) return false;
  return /[A-Za-z0-9_]/.test(text[start - 1] ?? '') || /[A-Za-z0-9_]/.test(text[end] ?? '');
}

function kindOf(shape: string): MaskableKind | undefined {
  if (isResidentNumber(shape)) return 'resident-number';
  if (isCard(shape)) return 'card';
  return PHONES.some((pattern) => pattern.test(shape)) ? 'phone' : undefined;
}

/**
 * Numbers as `shape` has them: digits as they are, `+` at the front, a space or dot where the text has
 * just that, `-` for every other separator. Anchored and short, so backtracking costs nothing.
 */
const PHONES: readonly RegExp[] = [
  // International, with the sign or with 00
  /^\+[1-9]\d{0,2}(?:[-. ]?\d{1,5}){2,6}$/,
  /^00[1-9]\d{0,2}(?:[- ]\d{1,5}){2,6}$/,
  // Korea: mobile, internet and personal numbers; Seoul; other places
  /^0(?:1[016789]|70|80|50\d)[-. ]?\d{3,4}[-. ]?\d{4}$/,
  /^02[-. ]\d{3,4}[-. ]\d{4}$/,
  /^0[3-6]\d[-. ]\d{3,4}[-. ]\d{4}$/,
  // Japan: mobile; fixed lines, ten digits in three groups
  /^0[6789]0[-. ]?\d{4}[-. ]?\d{4}$/,
  /^(?=(?:\d[-. ]?){10}$)0\d{1,4}[-. ]\d{1,4}[-. ]\d{4}$/,
  // China: mobile; fixed lines
  /^1[3-9]\d(?:[-. ]?\d{4}){2}$/,
  /^0\d{2,3}-\d{7,8}$/,
  // North America, with separators: ten digits in a row are too often something else
  /^(?:1[-. ])?[2-9]\d{2}[-. ][2-9]\d{2}[-. ]\d{4}$/,
];

/** 13 to 19 digits of a known first digit that pass the check of ISO/IEC 7812 (Luhn). */
function isCard(shape: string): boolean {
  if (!/^[2-6]\d{3,18}(?:[- ]\d{3,6}){0,4}(?:[- ]\d{1,6})?$/.test(shape)) return false;
  const digits = shape.replace(/\D/g, '');
  if (digits.length < 13 || digits.length > MAX_DIGITS) return false;
  let sum = 0;
  for (const [index, character] of Array.from(digits).reverse().entries()) {
    const doubled = Number(character) * (index % 2 === 0 ? 1 : 2);
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Korean: date of birth, then seven digits of which the first says century, sex and origin. */
function isResidentNumber(shape: string): boolean {
  const match = /^\d{2}(\d{2})(\d{2})[- ]?[0-9]\d{6}$/.exec(shape);
  if (!match) return false;
  const [month, day] = [Number(match[1]), Number(match[2])];
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}
