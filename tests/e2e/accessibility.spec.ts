import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
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
    test.use({ colorScheme });

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
      for (const section of ['general', 'models', 'behaviour', 'privacy', 'data']) {
        await page.goto(`/#/settings/${section}`);
        await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
        await expectNoViolations(page, `settings: ${section}`);
      }
      await page.setViewportSize({ width: 390, height: 844 });
      await page.goto('/#/');
      await page.getByRole('button', { name: 'Sidebar', exact: true }).click();
      await expectNoViolations(page, 'the sidebar on a phone');
    });
  });
}
