import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '#domain/errors.ts';
import { LANGUAGES } from '#domain/user-settings.ts';
import type { Language } from '#domain/user-settings.ts';
import { loadCatalog, loadFirstTexts } from '#i18n/translate.ts';
import type { Catalog, MessageKey, Text } from '#i18n/translate.ts';

/** What is written for the program and not in a language: examples of queries, figures and units. */
const WITHOUT_LANGUAGE = /^(search\.example\..*|search\.took|find\.count)$/;
const ENGLISH = await loadCatalog('en');
const KEYS = Object.keys(ENGLISH).sort() as MessageKey[];
const WORDED = KEYS.filter((key) => !WITHOUT_LANGUAGE.test(key));
const catalogs = await Promise.all(
  LANGUAGES.map(async (language) => ({ language, catalog: await loadCatalog(language) })),
);
const translations = catalogs.filter(({ language }) => language !== 'en');

/** Names that stay in Latin letters in every language. A new name is added here on purpose. */
const NAMES = [
  'models/my-model',
  'models/',
  'transformers.js',
  'feature-extraction',
  'ONNX',
  'Hugging Face',
  'WebAssembly SIMD',
  'WebAssembly',
  'WebGPU',
  'Enter',
  'onggi',
  'OpenAI',
  'OpenRouter',
  'Anthropic',
  'Gemini',
  'Google',
  'Mistral',
  'DeepSeek',
  'Groq',
  'xAI',
  'Ollama',
  'LM Studio',
  'PIN',
  'PRF',
  'Chrome',
  'Firefox',
  'Safari',
  'Dock',
  'llama.cpp',
  'llama-server',
  'vLLM',
  'ChatGPT',
  'Claude',
  'Open WebUI',
  'ShareGPT',
  'PostgreSQL',
  'psql',
  'Markdown',
  'JSON',
  'JSONL',
  'ZIP',
  'CSV',
  'HTML',
  'PDF',
  'Word',
  'UTF-8',
  'SQLite',
  '.age',
  'backup_….json.gz',
  'MB',
  'AI',
  'API',
  'base URL',
  'CORS',
  'Enable CORS',
  'Developer → Settings',
  'OLLAMA_ORIGINS',
  'https://example.com/v1',
  'https',
  'http',
  'localhost',
  '/v1',
  // Chinese has no settled word for it.
  'token',
].sort((a, b) => b.length - a.length);

