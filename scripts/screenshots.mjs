/**
 * Pictures of every screen in four languages, both themes, on a desk and on a phone, into
 * screenshots/ (not committed), and with --publish the chosen ones into docs/ and public/.
 * Needs a build: npm run build. The answers are recordings of the test double.
 */
import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { chromium } from 'playwright';
import { preview } from 'vite';
import { createConformanceServer } from '../tests/support/conformance-server.mjs';
import { chromiumArgs, chromiumPath } from './browser.mjs';

const PORT = 4276;
const OUT = 'screenshots';
const PASSPHRASE = 'five words are a lock';
const SIZES = { desk: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
const SETTINGS = ['general', 'models', 'behaviour', 'privacy', 'data'];
/** What looks after the data by itself, and what finds: one published sheet for each language. */
const SHEET = [
  'light-desk-09-usage',
  'dark-desk-19-cache',
  'light-desk-10-storage',
  'light-desk-18-recovery',
  'dark-desk-14-lock',
  'dark-desk-12-map',
  'light-desk-20-found',
  'light-desk-11-data',
];

/** What is said in each language, and the words of its button for a key. */
const LANGUAGES = [
  {
    id: 'ko',
    locale: 'ko-KR',
    key: /API 키/,
    older: [
      '김치찌개 2인분 레시피와 장보기',
      '전세 계약 갱신 청구권 정리',
      '부모님 스마트폰 설정 체크리스트',
    ],
    question: '옹기에 김치를 담그는 방법을 코드와 함께 알려 주세요',
    sought: '스마트폰',
  },
  {
    id: 'en',
    locale: 'en-GB',
    key: /API key/,
    older: [
      'Trip to Gyeongju, three days in spring',
      'Refactor the parser into a state machine',
      'Polite e-mail to my landlord',
    ],
    question: 'Show me how to retry with a growing pause, with code',
    sought: 'landlord',
  },
  {
    id: 'ja',
    locale: 'ja-JP',
    key: /APIキー/,
    older: ['京都の紅葉はいつが見頃？', '敬語のメールを自然に直す', '四日間の作り置き献立'],
    question: '桜の季節に京都へ行く計画を立ててください',
    sought: '京都',
  },
  {
    id: 'zh',
    locale: 'zh-CN',
    key: /API 密钥/,
    older: ['三天两夜的杭州行程', '把解析器改写成状态机', '给房东的一封信'],
    question: '请用代码说明如何重试',
    sought: '杭州',
  },
];

const server = await preview({ preview: { port: PORT, strictPort: true }, logLevel: 'error' });
const endpoint = await createConformanceServer({ apiKey: undefined, port: 11434 });
const executablePath = await chromiumPath();
const browser = await chromium.launch({
  args: chromiumArgs,
  ...(executablePath ? { executablePath } : {}),
});
rmSync(OUT, { recursive: true, force: true });
mkdirSync('docs/screenshots', { recursive: true });

/** Says something and waits until the answer is there. */
async function say(/** @type {import('playwright').Page} */ page, /** @type {string} */ text) {
  const answered = page.locator('[role=log] article footer');
  const before = await answered.count();
  await page.locator('#composer').fill(text);
  await page.locator('#composer').press('Enter');
  await answered.nth(before).waitFor();
}

/** One person of one language with one theme, from the first start through every screen. */
async function walk(
  /** @type {(typeof LANGUAGES)[number]} */ language,
  /** @type {'light' | 'dark'} */ colorScheme,
) {
  const context = await browser.newContext({
    locale: language.locale,
    colorScheme,
    viewport: SIZES.desk,
    deviceScaleFactor: 1,
  });
  const page = await context.newPage();
  const shoot = async (/** @type {string} */ name) => {
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport);
      await page.waitForTimeout(250);
      await page.screenshot({ path: `${OUT}/${language.id}-${colorScheme}-${size}-${name}.png` });
    }
    await page.setViewportSize(SIZES.desk);
  };

  await page.goto(`http://localhost:${PORT}/`);
  await page.getByRole('button', { name: language.key }).waitFor();
  await shoot('01-start');
  await page.getByRole('button', { name: language.key }).click();
  await page.locator('form').waitFor();
  await shoot('02-connect');
  await page.reload();
  // The local server is found by itself on its usual port.
  await page.locator('.path').first().click();
  await page.locator('#composer').waitFor();
  await shoot('03-empty');
  await page.locator('#model-picker').click();
  await page.locator('[popover] input').fill('echo-fast');
  await page.locator('[popover] input').press('Enter');
  for (const text of language.older) {
    await say(page, text);
    await page.locator('aside .new').click();
    // The conversation before leaves a moment later.
    await page.locator('[role=log] article').first().waitFor({ state: 'detached' });
  }
  await say(page, language.question);
  await page
    .locator('.code pre')
    .first()
    .waitFor({ timeout: 3000 })
    .catch(() => undefined);
  await page.locator('article').last().hover();
  await page.locator('.stars button').nth(3).click();
  await page.mouse.move(700, 400);
  await shoot('04-chat');
  await page.setViewportSize(SIZES.phone);
  await page.locator('header .toggle').click();
  await page.waitForTimeout(300);
  await page.screenshot({ path: `${OUT}/${language.id}-${colorScheme}-phone-05-sidebar.png` });
  await page.keyboard.press('Escape');
  await page.setViewportSize(SIZES.desk);
  await page.locator('#model-picker').click();
  await page.waitForTimeout(200);
  await shoot('06-models');
  await page.locator('[popover] input').fill('fault/401');
  await page.locator('[popover] input').press('Enter');
  await page.locator('#model-picker .name', { hasText: 'fault/401' }).waitFor();
  await page.locator('#composer').fill('…?');
  await page.locator('#composer').press('Enter');
  await page.locator('.outcome.bad').waitFor();
  await shoot('07-failed');
  for (const section of SETTINGS) {
    await page.goto(`http://localhost:${PORT}/#/settings/${section}`);
    await page.locator('section.card').first().waitFor();
    await shoot(`08-settings-${section}`);
    if (section !== 'behaviour') continue;
    await page.locator('section.card').nth(1).scrollIntoViewIfNeeded();
    await page.locator('section.card table').last().scrollIntoViewIfNeeded();
    await shoot('19-cache');
  }
  for (const [number, screen] of ['usage', 'storage', 'data', 'map', 'search'].entries()) {
    await page.goto(`http://localhost:${PORT}/#/${screen}`);
    await page.locator('main h1, main [type=search]').first().waitFor();
    // Sizes are being measured, points placed.
    await page.waitForTimeout(1200);
    if (screen === 'data') await takeSnapshot(page);
    // The model is read and every conversation embedded first.
    if (screen === 'map') await page.locator('main canvas').waitFor({ timeout: 120_000 });
    await shoot(`${String(number + 9).padStart(2, '0')}-${screen}`);
  }
  await page.locator('main [type=search]').fill(language.sought);
  await page.locator('main mark, main li a').first().waitFor();
  // Meaning comes behind the words.
  await page.waitForTimeout(1500);
  await shoot('20-found');
  await lock(page);
  await shoot('14-lock');
  await page.locator('input[type=password]').fill('wrong');
  await page.keyboard.press('Enter');
  await page.locator('.problem').waitFor();
  await shoot('15-lock-wrong');
  await page.locator('input[type=password]').fill(PASSPHRASE);
  await page.keyboard.press('Enter');
  await page.locator('#composer, aside').first().waitFor();
  for (const [name, hash] of /** @type {const} */ ([
    ['16-rescue', '#/rescue'],
    ['17-erase', '#/erase'],
  ])) {
    // These screens are chosen when the page begins.
    await page.goto('about:blank');
    await page.goto(`http://localhost:${PORT}/${hash}`);
    await page.locator('h1').first().waitFor();
    await shoot(name);
  }
  await loseDatabase(page);
  await page.locator('h1').first().waitFor();
  await page.waitForTimeout(800);
  await shoot('18-recovery');
  await context.close();
}

