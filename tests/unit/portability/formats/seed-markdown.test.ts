import { describe, expect, it } from 'vitest';
import type { ImportedConversation } from '#domain/imported.ts';
import { seedMarkdown } from '#portability/formats/seed-markdown.ts';

const CONTEXT = { fileName: 'a.md', fileDate: 5, companions: new Map<string, unknown>() };

/** As the specification's Python writes it. */
const section = (role: string, content: string, second = 23): string =>
  `## ${role}\n\n${content}\n\n*2026-11-22 07:30:${second}.123456*\n\n`;
const HEAD = '# 옹기\n\n**Date**: 2026-11-22 07:30:20\n\n';

function read(text: string): ImportedConversation {
  const [item] = seedMarkdown.read(text, CONTEXT);
  if (item?.kind !== 'conversation') throw new Error(`read ${item?.kind}`);
  return item.conversation;
}

describe('reader of the specification’s Markdown', () => {
  it('knows the layout and leaves our own and others alone', () => {
    expect(seedMarkdown.matches(HEAD + section('User', 'a'), '')).toBe(true);
    expect(seedMarkdown.matches('# a\n\n## User\n\nx', '')).toBe(false);
    expect(
      seedMarkdown.matches(`<!-- onggi:aaaaaa conversation {} -->\n${HEAD}## User\n`, ''),
    ).toBe(false);
    expect(seedMarkdown.matches(HEAD, '')).toBe(false);
  });

  it('reads roles, texts and dates as a guess', () => {
    const found = read(
      HEAD + section('User', '옹기가 뭐야?\n') + section('Assistant', 'A jar.', 24),
    );
    expect(found).toMatchObject({
      source: 'seed',
      title: '옹기',
      notes: expect.arrayContaining(['roles_guessed', 'zone_assumed']) as unknown,
    });
    expect(found.messages.map(({ role, content }) => [role, content])).toEqual([
      ['user', '옹기가 뭐야?\n'],
      ['assistant', 'A jar.'],
    ]);
    expect(found.messages[1]?.parentSourceId).toBe(found.messages[0]?.sourceId);
    expect(found.messages[0]?.timestamp).toBe(new Date(2026, 10, 22, 7, 30, 23, 123).getTime());
    expect(found.createdAt).toBe(new Date(2026, 10, 22, 7, 30, 20).getTime());
  });

  it('leaves headings within an answer in the answer', () => {
    const answer = 'Like this:\n\n## User\n\nhello\n\n*2026-11-22 07:30:23*\n\nand on';
    const found = read(HEAD + section('User', 'how?') + section('Assistant', answer));
    expect(found.messages.map(({ content }) => content)).toEqual(['how?', answer]);
  });

  it('splits at headings where there are no timestamps', () => {
    const found = read(`${HEAD}## System\n\nbe kind\n\n## User\n\nhi\n\n`);
    expect(found.messages.map(({ role, content }) => [role, content])).toEqual([
      ['system', 'be kind'],
      ['user', 'hi'],
    ]);
    expect(found.notes).toContain('date_unknown');
  });

  it('gives the same ids every time, with CRLF too', () => {
    const text = HEAD + section('User', 'a') + section('Assistant', 'b');
    expect(read(text.replaceAll('\n', '\r\n'))).toEqual(read(text));
  });

  it('has no title where the specification wrote its word for none', () => {
    expect(read(HEAD.replace('옹기', 'Conversation') + section('User', 'a')).title).toBeNull();
  });

  it('skips a file without messages and reads a hostile one quickly', () => {
    expect([...seedMarkdown.read(HEAD, CONTEXT)]).toEqual([
      { kind: 'skipped', reason: 'empty_conversation', label: '옹기' },
    ]);
    expect(seedMarkdown.matches('\n'.repeat(65_536), '')).toBe(false);
    expect(read(`${HEAD}## User\n${'\n'.repeat(1_000_000)}x`).messages).toHaveLength(1);
  });
});
