/** `npm run icons`: renders the PNG icons of the manifest from the drawings in public/icons. */
import { readFileSync, writeFileSync } from 'node:fs';
import { chromium } from 'playwright';
import { chromiumArgs, chromiumPath } from './browser.mjs';

const folder = new URL('../public/icons/', import.meta.url);

/** Drawing, side in pixels, file. */
const ICONS = /** @type {const} */ ([
  ['icon.svg', 192, 'icon-192.png'],
  ['icon.svg', 512, 'icon-512.png'],
  ['icon-maskable.svg', 512, 'icon-maskable-512.png'],
  ['icon-maskable.svg', 180, 'apple-touch-icon.png'],
  ['icon-monochrome.svg', 512, 'icon-monochrome-512.png'],
]);

const executablePath = await chromiumPath();
const browser = await chromium.launch({
  args: chromiumArgs,
  ...(executablePath ? { executablePath } : {}),
});
const page = await browser.newPage();
for (const [drawing, side, file] of ICONS) {
  const data = readFileSync(new URL(drawing, folder)).toString('base64');
  await page.setViewportSize({ width: side, height: side });
  await page.setContent(
    `<style>body { margin: 0 } img { display: block; width: 100vw; height: 100vh }</style>
     <img src="data:image/svg+xml;base64,${data}" alt="">`,
  );
  await page.locator('img').evaluate((image) => /** @type {HTMLImageElement} */ (image).decode());
  writeFileSync(new URL(file, folder), await page.screenshot({ omitBackground: true }));
}
await browser.close();
