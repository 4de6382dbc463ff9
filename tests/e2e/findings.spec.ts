import type { MaintenanceRun } from '#domain/stored-rows.ts';
import { seedConversation, seedConversations, seedSession } from '../support/seed.ts';
import { changeRows, readRows } from './raw-rows.ts';
import { expect, test, text } from './seeded.ts';

test('what the maintenance finds by itself is told on every page, once', async ({ start }) => {
  const run = (problems: Readonly<Record<string, number>>) => ({
    id: 'nightly',
    kind: 'scheduled',
    startedAt: Date.now(),
    endedAt: Date.now(),
    report: { check: { conversationCount: 1, messageCount: 2, problems, repairableIds: [] } },
  });
  const { page } = await start({
    rows: { maintenanceRuns: [run({ unreadable: 1, 'left-attachment': 2 })] },
    // Fetches what looks after the data at once.
    hash: '#/settings/privacy',
  });
  const notice = page.getByText(text('upkeep.found'));
  await expect(notice).toBeVisible();
  await page.getByRole('link', { name: text('upkeep.look') }).click();
  await expect(page.getByRole('region', { name: text('upkeep.title') })).toBeVisible();
  await page.goto('/#/settings/privacy');
  await expect(page.getByRole('region', { name: text('visits.title') })).toBeVisible();
  await expect(notice).toHaveCount(0);

  const findAnew = async (problems: Readonly<Record<string, number>>) => {
    await changeRows(page, [{ table: 'maintenanceRuns', id: 'nightly', changes: run(problems) }]);
    await page.reload();
    await expect(page.getByRole('region', { name: text('visits.title') })).toBeVisible();
  };
  await findAnew({ unreadable: 2, 'left-attachment': 2 });
  await expect(notice).toBeVisible();
  // Looked at in one tab, it goes in the others.
  const other = await page.context().newPage();
  await other.goto('/#/settings/privacy');
  await expect(other.getByText(text('upkeep.found'))).toBeVisible();
  await other.goto('/#/storage');
  await expect(notice).toHaveCount(0);
  await other.close();
  // What is over is forgotten: the same is told once more when it comes back.
  await findAnew({});
  await expect(notice).toHaveCount(0);
  const noted = () => page.evaluate(() => localStorage.getItem('onggi.findings-seen'));
  await expect.poll(noted).not.toContain('unreadable');
  await findAnew({ unreadable: 2 });
  await expect(notice).toBeVisible();
  // That it was looked at needs no room for a note.
  await page.addInitScript(() => {
    const set = Object.getOwnPropertyDescriptor(Storage.prototype, 'setItem')?.value as (
      this: Storage,
      ...given: Parameters<Storage['setItem']>
    ) => void;
    Storage.prototype.setItem = function (...given) {
      if (given[0] === 'onggi.findings-seen') throw new DOMException('', 'QuotaExceededError');
      set.apply(this, given);
    };
  });
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  await findAnew({ unreadable: 3 });
  await expect(notice).toBeVisible();
  await page.getByRole('link', { name: text('upkeep.look') }).click();
  await expect(page.getByRole('region', { name: text('upkeep.title') })).toBeVisible();
  await page.goto('/#/settings/privacy');
  await expect(page.getByRole('region', { name: text('visits.title') })).toBeVisible();
  await expect(notice).toHaveCount(0);
  expect(errors).toEqual([]);
  // These go by themselves.
  await findAnew({ 'left-attachment': 2 });
  await expect(notice).toHaveCount(0);
});

