import { describe, expect, it } from 'vitest';
import { createConversation, withAddedMessages, withChangedMessage } from '#domain/conversation.ts';
import { toConversationId, toMessageId, toSessionId } from '#domain/ids.ts';
import { createMessage, isContinuable, settleMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';

const CONVERSATION = createConversation({
  id: toConversationId('c'),
  sessionId: toSessionId('s'),
  createdAt: 1000,
});

const createTestMessage = (seq: number, changes: Partial<Message> = {}): Message =>
  createMessage({
    id: toMessageId(`m${seq}`),
    conversationId: CONVERSATION.id,
    sessionId: CONVERSATION.sessionId,
    parentId: null,
    seq,
    role: 'user',
    content: 'x',
    timestamp: seq,
    ...changes,
  });

describe('createConversation', () => {
  it('is empty, active and its own source', () => {
    expect(CONVERSATION).toMatchObject({
      status: 'active',
      messageCount: 0,
      totalTokens: 0,
      lastSeq: -1,
      activeLeafId: null,
      updatedAt: 1000,
      sourceId: 'c',
    });
  });
});

describe('withAddedMessages', () => {
  it('counts messages and tokens and shows the last one', () => {
    const messages = [createTestMessage(0, { tokenCount: 3 }), createTestMessage(1)];
    expect(withAddedMessages(CONVERSATION, messages, 2000)).toEqual({
      ...CONVERSATION,
      messageCount: 2,
      totalTokens: 3,
      lastSeq: 1,
      activeLeafId: toMessageId('m1'),
      updatedAt: 2000,
    });
  });

  it('gives the same in one step as in many', () => {
    const messages = Array.from({ length: 20 }, (_, seq) =>
      createTestMessage(seq, { tokenCount: seq }),
    );
    const one = withAddedMessages(CONVERSATION, messages, 9);
    const many = messages.reduce(
      (row, message) => withAddedMessages(row, [message], 9),
      CONVERSATION,
    );
    expect(many).toEqual(one);
  });

  it('changes nothing without messages', () => {
    expect(withAddedMessages(CONVERSATION, [], 2000)).toBe(CONVERSATION);
  });

  it('never lowers the newest seq', () => {
    const row = { ...CONVERSATION, lastSeq: 9 };
    expect(withAddedMessages(row, [createTestMessage(4)], 2000).lastSeq).toBe(9);
  });
});

describe('withChangedMessage', () => {
  it.each([
    [null, 5, 15],
    [5, null, 5],
    [5, 7, 12],
    [50, 0, 0],
    [null, null, 10],
  ])('from %s to %s tokens', (before, after, total) => {
    const row = withChangedMessage(
      { ...CONVERSATION, totalTokens: 10 },
      createTestMessage(0, { tokenCount: before }),
      createTestMessage(0, { tokenCount: after }),
      3000,
    );
    expect(row).toMatchObject({ totalTokens: total, updatedAt: 3000, messageCount: 0 });
  });
});

describe('messages', () => {
  it('settles without the mark of a running answer', () => {
    const running = createTestMessage(0, { status: 'streaming', streamingSince: 5 });
    const settled = settleMessage(running, { status: 'stopped' });
    expect(settled.status).toBe('stopped');
    expect(settled).not.toHaveProperty('streamingSince');
  });

  it.each([
    ['interrupted', 'x', null, true],
    ['stopped', 'x', null, true],
    ['error', 'x', null, true],
    ['complete', 'x', 'stop', false],
    ['complete', 'x', 'length', true],
    ['interrupted', '', null, false],
    ['streaming', 'x', null, false],
  ] as const)('%s with %j and %s: continuable %s', (status, content, finishReason, expected) => {
    const answer = createTestMessage(0, { role: 'assistant', status, content, finishReason });
    expect(isContinuable(answer)).toBe(expected);
    expect(isContinuable({ ...answer, role: 'user' })).toBe(false);
  });
});
