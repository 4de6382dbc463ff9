import { describe, expect, it } from 'vitest';
import { chatgpt } from '#portability/formats/chatgpt.ts';
import { claude } from '#portability/formats/claude.ts';
import { deepseek, deepseekCapture } from '#portability/formats/deepseek.ts';
import {
  expectToSurviveMangling,
  messageOf,
  readAll,
  readOne,
  sampleOf,
  treeOf,
} from '../../../support/import-formats.ts';

type Json = Record<string, unknown>;

function node(id: string, parent: string | null, message: Json | null): Json {
  return { id, parent, children: [], message };
}

function said(second: number, fragments: unknown, more: Json = {}): Json {
  const inserted_at = `2025-04-29T11:59:${String(second).padStart(2, '0')}.635000+08:00`;
  return { model: 'deepseek-reasoner', inserted_at, files: [], fragments, ...more };
}

const CONVERSATION = {
  id: 'c1',
  title: '泡菜 김치',
  inserted_at: '2025-04-29T11:59:11.635000+08:00',
  updated_at: '2025-04-29T12:44:11.402000+08:00',
  mapping: {
    root: node('root', null, null),
    '1': node('1', 'root', said(12, [{ type: 'REQUEST', content: '질문' }])),
    '2': node(
      '2',
      '1',
      said(13, [
        {
          type: 'SEARCH',
          content: '',
          results: [{ title: 'A', url: 'https://a.example', snippet: 's' }],
        },
        { type: 'THINK', content: '생각' },
        { type: 'RESPONSE', content: 'Answer' },
        { type: 'HOLOGRAM', content: 'x' },
        null,
      ]),
    ),
    '3': node('3', '1', said(14, [{ type: 'RESPONSE', content: 'Again' }])),
  },
};

describe('the official export', () => {
  it('is told from ChatGPT’s by inserted_at', () => {
    for (const file of [[CONVERSATION], CONVERSATION, { conversations: [CONVERSATION] }]) {
      expect(deepseek.matches(sampleOf(file))).toBe(true);
      expect(chatgpt.matches(sampleOf(file))).toBe(false);
    }
    for (const file of [null, 'x', [], {}, [{ mapping: {} }], [{ inserted_at: 1 }]]) {
      expect(deepseek.matches(sampleOf(file))).toBe(false);
    }
  });

  it('is read with branches, thoughts, sources and unknown fragments', () => {
    const read = readOne(deepseek, [CONVERSATION]);
    expect(treeOf(read)).toEqual(['1<', '2<1', '3<1']);
    expect(read).toMatchObject({
      title: '泡菜 김치',
      createdAt: Date.UTC(2025, 3, 29, 3, 59, 11, 635),
      activeLeafSourceId: '3',
      notes: ['unknown_block', 'leaf_guessed'],
    });
    expect(messageOf(read, '1')).toMatchObject({ role: 'user', content: '질문', modelUsed: null });
    expect(messageOf(read, '2')).toMatchObject({
      role: 'assistant',
      content: 'Answer',
      reasoning: '생각',
      modelUsed: 'deepseek-reasoner',
      parts: [{ type: 'HOLOGRAM', content: 'x' }],
      metadata: { citations: [{ title: 'A', url: 'https://a.example', text: 's' }] },
    });
  });

  it('of older versions has content without fragments: sides follow from the order', () => {
    const flat = (content: string, second: number, more: Json = {}): Json => ({
      ...said(second, undefined, more),
      content,
    });
    const mapping = {
      c: node('c', 'b', flat('more', 3)),
      b: node('b', 'a', flat('answer', 2, { reasoning_content: '생각' })),
      a: node('a', 'root', flat('question', 1)),
      root: node('root', null, null),
      d: node('d', 'c', flat('end', 4)),
    };
    const read = readOne(deepseek, [{ ...CONVERSATION, mapping }]);
    expect(read.messages.map(({ role, content }) => [role, content])).toEqual([
      ['user', 'question'],
      ['assistant', 'answer'],
      ['user', 'more'],
      ['assistant', 'end'],
    ]);
    expect(messageOf(read, 'b').reasoning).toBe('생각');
    expect(read.notes).toContain('role_unknown');
  });

  it('links past nodes without a message, and mends circles', () => {
    const ask = said(1, [{ type: 'REQUEST', content: 'q' }]);
    const mapping = {
      a: node('a', null, ask),
      gap: node('gap', 'a', null),
      b: node('b', 'gap', ask),
      x: node('x', 'y', ask),
      y: node('y', 'x', ask),
    };
    const read = readOne(deepseek, [{ ...CONVERSATION, mapping }]);
    expect(treeOf(read)).toEqual(['a<', 'b<a', 'x<', 'y<x']);
    expect(read.notes).toContain('tree_repaired');
  });

  it('skips what is bad alone', () => {
    const items = readAll(deepseek, [
      null,
      { id: 'x', title: 'X', inserted_at: 1 },
      { id: 'y', mapping: { root: null, a: 3 } },
      CONVERSATION,
    ]);
    expect(items.map((item) => (item.kind === 'skipped' ? item.reason : item.kind))).toEqual([
      'not_an_object',
      'no_messages_field',
      'empty_conversation',
      'conversation',
    ]);
  });

  it('survives every field being of the wrong type', () => {
    expectToSurviveMangling(deepseek, [CONVERSATION]);
  });
});

