import { LOCAL_USER_ID } from '#domain/ids.ts';
import type { UserSettings } from '#domain/user-settings.ts';

/** Settings of one person as a file has them. */
export interface CollectedSettings {
  readonly row: UserSettings;
  /** False when the file said nothing of what onggi adds: those fields rest. */
  readonly hasExtras: boolean;
}

/** Puts settings and our additions to them together, in whatever order a file has them. */
export interface SettingsCollector {
  add(rows: readonly UserSettings[]): void;
  addExtras(rows: readonly Partial<UserSettings>[]): void;
  /**
   * The rows of the file, one a person.
   * @param isOurs False for the specification's file, whose first person is taken for the one here.
   */
  collect(isOurs: boolean): readonly CollectedSettings[];
}

/** More persons than this have no business in one browser. */
const MAX_PERSONS = 1000;

export function createSettingsCollector(): SettingsCollector {
  const rows = new Map<string, UserSettings>();
  const extras = new Map<string, Partial<UserSettings>>();
  return {
    add(found) {
      for (const row of found) {
        if (rows.size < MAX_PERSONS && !rows.has(row.userId)) rows.set(row.userId, row);
      }
    },
    addExtras(found) {
      for (const row of found) {
        if (row.userId !== undefined && extras.size < MAX_PERSONS) extras.set(row.userId, row);
      }
    },
    collect(isOurs) {
      const whole = [...rows.values()].map((row) => ({
        row: { ...row, ...extras.get(row.userId) },
        hasExtras: extras.has(row.userId),
      }));
      const [first, ...others] = whole;
      if (isOurs || !first || rows.has(LOCAL_USER_ID)) return whole;
      return [{ ...first, row: { ...first.row, userId: LOCAL_USER_ID } }, ...others];
    },
  };
}