/** The writing a text of the language must have, and the writings it must not have. */
const SCRIPTS: Record<Language, { own: RegExp; foreign: RegExp }> = {
  ko: { own: /\p{sc=Hangul}/u, foreign: /[\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Han}]/u },
  en: {
    own: /\p{sc=Latin}/u,
    foreign: /[\p{sc=Hangul}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Han}]/u,
  },
  ja: { own: /[\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Han}]/u, foreign: /\p{sc=Hangul}/u },
  zh: { own: /\p{sc=Han}/u, foreign: /[\p{sc=Hangul}\p{sc=Hiragana}\p{sc=Katakana}]/u },
};
/** Punctuation of another writing. */
const FOREIGN_MARKS: Record<Language, RegExp> = {
  ko: /[，。、：？！；（）「」]/u,
  en: /[，。、：？！；（）「」]/u,
  ja: /[\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Han}][,.:;?!(]|[，“”]/u,
  zh: /\p{sc=Han}[,.:;?!(]|[「」]/u,
};

const formsOf = (text: Text): string[] => (typeof text === 'string' ? [text] : Object.values(text));

function placeholdersOf(text: Text): string[] {
  const found = formsOf(text).flatMap((form) => form.match(/\{\w+\}/g) ?? []);
  return [...new Set(found)].sort();
}

/** The texts that are wrong, each with its key: what a failure prints. */
function textsWhere(catalog: Catalog, isWrong: (form: string) => boolean): string[] {
  return WORDED.flatMap((key) =>
    formsOf(catalog[key])
      .filter(isWrong)
      .map((form) => `${key}: ${form}`),
  );
}

const withoutPlaceholders = (form: string): string => form.replace(/\{\w+\}/g, ' ');

/** What is left in Latin letters when the names are taken out. */
function leftoverLatin(form: string): string {
  const rest = NAMES.reduce((text, name) => {
    const escaped = name.replace(/[/.]/g, '\\$&');
    return text.replace(new RegExp(`(?<![A-Za-z])${escaped}(?![A-Za-z])`, 'g'), ' ');
  }, withoutPlaceholders(form));
  return rest.match(/[A-Za-z]+/g)?.join(' ') ?? '';
}

describe.each(catalogs)('the texts in $language', ({ language, catalog }) => {
  it('are the ones English has, no more and no fewer', async () => {
    expect(Object.keys(catalog).sort()).toEqual(KEYS);
    const first = Object.keys(await loadFirstTexts(language)).sort();
    expect(first).toEqual(Object.keys(await loadFirstTexts('en')).sort());
  });

  it('have the placeholders of English', () => {
    const differing = KEYS.filter(
      (key) => placeholdersOf(catalog[key]).join() !== placeholdersOf(ENGLISH[key]).join(),
    );
    expect(differing).toEqual([]);
  });

  it('have no brace outside a placeholder', () => {
    expect(textsWhere(catalog, (form) => /[{}]/.test(withoutPlaceholders(form)))).toEqual([]);
  });

  it('are never empty and have no space to spare', () => {
    expect(textsWhere(catalog, (form) => form !== form.trim() || /\s\s|[\t\n]/.test(form))).toEqual(
      [],
    );
    expect(textsWhere(catalog, (form) => withoutPlaceholders(form).trim() === '')).toEqual([]);
  });

  it('are written in the writing of the language, with its marks', () => {
    const { own, foreign } = SCRIPTS[language];
    expect(textsWhere(catalog, (form) => foreign.test(form))).toEqual([]);
    expect(textsWhere(catalog, (form) => FOREIGN_MARKS[language].test(form))).toEqual([]);
    expect(textsWhere(catalog, (form) => !own.test(withoutPlaceholders(form)))).toEqual([]);
  });

  it('say every error in whole sentences', () => {
    const unfinished = ERROR_CODES.filter(
      (code) => !formsOf(catalog[`error.${code}`]).every((form) => /[.。]$/.test(form)),
    );
    expect(unfinished).toEqual([]);
  });

  it('have forms by number only where the language has them', () => {
    const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
    const withForms = KEYS.filter((key) => typeof catalog[key] !== 'string');
    if (pluralCategories.length === 1) expect(withForms).toEqual([]);
    for (const key of withForms) {
      const text = catalog[key];
      if (typeof text === 'string') continue;
      // One is also said without a number ("Archived"); the other form says everything.
      expect(placeholdersOf(text.other), key).toEqual(placeholdersOf(text));
      const unsaid = placeholdersOf(text).filter((name) => !text.one.includes(name));
      expect(
        unsaid.filter((name) => name !== '{count}'),
        key,
      ).toEqual([]);
      expect(placeholdersOf(text), key).toContain('{count}');
    }
  });
});

describe.each(translations)('the translation into $language', ({ language, catalog }) => {
  it('leaves nothing in English but names', () => {
    const untranslated = WORDED.flatMap((key) =>
      formsOf(catalog[key])
        .map(leftoverLatin)
        .filter((rest) => rest !== '')
        .map((rest) => `${key}: ${rest}`),
    );
    expect(untranslated).toEqual([]);
  });

  it('keeps the names that English gives', () => {
    // The first two are words as much as names; a sentence may also do without its subject, onggi.
    const kept = NAMES.filter((name) => !['token', 'AI', 'onggi', 'Enter'].includes(name));
    const lost = KEYS.flatMap((key) => {
      const english = formsOf(ENGLISH[key]).join(' ');
      const own = formsOf(catalog[key]).join(' ');
      return kept
        .filter((name) => english.includes(name) && !own.includes(name))
        .map((name) => `${key}: ${name}`);
    });
    expect(lost).toEqual([]);
  });

  it('is not another language’s text by mistake', () => {
    for (const other of catalogs.filter((one) => one.language !== language)) {
      const same = WORDED.filter(
        (key) => formsOf(catalog[key]).join() === formsOf(other.catalog[key]).join(),
      );
      // Japanese and Chinese share short words such as 編集; whole sentences they do not share.
      expect(same.filter((key) => formsOf(catalog[key]).join().length > 6)).toEqual([]);
    }
  });
});

it('Korean speaks in one polite style', () => {
  const ko = catalogs.find(({ language }) => language === 'ko')?.catalog ?? ENGLISH;
  expect(textsWhere(ko, (form) => /니다(?=[\s.?!…]|$)/.test(form))).toEqual([]);
});

/** Words beside the one that is used: a thing has one name on all screens. */
const SECOND_NAMES: Record<Language, RegExp> = {
  // snapshot, word, a visit
  ko: /스냅숏|낱말|세션/u,
  en: /\b[Ss]ession\b/,
  // browser, device, import, a visit
  ja: /ブラウザ(?!ー)|端末|インポート|エクスポート|セッション|訪問/u,
  // passphrase, token, load, usage, a conversation or visit, browser profile
  zh: /密码短语|令牌|载入|使用量|会话|浏览器配置(?!文件)|本设备|这台设备/u,
};

it.each(catalogs)('a thing has one name in $language', ({ language, catalog }) => {
  expect(textsWhere(catalog, (form) => SECOND_NAMES[language].test(form))).toEqual([]);
});
