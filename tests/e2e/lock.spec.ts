import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import type { KeyRingEntry } from '#domain/secret.ts';
import { readEverythingStored } from '../support/everything-stored.ts';
import {
  PASSPHRASE,
  choosePassphrase,
  lockCard,
  lockedTitle,
  reloadWithClock,
  rows,
  setPassphrase,
  unlock,
} from './locked.ts';
import { onggiOn } from './onggi.ts';
import { readRows } from './raw-rows.ts';
import { chatRequests, expect, test, text } from './seeded.ts';
import { addAuthenticator } from './virtual-authenticator.ts';

const API_KEY = 'sk-marker-4f9d2c77aa51e0b3';

test('a passphrase locks: nothing is shown, nothing is written in clear, the key works after', async ({
  onggi,
  startEndpoint,
}) => {
  const endpoint = await startEndpoint({ apiKey: API_KEY });
  const { page } = onggi;
  await onggi.open();
  await onggi.connect(endpoint.localhostUrl, API_KEY);
  await onggi.ask('Secret plans');
  await choosePassphrase(page);
  const dialog = page.getByRole('dialog');
  const code = (await dialog.locator('.code').textContent())?.trim() ?? '';
  expect(code).toMatch(/^[0-9A-Z-]{29}$/);
  await dialog.getByLabel(text('lock.codeNoted')).check();
  await dialog.getByRole('button', { name: text('common.done') }).click();
  await lockCard(page)
    .getByRole('button', { name: text('lock.now') })
    .click();

  await expect(page.getByRole('heading', { name: text('lock.locked') })).toBeVisible();
  await expect(page.locator('body')).not.toContainText('Secret plans');
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
  const stored = await readEverythingStored(page);
  expect(stored).toContain('Secret plans');
  for (const secret of [API_KEY, PASSPHRASE, code]) expect(stored).not.toContain(secret);

  await page.getByLabel(text('lock.passphraseOrCode')).fill('not the passphrase');
  await page.getByRole('button', { name: text('lock.unlock') }).click();
  await expect(page.getByText(text('lock.wrong'))).toBeVisible();
  await page.getByLabel(text('lock.passphraseOrCode')).fill(PASSPHRASE);
  await page.getByRole('button', { name: text('lock.unlock') }).click();
  await expect(page.getByRole('link', { name: 'Secret plans' })).toBeVisible();
  await page.getByRole('link', { name: 'Secret plans' }).click();
  await expect(onggi.answers).toHaveCount(1);
  await onggi.ask('And now?');
  expect(chatRequests(endpoint)).toHaveLength(2);
});

test('locked at a start, the addresses of rescue and of erasing lead there', async ({ start }) => {
  const { page } = await start();
  await setPassphrase(page);
  await page.reload();
  const locked = page.getByRole('heading', { name: text('lock.locked') });
  await expect(locked).toBeVisible();
  await page.evaluate(() => (location.hash = '#/rescue'));
  await expect(page.getByRole('heading', { name: text('recovery.rescueTitle') })).toBeVisible();
  await page.evaluate(() => (location.hash = '#/erase'));
  await expect(page.getByRole('heading', { name: text('erase.title') })).toBeVisible();
  await page.evaluate(() => (location.hash = '#/'));
  await expect(locked).toBeVisible();
});

test('a recovery code stays, wherever somebody goes, until it is noted @long', async ({
  start,
}) => {
  const { page } = await start({ rows });
  const other = await page.context().newPage();
  await choosePassphrase(page);
  const code = page.getByRole('dialog').locator('.code');
  await expect(code).toBeVisible();
  const shown = (await code.textContent()) ?? '';
  await page.goBack();
  await expect(page.getByRole('link', { name: 'Secret plans' })).toBeAttached();
  await expect(code).toHaveText(shown);
  // A browser closes a dialog that refuses it twice.
  for (let count = 0; count < 3; count += 1) await page.keyboard.press('Escape');
  await expect(page.locator('dialog:modal .code')).toHaveText(shown);
  // Closing or loading the page anew asks.
  const asked = page.waitForEvent('dialog');
  const reloading = page.reload({ timeout: 3000 }).catch(() => undefined);
  const question = await asked;
  expect(question.type()).toBe('beforeunload');
  await question.dismiss();
  await reloading;
  // Locked from another tab, it is covered, and is there again after.
  await other.goto('/');
  await unlock(other);
  await expect(other.getByRole('link', { name: 'Secret plans' })).toBeVisible();
  await other.keyboard.press('ControlOrMeta+Shift+L');
  await page.bringToFront();
  await expect(lockedTitle(page)).toBeVisible();
  await expect(page.locator('body')).not.toContainText(shown);
  await unlock(page);
  await expect(page.locator('dialog:modal .code')).toHaveText(shown);
  await page.getByLabel(text('lock.codeNoted')).check();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: text('common.done') })
    .click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.reload();
  await page.getByLabel(text('lock.passphraseOrCode')).fill(shown);
  await page.getByRole('button', { name: text('lock.unlock') }).click();
  await expect(page.getByRole('link', { name: 'Secret plans' })).toBeVisible();
});

