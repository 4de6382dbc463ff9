import { describe, expect, it } from 'vitest';
import { titleFromMessage, titleFromModel } from '#domain/title.ts';

const graphemes = (text: string): number => [...new Intl.Segmenter().segment(text)].length;

describe('titleFromMessage', () => {
  it.each([
    ['How do I ferment kimchi?', 'How do I ferment kimchi?'],
    ['\n\n  First words\nsecond line', 'First words'],
    ['# Heading', 'Heading'],
    ['> quoted', 'quoted'],
    ['- item', 'item'],
    ['1. item', 'item'],
    ['**bold** and `code`', 'bold and code'],
    ['many   spaces\there', 'many spaces here'],
    ['김치는 어떻게 담그나요?', '김치는 어떻게 담그나요?'],
    ['', undefined],
    [' \n\t\n ', undefined],
  ])('%j gives %j', (content, title) => {
    expect(titleFromMessage(content)).toBe(title);
  });

  it('cuts at a word and says so', () => {
    const title = titleFromMessage('word '.repeat(30)) ?? '';
    expect(title).toMatch(/^(word )+word…$/);
    expect(graphemes(title)).toBeLessThanOrEqual(48);
  });

  it.each(['가'.repeat(100), '👨‍👩‍👧‍👦'.repeat(100), '🇰🇷'.repeat(100), 'x'.repeat(1e6)])(
    'never cuts a character in two',
    (content) => {
      const title = titleFromMessage(content) ?? '';
      expect(graphemes(title)).toBe(48);
      expect(title.endsWith('…')).toBe(true);
      expect(content.startsWith(title.slice(0, -1))).toBe(true);
      expect(title).not.toMatch(/\p{Surrogate}/u);
    },
  );

  it('keeps a title of the limit whole', () => {
    expect(titleFromMessage('가'.repeat(48))).toBe('가'.repeat(48));
    expect(titleFromMessage('가'.repeat(49))).toBe(`${'가'.repeat(47)}…`);
  });
});

describe('titleFromModel', () => {
  it.each([
    ['"Fermenting kimchi"', 'Fermenting kimchi'],
    ['Title: Fermenting kimchi.', 'Fermenting kimchi'],
    ['제목: 「김치 담그기」', '김치 담그기'],
    ['标题：泡菜。', '泡菜'],
    ['<think>hm, a title\n</think>\nKimchi', 'Kimchi'],
    ['<think>never closed', undefined],
    ['**Kimchi**', 'Kimchi'],
    ['', undefined],
    ['""', undefined],
  ])('%j gives %j', (answer, title) => {
    expect(titleFromModel(answer)).toBe(title);
  });
});
