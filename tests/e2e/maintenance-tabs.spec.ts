import type { BrowserContext, Locator, Page } from '@playwright/test';
import type { Conversation } from '#domain/conversation.ts';
import type { Message } from '#domain/message.ts';
import type { MaintenanceRun } from '#domain/stored-rows.ts';
import { seedConversation, seedConversations, seedSession } from '../support/seed.ts';
import { holdRows, readRows } from './raw-rows.ts';
import { expect, test, text } from './seeded.ts';

/** Only what is asked for stands on the screen: a run by itself is not due. */
const DONE: MaintenanceRun = {
  id: 'done',
  kind: 'scheduled',
  startedAt: Date.now(),
  endedAt: Date.now(),
  report: {},
};

const cardOf = (page: Page): Locator => page.getByRole('region', { name: text('upkeep.title') });
const button = (page: Page, name: Parameters<typeof text>[0]): Locator =>
  cardOf(page).getByRole('button', { name: text(name), exact: true });
const runsOf = (page: Page): Promise<readonly MaintenanceRun[]> =>
  readRows<MaintenanceRun>(page, 'maintenanceRuns').then((rows) =>
    rows.filter(({ id }) => id !== DONE.id),
  );

async function openStorage(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto('/#/storage');
  await expect(cardOf(page)).toBeVisible();
  return page;
}

test('of two tabs that run the maintenance at once one does it, and the other says so', async ({
  start,
  context,
}) => {
  // The worker of search is held back, so that neither run can be over before the other begins.
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await context.route('**/workers/search.worker-*.js', (route) =>
    held.then(() => route.continue()),
  );
  const { page } = await start({
    rows: {
      sessions: [seedSession()],
      // Without answers: nobody would have counted them.
      ...seedConversations(
        ['one', 'two'].map((id) => seedConversation(id, { texts: ['A question'] })),
      ),
      maintenanceRuns: [DONE],
    },
    hash: '#/storage',
  });
  const other = await openStorage(context);
  await Promise.all([button(page, 'upkeep.run').click(), button(other, 'upkeep.run').click()]);
  const elsewhere = (each: Page): Locator => cardOf(each).getByText(text('upkeep.elsewhere'));
  // Both say that they begin before one of them learns that the other is at it.
  const countRefused = async () =>
    (await elsewhere(page).count()) + (await elsewhere(other).count());
  await expect.poll(countRefused).toBe(1);
  const isOtherRefused = await elsewhere(other).isVisible();
  const [running, refused] = isOtherRefused ? [page, other] : [other, page];
  await expect(elsewhere(refused)).toBeVisible();
  await expect(elsewhere(running)).toHaveCount(0);
  // What the other tab does is told as it is: at work, and not cut short.
  await expect(cardOf(refused).getByText(text('upkeep.atWork'))).toBeVisible();
  await expect(cardOf(refused).getByText(text('upkeep.cut'))).toHaveCount(0);
  expect(await runsOf(page)).toMatchObject([{ kind: 'by-hand', endedAt: null }]);

  release();
  for (const each of [running, refused]) {
    await expect(
      cardOf(each)
        .getByRole('listitem')
        .filter({ hasText: text('upkeep.sound') }),
    ).toBeVisible();
    await expect(cardOf(each).getByText(text('upkeep.atWork'))).toHaveCount(0);
    await expect(elsewhere(each)).toHaveCount(0);
    await expect(cardOf(each).getByText(text('upkeep.kind.by-hand'))).toHaveCount(1);
  }
  // And now it is the other one's turn.
  await button(refused, 'upkeep.run').click();
  await expect(cardOf(running).getByText(text('upkeep.kind.by-hand'))).toHaveCount(2);
  await expect
    .poll(async () => (await runsOf(page)).map(({ endedAt }) => endedAt !== null))
    .toEqual([true, true]);
});

const COUNT = 24;

test('a tab closed in the middle of a repair leaves whole repairs, told as cut short, to be undone @long', async ({
  start,
  context,
}) => {
  const seeds = Array.from({ length: COUNT }, (_, at) => seedConversation(`talk ${at}`));
  const { page } = await start({
    rows: {
      sessions: [seedSession()],
      ...seedConversations(seeds),
      // Every one is damaged twice: counters, and the order of its messages.
      conversations: seeds.map(({ conversation }) => ({ ...conversation, messageCount: 77 })),
      messages: seeds.flatMap(({ messages }) =>
        messages.map((row) => ({ ...row, seq: row.seq === 0 ? 5 : row.seq })),
      ),
      maintenanceRuns: [DONE],
    },
    hash: '#/storage',
  });
  const readAll = async () => ({
    conversations: await readRows<Conversation>(page, 'conversations'),
    messages: await readRows<Message>(page, 'messages'),
  });
  const before = await readAll();
  const repairing = await openStorage(context);
  await button(repairing, 'upkeep.run').click();
  const problem = cardOf(repairing).getByText(`${COUNT} conversations with wrong counters`);
  await expect(problem).toBeVisible();
  await button(repairing, 'upkeep.repair').click();
  const dialog = repairing.getByRole('dialog');
  // Takes its turn between the transactions of the repair, and keeps it once some are mended.
  const release = holdRows(page, ['conversations', 'messages', 'maintenanceRuns'], 3);
  await dialog.getByRole('button', { name: text('upkeep.repair'), exact: true }).click();
  const letGo = await release;
  await repairing.close({ runBeforeUnload: false });
  await letGo();

  // The other tab hears of it without being asked, and a new one finds it so.
  await expect(cardOf(page).getByText(text('upkeep.cut'))).toBeVisible();
  await expect(cardOf(page).getByText(text('upkeep.atWork'))).toHaveCount(0);
  const cut = await readAll();
  const fresh = await openStorage(context);
  await expect(cardOf(fresh).getByText(text('upkeep.cut'))).toBeVisible();
  const isMended = ({ id }: Conversation): boolean => {
    const own = cut.conversations.find((row) => row.id === id);
    const [question, answer] = [0, 1].map(
      (at) => cut.messages.find((row) => row.id === `${id}/${at}`)?.seq ?? NaN,
    );
    const isWhole = own?.messageCount === 2;
    // Counters and messages were mended together, or neither.
    expect((question ?? NaN) < (answer ?? NaN)).toBe(isWhole);
    return isWhole;
  };
  const mended = before.conversations.filter(isMended).length;
  expect(mended).toBeGreaterThanOrEqual(3);
  expect(mended).toBeLessThan(COUNT);
  const contents = (rows: readonly Message[]) => rows.map(({ id, content }) => [id, content]);
  expect(contents(cut.messages)).toEqual(contents(before.messages));
  const repair = (await runsOf(fresh)).find(({ kind }) => kind === 'repair');
  expect(repair?.report).toMatchObject({ repairedConversations: mended, isCut: true });

  // What was done is undone; then all of it is mended by the next repair.
  await button(fresh, 'upkeep.undo').click();
  await expect(cardOf(fresh).getByText(text('upkeep.isUndone'), { exact: true })).toBeVisible();
  expect(await readAll()).toEqual(before);
  await button(fresh, 'upkeep.repair').click();
  await fresh
    .getByRole('dialog')
    .getByRole('button', { name: text('upkeep.repair'), exact: true })
    .click();
  await expect(cardOf(fresh).getByText(`${COUNT} conversations mended`)).toBeVisible();
  await expect(button(fresh, 'upkeep.repair')).toBeHidden();
  const after = await readAll();
  expect(after.conversations.map(({ messageCount }) => messageCount)).toEqual(seeds.map(() => 2));
  expect(contents(after.messages)).toEqual(contents(before.messages));
});
