import { createConversation } from '#domain/conversation.ts';
import type { Conversation } from '#domain/conversation.ts';
import { toConversationId, toMessageId, toSessionId } from '#domain/ids.ts';
import { createMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';

/** A conversation that was never stored. */
export function makeConversation(id: string, fields: Partial<Conversation> = {}): Conversation {
  return createConversation({
    id: toConversationId(id),
    sessionId: toSessionId('session'),
    createdAt: 1_700_000_000_000,
    ...fields,
  });
}

/** A message `id` of conversation `conversationId` below `parentId`. */
export function makeMessage(
  conversationId: string,
  id: string,
  parentId: string | null,
  fields: Partial<Message> = {},
): Message {
  return createMessage({
    id: toMessageId(id),
    conversationId: toConversationId(conversationId),
    sessionId: toSessionId('session'),
    parentId: parentId === null ? null : toMessageId(parentId),
    seq: 0,
    role: 'user',
    content: `text of ${id}`,
    timestamp: 1_700_000_000_000,
    ...fields,
  });
}

/** `count` messages in one line, `m0`, `m1` …, each below the one before it. */
export function makeLine(
  conversationId: string,
  count: number,
  fields: Partial<Message> = {},
): Message[] {
  return Array.from({ length: count }, (_value, index) =>
    makeMessage(conversationId, `m${index}`, index === 0 ? null : `m${index - 1}`, fields),
  );
}

/** An empty answer that runs. */
export function makeAnswer(
  conversationId: string,
  id: string,
  parentId: string | null,
  fields: Partial<Message> = {},
): Message {
  return makeMessage(conversationId, id, parentId, {
    role: 'assistant',
    content: '',
    status: 'streaming',
    streamingSince: 1_700_000_000_000,
    ...fields,
  });
}
