import type { LiveRead } from '#domain/conversation-store.ts';
import type { Clock } from '#domain/ids.ts';
import { createUserSettings, pickLanguage } from '#domain/user-settings.ts';
import type { UserSettings } from '#domain/user-settings.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { getUserSettings, putUserSettings, watchUserSettings } from '#db/user-settings.ts';

/** Settings that a person changes. */
type SettingsChanges = Partial<Omit<UserSettings, 'userId' | 'createdAt' | 'updatedAt'>>;

/** The one row of settings. */
export interface Preferences {
  /**
   * The settings, made at the first start with the first of the browser's languages that onggi
   * speaks. Never fails because of what a row holds: damaged fields read as their defaults.
   */
  load(): Promise<UserSettings>;
  /** Changes some settings, durably. @returns all of them afterwards. */
  update(changes: SettingsChanges): Promise<UserSettings>;
  /** The settings now and after every change, of other tabs too. */
  watch(): LiveRead<UserSettings>;
}

interface PreferencesDeps {
  readonly db: OnggiDatabase;
  readonly clock: Clock;
  /** BCP 47 tags, as in `navigator.languages`. */
  readonly browserLanguages: readonly string[];
}

/** Reads and writes the settings. */
export function createPreferences({ db, clock, browserLanguages }: PreferencesDeps): Preferences {
  const createDefaults = (): UserSettings =>
    createUserSettings(pickLanguage(browserLanguages), clock());
  return {
    async load() {
      const defaults = createDefaults();
      return (await getUserSettings(db, defaults)) ?? putUserSettings(db, defaults, {});
    },
    update: (changes) => putUserSettings(db, createDefaults(), { ...changes, updatedAt: clock() }),
    watch: () => watchUserSettings(db, createDefaults()),
  };
}
