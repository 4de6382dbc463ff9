/** A model in a folder of the site, and the switch of the graphics processor. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { seedConversation, seedConversations } from '../support/seed.ts';
import { createTinyModel } from '../support/tiny-model.ts';
import { expect, text } from './seeded.ts';

/** Two conversations with nothing in common. */
export const rows = seedConversations([
  seedConversation('Fruit', { id: 'fruit', texts: ['banana bread with bananas', 'bake it'] }),
  seedConversation('Letters', { id: 'letters', texts: ['zzz xxx yyy', 'www vvv'] }),
]);
/** An engine of 27 MB is fetched and compiled. */
export const LOADING = { timeout: 60_000 };

/** The settings of the model that finds by meaning. */
export const card = (page: Page) => page.getByRole('region', { name: text('embedder.title') });
/** The switch that has the graphics processor run the model. */
export const gpu = (page: Page) => card(page).getByRole('switch', { name: text('embedder.gpu') });
export const row = (page: Page, place: string) =>
  card(page)
    .getByRole('listitem')
    .filter({ hasText: `models/${place}` });

/** Puts a model into a folder of the site, of its own, and chooses it. */
export async function useModel(page: Page, place: string): Promise<void> {
  for (const [name, bytes] of createTinyModel()) {
    const file = path.resolve(import.meta.dirname, '../../dist/models', place, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
  await expect(gpu(page)).toHaveCount(0);
  await card(page).getByText(text('embedder.other'), { exact: true }).click();
  await card(page)
    .getByRole('radio', { name: text('embedder.kind.folder') })
    .check();
  await card(page)
    .getByRole('textbox', { name: /^Folder/ })
    .fill(`models/${place}`);
  await card(page)
    .getByRole('button', { name: text('embedder.use'), exact: true })
    .last()
    .click();
  await expect(row(page, place)).toContainText(text('embedder.inUse'), LOADING);
}

export const removeModel = (place: string): Promise<void> =>
  rm(path.resolve(import.meta.dirname, '../../dist/models', place), { recursive: true });

/** Asks by meaning: one of the words stands nowhere, so that words find nothing. */
export async function findByMeaning(page: Page): Promise<void> {
  await page.goto('/#/search');
  await page
    .getByRole('searchbox', { name: text('sidebar.search') })
    .fill('bread bananas banana cake');
  const results = page.getByRole('list', { name: text('search.results') });
  await expect(results.getByRole('listitem').first()).toContainText('Fruit', LOADING);
}
