import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { createChatgptArchive } from '../support/chatgpt-archive.ts';
import { expect, test } from './onggi.ts';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

async function expectNoViolations(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
  const found = violations.map(({ id, nodes }) => ({
    id,
    nodes: nodes.map(({ html }) => html.slice(0, 160)),
  }));
  expect(found, where).toEqual([]);
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    // The import brings markup that must not run; the page's policy is told of it.
    test.use({ colorScheme, isPolicyProvoked: true });

    test('no violation on any screen', async ({ onggi, endpoint }) => {
      test.slow();
      const { page } = onggi;
      await onggi.open();
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expectNoViolations(page, 'first start');
      await page.getByRole('button', { name: /API key/ }).click();
      await expectNoViolations(page, 'connect');
      await page.getByRole('button', { name: 'Back', exact: true }).click();
      await onggi.connect(endpoint.localhostUrl);
      await expectNoViolations(page, 'empty chat');
      await onggi.chooseModel('markdown/all');
      await onggi.ask('Everything, please');
      await expect(onggi.answers.first().locator('.markdown')).toBeVisible();
      await expectNoViolations(page, 'an answer');
      await onggi.answers.first().getByRole('button', { name: 'More for this answer' }).click();
      await expectNoViolations(page, 'a menu');
      await page.getByRole('button', { name: 'Details' }).click();
      await expectNoViolations(page, 'a dialog');
      await page.getByRole('button', { name: 'Close' }).click();
      await onggi.chooseModel('fault/500');
      await onggi.say('fail');
      await expect(onggi.answers.last().getByRole('alert')).toBeVisible({ timeout: 15_000 });
      await expectNoViolations(page, 'a failed answer');
      for (const section of ['general', 'models', 'behaviour', 'privacy']) {
        await page.goto(`/#/settings/${section}`);
        await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
        await expectNoViolations(page, `settings: ${section}`);
      }
      await page.goto('/#/data');
      await expect(page.getByRole('heading', { name: 'My data' })).toBeVisible();
      await expectNoViolations(page, 'my data');
      await page.getByRole('button', { name: 'Back up now' }).click();
      await page.getByRole('switch', { name: 'Protect with a passphrase' }).click();
      await expectNoViolations(page, 'back up');
      await page.getByRole('button', { name: 'Close' }).click();
      await page.getByRole('button', { name: 'Export', exact: true }).click();
      await page.getByRole('switch', { name: 'Anonymised copy' }).click();
      await expect(page.getByText('What will be masked')).toBeVisible();
      await expectNoViolations(page, 'export');
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
      await expectNoViolations(page, 'what an import found');
      await page.getByRole('button', { name: 'Import 2 conversations' }).click();
      await expect(page.getByRole('button', { name: 'Undo this import' })).toBeVisible();
      await expectNoViolations(page, 'what an import did');
      await page.getByRole('button', { name: 'Show the conversations' }).click();
      await onggi.conversations.filter({ hasText: 'A picture' }).getByRole('link').click();
      await expect(onggi.answers.last().getByText('Sources')).toBeVisible();
      await expectNoViolations(page, 'an imported conversation');
      await page.goto(page.url().replace('#/c/', '#/print/'));
      await expect(page.getByRole('heading', { name: 'A picture' })).toBeVisible();
      await expectNoViolations(page, 'the print view');
      await page.setViewportSize({ width: 390, height: 844 });
      await page.goto('/#/');
      await page.getByRole('button', { name: 'Sidebar', exact: true }).click();
      await expectNoViolations(page, 'the sidebar on a phone');
    });
  });
}
