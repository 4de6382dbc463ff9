import type { MapPoint } from '#domain/search.ts';
import { toPixel } from './map-view.ts';
import type { MapSize, MapView, Pixel } from './map-view.ts';

/** What is drawn, besides the points. */
export interface MapScene {
  /** The newest first: titles are shown in this order. */
  readonly points: readonly MapPoint[];
  readonly view: MapView;
  readonly size: MapSize;
  /** Points with this tag stand out; null for none in particular. */
  readonly tag: string | null;
  readonly selected: ReadonlySet<string>;
  /** The point under the pointer or chosen by the keyboard. */
  readonly current: MapPoint | undefined;
  /** Corners of the rectangle that is being drawn. */
  readonly rectangle: readonly [Pixel, Pixel] | undefined;
  readonly untitled: string;
}

interface Colours {
  readonly ink: string;
  readonly faint: string;
  readonly dot: string;
  readonly selected: string;
  readonly paper: string;
  readonly line: string;
  readonly font: string;
}

/** A title takes this much of the canvas at least, so that it stays a picture and no list. */
const PIXELS_PER_LABEL = 26_000;
const MOST_LABEL_CHARACTERS = 30;
const DOT = 4.5;
const MOST_DOTS_APART = 1500;

/** Draws the whole picture anew. `canvas` has the size of the scene times the device's pixel ratio. */
export function drawMap(canvas: HTMLCanvasElement, scene: MapScene, ratio: number): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const colours = readColours(canvas);
  const { width, height } = scene.size;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const shown = scene.points.filter((point) => {
    const [x, y] = toPixel(scene.view, scene.size, point);
    return x > -DOT && y > -DOT && x < width + DOT && y < height + DOT;
  });
  drawDots(context, shown, scene, colours);
  drawLabels(context, shown, scene, colours);
  if (scene.rectangle) drawRectangle(context, scene.rectangle, colours);
}

function readColours(canvas: HTMLCanvasElement): Colours {
  const style = getComputedStyle(canvas);
  // The custom properties hold light-dark(), which a canvas does not resolve: properties that use them do.
  return {
    ink: style.color,
    faint: style.borderTopColor,
    dot: style.outlineColor,
    selected: style.caretColor,
    paper: style.backgroundColor,
    line: style.textDecorationColor,
    font: style.fontFamily,
  };
}

function drawDots(
  context: CanvasRenderingContext2D,
  shown: readonly MapPoint[],
  { view, size, tag, selected, current }: MapScene,
  colours: Colours,
): void {
  const isFaint = (point: MapPoint): boolean =>
    tag !== null ? !point.tags.includes(tag) : point.isArchived;
  const dot = (point: MapPoint, radius: number): void => {
    const [x, y] = toPixel(view, size, point);
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fill();
  };
  // Many lie upon one another: what is dense looks dense.
  const alpha = shown.length > 2000 ? 0.45 : 0.75;
  for (const faint of [true, false]) {
    context.fillStyle = faint ? colours.faint : colours.dot;
    context.globalAlpha = faint ? 0.5 : alpha;
    for (const point of shown) {
      if (isFaint(point) === faint && !selected.has(point.id)) dot(point, DOT);
    }
  }
  context.globalAlpha = 1;
  context.fillStyle = colours.selected;
  for (const point of shown) if (selected.has(point.id)) dot(point, DOT + 1);
  if (!current) return;
  const [x, y] = toPixel(view, size, current);
  context.strokeStyle = colours.ink;
  context.lineWidth = 2;
  context.beginPath();
  context.arc(x, y, DOT + 4, 0, 2 * Math.PI);
  context.stroke();
}

/** Titles where there is room, the newest first; the current one always. */
function drawLabels(
  context: CanvasRenderingContext2D,
  shown: readonly MapPoint[],
  scene: MapScene,
  colours: Colours,
): void {
  const { size, view, tag, current, untitled } = scene;
  const taken: Box[] = [];
  context.font = `12.5px ${colours.font}`;
  context.textBaseline = 'middle';
  // A title does not cover another point, as far as there are few enough to see apart.
  const dots = shown.slice(0, MOST_DOTS_APART).map((point) => {
    const [x, y] = toPixel(view, size, point);
    return { left: x - DOT, top: y - DOT, right: x + DOT, bottom: y + DOT };
  });
  const most = Math.ceil((size.width * size.height) / PIXELS_PER_LABEL);
  const wanted = shown.filter((point) => tag === null || point.tags.includes(tag));
  const inOrder = [...(current ? [current] : []), ...wanted.filter(({ id }) => id !== current?.id)];
  for (const point of inOrder.slice(0, most * 8)) {
    if (taken.length >= most) return;
    const text = shorten(point.title || untitled);
    const [x, y] = toPixel(view, size, point);
    const width = context.measureText(text).width;
    const sides = [x + DOT + 6, x - DOT - 6 - width].filter(
      (from) => from >= 0 && from + width <= size.width,
    );
    const boxes = sides.map((from) => boxAt(from, y, width));
    const isCurrent = point === current;
    const box = boxes.find(
      (own) =>
        !taken.some((other) => overlaps(own, other)) &&
        (isCurrent || !dots.some((dot) => overlaps(own, dot))),
    );
    if (!box) continue;
    const { left } = box;
    taken.push(box);
    // A halo of paper, so that dots behind the letters do not disturb them.
    context.lineWidth = 4;
    context.lineJoin = 'round';
    context.strokeStyle = colours.paper;
    context.strokeText(text, left, y + 0.5);
    context.fillStyle = colours.ink;
    context.fillText(text, left, y + 0.5);
  }
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Around a title that begins at `left`, beside its point. */
const boxAt = (left: number, y: number, width: number): Box => ({
  left,
  top: y - 10,
  right: left + width,
  bottom: y + 10,
});

const overlaps = (a: Box, b: Box): boolean =>
  a.left < b.right && a.right > b.left && a.top < b.bottom && a.bottom > b.top;

function drawRectangle(
  context: CanvasRenderingContext2D,
  [[left, top], [right, bottom]]: readonly [Pixel, Pixel],
  colours: Colours,
): void {
  context.strokeStyle = colours.selected;
  context.lineWidth = 1.5;
  context.setLineDash([5, 4]);
  context.strokeRect(left, top, right - left, bottom - top);
  context.setLineDash([]);
  context.fillStyle = colours.selected;
  context.globalAlpha = 0.08;
  context.fillRect(left, top, right - left, bottom - top);
  context.globalAlpha = 1;
}

const segmenter = new Intl.Segmenter();
/** Titles as they are shown: the same few are drawn again with every movement. */
const shortened = new Map<string, string>();
const MOST_SHORTENED = 5000;

function shorten(title: string): string {
  const known = shortened.get(title);
  if (known !== undefined) return known;
  let text = '';
  let count = 0;
  for (const { segment } of segmenter.segment(title.slice(0, 1000).replace(/\s+/g, ' '))) {
    count += 1;
    if (count > MOST_LABEL_CHARACTERS) break;
    text += segment;
  }
  const short = count > MOST_LABEL_CHARACTERS ? `${text}…` : text;
  if (shortened.size >= MOST_SHORTENED) shortened.clear();
  shortened.set(title, short);
  return short;
}
