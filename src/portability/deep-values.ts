/**
 * Parsed JSON of any depth, without recursion: `JSON.stringify` and structured cloning recurse, and a
 * few thousand levels exhaust a worker's stack.
 */

interface Level {
  readonly value: unknown;
  readonly depth: number;
}

/** Whether a value nests more than `limit` arrays and objects. */
export function isDeeper(value: unknown, limit: number): boolean {
  const waiting: Level[] = [{ value, depth: 1 }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { value: current, depth } = next;
    if (typeof current !== 'object' || current === null) continue;
    if (depth > limit) return true;
    for (const inner of Object.values(current)) {
      if (typeof inner === 'object' && inner !== null)
        waiting.push({ value: inner, depth: depth + 1 });
    }
  }
  return false;
}

/** Most characters that JSON makes of one. */
const MAX_ESCAPED = 6;

/** Whether the JSON text of a value is longer than about `limit` characters. */
export function isAbove(value: unknown, limit: number): boolean {
  // Nearly all are far below: then nobody looks at single characters.
  const roughly = addUp(value, limit, ({ length }) => length * MAX_ESCAPED);
  return roughly > limit && addUp(value, limit, countEscaped) > limit;
}

/** Characters of the JSON text; it stops above the limit. */
function addUp(value: unknown, limit: number, count: (text: string) => number): number {
  let sum = 0;
  const waiting: unknown[] = [value];
  while (waiting.length > 0 && sum <= limit) {
    const current = waiting.pop();
    if (typeof current === 'string') sum += count(current) + 3;
    else if (typeof current !== 'object' || current === null) sum += String(current).length + 1;
    else {
      sum += 3;
      const isList = Array.isArray(current);
      for (const [key, inner] of Object.entries(current)) {
        if (!isList) sum += count(key) + 3;
        waiting.push(inner);
      }
    }
  }
  return sum;
}

/** Whether a backslash and a letter stand for it. */
const hasShortEscape = (unit: number): boolean => unit >= 0x08 && unit <= 0x0d && unit !== 0x0b;
const isHigh = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000;

/** The characters of a text within its JSON, without the quotation marks around it. */
export function countEscaped(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22 || unit === 0x5c || hasShortEscape(unit)) count += 1;
    else if (unit < 0x20 || isLow(unit)) count += MAX_ESCAPED - 1;
    else if (isHigh(unit) && isLow(text.charCodeAt(at + 1))) at += 1;
    else if (isHigh(unit)) count += MAX_ESCAPED - 1;
  }
  return count;
}

/** Text that is still to be written: as it is, or made of a value. */
type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly value: unknown };

/** The JSON text of a parsed value, as `JSON.stringify` gives it. */
export function toJsonText(value: unknown): string {
  const written: string[] = [];
  const waiting: Piece[] = [{ kind: 'value', value }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    if (next.kind === 'text') written.push(next.text);
    else if (typeof next.value === 'object' && next.value !== null) {
      for (const piece of toPieces(next.value).reverse()) waiting.push(piece);
    } else written.push(JSON.stringify(next.value ?? null));
  }
  return written.join('');
}

function toPieces(value: object): Piece[] {
  const isList = Array.isArray(value);
  const pieces: Piece[] = [{ kind: 'text', text: isList ? '[' : '{' }];
  const entries = Object.entries(value).filter(([, inner]) => isList || inner !== undefined);
  for (const [index, [key, inner]] of entries.entries()) {
    const comma = index === 0 ? '' : ',';
    pieces.push({ kind: 'text', text: isList ? comma : `${comma}${JSON.stringify(key)}:` });
    pieces.push({ kind: 'value', value: inner });
  }
  pieces.push({ kind: 'text', text: isList ? ']' : '}' });
  return pieces;
}
