/** Texts of the test server: pieces, languages, and the words that tests count. */

/** @typedef {'ko' | 'en' | 'ja' | 'zh'} Language */

/** Up to two syllables, two ideographs, or one word with the space before it. */
const TOKEN =
  /\p{Script=Hangul}{1,2}|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]{1,2}| ?[^\s\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]{1,8}|\s/gu;

/**
 * The text cut into token-like pieces; joined, they are the text again. Empty text gives none.
 * @type {(text: string) => string[]}
 */
export const splitIntoTokens = (text) => text.match(TOKEN) ?? [];

/**
 * The pieces `"w0 "`, `"w1 "`, … that `steady` and the fault models send, one a delta, so that a
 * test can tell how much has arrived.
 * @type {(count: number, start?: number) => string[]}
 */
export const steadyWords = (count, start = 0) =>
  Array.from({ length: count }, (_, index) => `w${start + index} `);

/** The answer of every `odd/…` model: Korean, emoji of one and several code points, a new line. */
export const ODD_ANSWER =
  'An odd server says: 안녕하세요, 옹기입니다. 👋🏽 👨‍👩‍👧‍👦 🇰🇷\nSecond line, **bold**. 끝.';

/**
 * The language of a text by its script: Hangul, then kana, then ideographs, otherwise English.
 * @type {(text: string) => Language}
 */
export const languageOf = (text) => {
  if (/\p{Script=Hangul}/u.test(text)) return 'ko';
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)) return 'ja';
  return /\p{Script=Han}/u.test(text) ? 'zh' : 'en';
};

/**
 * The text of a message; parts that are not text are left out.
 * @type {(message: { content?: unknown } | undefined) => string}
 */
export const textOf = (message) => {
  const content = message?.content;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  /** @type {{ text?: string, refusal?: string }[]} */
  const parts = content;
  return parts.map(({ text, refusal }) => text ?? refusal ?? '').join('');
};

/**
 * At most `length` characters of the text on one line, with an ellipsis when something was cut.
 * @type {(text: string, length: number) => string}
 */
export const oneLine = (text, length) => {
  const letters = Array.from(text.replace(/\s+/g, ' ').trim());
  return letters.length > length
    ? `${letters.slice(0, length).join('').trim()}…`
    : letters.join('');
};
