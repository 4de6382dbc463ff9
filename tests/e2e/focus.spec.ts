import type { Locator, Page } from '@playwright/test';
import { seedConversation, seedConversations, seedUsage } from '../support/seed.ts';
import { expect, makeSnapshot, test, text } from './seeded.ts';
import type { Onggi } from './onggi.ts';
import { holdRows } from './raw-rows.ts';
import { addAuthenticator } from './virtual-authenticator.ts';

const ROWS = seedConversations([
  seedConversation('Jars', {
    id: 'jars',
    texts: ['What is a jar?', 'A jar.', 'And a lid?', 'A lid.'],
  }),
  seedConversation('Kimchi', { id: 'kimchi', daysAgo: 1 }),
  seedConversation('Doenjang', { id: 'doenjang', daysAgo: 2 }),
]);

/** Does what a person without a pointer does: goes there and presses Enter. */
async function press(button: Locator) {
  await expect(button).toBeEnabled();
  await button.focus();
  await button.press('Enter');
}

const linkTo = ({ conversations }: Onggi, name: string) =>
  conversations.getByRole('link', { name });

async function chooseInMenu({ page }: Onggi, title: string, entry: string) {
  await press(page.getByRole('button', { name: text('conversation.menu', { title }) }).first());
  await press(page.getByRole('button', { name: entry, exact: true }));
}

async function showTrash(page: Page) {
  await press(page.getByRole('button', { name: text('list.filter') }));
  await press(page.getByRole('button', { name: text('list.trash'), exact: true }));
}

test('Stop hands the focus to the message box', async ({ start, page }) => {
  const onggi = await start({ model: 'slow' });
  await onggi.say('A question that takes its time');
  await onggi.composer.fill('What comes next');
  await press(onggi.stop);
  await expect(onggi.send).toBeVisible();
  await expect(onggi.composer).toBeFocused();
  await page.keyboard.press('End');
  await page.keyboard.type('!');
  await expect(onggi.composer).toHaveValue('What comes next!');
});

test('a message box that is left without going elsewhere does not take the focus back', async ({
  start,
  page,
}) => {
  const onggi = await start({ model: 'slow?k=40' });
  await onggi.say('A question that takes its time');
  await expect(onggi.stop).toBeVisible();
  await expect(onggi.composer).toBeFocused();
  // As the key does that puts away the keyboard of a phone.
  await onggi.composer.evaluate((box) => (box as HTMLElement).blur());
  await expect(onggi.status.filter({ hasText: 'Answer complete' })).toBeAttached();
  await expect(page.locator('body')).toBeFocused();
});

test.describe('on touch', () => {
  test.use({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } });

  test('Stop does not bring the keyboard over the answer', async ({ start, page }) => {
    const onggi = await start({ model: 'slow' });
    await onggi.composer.fill('A question that takes its time');
    await onggi.send.tap();
    await onggi.stop.tap();
    await expect(onggi.send).toBeVisible();
    // What follows a stop changes the page once more; a frame later it would have the focus.
    await page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100))),
    );
    await expect(onggi.composer).not.toBeFocused();
  });
});

test('the bar that finds gives the focus back to where it was opened', async ({ start, page }) => {
  const onggi = await start({ rows: ROWS, hash: '#/c/jars' });
  await expect(onggi.composer).toBeFocused();
  const field = page.getByRole('searchbox', { name: text('find.field') });
  await page.keyboard.press('Control+Shift+F');
  await expect(field).toBeFocused();
  await page.keyboard.type('lid');
  await press(page.getByRole('button', { name: text('find.next') }));
  await field.press('Escape');
  await expect(field).toHaveCount(0);
  await expect(onggi.composer).toBeFocused();

  const options = page.getByRole('button', { name: text('options.open') });
  await options.focus();
  await page.keyboard.press('Control+Shift+F');
  await expect(field).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(options).toBeFocused();
});

