import type { EndpointId, UserId } from './ids.ts';
import { LOCAL_USER_ID } from './ids.ts';
import type { MeaningSettings } from './meaning-settings.ts';
import type { PriceSettings } from './prices.ts';

export const LANGUAGES = ['ko', 'en', 'ja', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];
export const THEMES = ['light', 'dark', 'auto'] as const;
export type Theme = (typeof THEMES)[number];
export const FONT_SIZES = ['small', 'medium', 'large'] as const;
export type FontSize = (typeof FONT_SIZES)[number];

/**
 * The specification's UserSettings without the keys, which live in `secrets`, and what onggi adds
 * (`defaultEndpointId`, `useCache`). One row: `local`.
 */
export interface UserSettings {
  readonly userId: UserId;
  /** Model name at `defaultEndpointId`; null until an endpoint was connected. */
  readonly defaultModel: string | null;
  readonly defaultEndpointId: EndpointId | null;
  /** 0 to 2. */
  readonly temperature: number;
  /** Longest answer asked for, in tokens. */
  readonly maxTokens: number;
  readonly systemPrompt: string | null;
  readonly theme: Theme;
  readonly language: Language;
  readonly fontSize: FontSize;
  /** Off: a new conversation stays in memory until "Save". */
  readonly autoSave: boolean;
  readonly streamResponse: boolean;
  readonly showTokenCount: boolean;
  /** Off: messages are shown as plain text. */
  readonly enableMarkdown: boolean;
  /** On: a question that was answered within a day is answered from the cache. */
  readonly useCache: boolean;
  /** Off: new conversations are temporary, nothing of them is written anywhere. */
  readonly saveHistory: boolean;
  /** On: an anonymised usage report is offered for download. Nothing is ever sent. */
  readonly shareAnalytics: boolean;
  /** Own prices and the budget; missing until the person said something. */
  readonly prices?: PriceSettings;
  /** Finding by meaning; missing until the person said something. */
  readonly meaning?: MeaningSettings;
  /** Epoch milliseconds: the last connection was taken away then, and its model with it; missing if never. */
  readonly modelClearedAt?: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Settings of a first start. Figures are the specification's (2.4). */
export function createUserSettings(language: Language, now: number): UserSettings {
  return {
    userId: LOCAL_USER_ID,
    defaultModel: null,
    defaultEndpointId: null,
    temperature: 0.7,
    maxTokens: 2000,
    systemPrompt: null,
    theme: 'auto',
    language,
    fontSize: 'medium',
    autoSave: true,
    streamResponse: true,
    showTokenCount: false,
    enableMarkdown: true,
    useCache: true,
    saveHistory: true,
    shareAnalytics: false,
    createdAt: now,
    updatedAt: now,
  };
}

/**
 * The first of the browser's languages that onggi speaks, else Korean.
 * @param preferred BCP 47 tags in order of preference, as in `navigator.languages`.
 */
export function pickLanguage(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    const primary = tag.toLowerCase().split('-')[0];
    const language = LANGUAGES.find((candidate) => candidate === primary);
    if (language) return language;
  }
  return 'ko';
}

/** `value` within the range that endpoints accept; the settings' screen and the request both use it. */
export function clampTemperature(value: number): number {
  return Number.isFinite(value) ? Math.min(2, Math.max(0, value)) : 0.7;
}

/** A whole number of tokens from 1 to a million. */
export function clampMaxTokens(value: number): number {
  return Number.isFinite(value) ? Math.min(1_000_000, Math.max(1, Math.round(value))) : 2000;
}
