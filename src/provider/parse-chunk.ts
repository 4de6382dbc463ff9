import type { ChatDelta, TokenUsage } from '#domain/stream.ts';
import { errorInAnswer } from './errors.ts';
import { readCount, readList, readObject, readText } from './read.ts';

/**
 * What one chunk of a stream says, or a whole completion: its reasoning, its text, its usage, its
 * end, in this order. Anything of an unknown shape says nothing; the table of what real servers send
 * is in CHAT section 2. Only the first choice counts.
 * @throws OnggiError for an `error` object in the chunk or its choice, by what it says.
 */
export function parseChunk(chunk: unknown): readonly ChatDelta[] {
  const object = readObject(chunk);
  if (!object) return [];
  if (object.error) throw errorInAnswer(object.error);
  const choices = readList(object.choices)?.map(readObject);
  const choice = choices?.find((candidate) => candidate && (candidate.index ?? 0) === 0);
  if (choice?.error) throw errorInAnswer(choice.error);
  const delta = readObject(choice?.delta) ?? readObject(choice?.message) ?? {};
  const { reasoning, text } = readContent(delta);
  const usage = readUsage(object.usage) ?? readUsage(readObject(object.x_groq)?.usage);
  const reason = readText(choice?.finish_reason);
  return [
    ...(reasoning === '' ? [] : [{ kind: 'reasoning' as const, text: reasoning }]),
    ...(text === '' ? [] : [{ kind: 'text' as const, text }]),
    ...(usage ? [{ kind: 'usage' as const, usage }] : []),
    ...(reason === undefined ? [] : [{ kind: 'finish' as const, reason }]),
  ];
}

function readContent(delta: Readonly<Record<string, unknown>>): {
  readonly reasoning: string;
  readonly text: string;
} {
  const parts = readList(delta.content) ?? [];
  // Some servers send one thought under both names.
  const reasoning = readText(delta.reasoning_content) ?? readText(delta.reasoning) ?? '';
  const text = readText(delta.content) ?? '';
  return {
    reasoning: reasoning + parts.map(readThinkingPart).join(''),
    text: text + parts.map(readTextPart).join('') + (readText(delta.refusal) ?? ''),
  };
}

function readTextPart(part: unknown): string {
  if (typeof part === 'string') return part;
  const object = readObject(part);
  if (!object || object.type === 'thinking') return '';
  return readText(object.text) ?? '';
}

function readThinkingPart(part: unknown): string {
  const object = readObject(part);
  if (object?.type !== 'thinking') return '';
  const thinking = object.thinking ?? object.text;
  return readText(thinking) ?? readList(thinking)?.map(readTextPart).join('') ?? '';
}

function readUsage(value: unknown): TokenUsage | undefined {
  const usage = readObject(value);
  const promptTokens = readCount(usage?.prompt_tokens);
  const completionTokens = readCount(usage?.completion_tokens);
  if (promptTokens === undefined || completionTokens === undefined) return undefined;
  return { promptTokens, completionTokens };
}
