import { describe, expect, it } from 'vitest';
import { claude } from '#portability/formats/claude.ts';
import { claudeDesignChats } from '#portability/formats/claude-design-chats.ts';
import { claudeManifest } from '#portability/formats/claude-manifest.ts';
import { claudeProjects } from '#portability/formats/claude-projects.ts';
import type { ImportedConversation } from '#domain/imported.ts';
import {
  conversationOf,
  expectToSurviveMangling,
  hasShared,
  messageOf,
  readAll,
  readOne,
  readShared,
  sampleOf,
  treeOf,
} from '../../../support/import-formats.ts';

type Json = Record<string, unknown>;

const ROOT = '00000000-0000-4000-8000-000000000000';

function message(uuid: string, sender: string, minute: number, more: Json = {}): Json {
  return {
    uuid,
    sender,
    text: '',
    content: [{ type: 'text', text: `${uuid} 🥬` }],
    created_at: `2026-03-01T10:${String(minute).padStart(2, '0')}:00.000000Z`,
    ...more,
  };
}

function readMessages(messages: unknown[], more: Json = {}): ImportedConversation {
  return readOne(claude, [{ uuid: 'c1', name: '배추', chat_messages: messages, ...more }]);
}

describe('what it recognises', () => {
  it('tells its files from each other and from others', () => {
    const files = {
      talk: [{ uuid: 'c', chat_messages: [] }],
      project: [{ uuid: 'p', name: 'n', is_private: true, docs: [] }],
      oneProject: { uuid: 'p', prompt_template: '', docs: [] },
      design: {
        uuid: 'd',
        title: 't',
        messages: [{ role: 'user', content: { contentBlocks: [] } }],
      },
      manifest: { data_files: [{ category: 'conversations', filename: 'a.zip', export_url: 'u' }] },
      deepseek: { data: { biz_data: { chat_session: {}, chat_messages: [] } } },
      capture: { chat_session: {}, chat_messages: [] },
      chatgpt: [{ mapping: {} }],
      nothing: null,
      empty: [],
      text: 'x',
    };
    const formats = { claude, claudeProjects, claudeDesignChats, claudeManifest };
    const found = Object.entries(files).map(([name, file]) => [
      name,
      Object.entries(formats).flatMap(([id, one]) => (one.matches(sampleOf(file)) ? id : [])),
    ]);
    expect(Object.fromEntries(found)).toEqual({
      talk: ['claude'],
      project: ['claudeProjects'],
      oneProject: ['claudeProjects'],
      design: ['claudeDesignChats'],
      manifest: ['claudeManifest'],
      deepseek: [],
      capture: [],
      chatgpt: [],
      nothing: [],
      empty: [],
      text: [],
    });
  });
});

