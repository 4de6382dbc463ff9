import type { Token, TokensList } from 'marked';

/** A top-level piece of a Markdown text that is rendered on its own. */
export interface MarkdownBlock {
  readonly raw: string;
  readonly tokens: readonly Token[];
  /** May still change when more text arrives. */
  readonly isOpen: boolean;
}

/**
 * A block without end is shown as it is from here on, in characters: parsing it again for every
 * piece would hold up the page, and no person formats a paragraph this long.
 */
export const LONG_BLOCK = 20_000;

/** Cuts Markdown into tokens; `marked.lexer`. */
export type Lex = (text: string) => TokensList;

/**
 * Top-level blocks of `text`. A `<details>` that is closed further down is one block with all
 * between, because half an element cannot be sanitised on its own.
 * @param isStreaming Whether more text may come: then the last block is open.
 */
export function splitBlocks(text: string, lex: Lex, isStreaming: boolean): MarkdownBlock[] {
  return groupTokens(lex(text), isStreaming);
}

function groupTokens(tokens: readonly Token[], isStreaming: boolean): MarkdownBlock[] {
  const blocks: MarkdownBlock[] = [];
  let group: Token[] = [];
  let depth = 0;
  for (const token of tokens) {
    group.push(token);
    if (token.type === 'space') continue;
    depth = Math.max(0, depth + openDetails(token));
    if (depth > 0) continue;
    blocks.push(toBlock(group, false));
    group = [];
  }
  if (group.length > 0 && group.some(({ type }) => type !== 'space')) {
    blocks.push(toBlock(group, isStreaming));
  } else if (isStreaming) {
    const last = blocks.pop();
    if (last) blocks.push({ ...last, raw: last.raw + rawOf(group), isOpen: true });
  }
  return blocks;
}

function toBlock(tokens: readonly Token[], isOpen: boolean): MarkdownBlock {
  return { raw: rawOf(tokens), tokens, isOpen };
}

const rawOf = (tokens: readonly Token[]): string => tokens.map(({ raw }) => raw).join('');

/** How many `<details>` an HTML token leaves open; negative when it closes earlier ones. */
function openDetails({ type, raw }: Token): number {
  if (type !== 'html') return 0;
  return (raw.match(/<details\b/gi)?.length ?? 0) - (raw.match(/<\/details\s*>/gi)?.length ?? 0);
}

/** Splits a growing text and looks only at what can still change. */
export interface BlockSplitter {
  /** Blocks of the whole text so far. The same objects come back for blocks that are done. */
  split(text: string, isStreaming: boolean): readonly MarkdownBlock[];
}

/**
 * While a text grows, its closed blocks are kept and only the open tail is cut again (PERFORMANCE
 * section 6). When it no longer grows it is cut once as a whole, so that links defined at its end
 * reach its beginning; blocks that did not change stay the same objects.
 */
export function createBlockSplitter(lex: Lex): BlockSplitter {
  let closed: MarkdownBlock[] = [];
  let closedText = '';
  /** Where the last empty line of the open tail was when it was cut. */
  let lastBreak = -1;
  return {
    split(written, isStreaming) {
      // As the lexer does it: the raw text of its tokens has to be found in ours.
      const text = written.replace(/\r\n?/g, '\n');
      if (!isStreaming) {
        const tokens = lex(text);
        const whole = groupTokens(tokens, false);
        const hasDefinitions = Object.keys(tokens.links).length > 0;
        const known = hasDefinitions ? [] : closed;
        const blocks = whole.map((block, at) =>
          known[at]?.raw === block.raw ? (known[at] ?? block) : block,
        );
        closed = blocks;
        closedText = text;
        return blocks;
      }
      if (!text.startsWith(closedText)) {
        closed = [];
        closedText = '';
      }
      const rest = text.slice(closedText.length);
      const newBreak = rest.lastIndexOf('\n\n');
      if (rest.length > LONG_BLOCK && newBreak === lastBreak) {
        return [...closed, { raw: rest, tokens: [], isOpen: true }];
      }
      lastBreak = newBreak;
      const tail = splitBlocks(rest, lex, true);
      const open = tail.at(-1);
      const done = tail.slice(0, -1);
      if (done.length > 0) {
        closed = [...closed, ...done];
        closedText += done.map(({ raw }) => raw).join('');
        lastBreak = -1;
      }
      return open ? [...closed, open] : closed;
    },
  };
}
