import type { Page } from '@playwright/test';
import { seedConversation, seedConversations } from '../support/seed.ts';
import { takeAllRoom } from '../support/short-of-room.ts';
import { expect, test, text } from './seeded.ts';
import { readMade, sentence } from './without-room.ts';

/** Enough that their vectors take megabytes. */
const MANY = {
  ...seedConversations(
    Array.from({ length: 250 }, (_, at) =>
      seedConversation(`Jar ${at}`, {
        id: `jar-${at}`,
        daysAgo: at,
        ...(at === 0 && { id: 'jars' }),
      }),
    ),
  ),
  // A run by itself is not due: its note would take the room of the vectors before the question does.
  maintenanceRuns: [
    { id: 'done', kind: 'scheduled', startedAt: Date.now(), endedAt: Date.now(), report: {} },
  ],
};

const byMeaning = (page: Page) =>
  page
    .getByRole('main')
    .getByText(text('meaning.byBoth'))
    .or(page.getByText(text('meaning.byMeaning')));

/** Bytes of the vector files. */
function vectorBytes(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const search = await root.getDirectoryHandle('search');
    let total = 0;
    for await (const folder of search.values()) {
      if (!(folder instanceof FileSystemDirectoryHandle)) continue;
      for await (const file of folder.values()) {
        if (!(file instanceof FileSystemFileHandle) || !file.name.startsWith('vectors-')) continue;
        total += (await file.getFile()).size;
      }
    }
    return total;
  });
}

test('without room vectors give theirs to what is written, and come back when there is some @long', async ({
  start,
  page,
}) => {
  test.setTimeout(300_000);
  const onggi = await start({ rows: MANY, hash: '#/search' });
  page.setDefaultTimeout(20_000);
  const field = page.getByRole('main').getByRole('searchbox', { name: text('sidebar.search') });
  await field.fill('jar');
  await expect(byMeaning(page).first()).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText(text('meaning.progress'))).toHaveCount(0);
  const taken = await vectorBytes(page);
  expect(taken).toBeGreaterThan(100_000);

  await page.goto('/#/c/jars');
  await expect(onggi.answers).toHaveCount(1);
  const before = await readMade(page);
  // As much less than is used as half of the files: the rest of them is room.
  const room = await takeAllRoom(page, (used) => used - Math.round(taken / 2));

  await onggi.ask('How heavy is a crock?');
  await expect(onggi.questions).toHaveCount(2);
  await expect(page.getByText(text('meaning.evicted'))).toBeVisible();
  await expect(onggi.answers).toHaveCount(2);
  await expect(sentence(page)).toHaveCount(0);
  expect(await vectorBytes(page)).toBe(0);

  // What was made before is all there.
  const after = await readMade(page);
  const rows = (of: Record<string, unknown>, table: string) =>
    (of[table] as readonly { readonly id: string }[]).map(({ id }) => id);
  for (const table of ['conversations', 'messages']) {
    expect(rows(after, table)).toEqual(expect.arrayContaining(rows(before, table)));
  }
  expect(rows(after, 'messages')).toHaveLength(rows(before, 'messages').length + 2);

  // There is no room for them yet; words are found all the same.
  await page.goto('/#/search');
  await field.fill('crock');
  await expect(page.getByRole('main').getByText('How heavy is a').first()).toBeVisible();
  await expect(page.getByRole('main').getByText(text('meaning.evicted'))).toBeVisible();
  await room.lift();
  await field.fill('jar');
  await expect(byMeaning(page).first()).toBeVisible({ timeout: 60_000 });
  await expect.poll(() => vectorBytes(page), { timeout: 30_000 }).toBeGreaterThan(100_000);
});