describe('conversations', () => {
  it('are a chain where no message names a parent, several answers in a row kept apart', () => {
    const read = readMessages([
      message('u', 'human', 1),
      null,
      message('a1', 'assistant', 2),
      message('a2', 'assistant', 3),
    ]);
    expect(treeOf(read)).toEqual(['u<', 'a1<u', 'a2<a1']);
    expect(read.activeLeafSourceId).toBe('a2');
    expect(read.notes).toEqual([]);
    expect(read.title).toBe('배추');
    expect(messageOf(read, 'u').metadata).toEqual({});
  });

  const forked = [
    message('u', 'human', 1, { parent_message_uuid: ROOT }),
    message('a1', 'assistant', 5, { parent_message_uuid: 'u' }),
    message('a2', 'assistant', 3, { parent_message_uuid: 'u' }),
    message('u2', 'human', 4, { parent_message_uuid: 'a2' }),
  ];

  it('are a tree where messages name parents; the newest leaf is shown', () => {
    const read = readMessages(forked);
    expect(treeOf(read)).toEqual(['u<', 'a1<u', 'a2<u', 'u2<a2']);
    expect(read.activeLeafSourceId).toBe('a1');
    expect(read.notes).toEqual(['leaf_guessed']);
  });

  it('show the leaf they name, where it exists', () => {
    expect(readMessages(forked, { current_leaf_message_uuid: 'u2' })).toMatchObject({
      activeLeafSourceId: 'u2',
      notes: [],
    });
    expect(readMessages(forked, { current_leaf_message_uuid: 'gone' })).toMatchObject({
      activeLeafSourceId: 'a1',
      notes: ['leaf_guessed'],
    });
  });

  it('with a missing parent or a circle are mended', () => {
    const read = readMessages([
      message('a', 'human', 1, { parent_message_uuid: 'lost' }),
      message('b', 'assistant', 2, { parent_message_uuid: 'c' }),
      message('c', 'human', 3, { parent_message_uuid: 'b' }),
    ]);
    expect(treeOf(read)).toEqual(['a<', 'b<', 'c<b']);
    expect(read.notes).toContain('tree_repaired');
  });

  it('read content first and text where the blocks say nothing', () => {
    const read = readMessages([
      message('a', 'human', 1, { text: 'flat' }),
      message('b', 'human', 2, { text: 'flat', content: [] }),
      message('c', 'human', 3, { text: 'flat', content: [{ type: 'text', text: '' }, null] }),
      message('d', 'human', 4, { text: null, content: null }),
    ]);
    expect(read.messages.map(({ content }) => content)).toEqual(['a 🥬', 'flat', 'flat', '']);
  });

  it('keep thoughts, tools, citations and artifacts', () => {
    const call = { type: 'tool_use', name: 'web_search', input: { query: 'q' } };
    const result = { type: 'tool_result', name: 'web_search', content: [], is_error: false };
    const artifact = {
      type: 'tool_use',
      name: 'artifacts',
      input: { id: 'x', type: 'text/html', title: 'Page', command: 'create', content: '<p>hi</p>' },
    };
    const change = {
      type: 'tool_use',
      name: 'artifacts',
      input: { command: 'update', old_str: 'a' },
    };
    const odd = { type: 'hologram', beams: 2 };
    const budget = { type: 'token_budget', remaining: 5 };
    const read = readMessages([
      message('a', 'assistant', 1, {
        content: [
          { type: 'thinking', thinking: '생각', summaries: [{ summary: 's' }] },
          { type: 'thinking', thinking: '', summaries: [{ summary: 'only this' }, null] },
          {
            type: 'text',
            text: 'Before',
            citations: [
              { uuid: 'x', details: { type: 'web', url: 'https://a.example' }, title: 'A' },
              null,
            ],
          },
          call,
          result,
          artifact,
          change,
          budget,
          odd,
          { type: 'text', text: 'after' },
        ],
      }),
    ]);
    expect(read.messages[0]).toMatchObject({
      content: 'Before\n\n**Page**\n\n```html\n<p>hi</p>\n```\n\nafter',
      reasoning: '생각\n\nonly this',
      parts: [call, result, artifact, change, budget, odd],
      metadata: { citations: [{ title: 'A', url: 'https://a.example', text: null }] },
    });
    expect(read.notes).toEqual(['unknown_block']);
  });

  it('keep pasted texts and the names of files', () => {
    const read = readMessages([
      message('a', 'human', 1, {
        attachments: [
          { file_name: 'a.txt', file_type: 'txt', file_size: 4, extracted_content: 'text' },
          { file_name: '', file_type: 'text/plain', file_size: 9, extracted_content: 'pasted' },
          null,
        ],
        files: [{ file_name: '사진.png', file_uuid: 'f1' }, { file_name: 'b.png' }],
        files_v2: [{ file_name: '사진.png', file_uuid: 'f1' }],
      }),
    ]);
    expect(read.messages[0]?.attachments).toEqual([
      { name: 'a.txt', mediaType: null, sizeBytes: 4, assetKeys: [], text: 'text' },
      { name: 'pasted.txt', mediaType: null, sizeBytes: null, assetKeys: [], text: 'pasted' },
      { name: '사진.png', mediaType: null, sizeBytes: null, assetKeys: ['f1'] },
      { name: 'b.png', mediaType: null, sizeBytes: null, assetKeys: [] },
    ]);
  });

  it('say what else is known, and nothing of the account', () => {
    const read = readMessages([message('a', 'human', 1)], {
      name: '',
      summary: 'short',
      is_starred: true,
      model: 'claude-x',
      account: { uuid: 'secret-account' },
      project: { uuid: 'p', name: 'Kitchen' },
    });
    expect(read).toMatchObject({
      title: null,
      summary: 'short',
      isPinned: true,
      chatModel: 'claude-x',
      tags: ['Kitchen'],
      createdAt: Date.UTC(2026, 2, 1, 10, 1),
    });
    expect(JSON.stringify(read)).not.toContain('secret-account');
  });

  it('are tagged with the project that the same archive names by its id', () => {
    const talk = (id: string, more: Json) => ({
      uuid: id,
      chat_messages: [message(id, 'human', 1)],
      ...more,
    });
    const file = [
      talk('a', { project_uuid: 'p' }),
      talk('b', { project: { uuid: 'p' } }),
      talk('c', { project: { uuid: 'p', name: 'Own name' } }),
      talk('d', { project_uuid: 'other' }),
      talk('e', {}),
    ];
    const projects = [{ uuid: 'p', name: '부엌' }, null, { uuid: 'q' }];
    for (const companion of [projects, { projects }]) {
      const items = readAll(claude, file, { 'projects.json': companion });
      expect(items.map((item) => conversationOf(item).tags)).toEqual([
        ['부엌'],
        ['부엌'],
        ['Own name'],
        null,
        null,
      ]);
    }
    expectToSurviveMangling(claude, file, { 'projects.json': [7, { uuid: [], name: {} }] });
  });

  it('derive ids and note what is missing', () => {
    const read = readMessages([
      { sender: 'robot', content: 'x' },
      { sender: 'human', text: 'y' },
    ]);
    expect(read.messages.every(({ isSourceIdDerived }) => isSourceIdDerived)).toBe(true);
    expect(read.messages[1]?.parentSourceId).toBe(read.messages[0]?.sourceId);
    expect(read.messages[0]?.metadata['source_role']).toBe('robot');
    expect(read.notes).toEqual(
      expect.arrayContaining(['ids_derived', 'role_unknown', 'date_unknown']),
    );
  });

  it('that are bad are skipped alone', () => {
    const items = readAll(claude, [
      null,
      { uuid: 'a', name: 'A' },
      { uuid: 'b', chat_messages: null },
      { uuid: 'c', chat_messages: [null] },
      { uuid: 'd', chat_messages: [message('u', 'human', 1)] },
    ]);
    expect(items.map((item) => (item.kind === 'skipped' ? item.reason : item.kind))).toEqual([
      'not_an_object',
      'no_messages_field',
      'no_messages_field',
      'empty_conversation',
      'conversation',
    ]);
  });

  it('survive every field being of the wrong type', () => {
    const content = [
      { type: 'text', text: 't', citations: [{ title: 'x', details: { url: 'u' } }] },
      { type: 'thinking', thinking: 't', summaries: [{ summary: 's' }] },
      {
        type: 'tool_use',
        name: 'artifacts',
        input: { title: 't', type: 'text/html', content: 'c' },
      },
    ];
    const more = {
      content,
      parent_message_uuid: ROOT,
      attachments: [{ file_name: 'a', file_type: 'b/c', file_size: 1, extracted_content: 'x' }],
      files: [{ file_name: 'a', file_uuid: 'b' }],
    };
    const sample = [
      {
        uuid: 'c',
        name: 'n',
        summary: 's',
        created_at: '2026-01-01T00:00:00Z',
        project: { uuid: 'p', name: 'n' },
        current_leaf_message_uuid: 'u',
        chat_messages: [
          message('u', 'human', 1, more),
          message('a', 'assistant', 2, { ...more, parent_message_uuid: 'u' }),
        ],
      },
    ];
    expectToSurviveMangling(claude, sample);
  });

  it.skipIf(!hasShared)('are read from the public sample (needs ../shared)', () => {
    const file = readShared('claude/noo-bass--context-carry--conversations.json');
    expect(claude.matches(sampleOf(file))).toBe(true);
    const read = readOne(claude, file);
    expect(treeOf(read)).toEqual(['msg-cw-1<', 'msg-cw-2<msg-cw-1', 'msg-cw-3<msg-cw-2']);
    expect(messageOf(read, 'msg-cw-3')).toMatchObject({
      content: 'Here is an example with fetch.',
      reasoning: 'Let me think about a good example...',
      parts: [{ type: 'tool_use', name: 'create_artifact', id: 'tool-1' }],
    });
    expect(read.notes).toEqual([]);
  });
});

