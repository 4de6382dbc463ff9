import { expect, test, text } from './seeded.ts';

test('without a file system of its own onggi searches, keeps everything, and says that there are no snapshots', async ({
  start,
  page,
}) => {
  const refuse = `StorageManager.prototype.getDirectory = () =>
    Promise.reject(new DOMException('', 'SecurityError'));`;
  await page.addInitScript(refuse);
  await page.route('**/workers/*.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${refuse}\n${await response.text()}` });
  });
  const onggi = await start();
  await onggi.ask('Where does the kimchi stand?');
  await page.goto('/#/search?q=kimchi');
  await expect(
    page
      .getByRole('main')
      .getByRole('link', { name: /kimchi/ })
      .first(),
  ).toBeVisible();
  await page.goto('/#/data');
  await page.getByText(text('backup.snapshots')).click();
  await expect(page.getByText(text('backup.snapshotNoRoom'))).toBeVisible();
  await expect(page.getByRole('button', { name: text('backup.copyNow') })).toHaveCount(0);
  await page.goto('/#/');
  await page.reload();
  await page.getByRole('link', { name: 'Where does the kimchi stand?' }).click();
  await expect(onggi.answers).toHaveCount(1);
});
