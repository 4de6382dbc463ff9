/** Longest title cut from a first message, in grapheme clusters. */
const TITLE_GRAPHEMES = 48;

/**
 * A title from a person's first message: its first line that says something, without Markdown
 * marks, cut at a word where one is near. Undefined when there is nothing to take.
 */
export function titleFromMessage(content: string): string | undefined {
  const line = content
    .slice(0, 2000)
    .split('\n')
    .map(stripMarks)
    .find((text) => text !== '');
  if (!line) return undefined;
  return truncate(line, TITLE_GRAPHEMES);
}

/** What a model answered when asked for a title, cleaned; undefined when it is of no use. */
export function titleFromModel(answer: string): string | undefined {
  const line = answer
    .replace(/<think>[\s\S]*?(<\/think>|$)/g, '')
    .split('\n')
    .map((text) => stripMarks(text).replace(/^(title|제목|タイトル|标题)\s*[:：]\s*/i, ''))
    .map((text) => text.replace(/^["'“”「『《]+|["'“”」』》.。]+$/g, '').trim())
    .find((text) => text !== '');
  return line ? truncate(line, TITLE_GRAPHEMES) : undefined;
}

function stripMarks(line: string): string {
  return line
    .replace(/^\s*(```|~~~).*$/, '')
    .replace(/^\s*(#{1,6}|>|[-*+]|\d+[.)])\s+/, '')
    .replace(/[`*_~]{1,3}/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}

function truncate(text: string, limit: number): string {
  const graphemes = Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
  if (graphemes.length <= limit) return text;
  const cut = graphemes.slice(0, limit - 1).join('');
  const lastSpace = cut.lastIndexOf(' ');
  return `${(lastSpace > cut.length * 0.6 ? cut.slice(0, lastSpace) : cut).trimEnd()}…`;
}
