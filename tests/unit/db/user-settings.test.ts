import { expect, test } from 'vitest';
import { getUserSettings, putUserSettings, watchUserSettings } from '#db/user-settings.ts';
import { createUserSettings } from '#domain/user-settings.ts';
import type { UserSettings } from '#domain/user-settings.ts';
import { follow, openForTest } from './fresh-database.ts';

const defaults = createUserSettings('ja', 5);

async function openWith(row: Record<string, unknown>) {
  const db = await openForTest();
  await db.strict.table('userSettings').put({ userId: 'local', ...row });
  return db;
}

test('nothing stored is undefined', async () => {
  expect(await getUserSettings(await openForTest(), defaults)).toBeUndefined();
});

test('a row comes back as it was stored', async () => {
  const db = await openForTest();
  const stored: UserSettings = {
    ...defaults,
    defaultModel: 'model',
    systemPrompt: '친절하게 🙂',
    temperature: 0,
    theme: 'dark',
    fontSize: 'large',
    useCache: false,
    saveHistory: false,
  };
  await putUserSettings(db, defaults, stored);
  expect(await getUserSettings(db, createUserSettings('en', 9))).toEqual(stored);
});

test.each([
  ['defaultModel', 3],
  ['defaultEndpointId', {}],
  ['temperature', 'hot'],
  ['temperature', Number.NaN],
  ['maxTokens', null],
  ['systemPrompt', 7],
  ['theme', 'sepia'],
  ['language', 'tlh'],
  ['fontSize', ''],
  ['autoSave', 'yes'],
  ['streamResponse', 1],
  ['showTokenCount', null],
  ['enableMarkdown', []],
  ['useCache', undefined],
  ['useCache', 'off'],
  ['saveHistory', undefined],
  ['shareAnalytics', 0],
  ['createdAt', 'then'],
  ['updatedAt', Number.POSITIVE_INFINITY],
] as const)(
  'a damaged %s (%j) takes its default and spoils no other field',
  async (field, value) => {
    const whole = { ...defaults, temperature: 1.5, theme: 'dark', language: 'ko' };
    const db = await openWith({ ...whole, [field]: value });
    const settings = await getUserSettings(db, defaults);
    expect(settings).toEqual({ ...whole, [field]: defaults[field] });
  },
);

test.each([
  ['temperature', 9, 2],
  ['temperature', -1, 0],
  ['maxTokens', 0, 1],
  ['maxTokens', 12.4, 12],
])('%s %d is brought to %d', async (field, stored, read) => {
  const db = await openWith({ ...defaults, [field]: stored });
  expect(await getUserSettings(db, defaults)).toMatchObject({ [field]: read });
});

test('an empty row and one with foreign fields can be read', async () => {
  expect(await getUserSettings(await openWith({}), defaults)).toEqual(defaults);
  const db = await openWith({ ...defaults, fromTheFuture: true });
  expect(await getUserSettings(db, defaults)).toEqual(defaults);
});

test('a change leaves other fields as they are stored, damaged and foreign ones too', async () => {
  const db = await openWith({ ...defaults, theme: 'sepia', fromTheFuture: true });
  const settings = await putUserSettings(db, defaults, { language: 'zh' });
  expect(settings).toMatchObject({ language: 'zh', theme: 'auto' });
  expect(await db.strict.table('userSettings').toArray()).toEqual([
    { ...defaults, theme: 'sepia', fromTheFuture: true, language: 'zh' },
  ]);
});

test('changes of two tabs at once do not undo each other', async () => {
  const db = await openForTest();
  await Promise.all([
    putUserSettings(db, defaults, { theme: 'dark' }),
    putUserSettings(db, defaults, { fontSize: 'small' }),
  ]);
  expect(await getUserSettings(db, defaults)).toMatchObject({ theme: 'dark', fontSize: 'small' });
});

test('watching gives the defaults first and every change after', async () => {
  const db = await openForTest();
  const settings = follow(watchUserSettings(db, defaults));
  await settings.until((value) => value.theme === 'auto');
  await putUserSettings(db, defaults, { theme: 'light' });
  await settings.until((value) => value.theme === 'light');
});

test('own prices and the budget come back, and what is damaged in them is left out', async () => {
  const price = { model: 'm*', endpointId: null, inputUsd: 0, outputUsd: 2.5 };
  const prices = { own: [price], isLocalFree: true, monthlyBudgetUsd: 20 };
  const db = await openWith({ ...defaults, prices });
  expect((await getUserSettings(db, defaults))?.prices).toEqual(prices);
  const damaged = { own: [price, { ...price, outputUsd: -1 }, null], monthlyBudgetUsd: 'much' };
  const other = await openWith({ ...defaults, prices: damaged });
  expect((await getUserSettings(other, defaults))?.prices).toEqual({
    own: [price],
    isLocalFree: false,
    monthlyBudgetUsd: null,
  });
  const nonsense = await openWith({ ...defaults, prices: 7 });
  expect((await getUserSettings(nonsense, defaults))?.prices?.own).toEqual([]);
});

test('a row without prices reads as one without', async () => {
  const settings = await getUserSettings(await openWith({ ...defaults }), defaults);
  expect(settings && 'prices' in settings).toBe(false);
});
