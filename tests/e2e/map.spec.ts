import type { Locator } from '@playwright/test';
import { seedConversation, seedConversations } from '../support/seed.ts';
import { expect, test, text } from './seeded.ts';
import { expectNoViolations } from './violations.ts';

const COOKING = [
  '김치찌개 끓이는 법',
  '된장국에 넣을 채소',
  '계란말이 예쁘게 마는 법',
  '갈비찜 양념 비율',
];
const CODING = ['git rebase conflicts', 'Undo a git commit', 'Merge two git branches'];
const rows = seedConversations(
  [...COOKING, ...CODING].map((title, at) =>
    seedConversation(title, {
      id: `c${at}`,
      daysAgo: at,
      texts: [`${title}?`, `${title}: an answer`],
    }),
  ),
);

test('the map shows all conversations; the keyboard walks, opens, selects and tags them', async ({
  start,
  page,
}) => {
  const onggi = await start({ rows, hash: '#/search' });
  await page.getByRole('button', { name: text('map.open') }).click();
  await expect(page.getByRole('heading', { level: 1, name: text('map.title') })).toBeVisible();
  const map = page.getByRole('application', { name: 'Map of 7 conversations' });
  await expect(map).toBeVisible();
  await expectNoViolations(page, 'the map', 'light');
  await map.focus();

  await page.keyboard.press('ArrowRight');
  const told = onggi.status.filter({ hasText: new RegExp([...COOKING, ...CODING].join('|')) });
  await expect(told).toHaveCount(1);
  await page.keyboard.press(' ');
  await expect(told).toContainText(text('map.isSelected'));
  const selection = page.getByRole('region', { name: text('map.selection') });
  await expect(selection.getByRole('listitem')).toHaveCount(1);

  // A rectangle around everything, with the mouse.
  await page.getByRole('button', { name: text('map.select'), exact: true }).click();
  const box = await map.boundingBox();
  if (!box) throw new Error('no map');
  await page.mouse.move(box.x + 20, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.move(box.x + box.width - 20, box.y + box.height - 20);
  await page.mouse.up();
  await expect(selection.getByRole('listitem')).toHaveCount(7);
  await selection.getByRole('button', { name: text('conversation.tags') }).click();
  await page.getByRole('textbox', { name: text('tags.field') }).fill('shelf');
  await page.keyboard.press('Enter');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: text('common.save') })
    .click();
  await expect(page.getByRole('combobox', { name: text('map.highlight') })).toContainText('shelf');
  await expect(onggi.conversations.filter({ hasText: 'shelf' })).toHaveCount(7);

  await page.keyboard.press('Escape');
  await expect(selection).toHaveCount(0);
  await page.keyboard.press('Escape');
  await map.focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/#\/c\/c\d$/);
  await expect(onggi.questions).toHaveCount(1);
});

test('without conversations the map says what to do', async ({ start, page }) => {
  await start({ hash: '#/map' });
  await expect(page.getByText(text('map.empty'))).toBeVisible();
  await expect(page.getByRole('application')).toHaveCount(0);
});

test('while conversations are not indexed yet the map does not say that there are none', async ({
  start,
  page,
}) => {
  const settings = { meaning: { isPaused: true, isHintShown: true } };
  await start({ rows, settings, hash: '#/map' });
  await expect(page.getByText(text('meaning.paused'))).toBeVisible();
  await expect(page.getByText(text('map.empty'))).toHaveCount(0);
  await page.getByRole('button', { name: text('meaning.goOn') }).click();
  await expect(page.getByRole('application', { name: 'Map of 7 conversations' })).toBeVisible();
});

