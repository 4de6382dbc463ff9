/** Texts as files of other kinds than JSON can hold them. */

const UNSTORABLE = /\p{Surrogate}|\0/gu;

/** The text with U+FFFD for lone surrogates and U+0000, which UTF-8 text files do not hold. */
export function toStorableText(text: string): string {
  return text.replace(UNSTORABLE, '\ufffd');
}

/** The text on one line: breaks and control characters become single spaces, ends are trimmed. */
export function onOneLine(text: string): string {
  return toStorableText(text)
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim();
}
