import { describe, expect, it } from 'vitest';
import {
  lobeHubStateFormat,
  lobeHubTablesFormat,
  lobeHubTopicFormat,
} from '#portability/formats/lobehub.ts';
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

const STATE = {
  exportType: 'all',
  version: 7,
  state: {
    messages: [
      // Not in order of time, as the browser's table gives them.
      {
        id: 'm3',
        role: 'user',
        content: 'And now?',
        createdAt: 3000000000003,
        sessionId: 's1',
        topicId: 't1',
        extra: {},
        meta: {},
      },
      {
        id: 'm1',
        role: 'user',
        content: '안녕 🏺',
        createdAt: 3000000000001,
        sessionId: 's1',
        topicId: 't1',
        files: ['f1'],
      },
      {
        id: 'm2',
        role: 'assistant',
        content: 'Hello',
        createdAt: 3000000000002,
        sessionId: 's1',
        topicId: 't1',
        parentId: 'm1',
        extra: { fromModel: 'gpt-4', fromProvider: 'openai' },
      },
      {
        id: 'm2b',
        role: 'assistant',
        content: 'Hello again',
        createdAt: 3000000000002,
        sessionId: 's1',
        topicId: 't1',
        parentId: 'm1',
        model: 'claude',
        error: { type: 'OpenAIBizError', message: 'broke' },
      },
      { id: 'x1', role: 'user', content: 'No topic', createdAt: 3000000000001, sessionId: 's1' },
      { id: 'y1', role: 'user', content: 'Inbox', createdAt: 3000000000001 },
    ],
    sessions: [
      {
        id: 's1',
        type: 'agent',
        meta: { title: 'Potter' },
        group: 'g1',
        pinned: true,
        config: { model: 'gpt-4o', systemRole: 'You make pots.', params: { temperature: 0.6 } },
      },
    ],
    sessionGroups: [{ id: 'g1', name: 'Crafts' }],
    topics: [
      {
        id: 't1',
        title: '옹기',
        sessionId: 's1',
        favorite: true,
        createdAt: 3000000000000,
        updatedAt: 3000000000009,
      },
    ],
    settings: { keyVaults: { openai: { apiKey: 'sk-marker' } } },
  },
};

const TABLES = {
  mode: 'pglite',
  schemaHash: 'abc',
  data: {
    agents: [
      {
        id: 'a1',
        title: 'Potter',
        systemRole: 'You make pots.',
        model: 'gpt-4o',
        params: { temperature: 0.2 },
      },
    ],
    agentsToSessions: [{ agentId: 'a1', sessionId: 's1' }],
    sessions: [{ id: 's1', title: 'Pots', groupId: 'g1' }],
    sessionGroups: [{ id: 'g1', name: 'Crafts' }],
    topics: [
      {
        id: 't1',
        title: 'T',
        sessionId: 's1',
        historySummary: 'Short.',
        createdAt: '2026-03-01T10:00:00.000Z',
      },
    ],
    threads: [{ id: 'th', topicId: 't1', sourceMessageId: 'm1' }],
    messages: [
      {
        id: 'm1',
        role: 'user',
        content: 'Q',
        sessionId: 's1',
        topicId: 't1',
        createdAt: '2026-03-01T10:00:01.000Z',
      },
      {
        id: 'm2',
        role: 'assistant',
        content: '',
        reasoning: { content: 'hmm' },
        tools: [{ id: 'c1', identifier: 'web', apiName: 'search', arguments: '{}' }],
        model: 'gpt-4o',
        provider: 'openai',
        metadata: { totalInputTokens: 5, totalOutputTokens: 7, cost: 0.01 },
        sessionId: 's1',
        topicId: 't1',
        parentId: 'm1',
        createdAt: '2026-03-01T10:00:02.000Z',
      },
      {
        id: 'm3',
        role: 'tool',
        content: '{"r":1}',
        sessionId: 's1',
        topicId: 't1',
        parentId: 'm2',
        createdAt: '2026-03-01T10:00:03.000Z',
      },
      {
        id: 'm4',
        role: 'assistant',
        content: 'A',
        search: { citations: [{ url: 'https://x.org', title: 'X' }] },
        sessionId: 's1',
        topicId: 't1',
        parentId: 'm3',
        createdAt: '2026-03-01T10:00:04.000Z',
      },
      {
        id: 'm5',
        role: 'user',
        content: 'Aside',
        threadId: 'th',
        sessionId: 's1',
        topicId: 't1',
        createdAt: '2026-03-01T10:00:05.000Z',
      },
    ],
    messagePlugins: [
      {
        id: 'm3',
        toolCallId: 'c1',
        type: 'builtin',
        apiName: 'search',
        identifier: 'web',
        arguments: '{}',
      },
    ],
    files: [{ id: 'f1', name: 'pot.png', fileType: 'image/png', size: 12, url: 'files/pot.png' }],
    messagesFiles: [{ messageId: 'm1', fileId: 'f1' }],
    aiProviders: [{ id: 'openai', keyVaults: 'sk-marker' }],
    userSettings: [{ keyVaults: { apiKey: 'sk-marker' } }],
  },
};

