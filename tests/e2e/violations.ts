import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect } from './onggi.ts';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Of the theme only the contrast depends: the other rules are looked at once, in the light. */
export async function expectNoViolations(
  page: Page,
  where: string,
  colorScheme: 'light' | 'dark' = 'light',
): Promise<void> {
  const axe = new AxeBuilder({ page });
  const rules = colorScheme === 'dark' ? axe.withRules(['color-contrast']) : axe.withTags(TAGS);
  const { violations } = await rules.analyze();
  const found = violations.map(({ id, nodes }) => ({
    id,
    nodes: nodes.map(({ html }) => html.slice(0, 160)),
  }));
  expect(found, where).toEqual([]);
}
