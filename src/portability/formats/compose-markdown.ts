/** Markdown that a reader composes from blocks which are no Markdown themselves. */

/** A fenced code block; the fence is longer than every run of backticks in the code. */
export function composeFence(code: string, language: string | null): string {
  let length = 3;
  for (const [run] of code.matchAll(/`{3,}/g)) length = Math.max(length, run.length + 1);
  const fence = '`'.repeat(length);
  const word = language !== null && /^[\w+#.-]{1,40}$/.test(language) ? language : '';
  return `${fence}${word}\n${code.endsWith('\n') ? code : `${code}\n`}${fence}`;
}

/** A quotation with its source below, where it is known. */
export function composeQuote(text: string, title: string | null, url: string | null): string {
  const source = composeLink(title, url);
  const whole = [text, source === '' ? '' : `— ${source}`].filter((part) => part !== '');
  return whole
    .join('\n\n')
    .split('\n')
    .map((line) => (line === '' ? '>' : `> ${line}`))
    .join('\n');
}

/** A link where the address is of the web, else the title alone; empty when there is neither. */
export function composeLink(title: string | null, url: string | null): string {
  const words = (title ?? '')
    .replace(/\s+/g, ' ')
    .replace(/[\\[\]]/g, '\\$&')
    .trim();
  if (url === null || !/^https?:\/\/[^\s<>]+$/i.test(url)) return words;
  return words === '' ? `<${url}>` : `[${words}](<${url}>)`;
}

/** The pieces that are not empty, as paragraphs. */
export function joinParagraphs(pieces: readonly (string | null)[]): string {
  return pieces.filter((piece) => piece !== null && piece !== '').join('\n\n');
}
