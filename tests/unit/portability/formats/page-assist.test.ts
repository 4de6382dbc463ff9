import { describe, expect, it } from 'vitest';
import { pageAssistFormat } from '#portability/formats/page-assist.ts';
import {
  expectSurvivesMangling,
  expectWellFormed,
  onlyConversation,
  readFile,
  sampleOf,
  spoken,
} from '../../../support/read-format.ts';

const FILE = {
  chat: [
    {
      history: {
        id: 'h1',
        title: '옹기 🏺',
        createdAt: 1700000000000,
        is_pinned: true,
        model_id: 'llama3',
        message_source: 'web-ui',
      },
      // Newest first, as the table gives them.
      messages: [
        {
          id: 'm2',
          history_id: 'h1',
          name: 'llama3',
          role: 'assistant',
          content: '<think>hmm</think>A',
          createdAt: 1700000002000,
          sources: [{ url: 'https://x.org' }],
          reasoning_time_taken: 2,
          generationInfo: { prompt_eval_count: 3, eval_count: 4 },
        },
        {
          id: 'm1',
          history_id: 'h1',
          name: 'You',
          role: 'user',
          content: 'Q',
          createdAt: 1700000001000,
          images: ['data:image/png;base64,AA==', ''],
        },
      ],
    },
  ],
  knowledge: [],
  vector: [],
  prompts: [],
  oaiConfigs: [{ id: 'o', apiKey: 'sk-marker' }],
};

describe('pageAssistFormat', () => {
  it('asks for the chats alone', () => {
    expect(pageAssistFormat.matches(sampleOf(FILE))).toBe(true);
    expect(pageAssistFormat.elementKeys).toEqual(['chat', 'prompts', 'knowledge']);
    expect(JSON.stringify(readFile(pageAssistFormat, FILE))).not.toContain('sk-marker');
    // Nor when it is handed the whole file.
    expect(
      JSON.stringify([
        ...pageAssistFormat.read(FILE, { fileName: '', fileDate: 0, companions: new Map() }),
      ]),
    ).not.toContain('sk-marker');
  });

  it('puts messages in order of time and reads their fields', () => {
    const items = readFile(pageAssistFormat, FILE);
    expectWellFormed(items);
    const conversation = onlyConversation(items);
    expect(conversation).toMatchObject({
      sourceId: 'h1',
      title: '옹기 🏺',
      isPinned: true,
      chatModel: 'llama3',
    });
    expect(spoken(conversation)).toEqual(['user: Q', 'assistant: A']);
    const [question, answer] = conversation.messages;
    expect(question).toMatchObject({ modelUsed: null, attachments: [{ mediaType: 'image/png' }] });
    expect(answer).toMatchObject({
      modelUsed: 'llama3',
      reasoning: 'hmm',
      promptTokens: 3,
      completionTokens: 4,
      metadata: {
        citations: [{ title: null, url: 'https://x.org', text: null }],
        reasoning_ms: 2000,
      },
    });
  });

  it('survives any value in any field', () => {
    expectSurvivesMangling(pageAssistFormat, FILE);
  });

  it('keeps what was searched and asked about, and names prompts and collections', () => {
    const [chat] = FILE.chat;
    const search = {
      search_engine: 'x',
      search_results: [{ title: '옹기점', link: 'https://pots.example/' }],
    };
    const documents = [
      { type: 'tab', title: 'Page', url: 'https://page.example/' },
      { type: 'file', filename: 'kiln.txt', content: 'burns hot' },
      null,
    ];
    const messages = chat?.messages.map((each) => ({ ...each, search, documents }));
    const items = readFile(pageAssistFormat, {
      ...FILE,
      chat: [{ ...chat, messages }],
      prompts: [{ id: 'p', title: '번역', content: 'Translate.', is_system: true }],
      knowledge: [{ id: 'k', title: '가마', source: [{ filename: 'kiln.txt' }] }],
    });
    expectWellFormed(items);
    expect(items.slice(1)).toEqual([
      { kind: 'skipped', reason: 'saved_prompt', label: '번역' },
      { kind: 'skipped', reason: 'knowledge_base', label: '가마' },
    ]);
    const answer = onlyConversation(items.slice(0, 1)).messages[1];
    expect(answer?.metadata['citations']).toEqual([
      { title: null, url: 'https://x.org', text: null },
      { title: '옹기점', url: 'https://pots.example/', text: null },
      { title: 'Page', url: 'https://page.example/', text: null },
    ]);
    expect(answer?.attachments).toMatchObject([{ name: 'kiln.txt', text: 'burns hot' }]);
  });

  function answerWith(more: Record<string, unknown>) {
    const answer = { id: 'm', role: 'assistant', content: 'A', createdAt: 1700000002000, ...more };
    const items = readFile(pageAssistFormat, {
      ...FILE,
      chat: [{ history: FILE.chat[0]?.history, messages: [answer] }],
    });
    expectWellFormed(items);
    const conversation = onlyConversation(items);
    const [message] = conversation.messages;
    if (!message) throw new Error('no message');
    return { ...message, notes: conversation.notes };
  }

  it('names the files an answer was made from, and keeps the passages', () => {
    const sources = [
      { name: '가마.pdf', type: 'pdf', mode: 'rag', url: '', pageContent: 'burns hot' },
      { name: 'Pots', type: 'url', url: 'https://pots.example/', pageContent: 'round' },
      { type: 'odd' },
    ];
    const answer = answerWith({ sources });
    expect(answer.metadata['citations']).toEqual([
      { title: '가마.pdf', url: null, text: 'burns hot' },
      { title: 'Pots', url: 'https://pots.example/', text: 'round' },
    ]);
    expect(answer.parts).toEqual([sources[0], { type: 'odd' }]);
  });

  it('keeps the address of a picture that lies elsewhere', () => {
    const images = [
      'https://pots.example/a.png',
      { url: 'data:image/png;base64,AA==' },
      { odd: 1 },
    ];
    const answer = answerWith({ images });
    expect(answer.attachments).toMatchObject([{ mediaType: 'image/png' }]);
    expect(answer.parts).toEqual([
      { type: 'image', url: 'https://pots.example/a.png' },
      { type: 'image', odd: 1 },
    ]);
    expect(answer.notes).toEqual(expect.arrayContaining(['asset_missing', 'unknown_block']));
  });
});
