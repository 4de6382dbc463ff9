import type { Page } from '@playwright/test';
import { expect, test } from './onggi.ts';

const LANGUAGES = [
  { locale: 'ko-KR', lang: 'ko', connect: 'API 키나 주소로 연결하기', name: '한국어' },
  { locale: 'en-GB', lang: 'en', connect: 'Connect with an API key', name: 'English' },
  { locale: 'ja-JP', lang: 'ja', connect: /APIキー/, name: '日本語' },
  { locale: 'zh-CN', lang: 'zh', connect: /API 密钥/, name: '中文' },
] as const;

/** Texts of controls that do not fit where they stand. Long titles and model names may be cut. */
function findCutTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const controls = document.querySelectorAll<HTMLElement>(
      'button, a.button, h1, h2, label, .hint',
    );
    const cut = [...controls].filter((control) => {
      if (control.closest('.visually-hidden, [inert], .picker, .row a, header h1')) return false;
      const isShown = control.checkVisibility();
      return isShown && control.scrollWidth > control.clientWidth + 1 && control.clientWidth > 0;
    });
    const pen = document.createElement('canvas').getContext('2d');
    const hints = [...document.querySelectorAll('input')].filter((input) => {
      if (!pen || !input.placeholder || !input.checkVisibility()) return false;
      const { font, paddingLeft, paddingRight } = getComputedStyle(input);
      pen.font = font;
      const room = input.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
      return pen.measureText(input.placeholder).width > room;
    });
    const isPageWider = document.documentElement.scrollWidth > innerWidth;
    return [
      ...cut.map((control) => `${control.tagName}: ${control.innerText.slice(0, 60)}`),
      ...hints.map(({ placeholder }) => `placeholder: ${placeholder}`),
      ...(isPageWider ? ['the page is wider than the window'] : []),
    ];
  });
}

for (const { locale, lang, connect } of LANGUAGES) {
  test.describe(lang, () => {
    test.use({ locale, viewport: { width: 360, height: 740 } });

    test('is chosen from the browser, and nothing is cut on a phone', async ({ page }) => {
      await page.goto('/');
      await expect(page.getByRole('button', { name: connect })).toBeVisible();
      await expect(page.locator('html')).toHaveAttribute('lang', lang);
      expect(await findCutTexts(page), 'first start').toEqual([]);
      await page.getByRole('button', { name: connect }).click();
      await expect(page.locator('form')).toBeVisible();
      expect(await findCutTexts(page), 'connect').toEqual([]);
      for (const section of ['general', 'models', 'behaviour', 'privacy', 'data']) {
        await page.goto(`/#/settings/${section}`);
        await expect(page.locator('section.card').first()).toBeVisible();
        expect(await findCutTexts(page), section).toEqual([]);
        // A full-width colon brings its own room.
        expect(await page.locator('main').innerText(), section).not.toContain('： ');
      }
      await page.goto('/#/search');
      await expect(page.locator('main input[type=search]')).toBeVisible();
      expect(await findCutTexts(page), 'search').toEqual([]);
      await page.goto('/#/library');
      await expect(page.locator('input[type=file][multiple]')).toBeAttached();
      expect(await findCutTexts(page), 'library').toEqual([]);
      await page.goto('/#/');
      // No text came through without its words: no key and no empty place holder is on the screen.
      expect(await page.locator('body').innerText()).not.toMatch(
        /\b[a-z]+\.[a-z]+[A-Z]\w*|\{\w+\}/,
      );
    });
  });
}

test.describe('a language onggi does not speak', () => {
  test.use({ locale: 'fr-FR' });
  test('gets Korean, and can choose another on the first screen', async ({ page }) => {
    await page.goto('/');
    await expect(page.locator('html')).toHaveAttribute('lang', 'ko');
    await page.getByRole('button', { name: 'English' }).click();
    await expect(page.getByRole('button', { name: 'Connect with an API key' })).toBeVisible();
    await page.reload();
    await expect(page.getByRole('button', { name: 'Connect with an API key' })).toBeVisible();
  });
});
