import { describe, expect, it } from 'vitest';
import { chatboxFormat } from '#portability/formats/chatbox.ts';
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

const FILE = {
  'chat-sessions-list': [
    { id: 'a', name: '옹기 🏺', starred: true },
    { id: 'gone', name: 'Gone' },
  ],
  'session:a': {
    id: 'a',
    name: '옹기 🏺',
    type: 'chat',
    settings: { provider: 'openai', modelId: 'gpt-4o', temperature: 0.3 },
    messages: [
      {
        id: 'm0',
        role: 'system',
        contentParts: [{ type: 'text', text: 'Be kind.' }],
        timestamp: 1700000000000,
      },
      {
        id: 'm1',
        role: 'user',
        contentParts: [
          { type: 'text', text: 'Q' },
          { type: 'image', storageKey: 'picture:input:1' },
        ],
        timestamp: 1700000001000,
        files: [
          { id: 'f', name: 'notes.txt', fileType: 'text/plain', storageKey: 'parseFile-1' },
          { id: 'k', name: 'evil', storageKey: 'licenseKey' },
        ],
      },
      {
        id: 'm2',
        role: 'assistant',
        contentParts: [
          { type: 'reasoning', text: 'hmm' },
          { type: 'tool-call', toolName: 'web', args: {} },
          { type: 'hologram', x: 1 },
          { type: 'text', text: 'A' },
        ],
        model: 'gpt-4o',
        aiProvider: 'openai',
        usage: { inputTokens: 3, outputTokens: 4 },
        timestamp: 1700000002000,
      },
    ],
    threads: [
      {
        id: 't1',
        name: 'Earlier',
        createdAt: 1690000000000,
        messages: [{ id: 'e1', role: 'user', content: 'Old text', timestamp: 1690000000001 }],
      },
    ],
    messageForksHash: {
      m1: {
        position: 1,
        createdAt: 1,
        lists: [
          {
            id: 'l1',
            messages: [
              { id: 'o1', role: 'assistant', content: 'Other', timestamp: 1700000001500 },
              { id: 'o2', role: 'user', content: 'More', timestamp: 1700000001600 },
            ],
          },
          { id: 'l2', messages: [] },
        ],
      },
      o1: {
        position: 0,
        lists: [{ id: 'l3', messages: [{ id: 'p1', role: 'user', content: 'Deeper' }] }],
      },
    },
  },
  'session:lost': {
    id: 'lost',
    name: 'Lost',
    messages: [{ id: 'x', role: 'assistant', content: '', error: 'no quota' }],
  },
  'picture:input:1': 'data:image/png;base64,AA==',
  'parseFile-1': 'the text of the notes',
  licenseKey: 'sk-marker-license',
  settings: { providers: { openai: { apiKey: 'sk-marker' } } },
  myCopilots: [],
  __exported_items: ['setting', 'key'],
  __exported_at: '2026-01-01T00:00:00.000Z',
};

