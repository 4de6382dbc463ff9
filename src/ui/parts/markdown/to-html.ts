import { Marked } from 'marked';
import type { Token, Tokens } from 'marked';
import { CjkTokenizer, maskCjk } from './cjk-emphasis.ts';
import { LONG_BLOCK } from './split-blocks.ts';
import type { Lex, MarkdownBlock } from './split-blocks.ts';

/** Colours one block of code: HTML for a known language, undefined for an unknown one. */
export type Highlight = (code: string, language: string) => string | undefined;

/** Texts that stand inside rendered Markdown. */
export interface MarkdownLabels {
  readonly code: string;
  readonly taskDone: string;
  readonly taskOpen: string;
}

/** Names of languages as people write them, where capitalising is not enough. */
const LANGUAGE_NAMES: Readonly<Record<string, string>> = {
  bash: 'Bash',
  c: 'C',
  cpp: 'C++',
  csharp: 'C#',
  css: 'CSS',
  html: 'HTML',
  javascript: 'JavaScript',
  js: 'JavaScript',
  json: 'JSON',
  jsx: 'JSX',
  php: 'PHP',
  py: 'Python',
  sh: 'Shell',
  sql: 'SQL',
  svelte: 'Svelte',
  ts: 'TypeScript',
  tsx: 'TSX',
  typescript: 'TypeScript',
  xml: 'XML',
  yaml: 'YAML',
  yml: 'YAML',
};

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it must stand in HTML, in attributes too. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);

/** Cuts and renders Markdown as GitHub reads it, a line break in the text being one on the screen. */
export interface MarkdownRenderer {
  readonly lex: Lex;
  /** Unsanitised HTML of one block. */
  toHtml(block: MarkdownBlock): string;
}

/** Deeper nesting than this is shown as plain text: the parser recurses. */
const MAX_DEPTH = 60;

/** @param highlight Used for code that is complete; undefined while it is not loaded. */
export function createMarkdownRenderer(
  labels: MarkdownLabels,
  highlight?: Highlight,
): MarkdownRenderer {
  const marked = new Marked({ gfm: true, breaks: true });
  let isOpen = false;
  marked.setOptions({ tokenizer: new CjkTokenizer() });
  marked.use({
    hooks: { emStrongMask: maskCjk },
    renderer: {
      code: ({ text, lang }: Tokens.Code) =>
        renderCode(text, lang, labels, isOpen ? undefined : highlight),
      checkbox: ({ checked }: Tokens.Checkbox) => {
        const label = escapeHtml(checked ? labels.taskDone : labels.taskOpen);
        return `<span class="task${checked ? ' done' : ''}" role="img" aria-label="${label}"></span> `;
      },
      image({ href, text, title }: Tokens.Image) {
        const titleAttribute = title ? ` title="${escapeHtml(title)}"` : '';
        return `<img src="${escapeHtml(href)}" alt="${escapeHtml(text)}"${titleAttribute}>`;
      },
      table(token: Tokens.Table): string {
        const row = (cells: readonly Tokens.TableCell[], tag: string): string =>
          `<tr>${cells
            .map((cell) => {
              const align = cell.align ? ` align="${cell.align}"` : '';
              return `<${tag}${align}>${this.parser.parseInline(cell.tokens)}</${tag}>`;
            })
            .join('')}</tr>`;
        const body = token.rows.map((cells) => row(cells, 'td')).join('');
        return `<div class="table"><table><thead>${row(token.header, 'th')}</thead><tbody>${body}</tbody></table></div>`;
      },
    },
  });
  return {
    lex: (text) => marked.lexer(flattenDepth(text)),
    toHtml(block) {
      const isCode = block.tokens.some(({ type }) => type === 'code');
      if (block.raw.length > LONG_BLOCK && !isCode) {
        return `<p class="long">${escapeHtml(block.raw)}</p>`;
      }
      isOpen = block.isOpen;
      return marked.parser([...block.tokens] as Token[]);
    },
  };
}

function renderCode(
  text: string,
  lang: string | undefined,
  labels: MarkdownLabels,
  highlight: Highlight | undefined,
): string {
  const language = (lang ?? '').trim().split(/\s+/)[0]?.toLowerCase() ?? '';
  const capitalised = language.charAt(0).toUpperCase() + language.slice(1);
  const name = LANGUAGE_NAMES[language] ?? (capitalised || labels.code);
  const code = highlight?.(text, language) ?? escapeHtml(text);
  return `<div class="code"><div class="code-head"><span>${escapeHtml(name)}</span></div><pre tabindex="0"><code>${code}</code></pre></div>`;
}

/** Cuts runs of quote marks and brackets that would only serve to nest without end. */
function flattenDepth(text: string): string {
  return text
    .replace(new RegExp(`^((?:[ \\t]{0,3}>){${MAX_DEPTH}})[> \\t]+`, 'gm'), '$1 ')
    .replace(new RegExp(`([[*_(]){${MAX_DEPTH * 4},}`, 'g'), (run) => run.slice(0, MAX_DEPTH));
}
