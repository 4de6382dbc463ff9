import * as v from 'valibot';

const Id = v.pipe(v.string(), v.minLength(1));
const Instant = v.pipe(v.number(), v.finite());

const Message = v.object({
  id: Id,
  conversationId: Id,
  sessionId: v.string(),
  parentId: v.nullable(Id),
  seq: v.number(),
  role: v.picklist(['user', 'assistant', 'system', 'function', 'tool']),
  content: v.string(),
  timestamp: Instant,
  status: v.picklist(['complete', 'streaming', 'interrupted', 'stopped', 'error']),
  tokenCount: v.nullable(v.number()),
  parts: v.array(v.unknown()),
  attachments: v.array(v.object({ id: Id, name: v.string() })),
  metadata: v.record(v.string(), v.unknown()),
});

const Conversation = v.object({
  id: Id,
  sessionId: v.string(),
  title: v.nullable(v.string()),
  createdAt: Instant,
  updatedAt: Instant,
  status: v.picklist(['active', 'archived', 'deleted']),
  tags: v.array(v.string()),
  messageCount: v.number(),
  totalTokens: v.number(),
  lastSeq: v.number(),
  metadata: v.record(v.string(), v.unknown()),
});

/** Whether a stored row is a message that the app can show: the fields that everything reads. */
export function isReadableMessage(row: unknown): boolean {
  return v.is(Message, row);
}

/** Whether a stored row is a conversation that the app can show. */
export function isReadableConversation(row: unknown): boolean {
  return v.is(Conversation, row);
}
