import { expect, onTestFinished, test, vi } from 'vitest';
import { mergeSettings } from '#backup/merge-rows.ts';
import { createUserSettings } from '#domain/user-settings.ts';
import { createApiKeys } from '#settings/api-keys.ts';
import { createEndpoints } from '#settings/endpoints.ts';
import { createPreferences } from '#settings/preferences.ts';
import { EndpointsState } from '#state/endpoints.svelte.ts';
import { Settings } from '#state/settings.svelte.ts';
import { StorageHealth } from '#state/storage-health.svelte.ts';
import { createTestClock, createTestIds, openForTest } from '../db/fresh-database.ts';

const NOW = Date.UTC(2026, 10, 30);
const NO_MODEL = { defaultEndpointId: null, defaultModel: null };

/** Two connections, of which the first answers. */
async function openTwo() {
  const now = vi.spyOn(Date, 'now').mockReturnValue(NOW);
  onTestFinished(() => now.mockRestore());
  const db = await openForTest();
  const deps = { db, clock: createTestClock(), createId: createTestIds() };
  const apiKeys = createApiKeys(deps);
  const endpoints = createEndpoints({ ...deps, apiKeys });
  const fields = { presetId: 'custom', baseUrl: 'https://one.example/v1' } as const;
  const first = await endpoints.add({ ...fields, name: 'one', chatModels: [{ id: 'm1' }] });
  const second = await endpoints.add({ ...fields, name: 'two', chatModels: [{ id: 'm2' }] });
  const preferences = createPreferences({ ...deps, browserLanguages: ['ko'] });
  const settings = new Settings(await preferences.load(), preferences, new StorageHealth());
  const probes = {
    listChatModels: () => Promise.resolve([]),
    testConnection: () => Promise.reject(new Error('not asked')),
    findLocalEndpoints: () => Promise.resolve([]),
  };
  const state = new EndpointsState({
    endpoints,
    apiKeys,
    probes,
    settings,
    onError: () => undefined,
  });
  await settings.update({ defaultEndpointId: first.id, defaultModel: 'm1' });
  const follow = (count: number) => expect.poll(() => state.list?.length).toBe(count);
  await follow(2);
  return { state, preferences, first, second, follow };
}

test('another connection answers in the place of a removed one, and nothing was cleared', async () => {
  const { state, preferences, first, second } = await openTwo();
  const undo = await state.remove(first);
  const after = await preferences.load();
  expect(after).toMatchObject({ defaultEndpointId: second.id, defaultModel: 'm2' });
  expect(after).not.toHaveProperty('modelClearedAt');
  await undo();
  expect(await preferences.load()).toMatchObject({ defaultEndpointId: first.id });
});

test('with the last connection its model goes, and no older backup brings it back', async () => {
  const { state, preferences, first, second, follow } = await openTwo();
  await state.remove(second);
  await follow(1);
  const undo = await state.remove(first);
  const here = await preferences.load();
  expect(here).toMatchObject({ ...NO_MODEL, modelClearedAt: NOW });

  const asked = { defaultEndpointId: first.id, defaultModel: 'm1' };
  const older = { ...createUserSettings('ko', 0), ...asked, updatedAt: NOW };
  const now = { ...here, updatedAt: NOW + 2 };
  expect(mergeSettings(now, older, () => true) ?? now).toMatchObject(NO_MODEL);
  expect(mergeSettings(now, { ...older, updatedAt: NOW + 1 }, () => true)).toMatchObject(asked);

  await undo();
  expect(await preferences.load()).toMatchObject(asked);
});
