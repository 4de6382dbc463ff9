import type { Language } from '#domain/user-settings.ts';

/** Every language in its own words. */
export const LANGUAGE_NAMES: Record<Language, string> = {
  ko: '한국어',
  en: 'English',
  ja: '日本語',
  zh: '中文',
};
