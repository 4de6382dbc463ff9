import { describe, expect, it } from 'vitest';
import { LANGUAGES } from '#domain/user-settings.ts';
import { loadCatalog, loadFirstTexts, translate } from '#i18n/translate.ts';
import type { Catalog, Text } from '#i18n/translate.ts';

const KEY = 'common.done';
const ENGLISH = await loadCatalog('en');
/** A catalog in which one key has the given text. */
const having = (text: Text): Catalog => ({ ...ENGLISH, [KEY]: text });

const NOTES = { one: '{count} note', other: '{count} notes' };

describe('loadCatalog', () => {
  it.each([
    ['ko', '완료'],
    ['en', 'Done'],
    ['ja', '完了'],
    ['zh', '完成'],
  ] as const)(
    'gives the texts in %s, those of the first view among them',
    async (language, done) => {
      const catalog = await loadCatalog(language);
      expect(catalog[KEY]).toBe(done);
      expect(catalog).toMatchObject(await loadFirstTexts(language));
    },
  );
});

describe('translate', () => {
  it('gives a text without placeholders as it is', () => {
    expect(translate(having('Done'), 'en', KEY)).toBe('Done');
    expect(translate(having('Done'), 'en', KEY, { unused: 1 })).toBe('Done');
  });

  it('is empty for a text that is not here yet', async () => {
    expect(translate(await loadFirstTexts('en'), 'en', KEY)).toBe('');
  });

  it('puts the values in, each wherever it is named', () => {
    const catalog = having('{name} at {host}; {name} again');
    expect(translate(catalog, 'en', KEY, { name: 'Llama', host: 'localhost' })).toBe(
      'Llama at localhost; Llama again',
    );
  });

  it.each(LANGUAGES)('leaves a missing value visible in %s', (language) => {
    const catalog = having('{name} of {total}');
    expect(translate(catalog, language, KEY)).toBe('{name} of {total}');
    expect(translate(catalog, language, KEY, { total: 3 })).toBe('{name} of 3');
  });

  it('keeps an empty value and a zero', () => {
    expect(translate(having('[{name}] {count}'), 'en', KEY, { name: '', count: 0 })).toBe('[] 0');
  });

  it('takes a value literally: it is no pattern and no text of its own', () => {
    const title = '$& $1 {count} <b>{name}</b>';
    expect(translate(having('“{title}”'), 'en', KEY, { title, count: 2, name: 'x' })).toBe(
      `“${title}”`,
    );
  });

  it.each(LANGUAGES)('writes numbers as %s writes them', (language) => {
    const written = new Intl.NumberFormat(language).format(1_234_567.5);
    expect(written).toBe('1,234,567.5');
    expect(translate(having('{count}'), language, KEY, { count: 1_234_567.5 })).toBe(written);
  });

  it('leaves digits in a text value alone', () => {
    expect(translate(having('{value}s'), 'en', KEY, { value: '12345' })).toBe('12345s');
  });

  it.each([
    [0, '0 notes'],
    [1, '1 note'],
    [1.5, '1.5 notes'],
    [2, '2 notes'],
    [1001, '1,001 notes'],
    ['1', '1 note'],
    ['many', 'many notes'],
  ])('picks the English form for %j', (count, expected) => {
    expect(translate(having(NOTES), 'en', KEY, { count })).toBe(expected);
  });

  it('picks the form for many when no count is given', () => {
    expect(translate(having(NOTES), 'en', KEY)).toBe('{count} notes');
  });

  it.each(['ko', 'ja', 'zh'] as const)('has one form for every number in %s', (language) => {
    expect(translate(having(NOTES), language, KEY, { count: 1 })).toBe('1 notes');
    expect(translate(having('{count} notes'), language, KEY, { count: 1 })).toBe('1 notes');
  });

  it.each([
    ['en', 1, 'Archived'],
    ['en', 3, '3 archived'],
    ['ko', 1, '대화 1개를 보관했어요'],
    ['ja', 3, '3件の会話をアーカイブしました'],
    ['zh', 1200, '已归档 1,200 个对话'],
  ] as const)('says in %s that %d were archived', async (language, count, expected) => {
    const catalog = await loadCatalog(language);
    expect(translate(catalog, language, 'list.archived', { count })).toBe(expected);
  });
});
