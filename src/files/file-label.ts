/** Longest label, in characters. */
const MAX_LABEL_CHARACTERS = 1000;

/** What is a label already, as nearly all are: an archive may hold a hundred thousand. */
const PLAIN = /^[\w-][\w. -]*(?:\/[\w-][\w. -]*)*$/;

/**
 * A path out of an archive or a dropped folder as a mere label, `/` between its parts: drive letters,
 * leading slashes, `.`, `..` and control characters are gone. Nothing is ever written to it. Empty
 * when nothing is left.
 */
export function toFileLabel(path: string): string {
  if (path.length <= MAX_LABEL_CHARACTERS && PLAIN.test(path)) return path;
  return path
    .slice(0, MAX_LABEL_CHARACTERS)
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '')
    .replaceAll('\\', '/')
    .replace(/^[a-z]:/i, '')
    .split('/')
    .filter((part) => part !== '' && part !== '.' && part !== '..')
    .join('/');
}

/** The last part of a label, in lower case. */
export function baseNameOf(label: string): string {
  return label.slice(label.lastIndexOf('/') + 1).toLowerCase();
}
