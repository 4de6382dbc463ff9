import { expect, onTestFinished, test } from 'vitest';
import type { MapPoint } from '#domain/search.ts';
import { drawMap } from '#ui/map/draw-map.ts';
import type { MapScene } from '#ui/map/draw-map.ts';
import { WHOLE_MAP, toPixel, zoomAt } from '#ui/map/map-view.ts';
import type { Pixel } from '#ui/map/map-view.ts';

const SIZE = { width: 400, height: 300 };
const RATIO = 2;

const pointAt = (id: string, x: number, y: number, changes: Partial<MapPoint> = {}): MapPoint => ({
  id,
  title: '',
  tags: [],
  isArchived: false,
  updatedAt: 0,
  x,
  y,
  ...changes,
});
const [LEFT, RIGHT, TOP] = [
  pointAt('left', -0.8, 0),
  pointAt('right', 0.8, 0, { tags: ['shelf'] }),
  pointAt('top', 0, 0.8, { isArchived: true }),
];

type Rgb = readonly [red: number, green: number, blue: number];
const COLOURS = {
  dot: [200, 0, 0],
  selected: [0, 160, 0],
  faint: [0, 0, 200],
  ink: [10, 20, 30],
  nothing: null,
} as const;

/** Draws, and tells the colour of a place in CSS pixels. */
function draw(changes: Partial<MapScene> = {}) {
  const canvas = document.createElement('canvas');
  canvas.width = SIZE.width * RATIO;
  canvas.height = SIZE.height * RATIO;
  const css = ([red, green, blue]: Rgb) => `rgb(${red} ${green} ${blue})`;
  Object.assign(canvas.style, {
    color: css(COLOURS.ink),
    borderTopColor: css(COLOURS.faint),
    outlineColor: css(COLOURS.dot),
    caretColor: css(COLOURS.selected),
    backgroundColor: 'rgb(255 255 255)',
    textDecorationColor: 'rgb(90 90 90)',
  });
  document.body.append(canvas);
  onTestFinished(() => canvas.remove());
  const scene: MapScene = {
    points: [LEFT, RIGHT, TOP],
    view: WHOLE_MAP,
    size: SIZE,
    tag: null,
    selected: new Set(),
    current: undefined,
    rectangle: undefined,
    // Without titles nothing lies beside the dots.
    untitled: '',
    ...changes,
  };
  drawMap(canvas, scene, RATIO);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  const colourAt = ([left, top]: Pixel): keyof typeof COLOURS | 'another' => {
    const { data } = context.getImageData(left * RATIO, top * RATIO, 1, 1);
    const [red = 0, green = 0, blue = 0, alpha = 0] = data;
    if (alpha === 0) return 'nothing';
    for (const name of ['dot', 'selected', 'faint', 'ink'] as const) {
      const [r, g, b] = COLOURS[name];
      if (Math.abs(r - red) + Math.abs(g - green) + Math.abs(b - blue) < 12) return name;
    }
    return 'another';
  };
  const of = (point: MapPoint) => colourAt(toPixel(scene.view, SIZE, point));
  const inkCount = (): number => {
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) if ((data[at + 3] ?? 0) > 0) count += 1;
    return count;
  };
  return { colourAt, of, inkCount, scene };
}

test('draws a dot at each point, faint for the archive, and nothing elsewhere', () => {
  const { of, colourAt } = draw();
  expect([of(LEFT), of(RIGHT), of(TOP)]).toEqual(['dot', 'dot', 'faint']);
  expect(colourAt([SIZE.width / 2, SIZE.height / 2])).toBe('nothing');
  expect(colourAt([1, 1])).toBe('nothing');
});

test('a tag, a selection and the current point stand out', () => {
  const tagged = draw({ tag: 'shelf' });
  expect([tagged.of(LEFT), tagged.of(RIGHT), tagged.of(TOP)]).toEqual(['faint', 'dot', 'faint']);
  const { of, colourAt } = draw({ selected: new Set(['left']), current: RIGHT });
  expect([of(LEFT), of(RIGHT)]).toEqual(['selected', 'dot']);
  // A ring around it, 8.5 pixels from its middle.
  const [left, top] = toPixel(WHOLE_MAP, SIZE, RIGHT);
  expect(colourAt([left, top - 8.5])).toBe('ink');
});

test('writes titles, and of an untitled one what it is called', () => {
  const bare = draw().inkCount();
  expect(draw({ untitled: 'Untitled' }).inkCount()).toBeGreaterThan(bare + 100);
  const points = [pointAt('a', 0, 0, { title: 'Kimchi stew' })];
  expect(draw({ points }).inkCount()).toBeGreaterThan(draw({ points: [LEFT] }).inkCount() + 100);
});

test('what is shown follows the view; what lies outside is not drawn', () => {
  const view = zoomAt(WHOLE_MAP, SIZE, 4, toPixel(WHOLE_MAP, SIZE, LEFT));
  const { of, inkCount } = draw({ view });
  expect(of(LEFT)).toBe('dot');
  const alone = draw({ view, points: [LEFT] }).inkCount();
  expect(inkCount()).toBe(alone);
});

test('a rectangle that is being drawn is filled and outlined', () => {
  const { colourAt } = draw({
    rectangle: [
      [150, 100],
      [250, 200],
    ],
  });
  expect(colourAt([200, 150])).not.toBe('nothing');
  expect(colourAt([260, 150])).toBe('nothing');
});
