/**
 * Open WebUI writes what is no answer into the answer's text, as `<details type="…">` elements. They
 * are taken out by position, without reading HTML: what is inside is text.
 */

/** An answer's text without its `<details>` elements, and what these said. */
export interface SplitDetails {
  readonly text: string;
  readonly reasoning: readonly string[];
  /** Tool calls and the like: `{ type, …attributes, text }`. */
  readonly parts: readonly Readonly<Record<string, unknown>>[];
}

const OPENING = /<details type="(\w+)"([^>]*)>\n?/g;
const CLOSING = '</details>';

/** Takes linear time; an element that never ends reaches to the end of the text (a cut answer). */
export function splitDetails(content: string): SplitDetails {
  const reasoning: string[] = [];
  const parts: Readonly<Record<string, unknown>>[] = [];
  let text = '';
  let position = 0;
  // Without a `>` ahead every opening would be looked through to the end of the text.
  const searched = content.slice(0, content.lastIndexOf('>') + 1);
  for (const match of searched.matchAll(OPENING)) {
    if (match.index < position) continue;
    const start = match.index + match[0].length;
    const close = content.indexOf(CLOSING, start);
    const end = close === -1 ? content.length : close;
    const [, type = '', attributes = ''] = match;
    const inner = content.slice(start, end).replace(/^\s*<summary>[^<]*<\/summary>\s*/, '');
    text += content.slice(position, match.index);
    if (type === 'reasoning') reasoning.push(unquote(inner));
    else if (type === 'code_interpreter') text += `${unescapeHtml(inner).trim()}\n`;
    else
      parts.push({
        type,
        ...readAttributes(attributes),
        ...(inner.trim() && { text: inner.trim() }),
      });
    position = close === -1 ? content.length : end + CLOSING.length;
  }
  if (position === 0) return { text: content, reasoning, parts };
  return {
    text: (text + content.slice(position)).trim(),
    reasoning: reasoning.filter(Boolean),
    parts,
  };
}

/** Thoughts stand as a quotation; newer versions escape it, older ones do not. */
function unquote(inner: string): string {
  const isEscaped = /^\s*&gt;/.test(inner);
  return (isEscaped ? unescapeHtml(inner) : inner)
    .trim()
    .split('\n')
    .map((line) => line.replace(/^> ?/, ''))
    .join('\n')
    .trim();
}

function readAttributes(attributes: string): Readonly<Record<string, string>> {
  const pairs = [...attributes.matchAll(/([\w-]{1,40})="([^"]*)"/g)];
  return Object.fromEntries(
    pairs.flatMap(([, name = '', value = '']) =>
      name === 'type' || name === 'done' ? [] : [[name, unescapeHtml(value)]],
    ),
  );
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&#x27;', "'"],
  ['&#39;', "'"],
  ['&amp;', '&'],
]);

function unescapeHtml(text: string): string {
  return text.replace(/&(?:lt|gt|quot|#x27|#39|amp);/g, (entity) => ENTITIES.get(entity) ?? entity);
}
