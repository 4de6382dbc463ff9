import type { Locator, Page } from '@playwright/test';
import { seedConversation, seedConversations } from '../support/seed.ts';
import { chatRequests, expect, test, text } from './seeded.ts';
import type { Onggi } from './onggi.ts';
import { changeRows, readRows } from './raw-rows.ts';

const THREE = seedConversations([
  seedConversation('Onggi jars', { id: 'jars', daysAgo: 0 }),
  seedConversation('Kimchi', { id: 'kimchi', daysAgo: 1 }),
  seedConversation('Doenjang', { id: 'doenjang', daysAgo: 40, tags: ['food'] }),
]);

const row = ({ conversations }: Onggi, title: string): Locator =>
  conversations.filter({ has: conversations.page().getByRole('link', { name: title }) });

/** Chooses an entry of a conversation's menu in the list. */
async function choose(onggi: Onggi, title: string, entry: string) {
  const item = row(onggi, title);
  await item.hover();
  await item.getByRole('button', { name: text('conversation.menu', { title }) }).click();
  await item.getByRole('button', { name: entry, exact: true }).click();
}

/** Removes the open conversation. The page leaves it once that is written: what goes back at once is led away. */
async function removeOpen(onggi: Onggi, title: string) {
  await choose(onggi, title, text('conversation.remove'));
  await expect(onggi.page).toHaveURL(/#\/$/);
}

/** Shows the conversations of a status, or those with a tag. */
async function filterBy(page: Page, entry: string) {
  await page.getByRole('button', { name: text('list.filter') }).click();
  await page
    .getByRole('group', { name: text('list.filter') })
    .getByRole('button', { name: entry, exact: true })
    .click();
}

const titlesOf = ({ conversations }: Onggi) => conversations.getByRole('link');

test('a conversation is renamed with Enter, and not with Esc', async ({ start, page }) => {
  const onggi = await start({ rows: THREE });
  const field = page.getByRole('textbox', { name: text('conversation.renameField') });
  await choose(onggi, 'Kimchi', text('conversation.rename'));
  await expect(field).toBeFocused();
  await field.fill('Not this');
  await field.press('Escape');
  await expect(row(onggi, 'Kimchi')).toBeVisible();

  await choose(onggi, 'Kimchi', text('conversation.rename'));
  await field.fill('김치');
  // The Enter of an input method confirms the syllable and leaves the field open.
  await field.evaluate((input) => {
    const init = { key: 'Enter', isComposing: true, keyCode: 229, bubbles: true };
    input.dispatchEvent(new KeyboardEvent('keydown', init));
  });
  await expect(field).toHaveValue('김치');
  await field.press('Enter');
  await expect(field).toHaveCount(0);
  await expect(row(onggi, '김치')).toBeVisible();
  await page.reload();
  await expect(titlesOf(onggi)).toHaveText([/Onggi jars/, /김치/, /Doenjang/]);
});

test('a pinned conversation stands first', async ({ start, page }) => {
  const onggi = await start({ rows: THREE });
  await choose(onggi, 'Doenjang', text('conversation.pin'));
  await expect(titlesOf(onggi)).toHaveText([/Doenjang/, /Onggi jars/, /Kimchi/]);
  await page.reload();
  await expect(titlesOf(onggi)).toHaveText([/Doenjang/, /Onggi jars/, /Kimchi/]);
  await expect(page.getByRole('heading', { name: text('list.pinned') })).toBeVisible();
  await choose(onggi, 'Doenjang', text('conversation.unpin'));
  await expect(titlesOf(onggi)).toHaveText([/Onggi jars/, /Kimchi/, /Doenjang/]);
});

/** Selects everything and writes a tag for it, which is not saved yet. */
async function writeTagForAll(page: Page, tag: string) {
  await page.getByRole('button', { name: text('list.select') }).click();
  const bar = page.getByRole('toolbar', { name: text('selection.name') });
  await bar.getByRole('button', { name: text('selection.all') }).click();
  await bar.getByRole('button', { name: text('conversation.tags') }).click();
  const dialog = page.getByRole('dialog', { name: text('tags.title') });
  await dialog.getByRole('textbox', { name: text('tags.field') }).fill(tag);
  return { bar, dialog };
}

test('tags are given to all that are selected', async ({ start, page }) => {
  const onggi = await start({ rows: THREE });
  const { bar, dialog } = await writeTagForAll(page, 'clay');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(bar).toHaveCount(0);
  await expect(onggi.composer).toBeVisible();
  await filterBy(page, 'clay');
  await expect(titlesOf(onggi)).toHaveCount(3);
});

test('a tag that another tab gave while tags are chosen stays', async ({ start, page }) => {
  await start({ rows: THREE });
  const { bar, dialog } = await writeTagForAll(page, 'clay');
  await changeRows(page, [{ table: 'conversations', id: 'kimchi', changes: { tags: ['winter'] } }]);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(bar).toHaveCount(0);
  const rows = await readRows<{ id: string; tags: string[] }>(page, 'conversations');
  expect(Object.fromEntries(rows.map(({ id, tags }) => [id, tags]))).toEqual({
    jars: ['clay'],
    kimchi: ['winter', 'clay'],
    doenjang: ['food', 'clay'],
  });
});

test('what is taken out of the trash while its emptying is asked for stays', async ({
  start,
  page,
}) => {
  const onggi = await start({ rows: THREE });
  for (const title of ['Kimchi', 'Doenjang']) {
    await choose(onggi, title, text('conversation.remove'));
  }
  await page.getByRole('button', { name: text('list.filter') }).click();
  await page
    .getByRole('group', { name: text('list.filter') })
    .getByRole('button', { name: text('list.trash'), exact: true })
    .click();
  await page.getByRole('button', { name: text('list.emptyTheTrash') }).click();
  const purge = page.getByRole('dialog').getByRole('button', { name: text('list.purge') });
  await expect(purge).toBeVisible();
  await changeRows(page, [
    { table: 'conversations', id: 'kimchi', changes: { status: 'active', deletedAt: null } },
  ]);
  await purge.click();
  await expect(page.getByText(text('list.emptyTrash'))).toBeVisible();
  const rows = await readRows<{ id: string }>(page, 'conversations');
  expect(rows.map(({ id }) => id).sort()).toEqual(['jars', 'kimchi']);
});

test('tags are given, taken away and filtered by', async ({ start, page }) => {
  const onggi = await start({ rows: THREE });
  const dialog = page.getByRole('dialog', { name: text('tags.title') });
  await choose(onggi, 'Kimchi', text('conversation.tags'));
  const field = dialog.getByRole('textbox', { name: text('tags.field') });
  await field.fill('winter');
  await field.press('Enter');
  // A tag that is in use elsewhere is offered.
  await dialog.getByRole('button', { name: 'food', exact: true }).click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toHaveCount(0);

  await filterBy(page, 'food');
  await expect(titlesOf(onggi)).toHaveText([/Kimchi/, /Doenjang/]);
  await filterBy(page, 'winter');
  await expect(titlesOf(onggi)).toHaveText([/Kimchi/]);

  await choose(onggi, 'Kimchi', text('conversation.tags'));
  await dialog.getByRole('button', { name: text('tags.remove', { tag: 'winter' }) }).click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText(text('list.noMatch'))).toBeVisible();
  await filterBy(page, text('list.active'));
  await expect(onggi.conversations).toHaveCount(3);
});

