import type { KeyRingEntry } from '#domain/secret.ts';
import { lockCard, lockedTitle, reloadWithClock, rows, setPassphrase } from './locked.ts';
import { readRows } from './raw-rows.ts';
import { expect, test, text } from './seeded.ts';

const API_KEY = 'sk-marker-91c4e0d7b35a';

test('the settings say what the lock protects and what not, with a lock and without', async ({
  start,
}) => {
  const { page } = await start({ rows, hash: '#/settings/privacy' });
  const card = lockCard(page);
  for (const state of ['lock.isOff', 'lock.isOn'] as const) {
    await expect(card.getByText(text(state))).toBeVisible();
    await expect(card).toContainText(`${text('lock.protects')} ${text('lock.protectsBody')}`);
    await expect(card).toContainText(`${text('lock.protectsNot')} ${text('lock.protectsNotBody')}`);
    if (state === 'lock.isOff') await setPassphrase(page);
  }
});

test('whoever has forgotten the passphrase is told what is left, and opens without the API keys', async ({
  onggi,
  startEndpoint,
}) => {
  const endpoint = await startEndpoint({ apiKey: API_KEY });
  const { page } = onggi;
  await onggi.open();
  await onggi.connect(endpoint.localhostUrl, API_KEY);
  await onggi.ask('Secret plans');
  await setPassphrase(page);
  expect(await readRows(page, 'secrets')).toHaveLength(1);
  await page.reload();
  await expect(lockedTitle(page)).toBeVisible();
  await expect(page.getByText(text('lock.forgottenBody'))).toHaveCount(0);
  await page.getByRole('button', { name: text('lock.forgotten') }).click();
  await expect(page.getByText(text('lock.forgottenBody'))).toBeVisible();
  await page.getByRole('button', { name: text('lock.giveUp'), exact: true }).click();
  await expect(page.getByText(text('lock.giveUpSure'))).toBeVisible();
  // Asked, and not done yet.
  expect(await readRows(page, 'secrets')).toHaveLength(1);
  await page.getByRole('button', { name: text('lock.giveUpYes') }).click();

  await page.getByRole('link', { name: 'Secret plans' }).click();
  await expect(onggi.questions).toContainText(['Secret plans']);
  await expect(onggi.answers).toHaveCount(1);
  expect(await readRows(page, 'secrets')).toEqual([]);
  const ring = await readRows<KeyRingEntry>(page, 'keyRing');
  const ways = ring
    .filter(({ state }) => state === 'active')
    .flatMap(({ wraps }) => wraps.map(({ kind }) => kind));
  expect(ways.filter((kind) => kind !== 'device')).toEqual([]);
  await page.reload();
  await expect(page.getByRole('link', { name: 'Secret plans' })).toBeVisible();
  await expect(lockedTitle(page)).toHaveCount(0);
  await page.goto('/#/settings/privacy');
  await expect(lockCard(page).getByText(text('lock.isOff'))).toBeVisible();
});

test('a tab that is looked at locks within five seconds of its time, and not before', async ({
  start,
}) => {
  const { page } = await start({ rows });
  await setPassphrase(page);
  // The time of the page alone is to do it.
  await page.route(/tick\.worker/, (route) => route.abort());
  await reloadWithClock(page);
  const activeAt = Number(await page.evaluate(() => localStorage.getItem('onggi.active-at')));
  const dueAt = activeAt + 15 * 60_000;
  await page.clock.pauseAt(dueAt - 2500);
  // Whatever looks does so within this.
  await page.clock.runFor(2400);
  await expect(page.getByRole('link', { name: 'Secret plans' })).toBeVisible();
  await page.clock.runFor(5100);
  await expect(lockedTitle(page)).toBeVisible();
  await expect(page.locator('body')).not.toContainText('Secret plans');
});
