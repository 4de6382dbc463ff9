import { seedConversation, seedConversations } from '../support/seed.ts';
import { expect, test, text } from './seeded.ts';

/** Some do everything with two clicks: the second finds what the first put in its place. */
const ROWS = seedConversations([
  seedConversation('Jars', { id: 'jars' }),
  seedConversation('Kimchi', { id: 'kimchi', daysAgo: 1 }),
]);

for (const [name, open, begin, done] of [
  ['a backup', 'data.backUpNow', 'backup.start', 'Backup ready'],
  ['an export', 'export.button', 'export.start', 'Exported'],
] as const) {
  test(`${name} that is begun with a double click is written and says so`, async ({
    start,
    page,
  }) => {
    await start({ rows: ROWS, hash: '#/data' });
    await page.getByRole('button', { name: text(open), exact: true }).click();
    const dialog = page.getByRole('dialog');
    const downloading = page.waitForEvent('download');
    await dialog.getByRole('button', { name: text(begin), exact: true }).dblclick();
    await downloading;
    await expect(dialog.getByRole('status')).toContainText(done);
  });
}

test('a question that is sent with a double click is answered to its end', async ({ start }) => {
  const onggi = await start({ model: 'slow?k=20' });
  await onggi.composer.fill('What is a jar?');
  await onggi.send.dblclick();
  await expect(onggi.status.filter({ hasText: 'Answer complete' })).toBeAttached();
  await expect(onggi.answers.last()).toContainText('slow 19');
});

test('a stop that is wanted after the double click is a click of its own', async ({
  start,
  page,
}) => {
  const onggi = await start({ model: 'slow' });
  await onggi.composer.fill('What is a jar?');
  await onggi.send.click();
  const place = await onggi.stop.boundingBox();
  if (!place) throw new Error('no Stop');
  await page.mouse.move(place.x + place.width / 2, place.y + place.height / 2);
  // The browser counts on as long as one goes on clicking.
  await page.mouse.down({ clickCount: 3 });
  await page.mouse.up({ clickCount: 3 });
  await expect(onggi.send).toBeVisible();
  await expect(onggi.status.filter({ hasText: 'Answer complete' })).toHaveCount(0);
});

test('a selection that is moved with a double click is moved once', async ({ start, page }) => {
  const onggi = await start({ rows: ROWS });
  await page.getByRole('button', { name: text('list.select') }).click();
  const bar = page.getByRole('toolbar', { name: text('selection.name') });
  await bar.getByRole('button', { name: text('selection.all') }).click();
  await bar.getByRole('button', { name: text('conversation.remove') }).dblclick();
  await expect(onggi.conversations).toHaveCount(0);
  await expect(page.getByRole('button', { name: text('common.undo') })).toHaveCount(1);
});
