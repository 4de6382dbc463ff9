import type { Language } from '#domain/user-settings.ts';
import type { en } from './en.ts';

/** Name of a text. Every catalog has every one of them, or the build fails. */
export type MessageKey = keyof typeof en;
/** A text, or its forms by number (CLDR plural categories; `other` serves the missing ones). */
export type Text = string | { readonly one: string; readonly other: string };
/** All texts of one language. */
export type Catalog = Readonly<Record<MessageKey, Text>>;
/** Values for the `{names}` in a text; `count` also picks the form. */
export type TextValues = Readonly<Record<string, string | number>>;

const LOADERS: Record<Language, () => Promise<Catalog>> = {
  en: async () => (await import('./en.ts')).en,
  ko: async () => (await import('./ko.ts')).ko,
  ja: async () => (await import('./ja.ts')).ja,
  zh: async () => (await import('./zh.ts')).zh,
};

/** Fetches the texts of a language; each is a file of its own. */
export function loadCatalog(language: Language): Promise<Catalog> {
  return LOADERS[language]();
}

/**
 * The text for a key with its values put in. Numbers are written as the language writes them. A
 * value that is missing stays visible as `{name}`.
 */
export function translate(
  catalog: Catalog,
  language: Language,
  key: MessageKey,
  values: TextValues = {},
): string {
  const text = pickForm(catalog[key], language, values['count']);
  return text.replace(/\{(\w+)\}/g, (placeholder, name: string) => {
    const value = values[name];
    if (value === undefined) return placeholder;
    return typeof value === 'number' ? new Intl.NumberFormat(language).format(value) : value;
  });
}

function pickForm(text: Text, language: Language, count: string | number | undefined): string {
  if (typeof text === 'string') return text;
  const category = new Intl.PluralRules(language).select(Number(count ?? 0));
  return category === 'one' ? text.one : text.other;
}