describe('projects', () => {
  const sample = [
    null,
    {
      uuid: 'p',
      name: '부엌',
      is_private: true,
      prompt_template: 'x',
      created_at: '2026-01-01T00:00:00Z',
      docs: [
        { uuid: 'd1', filename: 'a.md', content: '본문', created_at: '2026-01-02T00:00:00Z' },
        { filename: 'b.md', content: 'text' },
        { filename: 'c.md' },
        null,
        'x',
      ],
    },
  ];

  it('give documents, and say which have no text', () => {
    const items = readAll(claudeProjects, sample);
    expect(items).toMatchObject([
      { kind: 'skipped', reason: 'not_an_object' },
      {
        kind: 'document',
        document: {
          source: 'claude',
          sourceId: 'd1',
          name: 'a.md',
          collection: '부엌',
          text: '본문',
          createdAt: Date.UTC(2026, 0, 2),
        },
      },
      { kind: 'document', document: { name: 'b.md', createdAt: Date.UTC(2026, 0, 1) } },
      { kind: 'skipped', reason: 'document_without_text', label: 'c.md' },
      { kind: 'skipped', reason: 'not_an_object', label: '부엌' },
    ]);
  });

  it('survive every field being of the wrong type', () => {
    expectToSurviveMangling(claudeProjects, sample);
  });

  it.skipIf(!hasShared)('are read from the public sample (needs ../shared)', () => {
    const file = readShared('claude/noo-bass--context-carry--projects.json');
    expect(claudeProjects.matches(sampleOf(file))).toBe(true);
    expect(readAll(claudeProjects, file)).toEqual([
      { kind: 'skipped', reason: 'document_without_text', label: 'style-guide.md' },
      { kind: 'skipped', reason: 'document_without_text', label: 'api-spec.yaml' },
    ]);
  });
});