const TOPIC = {
  version: '2.0',
  exportedAt: '2026-03-01T10:00:00.000Z',
  title: 'Topic',
  messages: [
    {
      id: 'system-role',
      role: 'system',
      content: 'Be kind.',
      createdAt: '2026-03-01T10:00:00.000Z',
    },
    {
      id: 'u',
      role: 'user',
      content: 'Q',
      createdAt: '2026-03-01T09:00:00.000Z',
      imageList: [{ id: 'i', alt: 'a.png', url: 'data:image/png;base64,AA==' }],
    },
    {
      id: 'g',
      role: 'assistantGroup',
      content: '',
      createdAt: '2026-03-01T09:00:01.000Z',
      children: [
        { id: 'g1', content: 'one', tools: [{ id: 'c' }] },
        { id: 'g2', content: 'two', usage: { totalInputTokens: 1, totalOutputTokens: 2 } },
      ],
    },
  ],
};

describe('lobeHubStateFormat', () => {
  it('gives a conversation for each topic, each session and the inbox', () => {
    expect(lobeHubStateFormat.matches(sampleOf(STATE))).toBe(true);
    const items = readFile(lobeHubStateFormat, STATE);
    expectWellFormed(items);
    const [topic, session, inbox] = conversationsOf(items);
    expect(topic).toMatchObject({
      sourceId: 't1',
      title: '옹기',
      tags: ['Crafts', 'Potter'],
      isPinned: true,
      chatModel: 'gpt-4o',
      systemPrompt: 'You make pots.',
      temperature: 0.6,
    });
    expect(session).toMatchObject({ sourceId: 's1', title: 'Potter', tags: ['Crafts'] });
    expect(inbox).toMatchObject({ sourceId: 'inbox', title: null });
  });

  it('makes answers to one question siblings and goes on below the last', () => {
    const [topic] = conversationsOf(readFile(lobeHubStateFormat, STATE));
    if (!topic) throw new Error('no topic');
    expect(pathTo(topic, 'm3')).toEqual(['안녕 🏺', 'Hello again', 'And now?']);
    expect(pathTo(topic, 'm2')).toEqual(['안녕 🏺', 'Hello']);
    const [question, answer, failed] = topic.messages;
    expect(question?.attachments).toMatchObject([{ name: 'f1', assetKeys: ['f1'] }]);
    expect(answer).toMatchObject({ modelUsed: 'gpt-4' });
    expect(failed).toMatchObject({ status: 'error', metadata: { error: 'broke' } });
  });

  it('never gives a key away, and says that it saw some', () => {
    for (const [format, file] of [
      [lobeHubStateFormat, STATE],
      [lobeHubTablesFormat, TABLES],
    ] as const) {
      const items = readFile(format, file);
      expect(JSON.stringify(items)).not.toContain('sk-marker');
      expect(conversationsOf(items)[0]?.notes).toContain('secrets_ignored');
    }
  });

  it('survives any value in any field', () => {
    expectSurvivesMangling(lobeHubStateFormat, STATE);
  });
});

