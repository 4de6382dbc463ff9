import { createChatgptArchive } from '../support/chatgpt-archive.ts';
import { expect, test } from './onggi.ts';
import { expectNoViolations } from './violations.ts';

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme === 'dark' ? 'dark @long' : 'light', () => {
    // The import brings markup that must not run; the page's policy is told of it.
    test.use({ colorScheme, isPolicyProvoked: true });

    test('no violation on any screen', async ({ onggi, endpoint }) => {
      // All screens of the app, one after the other.
      test.setTimeout(8 * 60_000);
      const { page } = onggi;
      await onggi.open();
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expectNoViolations(page, 'first start', colorScheme);
      await page.getByRole('button', { name: /API key/ }).click();
      await expectNoViolations(page, 'connect', colorScheme);
      await page.getByRole('button', { name: 'Back', exact: true }).click();
      await onggi.connect(endpoint.localhostUrl);
      await expectNoViolations(page, 'empty chat', colorScheme);
      await onggi.chooseModel('markdown/all');
      await onggi.ask('Everything, please');
      await expect(onggi.answers.first().locator('.markdown')).toBeVisible();
      await expectNoViolations(page, 'an answer', colorScheme);
      await onggi.answers.first().getByRole('button', { name: 'More for this answer' }).click();
      await expectNoViolations(page, 'a menu', colorScheme);
      await page.getByRole('button', { name: 'Details' }).click();
      await expectNoViolations(page, 'a dialog', colorScheme);
      await page.getByRole('button', { name: 'Close' }).click();
      await onggi.chooseModel('fault/500');
      await onggi.say('fail');
      await expect(onggi.answers.last().getByRole('alert')).toBeVisible({ timeout: 15_000 });
      await expectNoViolations(page, 'a failed answer', colorScheme);
      for (const section of ['general', 'models', 'behaviour', 'privacy']) {
        await page.goto(`/#/settings/${section}`);
        await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
        await expectNoViolations(page, `settings: ${section}`, colorScheme);
      }
      await page.goto('/#/library');
      await expect(page.getByRole('heading', { name: 'No documents yet' })).toBeVisible();
      await expectNoViolations(page, 'an empty library', colorScheme);
      const adding = page.waitForEvent('filechooser');
      await page.getByRole('button', { name: 'Add documents', exact: true }).click();
      await (
        await adding
      ).setFiles([
        {
          name: 'jar.md',
          mimeType: 'text/markdown',
          buffer: Buffer.from('A jar keeps for years.'),
        },
        { name: 'scan.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7') },
      ]);
      await expect(page.getByText('scan.pdf')).toBeVisible();
      await expectNoViolations(page, 'the library', colorScheme);
      await page.getByRole('link', { name: 'jar.md' }).click();
      await expect(page.getByText('A jar keeps for years.')).toBeVisible();
      await expectNoViolations(page, 'a document', colorScheme);
      await page.goto('/#/data');
      await expect(page.getByRole('heading', { name: 'My data' })).toBeVisible();
      await expectNoViolations(page, 'my data', colorScheme);
      await page.getByRole('button', { name: 'Back up now' }).click();
      await page.getByRole('switch', { name: 'Protect with a passphrase' }).click();
      await expectNoViolations(page, 'back up', colorScheme);
      await page.getByRole('button', { name: 'Close' }).click();
      await page.getByRole('button', { name: 'Export', exact: true }).click();
      await page.getByRole('switch', { name: 'Anonymised copy' }).click();
      await expect(page.getByText('What will be masked')).toBeVisible();
      await expectNoViolations(page, 'export', colorScheme);
      await page.getByRole('button', { name: 'Close' }).click();
      const [chooser] = await Promise.all([
        page.waitForEvent('filechooser'),
        page.getByRole('button', { name: 'Import', exact: true }).click(),
      ]);
      await chooser.setFiles({
        name: 'export.zip',
        mimeType: 'application/zip',
        buffer: Buffer.from(createChatgptArchive()),
      });
      await expect(page.getByRole('button', { name: 'Import 2 conversations' })).toBeVisible();
      await expectNoViolations(page, 'what an import found', colorScheme);
      await page.getByRole('button', { name: 'Import 2 conversations' }).click();
      await expect(page.getByRole('button', { name: 'Undo this import' })).toBeVisible();
      await expectNoViolations(page, 'what an import did', colorScheme);
      await page.getByRole('button', { name: 'Show the conversations' }).click();
      await onggi.conversations.filter({ hasText: 'A picture' }).getByRole('link').click();
      await expect(onggi.answers.last().getByText('Sources')).toBeVisible();
      await expectNoViolations(page, 'an imported conversation', colorScheme);
      await page.goto(page.url().replace('#/c/', '#/print/'));
      await expect(page.getByRole('heading', { name: 'A picture' })).toBeVisible();
      await expectNoViolations(page, 'the print view', colorScheme);
      await page.setViewportSize({ width: 390, height: 844 });
      await page.goto('/#/');
      await page.getByRole('button', { name: 'Sidebar', exact: true }).click();
      await expectNoViolations(page, 'the sidebar on a phone', colorScheme);
    });
  });
}