/** Joins the pictures of {@link SHEET} into one. */
async function publishSheet(/** @type {string} */ language) {
  const page = await browser.newPage({ viewport: { width: 2400, height: 600 } });
  const pictures = SHEET.map((name) => {
    const bytes = readFileSync(`${OUT}/${language}-${name}.png`).toString('base64');
    return `<img style="width:100%;display:block" src="data:image/png;base64,${bytes}">`;
  });
  const style = 'margin:0;display:grid;grid-template-columns:repeat(4,1fr);gap:8px;background:#888';
  await page.setContent(`<body style="${style}">${pictures.join('')}</body>`);
  await page.screenshot({
    path: `docs/screenshots/screens-${language}.jpg`,
    type: 'jpeg',
    quality: 65,
    fullPage: true,
  });
  await page.close();
}

/** Has a snapshot made by hand, as one is after ten minutes of use. */
async function takeSnapshot(/** @type {import('playwright').Page} */ page) {
  const snapshots = page.locator('main details').first();
  await snapshots.locator('summary').click();
  await snapshots.locator('button').last().click();
  await snapshots.locator('li').first().waitFor();
  await snapshots.locator('summary').click();
}

/** Sets a passphrase and locks. */
async function lock(/** @type {import('playwright').Page} */ page) {
  await page.goto(`http://localhost:${PORT}/#/settings/privacy`);
  const card = page.locator('section.card:has(ul.what)');
  await card.getByRole('button').first().click();
  const dialog = page.getByRole('dialog');
  for (const field of await dialog.locator('input[type=password]').all()) {
    await field.fill(PASSPHRASE);
  }
  await page.keyboard.press('Enter');
  await dialog.getByRole('checkbox').check();
  await dialog.locator('button.primary').click();
  await page.keyboard.press('Control+Shift+L');
  await page.locator('input[type=password]').waitFor();
}