test('archive and take out again', async ({ start, page }) => {
  const onggi = await start({ rows: THREE });
  await choose(onggi, 'Kimchi', text('conversation.archive'));
  await expect(titlesOf(onggi)).toHaveText([/Onggi jars/, /Doenjang/]);
  await filterBy(page, text('list.archive'));
  await expect(titlesOf(onggi)).toHaveText([/Kimchi/]);
  await choose(onggi, 'Kimchi', text('conversation.unarchive'));
  await expect(page.getByText(text('list.emptyArchive'))).toBeVisible();
  await filterBy(page, text('list.active'));
  await expect(onggi.conversations).toHaveCount(3);
});

test('the trash gives back, and deletes for good only after a question', async ({
  start,
  page,
}) => {
  const onggi = await start({ rows: THREE, hash: '#/c/kimchi' });
  const toTrash = async () => {
    await choose(onggi, 'Kimchi', text('conversation.remove'));
    await expect(titlesOf(onggi)).toHaveText([/Onggi jars/, /Doenjang/]);
  };
  await expect(onggi.questions).toHaveCount(1);
  await toTrash();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(onggi.conversations).toHaveCount(3);
  await expect(onggi.questions).toHaveText([/Question about Kimchi/]);

  await toTrash();
  await filterBy(page, text('list.trash'));
  await expect(onggi.conversations.filter({ hasText: 'Kimchi' })).toContainText('30 days left');
  await choose(onggi, 'Kimchi', text('conversation.restore'));
  await expect(page.getByText(text('list.emptyTrash'))).toBeVisible();
  await filterBy(page, text('list.active'));
  await toTrash();

  await filterBy(page, text('list.trash'));
  const question = page.getByRole('dialog', { name: 'Delete this conversation for good?' });
  await choose(onggi, 'Kimchi', text('conversation.purge'));
  await expect(question).toContainText(text('list.purgeBody', { messages: 2 }));
  await question.getByRole('button', { name: 'Cancel' }).click();
  await expect(onggi.conversations).toHaveCount(1);
  await page.getByRole('button', { name: text('list.emptyTheTrash') }).click();
  await question.getByRole('button', { name: text('list.purge') }).click();
  await expect(page.getByText(text('list.emptyTrash'))).toBeVisible();
  await page.goto('/#/c/kimchi');
  await expect(page.getByText(text('chat.goneTitle'))).toBeVisible();
  await page.reload();
  await expect(titlesOf(onggi)).toHaveText([/Onggi jars/, /Doenjang/]);
});

