const OPENING = '<grok:render';
const CLOSING = '</grok:render>';

/**
 * The answer without the `<grok:render …>…</grok:render>` elements that Grok's page turns into cards
 * and citation marks. Linear; an opening without its end loses only the tag itself.
 */
export function stripGrokTags(text: string): string {
  const lastClosing = text.lastIndexOf(CLOSING);
  let result = '';
  let position = 0;
  for (;;) {
    const open = text.indexOf(OPENING, position);
    const tagEnd = open === -1 ? -1 : text.indexOf('>', open);
    if (tagEnd === -1) return result + text.slice(position);
    result += text.slice(position, open);
    const isAlone = text[tagEnd - 1] === '/' || lastClosing < tagEnd;
    position = isAlone ? tagEnd + 1 : text.indexOf(CLOSING, tagEnd) + CLOSING.length;
  }
}
