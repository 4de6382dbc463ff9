import { expect, test } from 'vitest';
import { createUserSettings } from '#domain/user-settings.ts';
import { createPreferences } from '#settings/preferences.ts';
import { Cache } from '#state/cache.svelte.ts';
import { Settings } from '#state/settings.svelte.ts';
import { StorageHealth } from '#state/storage-health.svelte.ts';
import { HOUR, makeQuestion, makeStoredAnswer, openPage } from '../cache/support.ts';

const question = makeQuestion();

async function open() {
  const page = await openPage();
  const { db, clock } = page;
  const storage = new StorageHealth();
  const preferences = createPreferences({ db, clock, browserLanguages: ['en'] });
  const settings = new Settings(createUserSettings('en', clock.now), preferences, storage);
  await page.cache.keep(question, makeStoredAnswer('kept'));
  return {
    ...page,
    storage,
    settings,
    preferences,
    state: new Cache(page.cache, settings, storage),
  };
}

test('shows what is kept, without what has expired', async () => {
  const { state, pass } = await open();
  expect(state.overview).toBeUndefined();
  await state.refresh();
  expect(state.overview?.entries).toEqual({ memory: 1, keyval: 1, table: 1 });
  pass(HOUR);
  await state.refresh();
  expect(state.overview?.entries).toEqual({ memory: 0, keyval: 0, table: 1 });
});

test('clears one level, and shows it', async () => {
  const { state } = await open();
  expect(await state.clear('keyval')).toBe(true);
  expect(state.overview?.entries).toEqual({ memory: 1, keyval: 0, table: 1 });
});

test('switched off it keeps nothing of what it had', async () => {
  const { cache, preferences, settings, state } = await open();
  await state.use(false);
  expect(settings.value.useCache).toBe(false);
  expect((await preferences.load()).useCache).toBe(false);
  expect(state.overview?.entries).toEqual({ memory: 0, keyval: 0, table: 0 });
  expect(await cache.find(question)).toBeUndefined();
  await state.use(true);
  expect(settings.value.useCache).toBe(true);
});

test('what cannot be cleared is told, and the rest is gone', async () => {
  const { db, state, storage } = await open();
  db.close();
  expect(await state.clear('all')).toBe(false);
  expect(storage.problem?.code).toBe('db/lost');
  expect(state.overview?.entries).toEqual({ memory: 0, keyval: 0, table: null });
});
