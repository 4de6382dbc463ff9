import * as v from 'valibot';
import type { LiveRead } from '#domain/conversation-store.ts';
import { LOCAL_USER_ID, toEndpointId } from '#domain/ids.ts';
import { readMeaningSettings } from '#domain/meaning-settings.ts';
import { readPriceSettings } from '#domain/prices.ts';
import {
  FONT_SIZES,
  LANGUAGES,
  THEMES,
  clampMaxTokens,
  clampTemperature,
} from '#domain/user-settings.ts';
import type { UserSettings } from '#domain/user-settings.ts';
import { commit, read } from './commit.ts';
import { liveRead } from './live-read.ts';
import type { OnggiDatabase } from './open-database.ts';

/**
 * The settings of a stored row. A field that is missing, damaged or of a newer version takes its
 * value from `defaults`, so that no row keeps the app from starting; figures out of range are
 * brought into it.
 */
function parseUserSettings(row: unknown, defaults: UserSettings): UserSettings {
  const flag = (value: boolean) => v.fallback(v.boolean(), value);
  const time = (value: number) => v.fallback(v.pipe(v.number(), v.finite()), value);
  const text = (value: string | null) => v.fallback(v.nullable(v.string()), value);
  const endpointId = v.nullable(v.pipe(v.string(), v.transform(toEndpointId)));
  const schema = v.object({
    defaultModel: text(defaults.defaultModel),
    defaultEndpointId: v.fallback(endpointId, defaults.defaultEndpointId),
    temperature: v.fallback(
      v.pipe(v.number(), v.transform(clampTemperature)),
      defaults.temperature,
    ),
    maxTokens: v.fallback(v.pipe(v.number(), v.transform(clampMaxTokens)), defaults.maxTokens),
    systemPrompt: text(defaults.systemPrompt),
    theme: v.fallback(v.picklist(THEMES), defaults.theme),
    language: v.fallback(v.picklist(LANGUAGES), defaults.language),
    fontSize: v.fallback(v.picklist(FONT_SIZES), defaults.fontSize),
    autoSave: flag(defaults.autoSave),
    streamResponse: flag(defaults.streamResponse),
    showTokenCount: flag(defaults.showTokenCount),
    enableMarkdown: flag(defaults.enableMarkdown),
    useCache: flag(defaults.useCache),
    saveHistory: flag(defaults.saveHistory),
    shareAnalytics: flag(defaults.shareAnalytics),
    prices: v.exactOptional(v.pipe(v.unknown(), v.transform(readPriceSettings))),
    meaning: v.exactOptional(v.pipe(v.unknown(), v.transform(readMeaningSettings))),
    modelClearedAt: v.exactOptional(v.fallback(v.number(), 0)),
    createdAt: time(defaults.createdAt),
    updatedAt: time(defaults.updatedAt),
  });
  return { userId: LOCAL_USER_ID, ...v.parse(schema, row ?? {}) };
}

/** The settings, damaged fields as in `defaults`; undefined while nothing is stored. */
export function getUserSettings(
  { strict: db }: OnggiDatabase,
  defaults: UserSettings,
): Promise<UserSettings | undefined> {
  return read(async () => {
    const row = await db.userSettings.get(LOCAL_USER_ID);
    return row && parseUserSettings(row, defaults);
  });
}

/**
 * Changes some fields, in one transaction with reading the others, so that two tabs do not undo each
 * other. Makes the row from `defaults` when there is none. Fields that are not among the changes
 * stay as they are stored, damaged or not. Durable.
 * @returns the settings afterwards.
 */
export function putUserSettings(
  { strict: db }: OnggiDatabase,
  defaults: UserSettings,
  changes: Partial<UserSettings>,
): Promise<UserSettings> {
  return commit(() =>
    db.transaction('rw', db.userSettings, async () => {
      const stored = await db.userSettings.get(LOCAL_USER_ID);
      const row = { ...(stored ?? defaults), ...changes, userId: LOCAL_USER_ID };
      await db.userSettings.put(row);
      return parseUserSettings(row, defaults);
    }),
  );
}

/** The settings now and after every change; `defaults` while nothing is stored. */
export function watchUserSettings(
  { strict: db }: OnggiDatabase,
  defaults: UserSettings,
): LiveRead<UserSettings> {
  return liveRead(async () =>
    parseUserSettings(await db.userSettings.get(LOCAL_USER_ID), defaults),
  );
}
