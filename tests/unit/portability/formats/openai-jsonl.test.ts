import { describe, expect, it } from 'vitest';
import { openAiJsonlFormat, openAiMessagesFormat } from '#portability/formats/openai-jsonl.ts';
import { openAiPreferenceFormat } from '#portability/formats/openai-preference.ts';
import {
  conversationsOf,
  expectSurvivesMangling,
  expectWellFormed,
  onlyConversation,
  pathTo,
  readFile,
  sampleOf,
  spoken,
} from '../../../support/read-format.ts';

const LINE = {
  messages: [
    { role: 'developer', content: 'Be brief.' },
    { role: 'user', content: '날씨? ☔', name: 'kim' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{}' } }],
      weight: 0,
    },
    { role: 'tool', tool_call_id: 'c1', content: 'rain' },
    { role: 'assistant', content: [{ type: 'text', text: 'Rain.' }], weight: 1 },
  ],
  tools: [{ type: 'function', function: { name: 'weather' } }],
};
const PREFERENCE = {
  input: { messages: [{ role: 'user', content: 'Hi' }], tools: [] },
  preferred_output: [{ role: 'assistant', content: 'Good' }],
  non_preferred_output: [{ role: 'assistant', content: 'Bad' }],
};

describe('openAiJsonlFormat', () => {
  it('knows lines of chats', () => {
    expect(openAiJsonlFormat.matches(sampleOf([LINE], true))).toBe(true);
    expect(openAiJsonlFormat.matches(sampleOf([PREFERENCE], true))).toBe(false);
    expect(openAiJsonlFormat.matches(sampleOf([{ messages: [{ from: 'human' }] }]))).toBe(false);
    expect(
      openAiJsonlFormat.matches(sampleOf({ messages: [{ role: 'pirate', content: '' }] })),
    ).toBe(false);
  });

  it('keeps tools, calls, names, weights and the original role', () => {
    const items = readFile(openAiJsonlFormat, [LINE]);
    expectWellFormed(items);
    const conversation = onlyConversation(items);
    expect(spoken(conversation)).toEqual([
      'system: Be brief.',
      'user: 날씨? ☔',
      'assistant: ',
      'tool: rain',
      'assistant: Rain.',
    ]);
    expect(conversation.metadata).toEqual({ tools: LINE.tools });
    const [system, user, call, tool] = conversation.messages;
    expect(system?.metadata).toEqual({ source_role: 'developer' });
    expect(user?.metadata).toEqual({ name: 'kim' });
    expect(call).toMatchObject({ parts: [{ id: 'c1' }], metadata: { weight: 0 } });
    expect(tool?.metadata).toEqual({ tool_call_id: 'c1' });
    expect(conversation.isSourceIdDerived).toBe(true);
  });

  it('tells lines that begin alike apart', () => {
    const other = { messages: [...LINE.messages, { role: 'user', content: 'More' }] };
    const ids = conversationsOf(readFile(openAiJsonlFormat, [LINE, other, LINE])).map(
      ({ sourceId }) => sourceId,
    );
    expect(new Set(ids).size).toBe(2);
  });

  it('reads an unknown role as an answer and keeps its name', () => {
    const messages = [...LINE.messages, { role: 'pirate', content: 'Arr' }];
    const conversation = onlyConversation(readFile(openAiJsonlFormat, [{ messages }]));
    expect(conversation.messages.at(-1)).toMatchObject({
      role: 'assistant',
      metadata: { source_role: 'pirate' },
    });
    expect(conversation.notes).toContain('role_unknown');
  });

  it('survives any value in any field', () => {
    expectSurvivesMangling(openAiJsonlFormat, [LINE]);
  });
});

describe('openAiMessagesFormat', () => {
  it('reads a bare list of messages as one conversation', () => {
    expect(openAiMessagesFormat.matches(sampleOf(LINE.messages))).toBe(true);
    expect(openAiMessagesFormat.matches(sampleOf([LINE]))).toBe(false);
    const conversation = onlyConversation(readFile(openAiMessagesFormat, LINE.messages));
    expect(conversation.messages).toHaveLength(5);
  });

  it('survives any value in any field', () => {
    expectSurvivesMangling(openAiMessagesFormat, LINE.messages);
  });
});

describe('openAiPreferenceFormat', () => {
  it('knows its lines', () => {
    expect(openAiPreferenceFormat.matches(sampleOf([PREFERENCE], true))).toBe(true);
    expect(openAiPreferenceFormat.matches(sampleOf([LINE], true))).toBe(false);
  });

  it('makes the two outputs of a preference siblings and shows the preferred one', () => {
    const conversation = onlyConversation(readFile(openAiPreferenceFormat, [PREFERENCE]));
    expect(pathTo(conversation, conversation.activeLeafSourceId)).toEqual(['Hi', 'Good']);
    const bad = conversation.messages.find(({ content }) => content === 'Bad');
    expect(bad?.metadata).toEqual({ non_preferred: true });
    expect(pathTo(conversation, bad?.sourceId ?? null)).toEqual(['Hi', 'Bad']);
  });

  it('survives any value in any field', () => {
    expectSurvivesMangling(openAiPreferenceFormat, [PREFERENCE]);
  });
});