test('a temporary conversation is discarded, for it goes to no trash', async ({ start, page }) => {
  const onggi = await start();
  await page.keyboard.press("ControlOrMeta+Shift+'");
  await expect(page.getByText(text('empty.temporaryTitle'))).toBeVisible();
  // What stands below the list is not said of this one.
  await expect(page.getByText(text('footer.othersSaved'))).toBeVisible();
  await expect(page.getByText(text('footer.saved'), { exact: true })).toHaveCount(0);
  await onggi.ask('Only here');
  const item = page.getByRole('complementary').getByRole('listitem');
  await item.hover();
  await item
    .getByRole('button', { name: text('conversation.menu', { title: 'Only here' }) })
    .click();
  const menu = item.getByRole('group');
  await expect(menu.getByRole('button', { name: text('conversation.rename') })).toBeVisible();
  await expect(menu.getByRole('button', { name: text('conversation.remove') })).toHaveCount(0);
  await menu.getByRole('button', { name: text('list.forget') }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: text('list.forget') })
    .click();
  await expect(item).toHaveCount(0);
});

test('three conversations are archived at once, and come back at once', async ({ start, page }) => {
  const onggi = await start({ rows: THREE });
  await page.getByRole('button', { name: text('list.select') }).click();
  for (const title of ['Onggi jars', 'Kimchi', 'Doenjang']) {
    await page.getByRole('checkbox', { name: text('list.selectOne', { title }) }).check();
  }
  const bar = page.getByRole('toolbar', { name: text('selection.name') });
  await expect(bar).toContainText(text('selection.count', { count: 3 }));
  await bar.getByRole('button', { name: text('conversation.archive') }).click();
  await expect(page.getByText(text('list.emptyActive'))).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(onggi.conversations).toHaveCount(3);
  await expect(bar).toHaveCount(0);
});

