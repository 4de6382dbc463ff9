import type { Language } from '#domain/user-settings.ts';
import type { en } from './en.ts';
import type { enFirst } from './en-first.ts';

type FirstKey = keyof typeof enFirst;
type LaterKey = keyof typeof en;
/** Name of a text. Every language has every one of them, or the build fails. */
export type MessageKey = FirstKey | LaterKey;
/** A text, or its forms by number (CLDR plural categories; `other` serves the missing ones). */
export type Text = string | { readonly one: string; readonly other: string };
/** The texts of the first view: all that the first JavaScript may ask for at once. */
export type FirstTexts = Readonly<Record<FirstKey, Text>>;
/** The texts of everything that is fetched when it is first used, and of all failures. */
export type LaterTexts = Readonly<Record<LaterKey, Text>>;
/** All texts of one language. */
export type Catalog = FirstTexts & LaterTexts;
/** Values for the `{names}` in a text; `count` also picks the form. */
export type TextValues = Readonly<Record<string, string | number>>;

const FIRST: Record<Language, () => Promise<FirstTexts>> = {
  en: async () => (await import('./en-first.ts')).enFirst,
  ko: async () => (await import('./ko-first.ts')).koFirst,
  ja: async () => (await import('./ja-first.ts')).jaFirst,
  zh: async () => (await import('./zh-first.ts')).zhFirst,
};

const LATER: Record<Language, () => Promise<LaterTexts>> = {
  en: async () => (await import('./en.ts')).en,
  ko: async () => (await import('./ko.ts')).ko,
  ja: async () => (await import('./ja.ts')).ja,
  zh: async () => (await import('./zh.ts')).zh,
};

/** Fetches the texts of the first view of a language; each is a file of its own. */
export function loadFirstTexts(language: Language): Promise<FirstTexts> {
  return FIRST[language]();
}

/** Fetches all texts of a language. */
export async function loadCatalog(language: Language): Promise<Catalog> {
  const [first, later] = await Promise.all([FIRST[language](), LATER[language]()]);
  return { ...first, ...later };
}

/**
 * The text for a key with its values put in. Numbers are written as the language writes them. A
 * value that is missing stays visible as `{name}`; a text that is not here yet is empty.
 */
export function translate(
  catalog: FirstTexts & Partial<LaterTexts>,
  language: Language,
  key: MessageKey,
  values: TextValues = {},
): string {
  const text = pickForm(catalog[key] ?? '', language, values['count']);
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
