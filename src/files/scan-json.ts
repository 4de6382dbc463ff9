/**
 * The one pass over JSON text that looks at every character: strings, escapes and depth. It neither
 * parses nor checks the grammar; `JSON.parse` does that with the pieces it cuts. Iterative, so that no
 * depth can exhaust the stack, and able to stop and go on at any place of the text.
 */

/** Where a scan stands. Changed in place, because a new one a character would cost more than the scan. */
export interface ScanState {
  /** Open brackets and braces. */
  depth: number;
  /** The largest `depth` since the caller last set it back. */
  deepest: number;
  isInString: boolean;
  /** The text ended behind a backslash of a string: the next unit belongs to it. */
  isEscaped: boolean;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Strings up to this long (keys, ids) are walked through; `indexOf` pays off for longer ones. */
const WALKED_UNITS = 24;

export function createScanState(depth = 0): ScanState {
  return { depth, deepest: depth, isInString: false, isEscaped: false };
}

/**
 * Goes on from `from` and gives the index of the first comma or closing bracket that stands outside
 * of strings at depth `floor`; the length of the text when there is none in it. The depth is the one
 * before that character.
 */
export function scanJson(text: string, from: number, state: ScanState, floor: number): number {
  const end = text.length;
  let index = state.isInString ? leaveString(text, from, state) : from;
  let { depth, deepest } = state;
  while (index < end) {
    const unit = text.charCodeAt(index);
    if (unit === QUOTE) {
      const close = findNearQuote(text, index + 1);
      if (close !== -1) {
        index = close + 1;
        continue;
      }
      state.isInString = true;
      index = leaveString(text, index + 1, state);
      continue;
    }
    if (unit === OPEN_BRACE || unit === OPEN_BRACKET) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (unit === CLOSE_BRACE || unit === CLOSE_BRACKET) {
      if (depth === floor) break;
      depth -= 1;
    } else if (unit === COMMA && depth === floor) break;
    index += 1;
  }
  state.depth = depth;
  state.deepest = deepest;
  return index;
}

/** The end of a short string without escapes, which most are; -1 for others. Keeps `state` out of it. */
function findNearQuote(text: string, from: number): number {
  const end = Math.min(text.length, from + WALKED_UNITS);
  for (let index = from; index < end; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit === QUOTE) return index;
    if (unit === BACKSLASH) return -1;
  }
  return -1;
}

/**
 * The index behind the quote that ends the string `state` is in; the length of the text, and
 * `state.isInString` still true, when it does not end there.
 */
export function leaveString(text: string, from: number, state: ScanState): number {
  const end = text.length;
  const walkEnd = Math.min(end, from + WALKED_UNITS);
  let index = from;
  let isEscaped = state.isEscaped;
  while (index < walkEnd) {
    const unit = text.charCodeAt(index);
    index += 1;
    if (isEscaped) isEscaped = false;
    else if (unit === BACKSLASH) isEscaped = true;
    else if (unit === QUOTE) {
      state.isInString = false;
      state.isEscaped = false;
      return index;
    }
  }
  state.isEscaped = isEscaped;
  return index === end ? end : jumpOutOfString(text, index, state);
}

function jumpOutOfString(text: string, from: number, state: ScanState): number {
  // A backslash before `from` takes the unit at `from` with it.
  const first = state.isEscaped ? from + 1 : from;
  let searchFrom = first;
  for (;;) {
    const quote = text.indexOf('"', searchFrom);
    const stop = quote === -1 ? text.length : quote;
    const isEscaped = countBackslashesBefore(text, stop, first) % 2 === 1;
    if (quote === -1) {
      state.isEscaped = isEscaped;
      return text.length;
    }
    if (!isEscaped) {
      state.isEscaped = false;
      state.isInString = false;
      return quote + 1;
    }
    searchFrom = quote + 1;
  }
}

function countBackslashesBefore(text: string, end: number, first: number): number {
  let index = end;
  while (index > first && text.charCodeAt(index - 1) === BACKSLASH) index -= 1;
  return end - index;
}

/** How deep the arrays and objects of a JSON text are nested; says nothing about its grammar. */
export function measureJsonDepth(text: string): number {
  const state = createScanState();
  // No text gets so deep below zero that it stops.
  scanJson(text, 0, state, -Infinity);
  return state.deepest;
}
