import { composeFence, joinParagraphs } from './compose-markdown.ts';
import { distinctCitations, readCitation } from './read-citations.ts';
import type { Citation } from './read-citations.ts';
import type { NoteSet } from './read-said.ts';
import { asArray, asText, isObject, member, takeObject } from './read-value.ts';
import type { JsonObject } from './read-value.ts';

/** What the blocks of a Claude message hold. */
export interface ClaudeContent {
  readonly text: string;
  readonly reasoning: string | null;
  /** Tool calls, results and everything else that is no text, as they came. */
  readonly parts: readonly unknown[];
  readonly citations: readonly Citation[];
}

/** Kinds that are kept as parts without a note, because FORMATS 2.2 knows them. */
const KNOWN_PARTS = new Set(['tool_use', 'tool_result', 'token_budget', 'flag']);

/** The blocks as Markdown, thoughts and parts. Blocks that are null are passed over. */
export function readClaudeBlocks(blocks: unknown, notes: NoteSet): ClaudeContent {
  const texts: (string | null)[] = [];
  const thoughts: (string | null)[] = [];
  const parts: unknown[] = [];
  const citations: (Citation | null)[] = [];
  for (const each of asArray(blocks)) {
    if (typeof each === 'string') texts.push(each);
    const block = typeof each === 'string' ? undefined : takeObject(each, notes);
    if (!block) continue;
    const type = block['type'];
    if (type === 'text') {
      texts.push(asText(block['text']));
      citations.push(...asArray(block['citations']).map(readClaudeCitation));
    } else if (type === 'thinking') thoughts.push(readThinking(block));
    else {
      texts.push(composeArtifact(block));
      parts.push(block);
      if (typeof type !== 'string' || !KNOWN_PARTS.has(type)) notes.add('unknown_block');
    }
  }
  const reasoning = joinParagraphs(thoughts);
  return {
    text: joinParagraphs(texts),
    reasoning: reasoning === '' ? null : reasoning,
    parts,
    citations: distinctCitations(citations),
  };
}

/** The summaries stand in where the thinking itself was not exported. */
function readThinking(block: JsonObject): string {
  const thinking = asText(block['thinking']);
  if (thinking !== null) return thinking;
  return joinParagraphs(
    asArray(block['summaries']).map((summary) => asText(member(summary, 'summary'))),
  );
}

/** The address lies in the citation or in its `details`. */
function readClaudeCitation(value: unknown): Citation | null {
  return (
    readCitation({
      ...(isObject(member(value, 'details'))
        ? { url: member(member(value, 'details'), 'url') }
        : {}),
      ...(isObject(value) ? value : {}),
    }) ?? null
  );
}

const MARKDOWN = 'text/markdown';
const LANGUAGES: ReadonlyMap<string, string> = new Map([
  ['text/html', 'html'],
  ['image/svg+xml', 'svg'],
  ['application/vnd.ant.react', 'jsx'],
  ['application/vnd.ant.mermaid', 'mermaid'],
]);

/**
 * A whole artifact as text of the answer, so that it can be read and found; the call itself stays a
 * part. Changes to one (`update`) have no whole text and are only parts.
 */
function composeArtifact(block: JsonObject): string | null {
  const input =
    block['type'] === 'tool_use' && block['name'] === 'artifacts' ? block['input'] : null;
  const content = asText(member(input, 'content'));
  if (content === null) return null;
  const type = asText(member(input, 'type')) ?? '';
  const title = asText(member(input, 'title'));
  const heading = title === null ? null : `**${title.replace(/\s+/g, ' ').replace(/\*/g, '\\*')}**`;
  const language = LANGUAGES.get(type) ?? asText(member(input, 'language'));
  return joinParagraphs([heading, type === MARKDOWN ? content : composeFence(content, language)]);
}