test('a name that stays as it was, and a selection that is moved, leave the focus in the list', async ({
  start,
  page,
}) => {
  const onggi = await start({ rows: ROWS, hash: '#/c/jars' });
  await chooseInMenu(onggi, 'Kimchi', text('conversation.rename'));
  await expect(page.getByRole('textbox', { name: text('conversation.renameField') })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(linkTo(onggi, 'Kimchi')).toBeFocused();

  await press(page.getByRole('button', { name: text('list.select'), exact: true }));
  for (const title of ['Kimchi', 'Doenjang']) {
    await page.getByRole('checkbox', { name: text('list.selectOne', { title }) }).press('Space');
  }
  const sidebar = page.getByRole('complementary');
  await press(
    page
      .getByRole('toolbar', { name: text('selection.name') })
      .getByRole('button', { name: text('conversation.remove') }),
  );
  await expect(onggi.conversations).toHaveCount(1);
  await expect(sidebar.locator(':focus')).toHaveCount(1);
  await press(page.getByRole('button', { name: 'Undo' }));
  await expect(onggi.conversations).toHaveCount(3);
  await expect(sidebar.locator(':focus')).toHaveCount(1);

  await chooseInMenu(onggi, 'Doenjang', text('conversation.remove'));
  await expect(onggi.conversations).toHaveCount(2);
  await expect(sidebar.locator(':focus')).toHaveCount(1);
  await showTrash(page);
  await expect(linkTo(onggi, 'Doenjang')).toBeVisible();
  await press(page.getByRole('button', { name: text('list.emptyTheTrash') }));
  await press(page.getByRole('dialog').getByRole('button', { name: text('list.purge') }));
  await expect(page.getByText(text('list.emptyTrash'))).toBeVisible();
  await expect(sidebar.locator(':focus')).toHaveCount(1);
});

test('what is deleted from here on leaves the focus in the conversation', async ({
  start,
  page,
}) => {
  const onggi = await start({ rows: ROWS, hash: '#/c/jars' });
  const remove = (at: number) =>
    onggi.questions.nth(at).getByRole('button', { name: text('message.remove') });
  await press(remove(1));
  await expect(onggi.questions).toHaveCount(1);
  await expect(onggi.answers.last()).toBeFocused();
  await press(page.getByRole('button', { name: 'Undo' }));
  await expect(onggi.questions).toHaveCount(2);
  await expect(page.getByRole('main').locator(':focus')).toHaveCount(1);
  await press(remove(0));
  await expect(onggi.questions).toHaveCount(0);
  await expect(onggi.composer).toBeFocused();
});

test('documents that are added, named, deleted and brought back keep the focus', async ({
  start,
  page,
}) => {
  await start({ hash: '#/library' });
  const documents = page.getByRole('list', { name: text('library.list') }).getByRole('listitem');
  const add = page.getByRole('button', { name: 'Add documents', exact: true });
  const chooser = page.waitForEvent('filechooser');
  await press(add);
  await (
    await chooser
  ).setFiles(
    ['one', 'two'].map((name) => ({
      name: `${name}.txt`,
      mimeType: 'text/plain',
      buffer: Buffer.from(`The document ${name}`),
    })),
  );
  await expect(documents).toHaveCount(2);
  await expect(add).toBeFocused();

  await press(page.getByRole('button', { name: text('conversation.menu', { title: 'one.txt' }) }));
  await press(page.getByRole('button', { name: text('conversation.rename') }));
  await page.keyboard.press('Control+a');
  await page.keyboard.type('three.txt');
  await page.keyboard.press('Enter');
  await expect(documents.getByRole('link', { name: 'three.txt' })).toBeFocused();

  await press(
    page.getByRole('button', { name: text('conversation.menu', { title: 'three.txt' }) }),
  );
  await press(page.getByRole('button', { name: text('common.delete') }));
  await expect(documents).toHaveCount(1);
  await expect(documents.locator(':focus')).toHaveCount(1);
  await press(page.getByRole('button', { name: 'Undo' }));
  await expect(documents).toHaveCount(2);
  await expect(documents.locator(':focus')).toHaveCount(1);
});

test('the focus stays in a dialog that goes on to its next step', async ({ start, page }) => {
  await start({ rows: ROWS, hash: '#/data' });
  const dialog = page.getByRole('dialog');
  const within = dialog.locator(':focus');
  await press(page.getByRole('button', { name: 'Back up now', exact: true }));
  const download = page.waitForEvent('download');
  await press(dialog.getByRole('button', { name: 'Back up', exact: true }));
  const path = await (await download).path();
  await expect(dialog.getByRole('status').filter({ hasText: 'Backup ready' })).toBeVisible();
  await expect(within).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);

  await press(page.getByRole('button', { name: 'Export', exact: true }).last());
  await press(dialog.getByRole('button', { name: 'Export', exact: true }));
  await expect(dialog.getByText(/^Exported: /)).toBeVisible();
  await expect(within).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);

  const chooser = page.waitForEvent('filechooser');
  await press(page.getByRole('button', { name: 'Restore', exact: true }));
  await (await chooser).setFiles(path);
  await press(dialog.getByRole('button', { name: text('restore.prepare') }));
  await expect(dialog.getByRole('table')).toBeVisible();
  await expect(within).toHaveCount(1);
});