test('a passkey locks, and the recovery code opens when it is gone', async ({ start }) => {
  const { page } = await start({ rows, hash: '#/settings/privacy' });
  const { client, authenticatorId } = await addAuthenticator(page);
  await lockCard(page)
    .getByRole('button', { name: text('lock.setPasskey') })
    .click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: text('common.continue') }).click();
  const code = (await dialog.locator('.code').textContent())?.trim() ?? '';
  await dialog.getByLabel(text('lock.codeNoted')).check();
  await dialog.getByRole('button', { name: text('common.done') }).click();

  await page.reload();
  // The way in comes first, under the fingers.
  await expect(page.getByRole('button', { name: text('lock.usePasskey') })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('link', { name: 'Secret plans' })).toBeVisible();

  await page.reload();
  await client.send('WebAuthn.clearCredentials', { authenticatorId });
  await page.getByRole('button', { name: text('lock.usePasskey') }).click();
  // Gone or cancelled: the browser does not say, and it is no wrong try.
  for (let count = 0; count < 4; count += 1) {
    await expect(page.getByText(text('lock.passkeyNotUsed'))).toBeVisible();
    await page.getByRole('button', { name: text('lock.usePasskey') }).click();
  }
  await page.getByLabel(text('lock.code')).fill(code.toLowerCase());
  await page.getByRole('button', { name: text('lock.unlock') }).click();
  await expect(page.getByRole('link', { name: 'Secret plans' })).toBeVisible();

  await page.goto('/#/settings/privacy');
  await lockCard(page)
    .getByRole('button', { name: text('lock.replacePasskey') })
    .click();
  await dialog.getByLabel(text('lock.code')).fill(code);
  await dialog.getByRole('button', { name: text('common.continue') }).click();
  await expect(page.getByText(text('lock.changed'))).toBeVisible();
  await page.reload();
  await page.getByRole('button', { name: text('lock.usePasskey') }).click();
  await expect(page.getByRole('link', { name: 'Secret plans' })).toBeVisible();
});

test('whatever becomes of the lock, the API key goes on working and is never typed again', async ({
  onggi,
  startEndpoint,
}) => {
  test.slow();
  const endpoint = await startEndpoint({ apiKey: API_KEY });
  const { page } = onggi;
  await onggi.open();
  await addAuthenticator(page);
  await onggi.connect(endpoint.localhostUrl, API_KEY);
  const dialog = page.getByRole('dialog');
  const proceed = dialog.getByRole('button', { name: text('common.continue') });
  const choose = (name: string) => lockCard(page).getByRole('button', { name }).click();
  const changed = page.getByText(text('lock.changed'));
  const usePasskey = (place: Page | typeof dialog) =>
    place.getByRole('button', { name: text('lock.usePasskey') }).click();

  let count = 0;
  /** A page that begins anew has the key from the store alone, and the endpoint answers to no other. */
  async function askAnew(open: () => Promise<void>): Promise<void> {
    await page.goto('/#/');
    await page.reload();
    await open();
    await expect(onggi.composer).toBeVisible();
    count += 1;
    await onggi.ask(`Question ${count}`);
    const answered = Array.from({ length: count }, () => 200);
    expect(chatRequests(endpoint).map(({ status }) => status)).toEqual(answered);
    await expect(onggi.answers).toContainText(`Question ${count}`);
    await page.goto('/#/settings/privacy');
  }

  await askAnew(() => Promise.resolve());
  await choose(text('lock.setPasskey'));
  await proceed.click();
  await dialog.getByLabel(text('lock.codeNoted')).check();
  await dialog.getByRole('button', { name: text('common.done') }).click();
  await askAnew(() => usePasskey(page));

  await choose(text('lock.addPassphrase'));
  await dialog.getByLabel(text('lock.newPassphrase')).fill(PASSPHRASE);
  await dialog.getByLabel(text('lock.again')).fill(PASSPHRASE);
  await usePasskey(dialog);
  await expect(changed).toBeVisible();
  await askAnew(() => unlock(page));

  await choose(text('lock.replacePasskey'));
  await dialog.getByLabel(text('lock.passphraseOrCode')).fill(PASSPHRASE);
  await proceed.click();
  await expect(changed).toBeVisible();
  await askAnew(() => usePasskey(page));

  await choose(text('lock.removePasskey'));
  await usePasskey(dialog);
  await expect(changed).toBeVisible();
  await askAnew(() => unlock(page));

  await choose(text('lock.remove'));
  await dialog.getByLabel(text('lock.passphraseOrCode')).fill(PASSPHRASE);
  await proceed.click();
  await expect(changed).toBeVisible();
  await askAnew(() => Promise.resolve());
});