test('a range is selected with Shift, and all of it is pinned at once', async ({ start, page }) => {
  const onggi = await start({
    rows: seedConversations(
      Array.from({ length: 6 }, (_, at) => seedConversation(`Jar ${at}`, { daysAgo: at })),
    ),
  });
  await page.getByRole('button', { name: text('list.select'), exact: true }).click();
  const tick = (at: number) =>
    page.getByRole('checkbox', { name: text('list.selectOne', { title: `Jar ${at}` }) });
  await tick(1).click();
  await tick(4).click({ modifiers: ['Shift'] });
  for (const [at, isOn] of [false, true, true, true, true, false].entries()) {
    await expect(tick(at)).toBeChecked({ checked: isOn });
  }
  // Back to less, by keys.
  await tick(3).focus();
  await page.keyboard.press('Space');
  await tick(4).focus();
  await page.keyboard.press('Shift+Space');
  await expect(tick(2)).toBeChecked();
  await expect(tick(3)).not.toBeChecked();
  await expect(tick(4)).not.toBeChecked();
  const bar = page.getByRole('toolbar', { name: text('selection.name') });
  await bar.getByRole('button', { name: text('conversation.pin'), exact: true }).click();
  await expect(bar).toHaveCount(0);
  await expect(titlesOf(onggi)).toHaveText(['Jar 1', 'Jar 2', 'Jar 0', 'Jar 3', 'Jar 4', 'Jar 5']);

  await page.getByRole('button', { name: text('list.select'), exact: true }).click();
  for (const at of [1, 2]) await tick(at).click();
  await bar.getByRole('button', { name: text('conversation.unpin'), exact: true }).click();
  await expect(titlesOf(onggi).first()).toHaveText('Jar 0');
});

test('all are selected, and the trash is emptied, however much of it is shown', async ({
  start,
  page,
}) => {
  await start({
    rows: seedConversations(
      Array.from({ length: 75 }, (_, at) => seedConversation(`Jar ${at}`, { daysAgo: at })),
    ),
  });
  await page.getByRole('button', { name: text('list.select'), exact: true }).click();
  const bar = page.getByRole('toolbar', { name: text('selection.name') });
  await bar.getByRole('button', { name: text('selection.all') }).click();
  await expect(bar).toContainText('75');
  await bar.getByRole('button', { name: text('conversation.remove') }).click();
  await expect(page.getByText(text('list.emptyActive'))).toBeVisible();
  await filterBy(page, text('list.trash'));
  await page.getByRole('button', { name: text('list.emptyTheTrash') }).click();
  await expect(page.getByRole('dialog')).toContainText('75');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: text('list.purge') })
    .click();
  await expect(page.getByText(text('list.emptyTrash'))).toBeVisible();
});

test('the list is grouped by day and comes in pages', async ({ start, page }) => {
  const many = Array.from({ length: 130 }, (_, at) =>
    seedConversation(`Number ${at}`, { id: `many-${at}`, daysAgo: 60 + at, texts: [] }),
  );
  const days = [0, 1, 4, 20].map((daysAgo) =>
    seedConversation(`${daysAgo} days ago`, { id: `day-${daysAgo}`, daysAgo }),
  );
  const onggi = await start({ rows: seedConversations([...days, ...many]) });
  const headings = page.getByRole('list', { name: text('list.name') }).getByRole('heading');
  await expect(headings.first()).toBeVisible();
  expect((await headings.allInnerTexts()).slice(0, 4)).toEqual([
    text('list.today'),
    text('list.yesterday'),
    text('list.past-week'),
    text('list.past-month'),
  ]);
  await expect(headings.nth(4)).toHaveText(/^[A-Z][a-z]+ \d{4}$/);
  expect(await onggi.conversations.count()).toBeLessThan(134);
  await expect(async () => {
    await onggi.conversations.last().scrollIntoViewIfNeeded();
    await expect(onggi.conversations).toHaveCount(134, { timeout: 500 });
  }).toPass();
  await expect(titlesOf(onggi).last()).toHaveText(/Number 129/);
});

