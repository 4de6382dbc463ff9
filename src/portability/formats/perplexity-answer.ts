import { joinParagraphs } from './compose-markdown.ts';
import { distinctCitations, readCitation } from './read-citations.ts';
import type { Citation } from './read-citations.ts';
import type { NoteSet } from './read-said.ts';
import { asArray, asText, isObject, member, objectsOf } from './read-value.ts';
import type { JsonObject } from './read-value.ts';

/** An answer put together from the blocks of Perplexity's own records. */
export interface PerplexityAnswer {
  readonly text: string;
  readonly citations: readonly Citation[];
  /** Plans, searches, widgets: as they came, with the intended usage as their type. */
  readonly parts: readonly unknown[];
}

/** Blocks that show how the answer was found; they need no note. */
const STEPS = /plan|steps|search|media|sources|related/;

/** The answer's block is `ask_text`; the same words come again in numbered blocks, which are passed over. */
export function readPerplexityBlocks(blocks: unknown, notes: NoteSet): PerplexityAnswer {
  const texts = new Map<string, string>();
  const citations: (Citation | null)[] = [];
  const parts: unknown[] = [];
  for (const block of objectsOf(blocks, notes)) {
    const usage = asText(block['intended_usage']) ?? 'unknown';
    const found = webResultsOf(block);
    citations.push(...found);
    if (isObject(block['markdown_block'])) texts.set(usage, wordsOf(block['markdown_block']));
    else if (found.length === 0) {
      parts.push({ type: usage, ...block });
      if (!STEPS.test(usage)) notes.add('unknown_block');
    }
  }
  const distinct = [...new Set(texts.values())];
  const text = texts.get('ask_text') ?? joinParagraphs(distinct);
  return { text, citations: distinctCitations(citations), parts };
}

/** A finished answer is whole; one that was cut has only the pieces it came in. */
function wordsOf(block: JsonObject): string {
  const pieces = asArray(block['chunks']).map((chunk) => asText(chunk) ?? '');
  return asText(block['answer']) ?? pieces.join('');
}

function webResultsOf(block: JsonObject): readonly (Citation | null)[] {
  const direct = asArray(member(block['web_result_block'], 'web_results'));
  const rows = asArray(member(block['sources_mode_block'], 'rows'));
  return [...direct, ...rows.map((row) => member(row, 'web_result'))].map(readCitation);
}
