import { describe, expect, it } from 'vitest';
import { chatgptGroupChats } from '#portability/formats/chatgpt-group-chats.ts';
import { chatgptMemories } from '#portability/formats/chatgpt-memories.ts';
import { claudeMemories } from '#portability/formats/claude-memories.ts';
import type { JsonFormat } from '#portability/formats/format.ts';
import { sampleOf } from '../../../support/import-formats.ts';
import { expectSurvivesMangling, readFile } from '../../../support/read-format.ts';

const documentsOf = (format: JsonFormat, value: unknown) =>
  readFile(format, value).map((item) => (item.kind === 'document' ? item.document : item));

describe('what Claude remembers', () => {
  const account = {
    account_uuid: 'u',
    conversations_memory: '**Work**\n\n옹기를 굽는다.',
    project_memories: { p1: 'Pots only.', p2: null },
    memory_files: [{ path: 'a.md', content: 'kept' }, 3],
  };

  it('becomes documents: over all, of projects, of files', () => {
    expect(claudeMemories.matches(sampleOf([account], 'memories.json'))).toBe(true);
    expect(claudeMemories.matches(sampleOf(account, 'u.json'))).toBe(true);
    const documents = documentsOf(claudeMemories, [account]);
    expect(documents).toMatchObject([
      { source: 'claude', name: 'Claude memory', text: account.conversations_memory },
      { name: 'Claude memory of project p1', text: 'Pots only.' },
      { kind: 'skipped', reason: 'document_without_text', label: 'Claude memory of project p2' },
      { name: 'Claude memory a.md', text: 'kept' },
      { kind: 'skipped', reason: 'document_without_text', label: 'Claude memory 2' },
    ]);
    const ids = documents.flatMap((each) => ('sourceId' in each ? [each.sourceId] : []));
    expect(new Set(ids).size).toBe(3);
    const later = { ...account, conversations_memory: 'changed' };
    expect(documentsOf(claudeMemories, [later])[0]).toMatchObject({ sourceId: ids[0] });
  });

  it('survives whatever stands in it', () => {
    expectSurvivesMangling(claudeMemories, [account]);
  });
});

describe('what ChatGPT remembers', () => {
  const memories = [
    { id: 'a', content: 'Likes pots.\nOld ones.', updated_at: '2026-01-02T00:00:00Z' },
    { id: 'b', content: '옹기', updated_at: '2026-01-01T00:00:00Z' },
    null,
  ];

  it('becomes one document with a line for each', () => {
    for (const value of [memories, { memories }]) {
      expect(chatgptMemories.matches(sampleOf(value, 'memories.json'))).toBe(true);
      expect(documentsOf(chatgptMemories, value)).toMatchObject([
        {
          source: 'chatgpt',
          sourceId: 'memories',
          text: '- Likes pots.\n  Old ones.\n- 옹기',
          createdAt: Date.UTC(2026, 0, 1),
        },
      ]);
    }
    expect(chatgptMemories.matches(sampleOf(memories, 'notes.json'))).toBe(false);
    expectSurvivesMangling(chatgptMemories, { memories });
  });
});

describe('group chats of ChatGPT', () => {
  it('are read where they are built like conversations, and else named', () => {
    const mapping = {
      m: {
        id: 'm',
        parent: null,
        message: { author: { role: 'user' }, content: { parts: ['x'] } },
      },
    };
    const value = {
      chats: [{ id: 'c', title: 'Pots', mapping }, { id: 'd', title: '우리' }, { id: 'e' }, null],
    };
    expect(chatgptGroupChats.matches(sampleOf(value, 'group_chats.json'))).toBe(true);
    expect(chatgptGroupChats.matches(sampleOf(value, 'chats.json'))).toBe(false);
    expect(readFile(chatgptGroupChats, value)).toMatchObject([
      { kind: 'conversation', conversation: { source: 'chatgpt', sourceId: 'c', title: 'Pots' } },
      { kind: 'skipped', reason: 'structure_unknown', label: '우리' },
      { kind: 'skipped', reason: 'structure_unknown', label: 'e' },
    ]);
    expect(readFile(chatgptGroupChats, { chats: [] })).toEqual([]);
    expectSurvivesMangling(chatgptGroupChats, value);
  });
});