test('each conversation keeps its own draft over a reload', async ({ start, page }) => {
  const onggi = await start({ rows: THREE, hash: '#/c/jars' });
  await expect(onggi.questions).toHaveCount(1);
  await onggi.composer.fill('Draft for the jars');
  await titlesOf(onggi).filter({ hasText: 'Kimchi' }).click();
  await expect(onggi.questions).toHaveText([/Question about Kimchi/]);
  await expect(onggi.composer).toHaveValue('');
  await onggi.composer.fill('김치 초안');
  await page.reload();
  await expect(onggi.composer).toHaveValue('김치 초안');
  await titlesOf(onggi).filter({ hasText: 'Onggi jars' }).click();
  await expect(onggi.composer).toHaveValue('Draft for the jars');
  await expect(onggi.answers).toHaveCount(1);
  await onggi.ask('Sent instead');
  await page.reload();
  await expect(onggi.questions).toHaveCount(2);
  await expect(onggi.composer).toHaveValue('');
});

test('rating and feedback stay with their answer', async ({ start, page }) => {
  const onggi = await start({ rows: THREE, hash: '#/c/jars' });
  const answer = onggi.answers.first();
  const stars = answer.getByRole('group', { name: text('message.rating') });
  await stars.getByRole('button', { name: '4 stars' }).click();
  await answer.getByRole('button', { name: text('message.more') }).click();
  await answer.getByRole('button', { name: text('message.comment'), exact: true }).click();
  await answer.getByLabel(text('message.commentField')).fill('Clear, 고마워요');
  await answer.getByRole('button', { name: 'Save' }).click();
  await expect(answer.getByText('Clear, 고마워요')).toBeVisible();
  await page.reload();
  await expect(stars.getByRole('button', { name: '4 stars' })).toHaveAttribute(
    'aria-pressed',
    'true',
  );
  await expect(answer.getByText('Clear, 고마워요')).toBeVisible();
  await stars.getByRole('button', { name: '4 stars' }).click();
  // Shown means committed: the screen follows the stored row.
  await expect(stars.getByRole('button', { pressed: true })).toHaveCount(0);
  await page.reload();
  await expect(stars.getByRole('button', { pressed: true })).toHaveCount(0);
});

test('the model suggests a title and a summary', async ({ start, page, endpoint }) => {
  const onggi = await start({ rows: THREE, hash: '#/c/kimchi' });
  const header = page.getByRole('main');
  const ask = async (entry: string) => {
    await header.getByRole('button', { name: /^More for “/ }).click();
    await header.getByRole('button', { name: entry, exact: true }).click();
  };
  await ask(text('conversation.suggestTitle'));
  await expect(page.getByText(text('conversation.titleDone'))).toBeVisible();
  const heading = page.getByRole('heading', { level: 1 });
  await expect(heading).not.toHaveText('Kimchi');
  const title = await heading.innerText();
  expect(title.length).toBeGreaterThan(2);
  await expect(titlesOf(onggi).filter({ hasText: title })).toHaveCount(1);
  await page.getByRole('button', { name: text('common.undo') }).click();
  await expect(heading).toHaveText('Kimchi');
  await ask(text('conversation.suggestTitle'));
  await expect(heading).toHaveText(title);

  await ask(text('conversation.summarise'));
  await expect(page.getByText(text('conversation.summaryDone'))).toBeVisible();
  await page.reload();
  await expect(heading).toHaveText(title);
  await page.getByRole('button', { name: text('options.open') }).click();
  // It can be read, changed and taken away like what one wrote oneself.
  const dialog = page.getByRole('dialog');
  const summary = dialog.getByLabel(text('options.summary'));
  await expect(summary).not.toHaveValue('');
  await summary.fill('Cabbage and salt.');
  await summary.blur();
  await page.reload();
  await page.getByRole('button', { name: text('options.open') }).click();
  await expect(summary).toHaveValue('Cabbage and salt.');
  await summary.fill('');
  await summary.blur();
  await expect(summary).toBeHidden();
  await page.keyboard.press('Escape');
  // Beside the conversation: it holds no more messages than before.
  await expect(onggi.questions).toHaveCount(1);
  await expect(onggi.answers).toHaveCount(1);
  expect(chatRequests(endpoint)).toHaveLength(3);
});