test('nobody visits while onggi waits at its lock @long', async ({ start }) => {
  const { page } = await start({ rows });
  const visits = page.getByRole('region', { name: text('visits.title') }).getByRole('listitem');
  await page.clock.install();
  await setPassphrase(page);
  await page.clock.fastForward('02:00');
  await expect(visits).toHaveCount(1);
  await lockCard(page)
    .getByRole('button', { name: text('lock.now') })
    .click();
  await expect(lockedTitle(page)).toBeVisible();
  await page.clock.fastForward('50:00');
  await page.reload();
  await expect(lockedTitle(page)).toBeVisible();
  await unlock(page);
  await expect(visits).toHaveCount(2);
  await expect(visits.first()).toContainText(text('visits.this'));
  await expect(visits.first()).toContainText(text('visits.moment'));
  await expect(visits.nth(1)).toContainText(text('visits.locked'));
  await expect(visits.nth(1)).not.toContainText(/5\d min/);
});

test('locked, neither address nor title says what was searched for, back and forth either', async ({
  start,
}) => {
  const { page } = await start({ rows });
  await setPassphrase(page);
  await page.goto('/#/search?q=Secret');
  const query = page.getByRole('main').getByRole('searchbox', { name: text('sidebar.search') });
  await expect(query).toHaveValue('Secret');
  await page.keyboard.press('ControlOrMeta+Shift+L');
  await expect(lockedTitle(page)).toBeVisible();
  const expectNothing = async () => {
    await expect.poll(() => new URL(page.url()).hash).toBe('#/');
    expect(await page.title()).toBe('onggi');
  };
  await expectNothing();
  const go = (steps: number) =>
    page.evaluate((count) => {
      const gone = new Promise((resolve) => addEventListener('popstate', resolve));
      history.go(count);
      return gone;
    }, steps);
  for (const steps of [-1, 1]) {
    await go(steps);
    await expectNothing();
  }
  await page.reload();
  await expect(lockedTitle(page)).toBeVisible();
  await expectNothing();
  await unlock(page);
  await expect(query).toHaveValue('Secret');
  expect(new URL(page.url()).hash).toBe('#/search?q=Secret');

  // What was left behind the lock says afterwards what it said before.
  await page.keyboard.press('ControlOrMeta+Shift+L');
  await expect(lockedTitle(page)).toBeVisible();
  await go(-1);
  await expectNothing();
  await unlock(page);
  await expect(lockCard(page)).toBeVisible();
  await go(1);
  await expect(query).toHaveValue('Secret');
  expect(new URL(page.url()).hash).toBe('#/search?q=Secret');
});

test('a covered page comes back where it was: its address, and what it was scrolled to', async ({
  start,
}) => {
  const onggi = await start({ rows });
  const { page } = onggi;
  await setPassphrase(page);
  await page.goto('/#/');
  await expect(onggi.composer).toBeVisible();
  await page.keyboard.press("ControlOrMeta+Shift+'");
  await expect(page.getByText(text('empty.temporaryTitle'))).toBeVisible();
  await onggi.ask(Array.from({ length: 60 }, (_, at) => `Line ${at} of what is kept`).join('\n\n'));
  const log = page.getByRole('log');
  const readTop = () =>
    log.evaluate((thread) => {
      let scroller: Element | null = thread;
      while (scroller && !/auto|scroll/.test(getComputedStyle(scroller).overflowY)) {
        scroller = scroller.parentElement;
      }
      return scroller?.scrollTop ?? -1;
    });
  await expect.poll(readTop).toBeGreaterThan(1000);
  const end = await readTop();
  await log.hover();
  await page.mouse.wheel(0, -700);
  await expect.poll(readTop).toBe(end - 700);
  await page.keyboard.press('ControlOrMeta+Shift+L');
  await expect(page.getByText(text('lock.kept'))).toBeVisible();
  // Somebody at the lock who goes back takes the page nowhere.
  await page.evaluate(() => {
    const gone = new Promise((resolve) => addEventListener('popstate', resolve));
    history.back();
    return gone;
  });
  await unlock(page);
  await expect(onggi.composer).toBeVisible();
  await expect(onggi.questions).toContainText('Line 59 of what is kept');
  expect(await readTop()).toBe(end - 700);
});

