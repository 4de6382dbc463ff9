/**
 * Text as SQL systems take it. PostgreSQL refuses U+0000 and lone surrogates; SQLite stores both in a
 * way that its own functions and other programs cut or refuse (measured with 3.54: `length()` of
 * `a\0b` is 1). So columns never hold them (FORMATS 3.8). What an SQLite file loses by that stands,
 * escaped, as JSON beside the row, and comes back from there.
 */

// eslint-disable-next-line no-control-regex -- U+0000 is the character this is about
const NUL = /\u0000/g;
/** Half of a pair that stands alone: with the flag `u` whole pairs are no surrogates. */
const LONE_SURROGATE = /\p{Surrogate}/u;
const LONE_SURROGATES = /\p{Surrogate}/gu;

/** The text with U+FFFD for every lone surrogate, then without U+0000: no new pair may arise. */
export function toSqlText(text: string): string {
  const whole = text.replace(LONE_SURROGATES, '\uFFFD');
  return whole.includes('\0') ? whole.replace(NUL, '') : whole;
}

/**
 * Whether a column gives back another text than it got. A U+FEFF at the beginning is among it: sql.js
 * reads text with a TextDecoder, which takes it for a byte order mark.
 */
export function isChangedByStorage(text: string): boolean {
  return text.startsWith('\uFEFF') || text.includes('\0') || LONE_SURROGATE.test(text);
}

/** Whether a column with the value `stored` was written from `exact` and not changed since. */
export function isStoredFrom(stored: string, exact: string): boolean {
  return withoutMarks(toSqlText(exact)) === withoutMarks(stored);
}

function withoutMarks(text: string): string {
  return text.replace(/^\uFEFF+/, '');
}

/**
 * An id that any column can hold, no two alike: what {@link toSqlText} would change is written
 * as a JSON text with its quotes, and so is an id that begins with a quote.
 */
export function toSqlId(id: string): string {
  return id.startsWith('"') || isChangedByStorage(id) ? JSON.stringify(id) : id;
}

/** Undoes {@link toSqlId}. */
export function fromSqlId(stored: string): string {
  if (!stored.startsWith('"')) return stored;
  try {
    const id: unknown = JSON.parse(stored);
    return typeof id === 'string' ? id : stored;
  } catch {
    return stored;
  }
}

/** One escape of a JSON text, whole, so that an escaped backslash never begins another. */
const ESCAPE = /\\(?:u0000|ud[89a-f][0-9a-f]{2}|[^])/g;

/**
 * JSON text as PostgreSQL can use it: `\u0000` and lone surrogates inside its strings are refused by
 * `jsonb`, and by `json` as soon as anybody asks for the value.
 * @param json As `JSON.stringify` writes it: pairs unescaped, lone surrogates as lower-case escapes.
 */
export function toCleanJson(json: string): string {
  if (!json.includes('\\u')) return json;
  return json.replace(ESCAPE, (escape) => {
    if (escape === '\\u0000') return '';
    return escape.startsWith('\\ud') ? '\uFFFD' : escape;
  });
}