test('what is saved, counted and tidied on a page leaves the focus at its card', async ({
  start,
  page,
}) => {
  await start({
    rows: { ...ROWS, usageStatistics: [seedUsage(0, 'gpt-5')] },
    hash: '#/usage',
  });
  const prices = page.getByRole('region', { name: 'Prices', exact: true });
  await press(prices.getByRole('button', { name: text('usage.price.add') }));
  await prices.getByLabel(text('usage.price.model')).fill('echo-fast');
  await prices.getByLabel('Input, per million tokens').fill('1');
  await prices.getByLabel('Output, per million tokens').fill('2');
  await press(prices.getByRole('button', { name: 'Save' }));
  await expect(prices.getByRole('list', { name: 'Your prices' })).toContainText('echo-fast');
  await expect(prices.locator(':focus')).toHaveCount(1);

  await page.getByRole('radio', { name: /^Mean rating/ }).check();
  const count = page.getByRole('button', { name: text('usage.countRatings') });
  await press(count);
  await expect(count).toHaveCount(0);
  await expect(page.getByRole('main').locator(':focus')).toHaveCount(1);

  await page.goto('/#/storage');
  const card = page.getByRole('region', { name: text('upkeep.title') });
  await press(card.getByRole('button', { name: text('upkeep.run') }));
  await expect(card.getByRole('listitem').first()).toBeVisible();
  await expect(card.getByRole('button', { name: text('upkeep.run') })).toBeFocused();
});

test('a lock that is removed leaves the focus at its card', async ({ start, page }) => {
  await start({ rows: ROWS, hash: '#/settings/privacy' });
  const dialog = page.getByRole('dialog');
  const go = dialog.getByRole('button', { name: text('common.continue') });
  const card = page.getByRole('region', { name: text('lock.title') });
  await press(card.getByRole('button', { name: text('lock.setPassphrase') }));
  await dialog.getByLabel(text('lock.newPassphrase')).fill('five words are a lock');
  await dialog.getByLabel(text('lock.again')).fill('five words are a lock');
  await press(go);
  await dialog.getByLabel(text('lock.codeNoted')).press('Space');
  await press(dialog.getByRole('button', { name: text('common.done') }));
  await expect(dialog).toHaveCount(0);
  await press(card.getByRole('button', { name: text('lock.remove') }));
  await dialog.getByLabel(text('lock.passphraseOrCode')).fill('five words are a lock');
  await press(go);
  await expect(card.getByRole('button', { name: text('lock.setPassphrase') })).toBeVisible();
  await expect(card.locator(':focus')).toHaveCount(1);
});

test('what ends or is emptied on a page leaves the focus at its card', async ({ start, page }) => {
  const onggi = await start({ rows: ROWS, hash: '#/settings/privacy' });
  const visits = page.getByRole('region', { name: text('visits.title') });
  const end = visits.getByRole('button', { name: /^End the visit/ });
  await press(end);
  await expect(end).toHaveCount(0);
  await expect(visits.locator(':focus')).toHaveCount(1);

  await page.goto('/#/');
  await onggi.ask('Is it kept?');
  await page.goto('/#/settings/behaviour');
  const card = page.getByRole('region', { name: text('cache.title') });
  const clearAll = card.getByRole('button', { name: text('cache.clearAll') });
  await press(clearAll);
  await expect(clearAll).toBeDisabled();
  await expect(card.locator(':focus')).toHaveCount(1);
});

