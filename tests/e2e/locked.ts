import type { Page } from '@playwright/test';
import { seedConversation, seedConversations } from '../support/seed.ts';
import { expect, text } from './seeded.ts';

export const PASSPHRASE = 'five words are a lock';

/** A conversation that no locked page shows. */
export const rows = seedConversations([seedConversation('Secret plans')]);

/** The part of the settings that is about the lock. */
export const lockCard = (page: Page) => page.getByRole('region', { name: text('lock.title') });

/** Comes as far as the recovery code. */
export async function choosePassphrase(page: Page): Promise<void> {
  await page.goto('/#/settings/privacy');
  await lockCard(page)
    .getByRole('button', { name: text('lock.setPassphrase') })
    .click();
  await page.getByLabel(text('lock.newPassphrase')).fill(PASSPHRASE);
  await page.getByLabel(text('lock.again')).fill(PASSPHRASE);
  await page.getByRole('button', { name: text('common.continue') }).click();
}

/** Sets a lock with {@link PASSPHRASE}. */
export async function setPassphrase(page: Page): Promise<void> {
  await choosePassphrase(page);
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(text('lock.codeNoted')).check();
  await dialog.getByRole('button', { name: text('common.done') }).click();
}

/** Opens the lock. */
export async function unlock(page: Page): Promise<void> {
  await page.getByLabel(text('lock.passphraseOrCode')).fill(PASSPHRASE);
  await page.getByRole('button', { name: text('lock.unlock') }).click();
}

/** What a locked page says. */
export const lockedTitle = (page: Page) => page.getByRole('heading', { name: text('lock.locked') });

/** Every timer of the page, from its first on, is the test's to stop. */
export async function reloadWithClock(page: Page): Promise<void> {
  await page.goto('/#/');
  await page.clock.install();
  await page.reload();
  await unlock(page);
  await expect(page.getByRole('link', { name: 'Secret plans' })).toBeVisible();
}
