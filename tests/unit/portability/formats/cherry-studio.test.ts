import { describe, expect, it } from 'vitest';
import { cherryStudioFormat } from '#portability/formats/cherry-studio.ts';
import {
  conversationsOf,
  expectSurvivesMangling,
  expectWellFormed,
  pathTo,
  readFile,
  sampleOf,
} from '../../../support/read-format.ts';

const ASSISTANTS = {
  defaultAssistant: {
    id: 'default',
    name: 'Default',
    topics: [{ id: 't2', name: 'Second', createdAt: '2026-01-02T00:00:00.000Z' }],
  },
  assistants: [
    {
      id: 'as1',
      name: '도공 🏺',
      prompt: 'You make pots.',
      model: { id: 'gpt-4o', provider: 'openai' },
      settings: { temperature: 0.4, enableTemperature: true },
      topics: [
        {
          id: 't1',
          name: '옹기',
          createdAt: '2026-01-01T00:00:00.000Z',
          updatedAt: '2026-01-01T01:00:00.000Z',
          pinned: true,
        },
      ],
    },
  ],
};

const FILE = {
  time: 1767225600000,
  version: 5,
  localStorage: {
    'persist:cherry-studio': JSON.stringify({
      assistants: JSON.stringify(ASSISTANTS),
      llm: JSON.stringify({ providers: [{ apiKey: 'sk-marker-llm' }] }),
      settings: JSON.stringify({ webdavPass: 'sk-marker-dav' }),
    }),
  },
  indexedDB: {
    topics: [
      {
        id: 't1',
        messages: [
          {
            id: 'u1',
            role: 'user',
            createdAt: '2026-01-01T00:00:01.000Z',
            status: 'success',
            blocks: ['b1', 'b2'],
          },
          {
            id: 'a1',
            role: 'assistant',
            askId: 'u1',
            createdAt: '2026-01-01T00:00:02.000Z',
            status: 'success',
            blocks: ['b3', 'b4', 'b5', 'b6'],
            foldSelected: true,
            usage: { prompt_tokens: 1, completion_tokens: 2 },
            metrics: { time_completion_millsec: 900 },
            model: { id: 'gpt-4o', provider: 'openai' },
          },
          {
            id: 'a2',
            role: 'assistant',
            askId: 'u1',
            createdAt: '2026-01-01T00:00:03.000Z',
            status: 'error',
            blocks: ['b7', 'missing'],
            modelId: 'claude',
          },
          { id: 'u2', role: 'user', createdAt: '2026-01-01T00:00:04.000Z', blocks: ['b8'] },
        ],
      },
      {
        id: 't2',
        messages: [
          { id: 'x', role: 'user', content: 'Old text', createdAt: '2026-01-02T00:00:01.000Z' },
          {
            id: 'y',
            role: 'assistant',
            content: 'Stopped',
            status: 'paused',
            createdAt: '2026-01-02T00:00:02.000Z',
          },
        ],
      },
    ],
    message_blocks: [
      { id: 'b1', messageId: 'u1', type: 'main_text', content: 'Q' },
      {
        id: 'b2',
        messageId: 'u1',
        type: 'file',
        file: { id: 'file1', origin_name: 'pot.pdf', ext: '.pdf', size: 7 },
      },
      { id: 'b3', messageId: 'a1', type: 'thinking', content: 'hmm' },
      { id: 'b4', messageId: 'a1', type: 'main_text', content: 'A' },
      { id: 'b5', messageId: 'a1', type: 'tool', toolName: 'web', content: { r: 1 } },
      {
        id: 'b6',
        messageId: 'a1',
        type: 'citation',
        response: { results: [{ url: 'https://x.org' }] },
      },
      { id: 'b7', messageId: 'a2', type: 'error', error: { message: 'no quota' } },
      { id: 'b8', messageId: 'u2', type: 'code', content: 'a = `1`', language: 'py' },
      { id: 'b9', messageId: 'u2', type: 'main_text', content: 'not listed' },
    ],
    settings: [{ id: 'api', value: 'sk-marker-table' }],
  },
};