describe('a capture of the page', () => {
  const inner = {
    chat_session: { id: 's1', title: '김치', inserted_at: 1_745_900_000.5, current_message_id: 2 },
    chat_messages: [
      { message_id: 1, parent_id: null, role: 'USER', content: '질문', inserted_at: 1_745_900_001 },
      {
        message_id: 2,
        parent_id: 1,
        role: 'ASSISTANT',
        status: 'FINISHED',
        inserted_at: 1_745_900_002,
        accumulated_token_usage: 55,
        fragments: [
          { id: 1, type: 'THINK', content: '생각' },
          { id: 2, type: 'RESPONSE', content: 'A' },
        ],
        feedback: { type: 'LIKE' },
        files: [{ id: 'f', file_name: 'n.pdf', file_size: 3 }],
      },
      {
        message_id: 3,
        parent_id: 1,
        role: 'ASSISTANT',
        status: 'INCOMPLETE',
        thinking_content: 't',
        content: '',
      },
      null,
    ],
  };
  const file = { code: 0, data: { biz_data: inner } };

  it('is recognised whole or by its inner object, and not taken for Claude’s', () => {
    expect(deepseekCapture.matches(sampleOf(file))).toBe(true);
    expect(deepseekCapture.matches(sampleOf(inner))).toBe(true);
    expect(claude.matches(sampleOf(inner))).toBe(false);
    expect(deepseekCapture.matches(sampleOf([{ chat_messages: [] }]))).toBe(false);
  });

  it('is read with its numbered messages', () => {
    const read = readOne(deepseekCapture, file);
    expect(treeOf(read)).toEqual(['1<', '2<1', '3<1']);
    expect(read).toMatchObject({ sourceId: 's1', activeLeafSourceId: '2' });
    expect(messageOf(read, '1')).toMatchObject({ role: 'user', content: '질문' });
    expect(messageOf(read, '2')).toMatchObject({
      content: 'A',
      reasoning: '생각',
      rating: 5,
      tokenCount: null,
      metadata: { accumulated_token_usage: 55, source_rating: { type: 'LIKE' } },
      attachments: [{ name: 'n.pdf', sizeBytes: 3, assetKeys: ['f'] }],
    });
    expect(messageOf(read, '3')).toMatchObject({ status: 'interrupted', reasoning: 't' });
  });

  it.each([true, false, null])('keeps the pin %j', (pinned) => {
    const chat_session = { ...inner.chat_session, ...(pinned !== null && { pinned }) };
    expect(readOne(deepseekCapture, { ...inner, chat_session }).isPinned).toBe(pinned);
  });

  it('survives every field being of the wrong type', () => {
    expectToSurviveMangling(deepseekCapture, file);
  });
});