/** What is drawn: the picture itself, how many colours it has, and where its dots are, in CSS pixels of the canvas. */
const readPicture = (map: Locator) =>
  map.evaluate((canvas: HTMLCanvasElement) => {
    const context = canvas.getContext('2d');
    if (!context) throw new Error('no canvas');
    const { width, height } = canvas;
    const { data } = context.getImageData(0, 0, width, height);
    const at = (place: number): readonly [number, number, number, number] => [
      data[place] ?? 0,
      data[place + 1] ?? 0,
      data[place + 2] ?? 0,
      data[place + 3] ?? 0,
    ];
    // A canvas does the reading of the colour as well as the drawing with it.
    const sample = new OffscreenCanvas(1, 1).getContext('2d');
    if (!sample) throw new Error('no canvas');
    sample.fillStyle = getComputedStyle(canvas).outlineColor;
    sample.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0] = sample.getImageData(0, 0, 1, 1).data;
    const colours = new Set<string>();
    const dots: [number, number][] = [];
    const ratio = width / canvas.clientWidth;
    for (let place = 0; place < data.length; place += 4) {
      const [r, g, b, a] = at(place);
      colours.add(`${r},${g},${b},${a}`);
      const isDot = a > 150 && Math.abs(r - red) + Math.abs(g - green) + Math.abs(b - blue) < 12;
      if (!isDot) continue;
      const pixel = place / 4;
      const [x, y] = [(pixel % width) / ratio, Math.floor(pixel / width) / ratio];
      // The first pixel of a dot is at its top; the rest of it lies within its breadth.
      if (!dots.some(([left, top]) => Math.hypot(left - x, top + 4 - y) < 8)) dots.push([x, y]);
    }
    return {
      url: canvas.toDataURL(),
      colourCount: colours.size,
      dots: dots.map(([x, y]): [number, number] => [x, y + 4]),
    };
  });

test('the map is a picture: it is drawn, zoomed by wheel and keys, tells titles under the pointer, and a click opens', async ({
  start,
  page,
}) => {
  const onggi = await start({ rows, hash: '#/map' });
  const map = page.getByRole('application', { name: 'Map of 7 conversations' });
  await expect(map).toBeVisible({ timeout: 30_000 });
  const zoomOut = page.getByRole('button', { name: text('map.zoomOut') });
  await page.mouse.move(0, 0);
  await expect.poll(async () => (await readPicture(map)).dots.length).toBeGreaterThan(3);
  const whole = await readPicture(map);
  expect(whole.colourCount).toBeGreaterThan(10);
  const picture = async () => (await readPicture(map)).url;
  const isWhole = () => expect.poll(picture).toBe(whole.url);
  const isZoomed = async () => {
    await expect(zoomOut).toBeEnabled();
    await expect.poll(picture).not.toBe(whole.url);
  };

  await map.focus();
  await expect(zoomOut).toBeDisabled();
  await page.keyboard.press('+');
  await isZoomed();
  await page.keyboard.press('-');
  await isWhole();
  await page.keyboard.press('+');
  await page.keyboard.press('+');
  await isZoomed();
  await page.keyboard.press('0');
  await isWhole();
  await expect(zoomOut).toBeDisabled();

  const box = await map.boundingBox();
  const [dot] = whole.dots;
  if (!box || !dot) throw new Error('no map');
  // At the edge, where no dot is: what changes is the zoom alone.
  await page.mouse.move(box.x + box.width / 2, box.y + 4);
  await isWhole();
  await page.mouse.wheel(0, -300);
  await isZoomed();
  await page.mouse.wheel(0, 600);
  await isWhole();

  // The title of the dot under the pointer stands in the page; its conversation opens.
  const card = map.locator('..').locator('strong');
  await expect(card).toHaveCount(0);
  await page.mouse.move(box.x + dot[0], box.y + dot[1]);
  await expect(card).toHaveCount(1);
  const title = (await card.textContent()) ?? '';
  expect([...COOKING, ...CODING]).toContain(title);
  await page.mouse.down();
  await page.mouse.up();
  await expect(page).toHaveURL(new RegExp(`#/c/c${[...COOKING, ...CODING].indexOf(title)}$`));
  await expect(onggi.questions).toContainText([`${title}?`]);
});
