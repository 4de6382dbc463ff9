import { describe, expect, it } from 'vitest';
import {
  betterChatGptArrayFormat,
  betterChatGptFormat,
} from '#portability/formats/betterchatgpt.ts';
import {
  conversationsOf,
  expectSurvivesMangling,
  expectWellFormed,
  onlyConversation,
  readFile,
  sampleOf,
  spoken,
} from '../../../support/read-format.ts';

const CHAT = {
  id: 'c1',
  title: '한국어 🏺',
  titleSet: true,
  folder: 'f1',
  messages: [
    { role: 'system', content: 'Be kind.' },
    { role: 'user', content: '안녕' },
    { role: 'assistant', content: [{ type: 'text', text: 'Hello' }] },
  ],
  config: { model: 'gpt-4', max_tokens: 100, temperature: 1, apiKey: 'sk-marker' },
};
const FILE = {
  version: 1,
  chats: [CHAT],
  folders: { f1: { id: 'f1', name: 'Work', expanded: true, order: 0, color: '#fff' } },
};

describe('betterChatGptFormat', () => {
  it('knows both shapes apart', () => {
    expect(betterChatGptFormat.matches(sampleOf(FILE))).toBe(true);
    expect(betterChatGptFormat.matches(sampleOf([CHAT]))).toBe(false);
    expect(betterChatGptArrayFormat.matches(sampleOf([CHAT]))).toBe(true);
    expect(betterChatGptArrayFormat.matches(sampleOf(FILE))).toBe(false);
    expect(betterChatGptArrayFormat.matches(sampleOf([{ messages: [] }]))).toBe(false);
  });

  it('reads chats with their folder as a tag, and says that there are no dates', () => {
    const items = readFile(betterChatGptFormat, FILE);
    expectWellFormed(items);
    const conversation = onlyConversation(items);
    expect(conversation).toMatchObject({
      sourceId: 'c1',
      title: '한국어 🏺',
      tags: ['Work'],
      chatModel: 'gpt-4',
      temperature: 1,
      createdAt: null,
    });
    expect(conversation.notes).toEqual(expect.arrayContaining(['date_unknown', 'ids_derived']));
    expect(spoken(conversation)).toEqual(['system: Be kind.', 'user: 안녕', 'assistant: Hello']);
    expect(JSON.stringify(items)).not.toContain('sk-marker');
  });

  it('derives the same ids again, and others for another text', () => {
    const { id: _id, ...legacy } = CHAT;
    const ids = (chat: unknown) =>
      conversationsOf(readFile(betterChatGptArrayFormat, [chat])).map(({ sourceId, messages }) => [
        sourceId,
        ...messages.map((message) => message.sourceId),
      ]);
    expect(ids(legacy)).toEqual(ids(structuredClone(legacy)));
    expect(ids(legacy)).not.toEqual(ids({ ...legacy, messages: [{ role: 'user', content: 'x' }] }));
    expect(new Set(ids(legacy).flat()).size).toBe(4);
  });

  it('survives any value in any field', () => {
    expectSurvivesMangling(betterChatGptFormat, FILE);
    expectSurvivesMangling(betterChatGptArrayFormat, [CHAT, null]);
  });
});
