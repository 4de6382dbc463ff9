import type { Endpoint } from '#domain/endpoint.ts';
import { isHiddenStep } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import type { PromptMessage } from '#domain/stream.ts';

/** Asks for the rest of an answer that was cut. Goes to the endpoint, is never stored. */
const CONTINUE_INSTRUCTION =
  'Continue exactly where your last message stopped. Do not repeat anything and do not comment on the interruption.';

/**
 * The prompt for the next answer.
 * @param branch The shown branch, oldest first, without the answer that is asked for.
 * @param partialAnswer The cut answer that is to be continued, when that is what is asked.
 */
export function buildPrompt(
  branch: readonly Message[],
  systemPrompt: string | null,
  endpoint: Pick<Endpoint, 'sendsReasoning'>,
  partialAnswer?: Message,
): readonly PromptMessage[] {
  const prompt: PromptMessage[] = [];
  if (systemPrompt?.trim()) prompt.push({ role: 'system', content: systemPrompt });
  for (const message of branch) {
    if (!isPromptable(message)) continue;
    prompt.push({ role: message.role, content: contentFor(message, endpoint) });
  }
  if (partialAnswer) {
    prompt.push(
      { role: 'assistant', content: contentFor(partialAnswer, endpoint) },
      { role: 'user', content: CONTINUE_INSTRUCTION },
    );
  }
  return prompt;
}

/**
 * Tool and function messages need call ids that imported histories do not have, and hidden steps were
 * no part of the talk as the person saw it: they stay out.
 */
function isPromptable(message: Message): boolean {
  const { role, content } = message;
  if (content === '' || isHiddenStep(message)) return false;
  return role === 'user' || role === 'assistant' || role === 'system';
}

function contentFor(
  message: Message,
  { sendsReasoning }: Pick<Endpoint, 'sendsReasoning'>,
): string {
  if (!sendsReasoning || message.role !== 'assistant' || !message.reasoning) return message.content;
  return `<think>\n${message.reasoning}\n</think>\n\n${message.content}`;
}
