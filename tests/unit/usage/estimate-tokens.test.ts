import { describe, expect, it } from 'vitest';
import { estimatePromptTokens, estimateTokens } from '#usage/estimate-tokens.ts';

describe('estimateTokens', () => {
  it('is 0 for nothing', () => {
    expect(estimateTokens('')).toBe(0);
  });

  it.each([
    ['English', 'The quick brown fox jumps over the lazy dog. '.repeat(100), 4.6],
    ['Korean', '옹기는 사용자의 기기에 대화를 보관합니다. '.repeat(100), 1.6],
  ])('is near what tokenizers count for %s', (_name, text, charactersPerToken) => {
    const expected = text.length / charactersPerToken;
    expect(estimateTokens(text)).toBeGreaterThan(expected * 0.7);
    expect(estimateTokens(text)).toBeLessThan(expected * 1.5);
  });

  it('grows with the text', () => {
    expect(estimateTokens('가나다라마바사아자차')).toBeGreaterThan(estimateTokens('가나다'));
  });
});

describe('estimatePromptTokens', () => {
  it('adds four for each message', () => {
    expect(estimatePromptTokens([])).toBe(0);
    expect(estimatePromptTokens([{ content: '' }, { content: '' }])).toBe(8);
    const content = 'hello there';
    expect(estimatePromptTokens([{ content }])).toBe(estimateTokens(content) + 4);
  });
});