/** Deletes the database as a browser that lost it, and opens onggi again. */
async function loseDatabase(/** @type {import('playwright').Page} */ page) {
  await page.goto(`http://localhost:${PORT}/robots.txt`);
  await page.evaluate(async () => {
    for (const { name } of await indexedDB.databases()) {
      if (name && name !== 'onggi-cache') indexedDB.deleteDatabase(name);
    }
  });
  await page.goto(`http://localhost:${PORT}/`);
}

const only = process.argv.find((argument) => LANGUAGES.some(({ id }) => id === argument));
for (const language of LANGUAGES.filter(({ id }) => only === undefined || id === only)) {
  for (const colorScheme of /** @type {const} */ (['light', 'dark']))
    await walk(language, colorScheme);
  if (process.argv.includes('--publish')) await publishSheet(language.id);
}
await browser.close();
await endpoint.close();
await server.close();

if (process.argv.includes('--publish') && only === undefined) {
  mkdirSync('public/screenshots', { recursive: true });
  copyFileSync(`${OUT}/ko-light-desk-04-chat.png`, 'docs/screenshots/chat.png');
  copyFileSync(`${OUT}/en-dark-desk-04-chat.png`, 'docs/screenshots/chat-dark.png');
  copyFileSync(`${OUT}/ko-light-desk-01-start.png`, 'docs/screenshots/start.png');
  copyFileSync(`${OUT}/ko-light-phone-04-chat.png`, 'docs/screenshots/phone.png');
  copyFileSync(`${OUT}/ko-light-desk-04-chat.png`, 'public/screenshots/wide.png');
  copyFileSync(`${OUT}/ko-light-phone-04-chat.png`, 'public/screenshots/narrow.png');
}
