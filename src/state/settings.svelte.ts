import type { UserSettings } from '#domain/user-settings.ts';
import type { Preferences } from '#settings/preferences.ts';
import type { StorageHealth } from './storage-health.svelte.ts';
import { toOnggiError } from '#domain/errors.ts';

/** The person's settings, as this page knows them. */
export class Settings {
  #value = $state.raw() as UserSettings;
  readonly #preferences: Preferences;
  readonly #storage: StorageHealth;

  /** @param initial What the database held at start. */
  constructor(initial: UserSettings, preferences: Preferences, storage: StorageHealth) {
    this.#value = initial;
    this.#preferences = preferences;
    this.#storage = storage;
    preferences.watch().subscribe({
      next: (value) => (this.#value = value),
      error: (error) => storage.fail(toOnggiError(error)),
    });
  }

  get value(): UserSettings {
    return this.#value;
  }

  /** Shows the change at once and commits it; a failure to commit is told by the storage state. */
  readonly update = async (changes: Partial<UserSettings>): Promise<void> => {
    const before = this.#value;
    this.#value = { ...before, ...changes };
    try {
      await this.#preferences.update(changes);
    } catch (error) {
      this.#value = before;
      this.#storage.fail(toOnggiError(error));
    }
  };
}
