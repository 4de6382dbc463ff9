/** The HTML comments of our own Markdown (FORMATS 3.3) as they stand in a file. */
import { isObject } from './read-value.ts';
import type { JsonObject } from './read-value.ts';

/** The first marker of a file, at the beginning of a line. */
export const FIRST_MARKER = /(?:^|\n|\ufeff)<!-- onggi:([a-z0-9]{6}) conversation \{/;

export interface Marker {
  /** `conversation`, `message`, `reasoning`, `content`, `end`, `eof`. */
  readonly kind: string;
  /** Its JSON; undefined when it has none or it was damaged. */
  readonly fields: JsonObject | undefined;
  /** Where its comment begins. */
  readonly start: number;
  /** Behind its line. */
  readonly end: number;
}

const CLOSE = ' -->';

/** The whole markers of that nonce, in order. Linear in the text, whatever stands in it. */
export function* readMarkers(text: string, nonce: string): Generator<Marker> {
  const open = `<!-- onggi:${nonce} `;
  let start = text.indexOf(open);
  while (start >= 0) {
    const from = start + open.length;
    const close = text.indexOf(CLOSE, from);
    if (close < 0) return;
    const body = text.slice(from, close);
    const space = body.indexOf(' ');
    const behind = close + CLOSE.length;
    yield {
      kind: space < 0 ? body : body.slice(0, space),
      fields: space < 0 ? undefined : parseFields(body.slice(space + 1)),
      start,
      end: text[behind] === '\n' ? behind + 1 : behind,
    };
    start = text.indexOf(open, behind);
  }
}

function parseFields(json: string): JsonObject | undefined {
  try {
    const fields: unknown = JSON.parse(json);
    return isObject(fields) ? fields : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What stands between two markers: from the line behind the first to the line break before the
 * second.
 */
export function textBetween(text: string, first: Marker, second: Marker): string {
  const end = text[second.start - 1] === '\n' ? second.start - 1 : second.start;
  return end <= first.end ? '' : text.slice(first.end, end);
}
