import { expect, test } from 'vitest';
import { createPreferences } from '#settings/preferences.ts';
import { createTestClock, follow, openForTest } from '../db/fresh-database.ts';

async function open(browserLanguages: readonly string[] = ['ja-JP', 'en']) {
  const db = await openForTest();
  const clock = createTestClock();
  const make = (languages = browserLanguages) =>
    createPreferences({ db, clock, browserLanguages: languages });
  return { db, clock, make };
}

test('the first start stores the settings in the language of the browser', async () => {
  const { db, clock, make } = await open();
  const settings = await make().load();
  expect(settings).toMatchObject({ language: 'ja', theme: 'auto', createdAt: clock.now });
  expect(await db.strict.userSettings.toArray()).toEqual([settings]);
});

test('the language stays when the browser changes its own', async () => {
  const { make } = await open(['ja']);
  await make().load();
  expect((await make(['en']).load()).language).toBe('ja');
});

test('two tabs that start at once end with the same row', async () => {
  const { db, make } = await open();
  const [left, right] = await Promise.all([make(['zh']).load(), make(['en']).load()]);
  expect(await db.strict.userSettings.toArray()).toEqual([right]);
  expect(left.language).toBe(right.language);
});

test('a change is stored with its time and seen by who watches', async () => {
  const { db, clock, make } = await open();
  const preferences = make();
  await preferences.load();
  const watched = follow(preferences.watch());
  await watched.until(({ theme }) => theme === 'auto');
  clock.now += 10;
  const changed = await preferences.update({ theme: 'dark', systemPrompt: '한국어로' });
  expect(changed).toMatchObject({ theme: 'dark', systemPrompt: '한국어로', updatedAt: clock.now });
  expect(changed.createdAt).toBe(clock.now - 10);
  expect(await watched.until(({ theme }) => theme === 'dark')).toEqual(changed);
  expect(await db.strict.userSettings.toArray()).toEqual([changed]);
});

test('a damaged row does not keep the app from starting', async () => {
  const { db, make } = await open(['zh']);
  await db.strict.table('userSettings').put({ userId: 'local', theme: 3, fontSize: 'large' });
  expect(await make().load()).toMatchObject({ theme: 'auto', fontSize: 'large', language: 'zh' });
});