describe('chatboxFormat', () => {
  it('knows the dump by its lists', () => {
    expect(chatboxFormat.matches(sampleOf(FILE))).toBe(true);
    expect(chatboxFormat.matches(sampleOf({ 'chat-sessions': [] }))).toBe(true);
    expect(chatboxFormat.matches(sampleOf({ settings: {} }))).toBe(false);
  });

  it('reads sessions, threads and a session that the list lost', () => {
    const items = readFile(chatboxFormat, FILE);
    expectWellFormed(items);
    const conversations = conversationsOf(items);
    expect(conversations.map(({ sourceId, title }) => [sourceId, title])).toEqual([
      ['a/t1', 'Earlier'],
      ['a', '옹기 🏺'],
      ['lost', 'Lost'],
    ]);
    expect(conversations[0]?.tags).toEqual(['옹기 🏺']);
    expect(conversations[1]).toMatchObject({
      isPinned: true,
      chatModel: 'gpt-4o',
      temperature: 0.3,
    });
    expect(conversations[2]?.messages[0]).toMatchObject({
      status: 'error',
      metadata: { error: 'no quota' },
    });
    expect(items).toContainEqual({ kind: 'skipped', reason: 'not_an_object', label: 'Gone' });
  });

  it('reads parts, files, figures', () => {
    const session = conversationsOf(readFile(chatboxFormat, FILE))[1];
    const [, question, answer] = session?.messages ?? [];
    expect(question?.attachments).toMatchObject([
      { mediaType: 'image/png', dataUrl: 'data:image/png;base64,AA==' },
      { name: 'notes.txt', text: 'the text of the notes' },
      { name: 'evil', assetKeys: ['licenseKey'] },
    ]);
    expect(answer).toMatchObject({
      content: 'A',
      reasoning: 'hmm',
      parts: [{ type: 'tool-call' }, { type: 'hologram', x: 1 }],
      promptTokens: 3,
      completionTokens: 4,
      modelUsed: 'gpt-4o',
      metadata: { provider: 'openai' },
    });
    expect(session?.notes).toEqual(expect.arrayContaining(['unknown_block', 'secrets_ignored']));
  });

  it('keeps the addresses of links and pictures that lie elsewhere', () => {
    const picture = { type: 'image', url: 'https://pots.example/p.png' };
    const link = { id: 'l', title: '옹기점', url: 'https://pots.example/' };
    const message = { id: 'm', role: 'user', contentParts: [picture], links: [link] };
    const conversation = onlyConversation(
      readFile(chatboxFormat, {
        'chat-sessions-list': [{ id: 'a', name: 'A' }],
        'session:a': { id: 'a', name: 'A', messages: [message] },
      }),
    );
    expect(conversation.messages[0]?.parts).toEqual([picture, { type: 'link', ...link }]);
  });

  it('keeps forks as branches, those of branches too', () => {
    const session = conversationsOf(readFile(chatboxFormat, FILE))[1];
    if (!session) throw new Error('no session');
    expect(session.activeLeafSourceId).toBe('m2');
    expect(pathTo(session, 'm2')).toEqual(['Be kind.', 'Q', 'A']);
    expect(pathTo(session, 'o2')).toEqual(['Be kind.', 'Q', 'Other', 'More']);
    expect(pathTo(session, 'p1')).toEqual(['Be kind.', 'Q', 'Other', 'Deeper']);
  });

  const said = (id: string, content: string) => ({ id, role: 'user', content });
  const sessionWith = (messages: readonly unknown[], ...lists: readonly (readonly unknown[])[]) =>
    onlyConversation(
      readFile(chatboxFormat, {
        'chat-sessions-list': [{ id: 's', name: 'S' }],
        'session:s': {
          ...{ id: 's', name: 'S', messages },
          messageForksHash: { m1: { lists: lists.map((list) => ({ messages: list })) } },
        },
      }),
    );

  it('goes on below what a fork has in common with what is shown', () => {
    const shown = [said('m1', 'Q'), said('m2', 'A'), said('m3', 'B')];
    const session = sessionWith(
      shown,
      [said('m2', 'A'), said('n1', 'C'), said('n2', 'D')],
      [said('o1', 'E'), said('m3', 'B'), said('o2', 'F')],
    );
    expectWellFormed([{ kind: 'conversation', conversation: session }]);
    expect(session.messages).toHaveLength(7);
    expect(pathTo(session, session.activeLeafSourceId)).toEqual(['Q', 'A', 'B']);
    expect(pathTo(session, 'n2')).toEqual(['Q', 'A', 'C', 'D']);
    expect(pathTo(session, 'o1')).toEqual(['Q', 'E']);
    expect(pathTo(session, 'o2')).toEqual(['Q', 'A', 'B', 'F']);
    expect(session.notes).not.toContain('ids_derived');
  });

  it('keeps both of two messages with one id, and says that one got another', () => {
    const session = sessionWith(
      [said('m1', 'Q'), said('m1', 'again'), said('m1', 'Q'), said('m2', 'A')],
      [said('m2', 'other'), said('n1', 'C')],
    );
    expectWellFormed([{ kind: 'conversation', conversation: session }]);
    expect(pathTo(session, session.activeLeafSourceId)).toEqual(['Q', 'again', 'Q', 'A']);
    expect(pathTo(session, 'n1')).toEqual(['Q', 'other', 'C']);
    expect(session.notes).toContain('ids_derived');
  });

  it('never gives a key away', () => {
    expect(JSON.stringify(readFile(chatboxFormat, FILE))).not.toContain('sk-marker');
  });

  it('reads the list of old versions', () => {
    const [conversation] = conversationsOf(
      readFile(chatboxFormat, {
        'chat-sessions': [
          FILE['session:lost'],
          { id: 'b', name: 'B', messages: [{ role: 'user', content: 'Hi' }] },
        ],
      }).slice(1),
    );
    expect(conversation && spoken(conversation)).toEqual(['user: Hi']);
  });

  it('survives any value in any field', () => {
    expectSurvivesMangling(chatboxFormat, FILE);
  });
});
