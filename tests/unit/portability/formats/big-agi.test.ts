import { describe, expect, it } from 'vitest';
import { bigAgiFormat } from '#portability/formats/big-agi.ts';
import {
  conversationsOf,
  expectSurvivesMangling,
  expectWellFormed,
  onlyConversation,
  readFile,
  sampleOf,
  spoken,
} from '../../../support/read-format.ts';

const CONVERSATION = {
  id: 'c1',
  systemPurposeId: 'Developer',
  userTitle: '옹기 🏺',
  autoTitle: 'Pots',
  isArchived: true,
  created: 1700000000000,
  updated: 1700000009000,
  messages: [
    {
      id: 'm1',
      role: 'user',
      created: 1700000001000,
      fragments: [
        { ft: 'content', fId: '1', part: { pt: 'text', text: 'Q' } },
        {
          ft: 'attachment',
          fId: '2',
          title: 'notes.md',
          part: { pt: 'doc', data: { text: 'the notes', mimeType: 'text/markdown' } },
        },
        {
          ft: 'attachment',
          fId: '3',
          title: 'pot.png',
          part: { pt: 'image_ref', dataRef: { reftype: 'dblob', dblobAssetId: 'blob1' } },
        },
      ],
    },
    {
      id: 'm2',
      role: 'assistant',
      created: 1700000002000,
      fragments: [
        { ft: 'content', fId: '4', part: { pt: 'ma', aText: 'hmm' } },
        { ft: 'content', fId: '5', part: { pt: 'text', text: 'A' } },
        { ft: 'content', fId: '6', part: { pt: 'hologram' } },
        { ft: 'void', fId: '7', part: { pt: 'ph', pText: '…' } },
      ],
      generator: {
        mgt: 'aix',
        name: 'claude-4',
        metrics: { TIn: 5, TOut: 6, $c: 2, dtAll: 700 },
        tokenStopReason: 'ok',
      },
      userFlags: ['starred', 'thumbs-up'],
    },
    { id: 'm3', role: 'assistant', text: 'Old text', originLLM: 'gpt-3.5', created: 1700000003000 },
  ],
};
const SECRETS = { 'app-models': '{"oaiKey":"sk-marker"}' };
const FLASH = {
  schema: 'vnd.agi.flash-backup',
  schemaVersion: 102000,
  metadata: { application: 'Big-AGI' },
  storage: {
    localStorage: SECRETS,
    indexedDB: {
      'keyval-store': {
        keyval: [
          { key: 'other', value: 1 },
          {
            key: 'app-chats',
            value: {
              state: {
                conversations: [CONVERSATION, { ...CONVERSATION, id: 'i', _isIncognito: true }],
              },
              version: 4,
            },
          },
        ],
      },
    },
  },
};
const LIST = {
  conversations: [CONVERSATION],
  folders: { folders: [{ id: 'f', title: 'Work', conversationIds: ['c1'] }] },
  models: { sources: [{ setup: { oaiKey: 'sk-marker' } }] },
};

describe('bigAgiFormat', () => {
  it('knows all three shapes', () => {
    for (const file of [CONVERSATION, FLASH, LIST])
      expect(bigAgiFormat.matches(sampleOf(file))).toBe(true);
    expect(bigAgiFormat.matches(sampleOf({ conversations: [{ conversation: {} }] }))).toBe(false);
  });

  it('reads fragments, figures and ratings', () => {
    const conversation = onlyConversation(readFile(bigAgiFormat, CONVERSATION));
    expect(conversation).toMatchObject({
      sourceId: 'c1',
      title: '옹기 🏺',
      status: 'archived',
      createdAt: 1700000000000,
      metadata: { persona: 'Developer' },
    });
    expect(spoken(conversation)).toEqual(['user: Q', 'assistant: A', 'assistant: Old text']);
    const [question, answer, old] = conversation.messages;
    expect(question?.attachments).toMatchObject([
      { name: 'notes.md', text: 'the notes', mediaType: 'text/markdown' },
      { name: 'pot.png', assetKeys: ['blob1'] },
    ]);
    expect(answer).toMatchObject({
      reasoning: 'hmm',
      rating: 5,
      modelUsed: 'claude-4',
      promptTokens: 5,
      completionTokens: 6,
      costUsd: 0.02,
      responseTimeMs: 700,
      parts: [{ fId: '6' }],
      metadata: { starred: true, source_rating: 'thumbs-up' },
    });
    expect(old?.modelUsed).toBe('gpt-3.5');
    expect(conversation.notes).toContain('unknown_block');
  });

  it('reads the flash backup without its keys and without incognito talks', () => {
    const items = readFile(bigAgiFormat, FLASH);
    expectWellFormed(items);
    expect(onlyConversation(items).notes).toContain('secrets_ignored');
    expect(items).toContainEqual({ kind: 'skipped', reason: 'temporary', label: '옹기 🏺' });
    expect(JSON.stringify(items)).not.toContain('sk-marker');
  });

  it('reads chats that are stored as text', () => {
    const rows = [
      { key: 'app-chats', value: JSON.stringify({ state: { conversations: [CONVERSATION] } }) },
    ];
    const items = readFile(bigAgiFormat, {
      ...FLASH,
      storage: { indexedDB: { 'keyval-store': { keyval: rows } } },
    });
    expect(conversationsOf(items)).toHaveLength(1);
  });

  it('keeps the address of a picture that lies elsewhere', () => {
    const fragment = {
      ft: 'content',
      fId: 'p',
      part: {
        pt: 'reference',
        altText: 'pot.png',
        dataRef: { reftype: 'url', url: 'https://pots.example/p.png' },
      },
    };
    const message = { id: 'm', role: 'user', fragments: [fragment], created: 1700000000000 };
    const { messages } = onlyConversation(
      readFile(bigAgiFormat, { ...CONVERSATION, messages: [message] }),
    );
    expect(messages).toMatchObject([{ attachments: [{ name: 'pot.png' }], parts: [fragment] }]);
  });

  it('makes folders tags', () => {
    const items = readFile(bigAgiFormat, LIST);
    expect(onlyConversation(items).tags).toEqual(['Work']);
    expect(JSON.stringify(items)).not.toContain('sk-marker');
  });

  it('survives any value in any field', () => {
    for (const file of [CONVERSATION, FLASH, LIST]) expectSurvivesMangling(bigAgiFormat, file);
  });
});
