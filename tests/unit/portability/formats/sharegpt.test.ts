import { describe, expect, it } from 'vitest';
import { shareGptFormat } from '#portability/formats/sharegpt.ts';
import {
  expectSurvivesMangling,
  expectWellFormed,
  onlyConversation,
  readFile,
  sampleOf,
  spoken,
} from '../../../support/read-format.ts';

const LINE = {
  id: 'identity_0',
  system: 'Be kind.',
  model: 'vicuna',
  tools: '[{"name":"look"}]',
  conversations: [
    { from: 'system', value: 'Rules' },
    { from: 'human', value: '안녕 🏺' },
    { from: 'gpt', value: '<think>a greeting</think>Hello', weight: 1 },
    { from: 'function_call', value: '{"name":"look"}' },
    { from: 'observation', value: 'a pot' },
    { from: 'narrator', value: 'Silence.' },
  ],
};

describe('shareGptFormat', () => {
  it('knows its lists by from and value, in JSON and in lines', () => {
    expect(shareGptFormat.matches(sampleOf([LINE]))).toBe(true);
    expect(shareGptFormat.matches(sampleOf([LINE], true))).toBe(true);
    expect(shareGptFormat.matches(sampleOf(LINE))).toBe(true);
    expect(shareGptFormat.matches(sampleOf([{ conversations: [{ role: 'user' }] }]))).toBe(false);
  });

  it('reads speakers, steps and reasoning', () => {
    const items = readFile(shareGptFormat, [LINE]);
    expectWellFormed(items);
    const conversation = onlyConversation(items);
    expect(conversation).toMatchObject({
      sourceId: 'identity_0',
      systemPrompt: 'Be kind.',
      chatModel: 'vicuna',
      metadata: { tools: '[{"name":"look"}]' },
    });
    expect(spoken(conversation)).toEqual([
      'system: Rules',
      'user: 안녕 🏺',
      'assistant: Hello',
      'assistant: {"name":"look"}',
      'tool: a pot',
      'assistant: Silence.',
    ]);
    expect(conversation.messages[2]).toMatchObject({
      reasoning: 'a greeting',
      metadata: { source_role: 'gpt', weight: 1 },
    });
    expect(conversation.notes).toContain('role_unknown');
  });

  it('reads turns named user and assistant', () => {
    const turns = [
      { from: 'user', value: 'a' },
      { from: 'assistant', value: 'b' },
    ];
    expect(spoken(onlyConversation(readFile(shareGptFormat, [{ conversations: turns }])))).toEqual([
      'user: a',
      'assistant: b',
    ]);
  });

  it('survives any value in any field', () => {
    expectSurvivesMangling(shareGptFormat, [LINE, null]);
  });
});