describe('lobeHubTablesFormat', () => {
  it('reads tools, reasoning, citations, figures, files and threads', () => {
    expect(lobeHubTablesFormat.matches(sampleOf(TABLES))).toBe(true);
    const items = readFile(lobeHubTablesFormat, TABLES);
    expectWellFormed(items);
    const conversation = onlyConversation(items);
    expect(conversation).toMatchObject({
      title: 'T',
      summary: 'Short.',
      tags: ['Crafts', 'Pots'],
      chatModel: 'gpt-4o',
      temperature: 0.2,
      createdAt: Date.UTC(2026, 2, 1, 10),
    });
    const [question, call, result, answer, aside] = conversation.messages;
    expect(question?.attachments).toMatchObject([
      { name: 'pot.png', mediaType: 'image/png', assetKeys: ['f1'] },
    ]);
    expect(call).toMatchObject({
      reasoning: 'hmm',
      parts: [{ id: 'c1' }],
      promptTokens: 5,
      completionTokens: 7,
      costUsd: 0.01,
      metadata: { provider: 'openai' },
    });
    expect(result).toMatchObject({
      role: 'tool',
      metadata: { tool_call_id: 'c1', tool: { identifier: 'web', apiName: 'search' } },
    });
    expect(answer?.metadata).toEqual({ citations: [{ url: 'https://x.org', title: 'X' }] });
    expect(pathTo(conversation, aside?.sourceId ?? null)).toEqual(['Q', 'Aside']);
  });

  it('keeps translations and the addresses of files that lie elsewhere, where they are shown', () => {
    const [first, ...others] = TABLES.data.messages;
    const translate = { content: '항아리', from: 'en', to: 'ko' };
    const picture = { id: 'p', alt: 'pot', url: 'https://pots.example/p.png' };
    const items = readFile(lobeHubTablesFormat, {
      ...TABLES,
      data: {
        ...TABLES.data,
        messages: [{ ...first, extra: { translate }, imageList: [picture] }, ...others],
        messageTranslates: [{ id: 'm4', content: '답', to: 'ko' }],
      },
    });
    const { messages } = onlyConversation(items);
    expect(messages.find(({ sourceId }) => sourceId === 'm1')?.parts).toEqual([
      { type: 'file', ...picture },
      { type: 'translation', ...translate },
    ]);
    const answer = messages.find(({ sourceId }) => sourceId === 'm4');
    expect(answer?.parts).toEqual([{ type: 'translation', id: 'm4', content: '답', to: 'ko' }]);
  });

  it('survives any value in any field', () => {
    expectSurvivesMangling(lobeHubTablesFormat, TABLES);
  });
});

describe('lobeHubTopicFormat', () => {
  it('reads a topic and the steps of a grouped answer', () => {
    expect(lobeHubTopicFormat.matches(sampleOf(TOPIC))).toBe(true);
    const items = readFile(lobeHubTopicFormat, TOPIC);
    expectWellFormed(items);
    const conversation = onlyConversation(items);
    expect(conversation.title).toBe('Topic');
    expect(spoken(conversation)).toEqual([
      'system: Be kind.',
      'user: Q',
      'assistant: one',
      'assistant: two',
    ]);
    expect(pathTo(conversation, 'g2')).toEqual(['Be kind.', 'Q', 'one', 'two']);
    expect(conversation.messages[1]?.attachments).toMatchObject([
      { dataUrl: 'data:image/png;base64,AA==' },
    ]);
    expect(conversation.messages[3]).toMatchObject({ promptTokens: 1, completionTokens: 2 });
  });

  it('survives any value in any field', () => {
    expectSurvivesMangling(lobeHubTopicFormat, TOPIC);
  });
});
