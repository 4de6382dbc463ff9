import { describe, expect, it } from 'vitest';
import { toSessionId } from '#domain/ids.ts';
import { digestText } from '#domain/imported.ts';
import { isImportedMessage, toConversationRows } from '#domain/imported-rows.ts';
import { imported } from './imported-support.ts';

function makers() {
  let count = 0;
  return {
    createId: () => `id-${(count += 1)}`,
    sessionId: toSessionId('s'),
    importId: 'import',
    fileDate: 5000,
    attachments: new Map(),
  };
}

const CHAIN = [
  ['a', null],
  ['b', 'a'],
  ['c', 'b'],
] as const;

describe('toConversationRows', () => {
  it('keeps the tree and counts what it made', () => {
    const tree = [...CHAIN, ['c2', 'b']] as const;
    const { conversation, messages } = toConversationRows(
      imported(tree, { activeLeafSourceId: 'c' }),
      makers(),
    );
    expect(messages.map(({ id, parentId, seq }) => [id, parentId, seq])).toEqual([
      ['id-2', null, 0],
      ['id-3', 'id-2', 1],
      ['id-4', 'id-3', 2],
      ['id-5', 'id-3', 3],
    ]);
    expect(conversation).toMatchObject({
      id: 'id-1',
      messageCount: 4,
      totalTokens: 8,
      lastSeq: 3,
      activeLeafId: 'id-4',
      titleOrigin: 'import',
      chatModel: null,
    });
    expect(messages.every(isImportedMessage)).toBe(true);
  });

  it('takes dates from the conversation, its messages or the file, in this order, never from now', () => {
    const bare = imported(CHAIN, { createdAt: null });
    expect(toConversationRows(bare, makers()).conversation).toMatchObject({
      createdAt: 1000,
      updatedAt: 1002,
    });
    const undated = {
      ...bare,
      messages: bare.messages.map((message) => ({ ...message, timestamp: null })),
    };
    const { conversation, messages } = toConversationRows(undated, makers());
    expect(conversation.createdAt).toBe(5000);
    expect(messages.map(({ timestamp }) => timestamp)).toEqual([5000, 5001, 5002]);
  });

  it('gives answers that name no model that of the conversation, but not what is hidden', () => {
    const [question, answer] = imported(CHAIN).messages;
    if (!question || !answer) throw new Error('no messages');
    const example = { ...answer, sourceId: 'x', metadata: { hidden: true } };
    const named = { ...answer, sourceId: 'y', modelUsed: 'own' };
    const whole = imported([], {
      chatModel: 'the-model',
      messages: [question, answer, example, named],
    });
    const { conversation, messages } = toConversationRows(whole, makers());
    expect(messages.map(({ modelUsed }) => modelUsed)).toEqual([null, 'the-model', null, 'own']);
    // The person's own endpoint would be asked for a model that it does not have.
    expect(conversation.chatModel).toBeNull();
  });

  it('never leaves an imported answer running', () => {
    const base = imported(CHAIN);
    const [first, ...rest] = base.messages;
    if (!first) throw new Error('no message');
    const running = { ...base, messages: [{ ...first, status: 'streaming' as const }, ...rest] };
    expect(toConversationRows(running, makers()).messages[0]?.status).toBe('interrupted');
  });
});

describe('digestText', () => {
  it('tells texts apart and is the same for the same text', () => {
    expect(digestText('옹기')).toBe(digestText('옹기'));
    expect(digestText('옹기')).not.toBe(digestText('기옹'));
    expect(digestText('')).toMatch(/^[0-9a-f]{16}$/);
  });
});
