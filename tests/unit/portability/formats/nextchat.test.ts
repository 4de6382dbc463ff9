import { describe, expect, it } from 'vitest';
import { nextChatFormat } from '#portability/formats/nextchat.ts';
import {
  conversationsOf,
  expectSurvivesMangling,
  expectWellFormed,
  onlyConversation,
  readFile,
  sampleOf,
  spoken,
} from '../../../support/read-format.ts';

const SESSION = {
  id: 's1',
  topic: '옹기 이야기 🏺',
  memoryPrompt: 'About pottery.',
  messages: [
    { id: 'm1', date: '2026. 11. 22. 오후 3:04:05', role: 'user', content: '옹기가 뭐야? 🏺' },
    {
      id: 'm2',
      date: '11/22/2026, 3:04:09 PM',
      role: 'assistant',
      content: '<think>Pottery.</think>\n\n항아리입니다.',
      model: 'gpt-4o',
      streaming: false,
      tools: [{ id: 'call_1', type: 'function', function: { name: 'search', arguments: '{}' } }],
    },
    {
      id: 'm3',
      date: 'someday',
      role: 'user',
      content: [
        { type: 'text', text: 'And this?' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
        { type: 'image_url', image_url: { url: 'https://example.org/cat.png' } },
      ],
    },
    { id: 'm4', date: '', role: 'assistant', content: '', isError: true },
  ],
  stat: { tokenCount: 0 },
  lastUpdate: 1795330000000,
  lastSummarizeIndex: 0,
  clearContextIndex: 2,
  mask: {
    name: 'Potter',
    context: [
      { id: 'c1', date: '', role: 'system', content: 'You make pots.' },
      { id: 'c2', date: '', role: 'user', content: 'Example?' },
    ],
    modelConfig: { model: 'gpt-4o-mini', temperature: 0.5 },
  },
};

const FILE = {
  'chat-next-web-store': {
    sessions: [SESSION],
    currentSessionIndex: 0,
    lastUpdateTime: 1795330000000,
  },
  'access-control': { openaiApiKey: 'sk-marker-access', accessCode: 'sk-marker-code' },
  'app-config': { modelConfig: { apiKey: 'sk-marker-config' } },
  'mask-store': {},
  'prompt-store': {},
};

describe('nextChatFormat', () => {
  it('knows its files by their store', () => {
    expect(nextChatFormat.matches(sampleOf(FILE))).toBe(true);
    expect(nextChatFormat.matches(sampleOf([SESSION]))).toBe(false);
    expect(nextChatFormat.matches(sampleOf({ 'chat-next-web-store': null }))).toBe(false);
  });

  it('reads a session with its mask, models and reasoning', () => {
    const items = readFile(nextChatFormat, FILE);
    expectWellFormed(items);
    const conversation = onlyConversation(items);
    expect(conversation).toMatchObject({
      source: 'nextchat',
      sourceId: 's1',
      title: '옹기 이야기 🏺',
      summary: 'About pottery.',
      chatModel: 'gpt-4o-mini',
      temperature: 0.5,
      systemPrompt: 'You make pots.',
      updatedAt: 1795330000000,
      metadata: { mask: 'Potter', clear_context_index: 2 },
    });
    expect(spoken(conversation)).toEqual([
      'user: Example?',
      'user: 옹기가 뭐야? 🏺',
      'assistant: 항아리입니다.',
      'user: And this?',
      'assistant: ',
    ]);
    const [example, question, answer, pictures, failed] = conversation.messages;
    expect(example?.metadata).toMatchObject({ hidden: true });
    expect(question?.timestamp).toBe(new Date(2026, 10, 22, 15, 4, 5).getTime());
    expect(answer).toMatchObject({
      modelUsed: 'gpt-4o',
      reasoning: 'Pottery.',
      parts: [{ id: 'call_1' }],
      parentSourceId: 'm1',
    });
    expect(pictures).toMatchObject({
      timestamp: null,
      attachments: [{ mediaType: 'image/png', dataUrl: 'data:image/png;base64,iVBORw0KGgo=' }],
      parts: [{ type: 'image_url', image_url: { url: 'https://example.org/cat.png' } }],
    });
    expect(failed?.status).toBe('error');
    expect(conversation.notes.toSorted()).toEqual(
      ['asset_missing', 'date_unknown', 'secrets_ignored', 'zone_assumed'].toSorted(),
    );
  });

  it('never gives a key away', () => {
    expect(JSON.stringify(readFile(nextChatFormat, FILE))).not.toContain('sk-marker');
  });

  it('reads the others when one session is broken', () => {
    const sessions = [null, 5, { id: 'x' }, { id: 'y', messages: [] }, SESSION];
    const items = readFile(nextChatFormat, { 'chat-next-web-store': { sessions } });
    expect(items.map((item) => (item.kind === 'skipped' ? item.reason : item.kind))).toEqual([
      'not_an_object',
      'not_an_object',
      'no_messages_field',
      'empty_conversation',
      'conversation',
    ]);
  });

  it('takes __proto__ of a file for a key like any other', () => {
    const text =
      '{"chat-next-web-store":{"sessions":[{"__proto__":{"id":"evil","messages":[]},"id":"s","messages":[{"__proto__":{"role":"system"},"role":"user","content":"hi"}]}]}}';
    const [conversation] = conversationsOf(readFile(nextChatFormat, JSON.parse(text)));
    expect(conversation?.sourceId).toBe('s');
    expect(conversation?.messages[0]?.role).toBe('user');
    expect(Object.hasOwn(Object.prototype, 'role')).toBe(false);
  });

  it('survives any value in any field', () => {
    expectSurvivesMangling(nextChatFormat, FILE);
  });
});
