import { readFromCache } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import { MAX_ENTRY_CHARACTERS, characterCount } from './cache-level.ts';

/**
 * Reasons with which an endpoint says that the model itself ended the answer: OpenAI and most others,
 * Anthropic's, and those of text-generation-inference. All others (`length`, `content_filter`,
 * `tool_calls`, names nobody knows) leave something out.
 */
const WHOLE: ReadonlySet<string> = new Set([
  'stop',
  'end_turn',
  'stop_sequence',
  'eos',
  'eos_token',
]);

/**
 * Whether a settled answer may be given again: whole, with text, asked for and not from the cache
 * itself, and not too long.
 */
export function isKeepable(message: Message): boolean {
  const { status, error, finishReason, content, reasoning } = message;
  if (message.role !== 'assistant' || status !== 'complete' || error) return false;
  if (finishReason === null || !WHOLE.has(finishReason)) return false;
  if (content.trim() === '' || readFromCache(message)) return false;
  return characterCount({ response: content, reasoning }) <= MAX_ENTRY_CHARACTERS;
}
