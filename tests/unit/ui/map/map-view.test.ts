import { describe, expect, test } from 'vitest';
import type { MapPoint } from '#domain/search.ts';
import {
  WHOLE_MAP,
  panBy,
  pointNear,
  pointTowards,
  pointsWithin,
  toPixel,
  zoomAt,
} from '#ui/map/map-view.ts';

const SIZE = { width: 800, height: 400 };
const pointAt = (id: string, x: number, y: number): MapPoint => ({
  id,
  title: id,
  tags: [],
  isArchived: false,
  updatedAt: 0,
  x,
  y,
});
const POINTS = [
  pointAt('middle', 0, 0),
  pointAt('right', 0.5, 0),
  pointAt('left', -0.5, 0.05),
  pointAt('above', 0, 0.5),
];
const idsOf = (points: readonly MapPoint[]) => points.map(({ id }) => id).sort();

describe('zooming', () => {
  test.each([
    [2, [200, 100]],
    [5, [790, 390]],
    [60, [400, 200]],
  ] as const)('by %s keeps what is under the pointer under it', (factor, pixel) => {
    const before = zoomAt(WHOLE_MAP, SIZE, 3);
    // The place of the picture that lies under the pointer.
    const under = {
      x: before.x + (pixel[0] - 400) / (400 * 0.84 * before.scale),
      y: before.y - (pixel[1] - 200) / (200 * 0.84 * before.scale),
    };
    const after = zoomAt(before, SIZE, factor, pixel);
    const [left, top] = toPixel(after, SIZE, under);
    expect(left).toBeCloseTo(pixel[0], 6);
    expect(top).toBeCloseTo(pixel[1], 6);
  });

  test('ends at sixty times, and at the whole picture', () => {
    expect(zoomAt(WHOLE_MAP, SIZE, 1000).scale).toBe(60);
    const far = zoomAt(WHOLE_MAP, SIZE, 10, [10, 10]);
    expect(far.x).not.toBe(0);
    expect(zoomAt(far, SIZE, 0.001)).toEqual(WHOLE_MAP);
  });
});

describe('moving', () => {
  test('goes with the hand, and never away from the picture', () => {
    const view = zoomAt(WHOLE_MAP, SIZE, 4);
    const [left, top] = toPixel(view, SIZE, { x: 0, y: 0 });
    const [movedLeft, movedTop] = toPixel(panBy(view, SIZE, [30, -20]), SIZE, { x: 0, y: 0 });
    expect([movedLeft - left, movedTop - top].map(Math.round)).toEqual([30, -20]);
    expect(panBy(view, SIZE, [1e6, -1e6])).toMatchObject({ x: -1.5, y: -1.5 });
    expect(panBy(WHOLE_MAP, SIZE, [30, 30])).toEqual(WHOLE_MAP);
  });
});

describe('pointing', () => {
  test('names the nearest point within reach, and none beyond', () => {
    const [left, top] = toPixel(WHOLE_MAP, SIZE, { x: 0.5, y: 0 });
    expect(pointNear(POINTS, WHOLE_MAP, SIZE, [left + 6, top - 6], 12)?.id).toBe('right');
    expect(pointNear(POINTS, WHOLE_MAP, SIZE, [left + 20, top], 12)).toBeUndefined();
    // Closer up the same place of the canvas is another place of the picture.
    const view = zoomAt(WHOLE_MAP, SIZE, 10);
    expect(pointNear(POINTS, view, SIZE, [left, top], 12)).toBeUndefined();
  });

  test('goes to the nearest in a direction, and nowhere where there is none', () => {
    const [middle, right] = POINTS;
    if (!middle || !right) throw new Error('no points');
    const towards = (from: MapPoint, direction: readonly [number, number]) =>
      pointTowards(POINTS, WHOLE_MAP, SIZE, from, direction)?.id;
    expect(towards(middle, [1, 0])).toBe('right');
    expect(towards(middle, [-1, 0])).toBe('left');
    expect(towards(middle, [0, -1])).toBe('above');
    expect(towards(middle, [0, 1])).toBeUndefined();
    expect(towards(right, [-1, 0])).toBe('middle');
  });

  test('a rectangle holds the same points whichever corner it was drawn from', () => {
    const [a, b] = [
      [380, 50],
      [800, 300],
    ] as const;
    expect(idsOf(pointsWithin(POINTS, WHOLE_MAP, SIZE, [a, b]))).toEqual([
      'above',
      'middle',
      'right',
    ]);
    expect(idsOf(pointsWithin(POINTS, WHOLE_MAP, SIZE, [b, a]))).toEqual([
      'above',
      'middle',
      'right',
    ]);
  });
});
