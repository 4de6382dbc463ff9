import { joinParagraphs } from './compose-markdown.ts';
import type { NoteSet } from './read-said.ts';
import { asArray, asText, member, objectsOf } from './read-value.ts';
import type { JsonObject } from './read-value.ts';

/** What the items of an `output` list (OpenAI's Responses API) hold. */
export interface OutputItems {
  readonly text: string;
  readonly reasoning: string | null;
  /** Calls, their results and unknown items, as they came. */
  readonly parts: readonly unknown[];
}

/** Calls and results, which are parts that need no note; products put a prefix before their own. */
const CALL = /(_call|_call_output|:code_interpreter)$/;

/** The output in its order; nothing when it is no list. */
export function readOutputItems(output: unknown, notes: NoteSet): OutputItems {
  const texts: string[] = [];
  const thoughts: string[] = [];
  const parts: unknown[] = [];
  for (const item of objectsOf(output, notes)) {
    const type = item['type'];
    if (type === 'message') texts.push(textOf(item['content']));
    else if (type === 'reasoning') thoughts.push(thoughtOf(item));
    else {
      parts.push(item);
      if (typeof type !== 'string' || !CALL.test(type)) notes.add('unknown_block');
    }
  }
  const reasoning = joinParagraphs(thoughts);
  return { text: joinParagraphs(texts), reasoning: reasoning === '' ? null : reasoning, parts };
}

/** The whole thoughts where they were given, else their summary. */
function thoughtOf(item: JsonObject): string {
  const whole = textOf(item['content']);
  return whole === '' ? textOf(item['summary']) : whole;
}

function textOf(parts: unknown): string {
  const pieces = asArray(parts).map((part) => asText(member(part, 'text')) ?? asText(part));
  return asText(parts) ?? joinParagraphs(pieces);
}