describe('cherryStudioFormat', () => {
  it('knows the backup by its tables', () => {
    expect(cherryStudioFormat.matches(sampleOf(FILE))).toBe(true);
    expect(cherryStudioFormat.matches(sampleOf({ indexedDB: {} }))).toBe(false);
  });

  it('finds names, assistants and settings of topics in the text of texts', () => {
    const items = readFile(cherryStudioFormat, FILE);
    expectWellFormed(items);
    const [first, second] = conversationsOf(items);
    expect(first).toMatchObject({
      sourceId: 't1',
      title: '옹기',
      tags: ['도공 🏺'],
      isPinned: true,
      chatModel: 'gpt-4o',
      systemPrompt: 'You make pots.',
      temperature: 0.4,
      createdAt: Date.UTC(2026, 0, 1),
    });
    expect(second).toMatchObject({ title: 'Second', tags: null });
    expect(second?.messages[1]).toMatchObject({ content: 'Stopped', status: 'stopped' });
  });

  it('makes answers of several models siblings and goes on below the chosen one', () => {
    const [first] = conversationsOf(readFile(cherryStudioFormat, FILE));
    if (!first) throw new Error('no topic');
    expect(first.activeLeafSourceId).toBe('u2');
    expect(pathTo(first, 'u2')).toEqual(['Q', 'A', '```py\na = `1`\n```']);
    expect(first.messages.find(({ sourceId }) => sourceId === 'a2')?.parentSourceId).toBe('u1');
  });

  it('reads blocks of every kind', () => {
    const [first] = conversationsOf(readFile(cherryStudioFormat, FILE));
    const [question, answer, failed] = first?.messages ?? [];
    expect(question?.attachments).toEqual([
      { name: 'pot.pdf', mediaType: null, sizeBytes: 7, assetKeys: ['file1'] },
    ]);
    expect(answer).toMatchObject({
      reasoning: 'hmm',
      parts: [{ type: 'tool', toolName: 'web' }],
      promptTokens: 1,
      completionTokens: 2,
      responseTimeMs: 900,
      modelUsed: 'gpt-4o',
      metadata: {
        provider: 'openai',
        citations: [{ title: null, url: 'https://x.org', text: null }],
      },
    });
    expect(failed).toMatchObject({
      status: 'error',
      modelUsed: 'claude',
      metadata: { error: 'no quota' },
    });
  });

  it('never gives a key away', () => {
    const items = readFile(cherryStudioFormat, FILE);
    expect(JSON.stringify(items)).not.toContain('sk-marker');
    expect(conversationsOf(items)[0]?.notes).toContain('secrets_ignored');
  });

  it('reads the topics when the text of texts is broken or too deep', () => {
    for (const text of ['{', '[]', '[['.repeat(100_000), '{"assistants":"{"}']) {
      const items = readFile(cherryStudioFormat, {
        ...FILE,
        localStorage: { 'persist:cherry-studio': text },
      });
      expect(conversationsOf(items).map(({ title }) => title)).toEqual([null, null]);
    }
  });

  it('survives any value in any field', () => {
    expectSurvivesMangling(cherryStudioFormat, FILE);
    const plain = {
      ...FILE,
      localStorage: { 'persist:cherry-studio': { assistants: ASSISTANTS } },
    };
    expectSurvivesMangling(cherryStudioFormat, plain);
  });

  it('reads summaries, videos and answers that were still being searched for', () => {
    const blocks = [
      { id: 'c', type: 'compact', content: 'In short', compactedContent: 'long' },
      { id: 'v', type: 'video', filePath: 'C:\\Data\\kiln.mp4' },
      { id: 'w', type: 'video', file: { id: 'f1', origin_name: 'fire.mp4' } },
      { id: 'x', type: 'video' },
    ];
    const message = {
      ...{ id: 'm', role: 'assistant', createdAt: '2026-01-01T00:00:01.000Z' },
      ...{ status: 'searching', blocks: blocks.map(({ id }) => id) },
    };
    const [conversation] = conversationsOf(
      readFile(cherryStudioFormat, {
        ...FILE,
        indexedDB: { topics: [{ id: 't', messages: [message] }], message_blocks: blocks },
      }),
    );
    expect(conversation?.notes).not.toContain('unknown_block');
    expect(conversation?.messages).toMatchObject([
      {
        content: 'In short',
        status: 'interrupted',
        parts: [blocks[0], blocks[3]],
        attachments: [
          { name: 'kiln.mp4', assetKeys: ['kiln.mp4'] },
          { name: 'fire.mp4', assetKeys: ['f1'] },
        ],
      },
    ]);
  });

  /** The one message that these blocks make, and what is noted. */
  function messageOf(blocks: readonly Record<string, unknown>[]) {
    const message = {
      ...{ id: 'm', role: 'assistant', createdAt: '2026-01-01T00:00:01.000Z', status: 'success' },
      blocks: blocks.map(({ id }) => id),
    };
    const items = readFile(cherryStudioFormat, {
      ...FILE,
      indexedDB: { topics: [{ id: 't', messages: [message] }], message_blocks: blocks },
    });
    expectWellFormed(items);
    const [conversation] = conversationsOf(items);
    const [read] = conversation?.messages ?? [];
    if (!conversation || !read) throw new Error('no message');
    return { ...read, notes: conversation.notes };
  }

  it.each([
    { by: 'a search service', response: { results: [{ title: '옹기', url: 'https://x.org' }] } },
    {
      by: 'OpenAI',
      response: {
        source: 'openai',
        results: [{ type: 'url_citation', url_citation: { title: '옹기', url: 'https://x.org' } }],
      },
    },
    {
      by: 'Gemini',
      response: {
        source: 'gemini',
        results: { groundingChunks: [{ web: { title: '옹기', uri: 'https://x.org' } }] },
      },
    },
    {
      by: 'Zhipu, twice',
      response: {
        results: [
          { title: '옹기', link: 'https://x.org' },
          { title: 'again', link: 'https://x.org' },
        ],
      },
    },
  ])('shows what was found by $by as sources', ({ response }) => {
    const words = { id: 'w', type: 'main_text', content: 'A' };
    const read = messageOf([words, { id: 'c', type: 'citation', response }]);
    expect(read.metadata['citations']).toEqual([
      { title: '옹기', url: 'https://x.org', text: null },
    ]);
    expect(read.parts).toEqual([]);
  });

  it('names looked up files as sources and keeps what was read there', () => {
    const block = {
      ...{ id: 'c', type: 'citation' },
      knowledge: [
        {
          id: 1,
          content: '가마는 뜨겁다.',
          sourceUrl: 'C:\\kiln.pdf',
          file: { origin_name: '가마.pdf' },
        },
        { id: 2, content: 'Clay.', sourceUrl: 'https://clay.example/', type: 'url' },
      ],
      memories: [{ id: 'z', memory: 'Likes pots.' }],
    };
    const read = messageOf([{ id: 'w', type: 'main_text', content: 'A' }, block]);
    expect(read.metadata['citations']).toEqual([
      { title: '가마.pdf', url: null, text: '가마는 뜨겁다.' },
      { title: null, url: 'https://clay.example/', text: 'Clay.' },
    ]);
    expect(read.parts).toEqual([block]);
    expect(read.notes).not.toContain('unknown_block');
  });

  it('keeps what a search gave in a way nobody knows', () => {
    const block = { id: 'c', type: 'citation', response: { results: { odd: 1 } } };
    const read = messageOf([block]);
    expect(read.metadata['citations']).toBeUndefined();
    expect(read.parts).toEqual([block]);
  });

  it('keeps a translation where it is shown, with its language', () => {
    const block = { id: 't', type: 'translation', content: 'Pot', targetLanguage: 'en' };
    const read = messageOf([{ id: 'w', type: 'main_text', content: '옹기' }, block]);
    expect(read.parts).toEqual([block]);
    expect(read.metadata['translation']).toBeUndefined();
    expect(read.notes).not.toContain('unknown_block');
  });

  it('keeps the address of a picture that lies elsewhere, and a picture without any', () => {
    const blocks = [
      { id: 'i', type: 'image', url: 'https://pots.example/pot.png' },
      { id: 'd', type: 'image', url: 'data:image/png;base64,AA==' },
      { id: 'f', type: 'image', url: 'file:///C:/p.png', file: { id: 'f1', origin_name: 'p.png' } },
      { id: 'v', type: 'video', url: 'https://pots.example/kiln.mp4' },
      { id: 'o', type: 'image' },
    ];
    const read = messageOf(blocks);
    expect(read.parts).toEqual([blocks[0], blocks[3], blocks[4]]);
    expect(read.attachments).toMatchObject([{ mediaType: 'image/png' }, { name: 'p.png' }]);
    expect(read.notes).toContain('asset_missing');
  });

  it('keeps the bytes of a video that also says where it lay on the other device', () => {
    const url = 'data:video/mp4;base64,AAAA';
    const read = messageOf([{ id: 'v', type: 'video', url, filePath: 'C:\\Data\\kiln.mp4' }]);
    expect(read.attachments).toEqual([
      {
        name: 'kiln.mp4',
        mediaType: 'video/mp4',
        sizeBytes: null,
        assetKeys: ['kiln.mp4'],
        dataUrl: url,
      },
    ]);
    expect(read.parts).toEqual([]);
  });
});