test('a conversation in the trash says so, and is restored by a click or by asking in it', async ({
  start,
  page,
}) => {
  const onggi = await start({ rows: THREE, hash: '#/c/kimchi' });
  await expect(onggi.composer).toBeVisible();
  await removeOpen(onggi, 'Kimchi');
  await page.goto('/#/c/kimchi');
  const bar = page.getByRole('main').getByRole('region', { name: text('list.trash') });
  await expect(bar).toContainText(text('chat.inTrash'));
  await expect(bar).toContainText('in 30 days');
  await expect(onggi.composer).toHaveCount(0);
  await bar.getByRole('button', { name: text('conversation.restore') }).click();
  await expect(onggi.composer).toBeVisible();
  await expect(onggi.conversations).toHaveCount(3);

  await removeOpen(onggi, 'Kimchi');
  await page.goto('/#/c/kimchi');
  await expect(bar).toBeVisible();
  await onggi.answers
    .last()
    .getByRole('button', { name: text('message.regenerate') })
    .click();
  await expect(onggi.composer).toBeVisible();
  await expect(onggi.conversations).toHaveCount(3);
});

test('on a phone the list goes when the address becomes another', async ({ start, page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await start({ rows: THREE, hash: '#/c/jars' });
  const search = page.getByRole('searchbox', { name: text('sidebar.search') });
  await page.getByRole('button', { name: 'Sidebar', exact: true }).click();
  await expect(search).toBeVisible();
  await page.evaluate(() => (location.hash = '#/data'));
  await expect(page.getByRole('heading', { level: 1, name: text('data.title') })).toBeVisible();
  await expect(search).toBeHidden();
});

test('of many conversations whose moving fails in the middle, those that were moved come back', async ({
  start,
}) => {
  const onggi = await start({
    rows: seedConversations(
      Array.from({ length: 620 }, (_, at) =>
        seedConversation(`Jar ${at}`, { daysAgo: 1, texts: [] }),
      ),
    ),
  });
  const { page } = onggi;
  // Five hundred are moved in a transaction of their own; for those behind them there is no room.
  await page.evaluate(() => {
    const put = Object.getOwnPropertyDescriptor(IDBObjectStore.prototype, 'put')?.value as (
      this: IDBObjectStore,
      ...args: Parameters<IDBObjectStore['put']>
    ) => IDBRequest<IDBValidKey>;
    let count = 0;
    IDBObjectStore.prototype.put = function (...args) {
      const [row] = args as [{ status?: string }];
      const isMoved = this.name === 'conversations' && row.status === 'deleted';
      if (isMoved && ++count > 550) throw new DOMException('', 'QuotaExceededError');
      return put.apply(this, args);
    };
  });
  await page.getByRole('button', { name: text('list.select'), exact: true }).click();
  const bar = page.getByRole('toolbar', { name: text('selection.name') });
  await bar.getByRole('button', { name: text('selection.all') }).click();
  await expect(bar.getByText(text('selection.count', { count: 620 }))).toBeVisible();
  await bar.getByRole('button', { name: text('conversation.remove') }).click();
  const toast = page.getByText('500 moved. 120 were not, because storing them failed.');
  await expect(toast).toBeVisible();
  await page.getByRole('button', { name: text('common.undo') }).click();
  await page.getByRole('button', { name: text('list.select'), exact: true }).click();
  await bar.getByRole('button', { name: text('selection.all') }).click();
  await expect(bar.getByText(text('selection.count', { count: 620 }))).toBeVisible();
});
