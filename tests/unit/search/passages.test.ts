import { describe, expect, test } from 'vitest';
import { createConversation } from '#domain/conversation.ts';
import { toConversationId, toMessageId, toSessionId } from '#domain/ids.ts';
import { createMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import {
  MAX_PASSAGES_A_TEXT,
  MAX_PASSAGE_UNITS,
  conversationPassages,
  conversationStamp,
  splitText,
} from '#search/passages.ts';

const conversation = createConversation({
  id: toConversationId('c'),
  sessionId: toSessionId('s'),
  createdAt: 1,
  title: '김치찌개',
});

function message(seq: number, fields: Partial<Message>): Message {
  return createMessage({
    id: toMessageId(`m${seq}`),
    conversationId: conversation.id,
    sessionId: toSessionId('s'),
    parentId: null,
    seq,
    role: 'user',
    content: '',
    timestamp: 1,
    ...fields,
  });
}

const parts = (text: string): readonly string[] =>
  splitText(text).map(([start, end]) => text.slice(start, end));

describe('cutting a text', () => {
  test.each([0, 1, MAX_PASSAGE_UNITS - 1, MAX_PASSAGE_UNITS, MAX_PASSAGE_UNITS + 1, 5000])(
    'of %i characters loses none of them',
    (length) => {
      const text = '가'.repeat(length);
      expect(parts(text).join('')).toBe(text);
      for (const part of parts(text)) expect(part.length).toBeLessThanOrEqual(MAX_PASSAGE_UNITS);
    },
  );

  test('cuts where a paragraph ends, else a sentence, else a word', () => {
    const sentence = `${'word '.repeat(50)}end. `;
    expect(parts(`${sentence}\n\n${sentence}`)).toEqual([sentence.trim(), sentence.trim()]);
    expect(parts(sentence.repeat(2))).toEqual([sentence.trim(), sentence.trim()]);
    for (const part of parts('abcdefg '.repeat(200))) expect(part).toMatch(/^abcdefg.*abcdefg$/);
    expect(parts('これは長い文です。'.repeat(60)).every((part) => part.endsWith('。'))).toBe(true);
  });

  test('parts no pair of surrogates', () => {
    const text = `a${'😀'.repeat(500)}`;
    expect(parts(text).join('')).toBe(text);
    expect(parts(text).every((part) => part.isWellFormed())).toBe(true);
  });

  test('is bounded, and gives nothing for blanks', () => {
    expect(splitText('x'.repeat(1_000_000))).toHaveLength(MAX_PASSAGES_A_TEXT);
    expect(splitText(' \n\t ')).toEqual([]);
  });
});

describe('the passages of a conversation', () => {
  test('are title, summary, questions and answers', () => {
    const found = conversationPassages({ ...conversation, summary: '요리' }, [
      message(0, { content: '어떻게 끓여?' }),
      message(1, { role: 'assistant', content: '먼저 김치를 볶아요.' }),
    ]);
    expect(found.map(({ kind, seq, text }) => [kind, seq, text])).toEqual([
      ['title', -1, '김치찌개'],
      ['summary', -1, '요리'],
      ['opening', 0, '김치찌개\n어떻게 끓여?'],
      ['message', 0, '어떻게 끓여?'],
      ['message', 1, '먼저 김치를 볶아요.'],
    ]);
  });

  test('have no opening where the title only repeats the question', () => {
    const found = conversationPassages({ ...conversation, title: '어떻게' }, [
      message(0, { content: '어떻게 끓여?' }),
    ]);
    expect(found.map(({ kind }) => kind)).toEqual(['title', 'message']);
  });

  test('leave out what runs, what is hidden, and what nobody said', () => {
    const found = conversationPassages({ ...conversation, title: null }, [
      message(0, { role: 'assistant', content: '반쯤', status: 'streaming', streamingSince: 1 }),
      message(1, { role: 'assistant', content: 'search()', metadata: { hidden: true } }),
      message(2, { role: 'system', content: 'You are' }),
      message(3, { role: 'tool', content: '{}' }),
      message(4, { content: '' }),
    ]);
    expect(found).toEqual([]);
  });

  test('have another stamp when something may have changed', () => {
    const stamps = [
      conversation,
      { ...conversation, title: '된장찌개' },
      { ...conversation, summary: '요리' },
      { ...conversation, updatedAt: 2 },
      { ...conversation, messageCount: 1 },
    ].map(conversationStamp);
    expect(new Set(stamps).size).toBe(5);
    expect(conversationStamp({ ...conversation, tags: ['x'] })).toBe(stamps[0]);
  });
});