test('what the weekly check found is told after the daily runs without a check too, until it was looked at', async ({
  start,
}) => {
  const DAY_MS = 24 * 60 * 60_000;
  const run = (daysAgo: number, report: MaintenanceRun['report']): MaintenanceRun => {
    const at = Date.now() - daysAgo * DAY_MS;
    return { id: `run-${daysAgo}`, kind: 'scheduled', startedAt: at, endedAt: at, report };
  };
  const check = {
    ...{ conversationCount: 1, messageCount: 2, repairableIds: [] },
    problems: { unreadable: 1 },
  };
  const failedSteps = [{ step: 'cache', code: 'db/quota' }];
  const { page } = await start({
    rows: { maintenanceRuns: [run(0, {}), run(1, {}), run(2, { check })] },
    // Fetches what looks after the data at once.
    hash: '#/settings/privacy',
  });
  const notice = page.getByText(text('upkeep.found'));
  await expect(notice).toBeVisible();
  await page.getByRole('link', { name: text('upkeep.look') }).click();
  await expect(page.getByRole('region', { name: text('upkeep.title') })).toBeVisible();
  const lookAgain = async (report: MaintenanceRun['report']) => {
    await changeRows(page, [
      { table: 'maintenanceRuns', id: 'run-0', changes: { ...run(0, report) } },
    ]);
    await page.goto('/#/settings/privacy');
    await page.reload();
    await expect(page.getByRole('region', { name: text('visits.title') })).toBeVisible();
  };
  await lookAgain({});
  await expect(notice).toHaveCount(0);
  // Something else is told, and what was seen before is not told once more when that is over.
  await lookAgain({ failedSteps });
  await expect(notice).toBeVisible();
  await page.getByRole('link', { name: text('upkeep.look') }).click();
  await expect(page.getByRole('region', { name: text('upkeep.title') })).toBeVisible();
  await lookAgain({});
  await expect(notice).toHaveCount(0);
});

test('what is taken out of the list of the trash stays, and goes from the list', async ({
  start,
}) => {
  const DAY_MS = 24 * 60 * 60_000;
  const now = Date.now();
  const trashed = ['Old letters', 'Old plans'].map((title) => ({
    ...seedConversation(title, { status: 'deleted', deletedAt: now - 28 * DAY_MS }),
  }));
  const { page } = await start({
    rows: {
      ...seedConversations(trashed),
      maintenanceRuns: [
        {
          ...{ id: 'announced', kind: 'scheduled', startedAt: now, endedAt: now },
          report: {
            announced: trashed.map(({ conversation: { id } }) => ({ id, since: now - 6 * DAY_MS })),
          },
        },
      ],
    },
    hash: '#/storage',
  });
  const list = page.getByRole('list', { name: text('list.name') });
  await expect(list.getByRole('link', { name: 'Old letters' })).toHaveCount(0);
  const leaving = page.getByRole('region', { name: text('upkeep.leaving') });
  await expect(leaving.getByRole('listitem')).toHaveCount(2);
  await leaving
    .getByRole('button', { name: text('upkeep.keepOf', { title: 'Old letters' }) })
    .click();
  await expect(leaving.getByRole('listitem')).toHaveCount(1);
  await expect(leaving.getByText('Old plans')).toBeVisible();
  await expect(list.getByRole('link', { name: 'Old letters' })).toBeVisible();
  const stored = await readRows<{ title: string; status: string }>(page, 'conversations');
  expect(Object.fromEntries(stored.map(({ title, status }) => [title, status]))).toEqual({
    'Old letters': 'active',
    'Old plans': 'deleted',
  });
  // The next run has nothing to announce of it.
  await page.reload();
  await expect(leaving.getByRole('listitem')).toHaveCount(1);
  await expect(list.getByRole('link', { name: 'Old letters' })).toBeVisible();
});

test('left alone, onggi goes through its maintenance by itself and writes down what it did', async ({
  start,
  page,
}) => {
  await page.clock.install();
  const rows = seedConversations([seedConversation('Looked after')]);
  await start({ rows: { sessions: [seedSession()], ...rows } });
  await expect(page.getByRole('link', { name: 'Looked after' })).toBeVisible();
  expect(await readRows(page, 'maintenanceRuns')).toEqual([]);
  // Half a minute after the start it is looked whether a run is due.
  await page.clock.fastForward('00:31');
  const readEnded = async () =>
    (await readRows<MaintenanceRun>(page, 'maintenanceRuns')).filter(
      ({ endedAt }) => endedAt !== null,
    );
  await expect
    .poll(async () => {
      // What waits for an idle page waits in the time of the page.
      await page.clock.runFor(1000);
      return (await readEnded()).length;
    })
    .toBe(1);
  const [ended] = await readEnded();
  expect(ended).toMatchObject({
    kind: 'scheduled',
    report: {
      failedSteps: [],
      failure: null,
      check: { conversationCount: 1, messageCount: 2, problems: {} },
    },
  });
  await page.goto('/#/storage');
  const runs = page.getByRole('region', { name: text('upkeep.title') }).getByRole('listitem');
  await expect(runs).toHaveCount(1);
  await expect(runs).toContainText(text('upkeep.kind.scheduled'));
  await expect(runs).toContainText(text('upkeep.checked', { conversations: 1, messages: 2 }));
});
