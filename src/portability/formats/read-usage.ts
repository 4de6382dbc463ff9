/** Token figures of an answer, under the names that interfaces and their clients give them. */
import { asCount, member } from './read-value.ts';

/** The figures that {@link ImportedMessage} keeps; null where the file says nothing. */
export interface ReadUsage {
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  /** Of the answer alone: the completion's. */
  readonly tokenCount: number | null;
}

const PROMPT = [
  'prompt_tokens',
  'promptTokens',
  'input_tokens',
  'inputTokens',
  'totalInputTokens',
  'prompt_eval_count',
  'prompt_n',
];
const COMPLETION = [
  'completion_tokens',
  'completionTokens',
  'output_tokens',
  'outputTokens',
  'totalOutputTokens',
  'eval_count',
  'predicted_n',
];

/** Reads a `usage` object; nothing is estimated (FORMATS 1, rule 15). */
export function readUsage(value: unknown): ReadUsage {
  const completionTokens = firstCount(value, COMPLETION);
  return {
    promptTokens: firstCount(value, PROMPT),
    completionTokens,
    tokenCount: completionTokens,
  };
}

function firstCount(value: unknown, keys: readonly string[]): number | null {
  for (const key of keys) {
    const count = asCount(member(value, key));
    if (count !== null) return count;
  }
  return null;
}