test('the lock screen keeps the focus, and gives it to no button that deletes', async ({
  start,
  page,
}) => {
  await start({ rows: ROWS, hash: '#/settings/privacy' });
  const { client, authenticatorId } = await addAuthenticator(page);
  const dialog = page.getByRole('dialog');
  await press(page.getByRole('button', { name: text('lock.setPassphrase') }));
  await dialog.getByLabel(text('lock.newPassphrase')).fill('five words are a lock');
  await dialog.getByLabel(text('lock.again')).fill('five words are a lock');
  await press(dialog.getByRole('button', { name: text('common.continue') }));
  await dialog.getByLabel(text('lock.codeNoted')).press('Space');
  await press(dialog.getByRole('button', { name: text('common.done') }));
  await press(page.getByRole('button', { name: text('lock.addPasskey') }));
  await dialog.getByLabel(text('lock.passphraseOrCode')).fill('five words are a lock');
  await press(dialog.getByRole('button', { name: text('common.continue') }));
  await expect(page.getByRole('button', { name: text('lock.removePasskey') })).toBeVisible();
  await client.send('WebAuthn.clearCredentials', { authenticatorId });
  await page.reload();

  const passkey = page.getByRole('button', { name: text('lock.usePasskey') });
  await press(passkey);
  await expect(page.getByText(text('lock.passkeyNotUsed'))).toBeVisible();
  await expect(passkey).toBeFocused();
  await press(page.getByRole('button', { name: text('lock.forgotten') }));
  const giveUp = page.getByRole('button', { name: text('lock.giveUp'), exact: true });
  await press(giveUp);
  await expect(page.locator('p:focus')).toHaveText(text('lock.giveUpSure'));
  await press(page.getByRole('button', { name: text('common.cancel') }));
  await expect(giveUp).toBeFocused();
});

test('the rescue page keeps the focus', async ({ start, page }) => {
  await start({ rows: ROWS });
  await makeSnapshot(page);
  await page.goto('/#/rescue');
  const take = page.getByRole('button', { name: text('recovery.export') });
  await press(take);
  await expect(page.getByText(/^Taken out: /)).toBeVisible();
  await expect(take).toBeFocused();
  const look = page.getByRole('button', { name: /^Look into the snapshot/ });
  await press(look);
  await expect(look).toHaveCount(0);
  const card = page.getByRole('region', { name: text('recovery.snapshots') });
  await expect(card.locator(':focus')).toHaveCount(1);
});

test('a click beside everything is left alone', async ({ start, page }) => {
  const onggi = await start({ model: 'slow' });
  await onggi.say('A question that takes its time');
  await onggi.stop.focus();
  await page.getByRole('complementary').getByText('옹기').click();
  await expect(page.locator('body')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(onggi.send).toBeVisible();
  await expect(onggi.status.filter({ hasText: text('status.stopped') })).toBeAttached();
  await expect(page.locator('body')).toBeFocused();
});

test('a conversation that is written down slowly takes the focus from nobody', async ({
  start,
  page,
}) => {
  const onggi = await start({ model: 'slow' });
  const letGo = await holdRows(page, ['maintenanceRuns', 'conversations', 'messages'], 0);
  await onggi.say('A question that takes its time');
  await onggi.stop.focus();
  await page.getByRole('complementary').getByText('옹기').click();
  await expect(page.locator('body')).toBeFocused();
  await letGo();
  await expect(page).toHaveURL(/#\/c\//);
  await page.keyboard.press('Escape');
  await expect(onggi.send).toBeVisible();
  await expect(page.locator('body')).toBeFocused();
});

test('a page that opens begins at its title, from the sidebar too', async ({ start, page }) => {
  await start({ rows: ROWS, hash: '#/c/jars' });
  const heading = page.getByRole('heading', { level: 1, name: text('settings.title') });
  await page.getByRole('complementary').getByRole('button', { name: 'Settings' }).click();
  await expect(heading).toBeFocused();
  await page.getByRole('link', { name: text('library.title') }).click();
  await expect(page.getByRole('heading', { name: text('library.title') })).toBeFocused();
  await page.goBack();
  await expect(heading).toBeFocused();
  // Who writes in a field that opens a page goes on writing.
  const search = page.getByRole('complementary').getByRole('searchbox');
  await search.focus();
  await page.keyboard.type('jar');
  await expect(page).toHaveURL(/#\/search/);
});

test('the back button of the browser closes a dialog with its page', async ({ start, page }) => {
  const onggi = await start({ rows: ROWS, hash: '#/c/jars' });
  await expect(onggi.answers).toHaveCount(2);
  await page.getByRole('complementary').getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('link', { name: text('data.title') }).click();
  await page.getByRole('button', { name: 'Back up now', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toBeVisible();
  await page.goBack();
  await expect(dialog).toHaveCount(0);
  await page.keyboard.press('Control+/');
  await expect(dialog).toBeVisible();
  await page.goBack();
  await expect(dialog).toHaveCount(0);
  await expect(onggi.composer).toBeVisible();
});
