import { describe, expect, it } from 'vitest';
import { chatbotUiFormat } from '#portability/formats/chatbot-ui.ts';
import {
  expectSurvivesMangling,
  expectWellFormed,
  onlyConversation,
  readFile,
  sampleOf,
  spoken,
} from '../../../support/read-format.ts';

const FILE = {
  version: 4,
  history: [
    {
      id: '1',
      name: '대화 🏺',
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello' },
      ],
      model: { id: 'gpt-3.5-turbo', name: 'GPT-3.5', maxLength: 12000 },
      prompt: 'You are kind.',
      temperature: 0.7,
      folderId: 'f',
    },
  ],
  folders: [{ id: 'f', name: 'Pots', type: 'chat' }],
  prompts: [],
};

describe('chatbotUiFormat', () => {
  it('reads a conversation with folder, model and prompt', () => {
    expect(chatbotUiFormat.matches(sampleOf(FILE))).toBe(true);
    const items = readFile(chatbotUiFormat, FILE);
    expectWellFormed(items);
    const conversation = onlyConversation(items);
    expect(conversation).toMatchObject({
      source: 'chatbot-ui',
      sourceId: '1',
      title: '대화 🏺',
      tags: ['Pots'],
      chatModel: 'gpt-3.5-turbo',
      systemPrompt: 'You are kind.',
      temperature: 0.7,
    });
    expect(spoken(conversation)).toEqual(['user: Hi', 'assistant: Hello']);
    expect(conversation.messages[1]?.parentSourceId).toBe(conversation.messages[0]?.sourceId);
  });

  it('skips a broken conversation alone', () => {
    const items = readFile(chatbotUiFormat, { ...FILE, history: [null, {}, ...FILE.history] });
    expect(items.map(({ kind }) => kind)).toEqual(['skipped', 'skipped', 'conversation']);
  });

  it('survives any value in any field', () => {
    expectSurvivesMangling(chatbotUiFormat, FILE);
  });
});
