import { describe, expect, it } from 'vitest';
import { janFormat } from '#portability/formats/jan.ts';
import {
  expectSurvivesMangling,
  expectWellFormed,
  onlyConversation,
  pathTo,
  readFile,
  sampleOf,
  spoken,
} from '../../../support/read-format.ts';

function line(id: string, role: string, text: string, metadata: object = {}): object {
  return {
    id,
    object: 'thread.message',
    thread_id: 'th1',
    role,
    content: [{ type: 'text', text: { value: text, annotations: [] } }],
    status: 'ready',
    created_at: 1700000000 + Number(id),
    completed_at: 1700000000,
    metadata,
  };
}

const FLAT = [
  line('1', 'user', '옹기? 🏺'),
  line('2', 'assistant', '<think>hmm</think>A', {
    usage: { prompt_tokens: 1, completion_tokens: 2 },
    model: 'jan-nano',
  }),
];
const TREE = [
  line('1', 'user', 'Q', { activeChildId: '3' }),
  line('2', 'assistant', 'First', { parentId: '1' }),
  line('3', 'assistant', 'Second', { parentId: '1', activeChildId: '4' }),
  line('4', 'user', 'More', { parentId: '3' }),
];
const THREAD = {
  id: 'th1',
  title: '항아리',
  created: 1700000000,
  updated: 1700000100,
  assistants: [{ instructions: 'Be kind.', model: { id: 'jan-nano' } }],
};

describe('janFormat', () => {
  it('reads a list of messages as a chain', () => {
    expect(janFormat.matches(sampleOf(FLAT, true))).toBe(true);
    const items = readFile(janFormat, FLAT);
    expectWellFormed(items);
    const conversation = onlyConversation(items);
    expect(conversation).toMatchObject({ sourceId: 'th1', title: null });
    expect(spoken(conversation)).toEqual(['user: 옹기? 🏺', 'assistant: A']);
    expect(conversation.messages[1]).toMatchObject({
      timestamp: 1700000002000,
      parentSourceId: '1',
      reasoning: 'hmm',
      modelUsed: 'jan-nano',
      promptTokens: 1,
    });
  });

  it('reads parents as a tree and follows the active children', () => {
    const conversation = onlyConversation(readFile(janFormat, TREE));
    expect(pathTo(conversation, conversation.activeLeafSourceId)).toEqual(['Q', 'Second', 'More']);
    expect(pathTo(conversation, '2')).toEqual(['Q', 'First']);
  });

  it('believes a thread file only when it is of this thread', () => {
    const read = (thread: unknown) =>
      onlyConversation(readFile(janFormat, FLAT, { companions: { 'thread.json': thread } }));
    expect(read(THREAD)).toMatchObject({
      title: '항아리',
      chatModel: 'jan-nano',
      systemPrompt: 'Be kind.',
      createdAt: 1700000000000,
    });
    expect(read({ ...THREAD, id: 'other' }).title).toBeNull();
  });

  it('keeps unknown blocks and calls', () => {
    const message = {
      ...FLAT[0],
      content: [{ type: 'tool_call', tool_name: 'web', input: {} }, { type: 'hologram' }],
    };
    const conversation = onlyConversation(readFile(janFormat, [message]));
    expect(conversation.messages[0]?.parts).toMatchObject([
      { type: 'tool_call' },
      { type: 'hologram' },
    ]);
    expect(conversation.notes).toContain('unknown_block');
  });

  it('mends circles and missing parents', () => {
    const conversation = onlyConversation(
      readFile(janFormat, [
        line('1', 'user', 'a', { parentId: '2' }),
        line('2', 'user', 'b', { parentId: '1' }),
        line('3', 'user', 'c', { parentId: 'gone' }),
      ]),
    );
    expect(conversation.messages).toHaveLength(3);
    expect(conversation.notes).toContain('tree_repaired');
  });

  it('survives any value in any field', () => {
    expectSurvivesMangling(janFormat, FLAT);
    expectSurvivesMangling(janFormat, TREE);
  });
});
