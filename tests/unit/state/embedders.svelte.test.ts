import { expect, onTestFinished, test } from 'vitest';
import { DOWNLOADS_CACHE, OWN_MODELS_CACHE } from '#domain/cache-names.ts';
import { BUILT_IN_CHOICE } from '#domain/embedder-choice.ts';
import type { EmbedderChoice } from '#domain/embedder-choice.ts';
import { DEFAULT_MEANING_SETTINGS } from '#domain/meaning-settings.ts';
import { createPreferences } from '#settings/preferences.ts';
import { Embedders } from '#state/embedders.svelte.ts';
import { Settings } from '#state/settings.svelte.ts';
import { StorageHealth } from '#state/storage-health.svelte.ts';
import { createTestClock, openForTest } from '../db/fresh-database.ts';

const DOWNLOADED: EmbedderChoice = {
  kind: 'downloaded',
  repository: 'Xenova/all-MiniLM-L6-v2',
  revision: 'main',
};
const FOLDER: EmbedderChoice = { kind: 'folder', path: 'mine/tiny' };
const ENDPOINT = {
  kind: 'endpoint',
  endpointId: 'e',
  baseUrl: 'https://e.example',
  model: 'm',
} as const;

async function openEmbedders(embedder: unknown, formerEmbedder?: unknown) {
  const db = await openForTest();
  const clock = createTestClock();
  const preferences = createPreferences({ db, clock, browserLanguages: ['en'] });
  const settings = new Settings(await preferences.load(), preferences, new StorageHealth());
  await settings.update({ meaning: { ...DEFAULT_MEANING_SETTINGS, embedder, formerEmbedder } });
  const search = { watchStatus: () => () => undefined, ask: () => Promise.resolve() };
  return { settings, embedders: new Embedders(search, settings) };
}

test.each([
  ['a downloaded model', DOWNLOADED, undefined, BUILT_IN_CHOICE],
  ['a model of a folder', FOLDER, undefined, BUILT_IN_CHOICE],
  ['a downloaded model that follows another one', DOWNLOADED, FOLDER, BUILT_IN_CHOICE],
  ['a connection that follows a downloaded model', ENDPOINT, DOWNLOADED, ENDPOINT],
])('nothing is left to answer that was cleared: %s', async (_name, chosen, former, wanted) => {
  const own = await caches.open(OWN_MODELS_CACHE);
  await own.put('/models/mine/tiny/config.json', new Response('{}'));
  onTestFinished(async () => {
    for (const name of [OWN_MODELS_CACHE, DOWNLOADS_CACHE]) await caches.delete(name);
  });
  const { settings, embedders } = await openEmbedders(chosen, former);
  await embedders.clearFetched();
  expect(settings.value.meaning?.embedder).toEqual(wanted);
  expect(settings.value.meaning?.formerEmbedder).toBeUndefined();
  expect(await own.keys()).toEqual([]);
});