/** Chooses a passphrase on the privacy page; the recovery code is shown then. */
async function openSecondTab(page: Page): Promise<Page> {
  const other = await page.context().newPage();
  await other.goto('/');
  await expect(other.getByRole('link', { name: 'Secret plans' })).toBeVisible();
  return other;
}

test('without WebAssembly a slower way locks, and the better one comes with the next unlocking', async ({
  start,
}) => {
  const { page } = await start({ rows });
  await page.addInitScript(() => {
    // A browser that got it meanwhile.
    if (localStorage.getItem('test.wasm') === null)
      Reflect.deleteProperty(globalThis, 'WebAssembly');
  });
  await page.reload();
  await setPassphrase(page);
  const derivations = async () => {
    const ring = await readRows<KeyRingEntry>(page, 'keyRing');
    const wraps = ring.filter(({ state }) => state === 'active').flatMap((entry) => entry.wraps);
    return wraps.flatMap((wrap) => (wrap.kind === 'passphrase' ? [wrap.derivation] : []));
  };
  const old = { name: 'PBKDF2-SHA-256', iterations: 600_000 };
  expect(await derivations()).toEqual([old]);
  await page.reload();
  await unlock(page);
  await expect(page.getByRole('link', { name: 'Secret plans' })).toBeVisible();
  expect(await derivations()).toEqual([old]);

  await page.evaluate(() => localStorage.setItem('test.wasm', 'here'));
  await page.reload();
  await unlock(page);
  await expect(page.getByRole('link', { name: 'Secret plans' })).toBeVisible();
  const raised = { name: 'Argon2id', memoryKib: 65_536, iterations: 3, parallelism: 1 };
  await expect.poll(derivations).toEqual([raised]);

  // And where it is gone again, nobody takes the passphrase for a wrong one.
  await page.evaluate(() => localStorage.removeItem('test.wasm'));
  await page.reload();
  await unlock(page);
  await expect(page.getByText(text('error.vault/no-wasm'))).toBeVisible();
  await page.evaluate(() => localStorage.setItem('test.wasm', 'here'));
  await page.reload();
  await unlock(page);
  await expect(page.getByRole('link', { name: 'Secret plans' })).toBeVisible();
});

test('a tab that was open before the lock was set locks with the others, and by itself', async ({
  start,
}) => {
  const { page } = await start({ rows });
  const other = await openSecondTab(page);
  await setPassphrase(page);
  // It does not have the new key, and asks for it.
  await expect(lockedTitle(other)).toBeVisible();
  await unlock(other);
  await expect(other.getByRole('link', { name: 'Secret plans' })).toBeVisible();

  await page.bringToFront();
  await page.keyboard.press('ControlOrMeta+Shift+L');
  for (const tab of [page, other]) {
    await expect(lockedTitle(tab)).toBeVisible();
    await expect(tab.locator('body')).not.toContainText('Secret plans');
  }

  await unlock(other);
  await expect(other.getByRole('link', { name: 'Secret plans' })).toBeVisible();
  await page.close();
  await other.clock.install();
  await other.clock.fastForward('15:01');
  await expect(lockedTitle(other)).toBeVisible();
  await expect(other.locator('body')).not.toContainText('Secret plans');
});

