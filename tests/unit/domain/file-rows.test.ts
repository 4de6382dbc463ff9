import { expect, test } from 'vitest';
import {
  readUserSettings,
  readUserSettingsExtras,
  writeUserSettings,
  writeUserSettingsExtras,
} from '#domain/file-rows.ts';
import { createUserSettings } from '#domain/user-settings.ts';

test('the switch of the cache leaves in the extras and comes back', () => {
  const settings = { ...createUserSettings('ko', 0), useCache: false };
  expect(writeUserSettings(settings)).not.toHaveProperty('use_cache');
  const extras = writeUserSettingsExtras(settings);
  expect(extras).toMatchObject({ use_cache: false });
  expect(readUserSettingsExtras(extras).row).toMatchObject({ useCache: false });
});

test('the cache is on in a file that says nothing of it, or nonsense', () => {
  const settings = createUserSettings('ko', 0);
  expect(readUserSettings(writeUserSettings(settings)).row).toMatchObject({ useCache: true });
  const { row, ignored } = readUserSettingsExtras({ user_id: 'local', use_cache: 'off' });
  expect(row).not.toHaveProperty('useCache');
  expect(ignored).toEqual(['use_cache']);
});
