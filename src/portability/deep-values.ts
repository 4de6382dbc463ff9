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