test('locking in one tab loses nothing in another, and shows nothing of it', async ({ start }) => {
  const { page } = await start({ rows });
  const other = await openSecondTab(page);
  await setPassphrase(page);
  await unlock(other);
  const mine = onggiOn(other);
  await expect(mine.composer).toBeVisible();
  await other.keyboard.press("ControlOrMeta+Shift+'");
  await expect(other.getByText(text('empty.temporaryTitle'))).toBeVisible();
  await mine.ask('Said to nobody else');
  await mine.composer.fill('Not sent yet');
  await other.keyboard.press('ControlOrMeta+/');
  await expect(other.getByRole('dialog')).toBeVisible();

  await page.bringToFront();
  await page.keyboard.press('ControlOrMeta+Shift+L');
  await expect(lockedTitle(page)).toBeVisible();
  await expect(lockedTitle(other)).toBeVisible();
  await expect(other.getByText(text('lock.kept'))).toBeVisible();
  // Nothing is in the document, not only out of sight.
  await expect(other.locator('body')).not.toContainText('Said to nobody else');
  expect(await other.content()).not.toContain('Secret plans');
  // What the page does by its shortcuts it does not do behind the lock.
  await other.bringToFront();
  await other.keyboard.press('ControlOrMeta+Shift+O');

  await unlock(other);
  await expect(other.getByRole('dialog')).toBeVisible();
  await expect(other.locator('dialog:modal')).toBeVisible();
  await other.keyboard.press('Escape');
  await expect(mine.questions).toContainText('Said to nobody else');
  await expect(mine.composer).toHaveValue('Not sent yet');
  await mine.ask('And now?');
});

test('an answer that is being written ends behind the lock and is stored', async ({ start }) => {
  const { page } = await start({ rows, model: 'echo' });
  const other = await openSecondTab(page);
  await setPassphrase(page);
  await unlock(other);
  const mine = onggiOn(other);
  await mine.say('Tell me slowly');
  await expect(mine.stop).toBeVisible();
  await page.bringToFront();
  await page.keyboard.press('ControlOrMeta+Shift+L');
  await expect(lockedTitle(other)).toBeVisible();
  await expect(other.locator('body')).not.toContainText('Tell me slowly');
  await unlock(page);
  await page.getByRole('link', { name: 'Tell me slowly' }).click();
  await expect(onggiOn(page).answers.last()).toContainText('Tell me slowly');
  await expect(page.getByText(/interrupted|cut off/i)).toHaveCount(0);
});

test('the shortcut says where to set a lock when there is none', async ({ start }) => {
  const { page } = await start({ rows });
  await page.keyboard.press('ControlOrMeta+Shift+L');
  await expect(page.getByText(text('lock.noneSet'))).toBeVisible();
  await expect(page.getByRole('link', { name: 'Secret plans' })).toBeVisible();
  await page
    .getByRole('button', { name: text('settings.title'), exact: true })
    .last()
    .click();
  await expect(lockCard(page)).toBeVisible();
});

test('a time that is over locks a tab before it is shown, and the settings count wrong tries', async ({
  start,
}) => {
  const { page } = await start({ rows });
  await setPassphrase(page);
  await lockCard(page)
    .getByRole('button', { name: text('lock.remove') })
    .click();
  const dialog = page.getByRole('dialog');
  const proceed = dialog.getByRole('button', { name: text('common.continue') });
  await dialog.getByLabel(text('lock.passphraseOrCode')).fill('wrong');
  await proceed.click();
  await expect(dialog.locator('.problem')).toHaveText(text('lock.wrong'));
  // Of the next one nothing is said before it was tried.
  await dialog.getByLabel(text('lock.passphraseOrCode')).press('End');
  await page.keyboard.type('!');
  await expect(dialog.locator('.problem')).toHaveCount(0);
  for (let count = 0; count < 2; count += 1) {
    await dialog.getByLabel(text('lock.passphraseOrCode')).fill(`wrong ${count}`);
    await proceed.click();
    await expect(dialog.locator('.problem')).toBeVisible();
  }
  await expect(dialog.locator('.problem')).toContainText('Too many tries');
  await expect(proceed).toBeDisabled();
  await page.route(/tick\.worker/, (route) => route.abort());
  await reloadWithClock(page);
  await page.clock.pauseAt(Date.now() + 60_000);
  // As in a tab that was frozen: the time is over, and neither a timer nor a worker has run.
  await page.clock.setSystemTime(Date.now() + 20 * 60_000);
  const [before, after] = await page.evaluate(() => {
    const shown = document.body.textContent;
    document.dispatchEvent(new Event('visibilitychange'));
    return [shown, document.body.textContent];
  });
  expect(before).toContain('Secret plans');
  expect(after).not.toContain('Secret plans');
});

test('a hidden tab locks in time, though its timers hardly run', async ({ start }) => {
  const { page } = await start({ rows });
  await setPassphrase(page);
  await reloadWithClock(page);
  await page.clock.pauseAt(Date.now() + 60_000);
  // No timer of the page runs from here on.
  await page.clock.setSystemTime(Date.now() + 20 * 60_000);
  await expect(lockedTitle(page)).toBeVisible();
  await expect(page.locator('body')).not.toContainText('Secret plans');
});
