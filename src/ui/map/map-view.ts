import type { MapPoint } from '#domain/search.ts';

/** What part of the picture is shown. */
export interface MapView {
  /** 1 shows everything. */
  readonly scale: number;
  /** The place of the picture in the middle. */
  readonly x: number;
  readonly y: number;
}

/** A width and a height in CSS pixels. */
export interface MapSize {
  readonly width: number;
  readonly height: number;
}

/** A place on the canvas in CSS pixels. */
export type Pixel = readonly [left: number, top: number];

export const WHOLE_MAP: MapView = { scale: 1, x: 0, y: 0 };

const MOST_SCALE = 60;
/** How much of the canvas the picture takes at scale 1; the rest is margin for what lies far off. */
const FILLED = 0.84;

/** Pixels of one unit of the picture, across and up. */
const unitOf = ({ scale }: MapView, { width, height }: MapSize): Pixel => [
  (width / 2) * FILLED * scale,
  (height / 2) * FILLED * scale,
];

export function toPixel(view: MapView, size: MapSize, { x, y }: Pick<MapPoint, 'x' | 'y'>): Pixel {
  const [across, up] = unitOf(view, size);
  return [size.width / 2 + (x - view.x) * across, size.height / 2 - (y - view.y) * up];
}

/** Zooms by a factor, so that what is under `pixel` stays under it. */
export function zoomAt(
  view: MapView,
  size: MapSize,
  factor: number,
  [left, top]: Pixel = [size.width / 2, size.height / 2],
): MapView {
  const scale = Math.min(MOST_SCALE, Math.max(1, view.scale * factor));
  const [before, after] = [unitOf(view, size), unitOf({ ...view, scale }, size)];
  const [fromMiddle, fromCentre] = [left - size.width / 2, size.height / 2 - top];
  return withinMap({
    scale,
    x: view.x + fromMiddle / before[0] - fromMiddle / after[0],
    y: view.y + fromCentre / before[1] - fromCentre / after[1],
  });
}

/** Moves the picture by pixels, as a hand moves a sheet. */
export function panBy(view: MapView, size: MapSize, [right, down]: Pixel): MapView {
  const [across, up] = unitOf(view, size);
  return withinMap({ ...view, x: view.x - right / across, y: view.y + down / up });
}

/** The middle stays within the picture, so that it cannot be lost. */
function withinMap({ scale, x, y }: MapView): MapView {
  const within = (value: number): number => Math.min(1.5, Math.max(-1.5, value));
  return scale === 1 ? WHOLE_MAP : { scale, x: within(x), y: within(y) };
}

/** The point nearest to a pixel, at most `reach` pixels away. */
export function pointNear(
  points: readonly MapPoint[],
  view: MapView,
  size: MapSize,
  [left, top]: Pixel,
  reach: number,
): MapPoint | undefined {
  let best: MapPoint | undefined;
  let bestDistance = reach;
  for (const point of points) {
    const [x, y] = toPixel(view, size, point);
    const distance = Math.hypot(x - left, y - top);
    if (distance > bestDistance) continue;
    best = point;
    bestDistance = distance;
  }
  return best;
}

/** The nearest point in a direction: to the right for [1, 0], down for [0, 1]. */
export function pointTowards(
  points: readonly MapPoint[],
  view: MapView,
  size: MapSize,
  from: MapPoint,
  [right, down]: Pixel,
): MapPoint | undefined {
  const [left, top] = toPixel(view, size, from);
  let best: MapPoint | undefined;
  let bestCost = Infinity;
  for (const point of points) {
    if (point.id === from.id) continue;
    const [x, y] = toPixel(view, size, point);
    const ahead = (x - left) * right + (y - top) * down;
    const aside = Math.abs((x - left) * down) + Math.abs((y - top) * right);
    // More aside than ahead is another direction.
    if (ahead <= 0 || aside > ahead) continue;
    const cost = ahead + aside * 2;
    if (cost >= bestCost) continue;
    best = point;
    bestCost = cost;
  }
  return best;
}

/** The points within a rectangle of the canvas, whichever corner it was drawn from. */
export function pointsWithin(
  points: readonly MapPoint[],
  view: MapView,
  size: MapSize,
  [a, b]: readonly [Pixel, Pixel],
): readonly MapPoint[] {
  const [left, right] = [Math.min(a[0], b[0]), Math.max(a[0], b[0])];
  const [top, bottom] = [Math.min(a[1], b[1]), Math.max(a[1], b[1])];
  return points.filter((point) => {
    const [x, y] = toPixel(view, size, point);
    return x >= left && x <= right && y >= top && y <= bottom;
  });
}
