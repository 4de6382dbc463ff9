import type { Role } from '#domain/message.ts';
import type { WholeConversation } from './conversation-fields.ts';
import { selectTrainingMessages } from './training-messages.ts';

const SPEAKERS: Readonly<Record<Role, string>> = {
  system: 'system',
  user: 'human',
  assistant: 'gpt',
  function: 'tool',
  tool: 'tool',
};

/**
 * A conversation as a line of ShareGPT JSONL with its LF (FORMATS 3.6): the messages that fine-tuning
 * takes, tools among them, neither joined nor cut. Undefined when there is none.
 */
export function writeShareGptLine(whole: WholeConversation): string | undefined {
  const said = selectTrainingMessages(whole);
  const { id, systemPrompt } = whole.conversation;
  const isPromptSaid = said.some(
    ({ role, content }) => role === 'system' && content === systemPrompt,
  );
  const prompt =
    isPromptSaid || !systemPrompt?.trim() ? [] : [{ from: 'system', value: systemPrompt }];
  const turns = said.map(({ role, content }) => ({ from: SPEAKERS[role], value: content }));
  if (turns.length === 0) return undefined;
  return `${JSON.stringify({ id, conversations: [...prompt, ...turns] })}\n`;
}