describe('a manifest', () => {
  it('names what to download and never an address', () => {
    const items = readAll(claudeManifest, {
      data_files: [
        {
          category: 'conversations',
          filename: 'conversations.zip',
          export_url: 'https://x.example/key',
        },
        { category: 'projects', filename: 'https://x.example/?key=1', export_url: 'u' },
        null,
      ],
    });
    expect(items).toEqual([
      { kind: 'skipped', reason: 'manifest_only', label: 'conversations.zip' },
      { kind: 'skipped', reason: 'manifest_only', label: 'projects' },
      { kind: 'skipped', reason: 'manifest_only', label: null },
    ]);
    for (const value of [null, 3, [], { data_files: 'x' }]) {
      expect(readAll(claudeManifest, value)).toEqual([]);
    }
  });
});

describe('design chats', () => {
  const sample = {
    uuid: 'd',
    title: '로고',
    project: { name: 'Brand' },
    messages: [
      {
        uuid: 'm1',
        role: 'user',
        created_at: '2026-05-01T00:00:00Z',
        content: { content: 'draw', attachments: [{ name: 'a.svg', content: '<svg/>' }] },
      },
      null,
      {
        uuid: 'm2',
        role: 'assistant',
        content: {
          timestamp: '2026-05-01T00:01:00Z',
          contentBlocks: [
            { type: 'thinking', thinking: 'hm' },
            { type: 'text', text: 'done' },
            { type: 'tool_call', toolCall: { name: 'draw', input: {} } },
            { type: 'user_interjection', text: 'wait' },
            { type: 'error', message: 'broke' },
          ],
        },
      },
    ],
  };

  it('become conversations with their blocks', () => {
    const read = conversationOf(readAll(claudeDesignChats, sample)[0]);
    expect(treeOf(read)).toEqual(['m1<', 'm2<m1']);
    expect(read).toMatchObject({ title: '로고', tags: ['Brand'] });
    expect(messageOf(read, 'm1').attachments).toMatchObject([{ name: 'a.svg', text: '<svg/>' }]);
    expect(messageOf(read, 'm2')).toMatchObject({
      content: 'done\n\nwait\n\nbroke',
      reasoning: 'hm',
      status: 'error',
      timestamp: Date.UTC(2026, 4, 1, 0, 1),
    });
    expect(messageOf(read, 'm2').parts).toHaveLength(3);
  });

  it('survive every field being of the wrong type', () => {
    expectToSurviveMangling(claudeDesignChats, sample);
  });
});
