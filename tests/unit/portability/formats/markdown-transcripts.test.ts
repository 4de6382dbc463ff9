import { describe, expect, it } from 'vitest';
import { markdownTranscriptFormats } from '#portability/formats/markdown-transcripts.ts';
import {
  expectWellFormed,
  onlyConversation,
  readText,
  spoken,
} from '../../../support/read-format.ts';

function read(text: string, fileName = 'talk.md') {
  const format = markdownTranscriptFormats.find((one) => one.matches(text, fileName));
  if (!format) return undefined;
  const items = readText(format, text, { fileName });
  expectWellFormed(items);
  return { id: format.id, conversation: onlyConversation(items) };
}

describe('markdownTranscriptFormats', () => {
  it('reads headings of the second level, in any case', () => {
    const found = read('# 옹기 🏺\n\n## User\n\nHi\n\n## ASSISTANT\n\nHello\n');
    expect(found?.id).toBe('markdown-level-two');
    expect(found?.conversation.title).toBe('옹기 🏺');
    expect(found && spoken(found.conversation)).toEqual(['user: Hi', 'assistant: Hello']);
    expect(found?.conversation.notes).toEqual(
      expect.arrayContaining(['roles_guessed', 'ids_derived', 'date_unknown']),
    );
  });

  it('reads headings of the fourth level with names', () => {
    const found = read('# T\n\n#### You:\nHi\n\n#### ChatGPT:\n## A heading of the answer\nHello');
    expect(found?.id).toBe('markdown-level-four');
    expect(found && spoken(found.conversation)).toEqual([
      'user: Hi',
      'assistant: ## A heading of the answer\nHello',
    ]);
    expect(found?.conversation.messages[1]?.metadata).toEqual({ source_role: 'ChatGPT' });
  });

  it('reads numbered headings and takes the text out of its fence', () => {
    const text =
      '# T\n\n### 1. User\n\n````\nHi\n```js\n1\n```\n````\n\n### 2. Assistant\n\n```\nHello\n### 3. User\n```\n';
    const found = read(text);
    expect(found && spoken(found.conversation)).toEqual([
      'user: Hi\n```js\n1\n```',
      'assistant: Hello\n### 3. User',
    ]);
  });

  it('reads bold names, text behind them and rules between them', () => {
    const found = read('**You:** Hi\n\n---\n\n**Assistant:**\n\nHello\n**not a name:** x\n');
    expect(found && spoken(found.conversation)).toEqual([
      'user: Hi',
      'assistant: Hello\n**not a name:** x',
    ]);
  });

  it('takes headings in code for text', () => {
    const found = read(
      '## User\n```\n## Assistant\n~~~\n```\n## Assistant\n~~~md\n## User\n~~~\nend',
    );
    expect(found?.conversation.messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
  });

  it('takes the thoughts out of an answer and a date out of the head', () => {
    const found = read(
      '# T\n**Date**: 2026-11-22 15:04:05\n\n## User\na\n## Assistant\n<think>x</think>\nb',
    );
    expect(found?.conversation.messages[1]).toMatchObject({ content: 'b', reasoning: 'x' });
    expect(found?.conversation.createdAt).toBe(new Date(2026, 10, 22, 15, 4, 5).getTime());
  });

  it('reads Windows lines, a byte order mark and a missing title', () => {
    const found = read('\ufeff## User\r\nHi\r\n\r\n## Assistant\r\nHello\r\n', 'folder/My talk.md');
    expect(found?.conversation.title).toBe('My talk');
    expect(found && spoken(found.conversation)).toEqual(['user: Hi', 'assistant: Hello']);
  });

  it('leaves our own files and other Markdown alone', () => {
    expect(read('# T\n<!-- onggi:conversation -->\n## User\nHi')).toBeUndefined();
    expect(read('# Notes\n\n## Users\n\ntext\n\n## Summary')).toBeUndefined();
    expect(read('```\n## User\n```')).toBeUndefined();
    expect(read('')).toBeUndefined();
  });

  it('has one format for a text, and derives ids that stay', () => {
    const text = '#### You:\na\n## assistant\nb\n**You:** c';
    expect(markdownTranscriptFormats.filter((one) => one.matches(text, 'a.md'))).toHaveLength(1);
    expect(read(text)?.conversation.sourceId).toBe(read(text)?.conversation.sourceId);
  });

  it('skips a text whose messages hold nothing', () => {
    const [format] = markdownTranscriptFormats.filter((one) => one.matches('## User\n', 'a.md'));
    expect(format && readText(format, '## User\n\n## Assistant\n')).toMatchObject([
      { kind: 'skipped', reason: 'empty_conversation' },
    ]);
  });

  it('reads long lines of blanks, backticks and stars in good time', () => {
    for (const character of [' ', '`', '*', '#', '~', '-']) {
      const text = `## User\nx${character.repeat(300_000)}y\n${character.repeat(300_000)}\n## Assistant\nb`;
      expect(read(text)).toBeDefined();
    }
  });
});
