import { activePath } from '#domain/message-tree.ts';
import type { Message } from '#domain/message.ts';
import type { WholeConversation } from './conversation-fields.ts';

/**
 * The messages a model may learn from (FORMATS 3.5): of the shown branch those that are complete and
 * say something, without the steps that a product hides from its own reader. Tool results stay.
 */
export function selectTrainingMessages({
  conversation,
  messages,
}: WholeConversation): readonly Message[] {
  return activePath(messages, conversation.activeLeafId)
    .map(({ message }) => message)
    .filter(
      ({ status, content, role, metadata }) =>
        status === 'complete' &&
        content.trim() !== '' &&
        (metadata['hidden'] !== true || isToolRole(role)),
    );
}

/** Whether the text comes from a program and not from a person or a model. */
export function isToolRole(role: Message['role']): boolean {
  return role === 'function' || role === 'tool';
}
