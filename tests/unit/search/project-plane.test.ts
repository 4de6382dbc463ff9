import { describe, expect, it } from 'vitest';
import { MAP_MARGIN } from '#domain/search.ts';
import { projectPlane } from '#search/project-plane.ts';

/** Two numbers spread over `dimension` by two fixed directions at right angles, with a little noise. */
function spread(points: readonly (readonly [number, number])[], dimension = 16): Float32Array {
  return Float32Array.from(
    points.flatMap(([u, v], row) =>
      Array.from({ length: dimension }, (_, at) => {
        const [along, across] = [at % 2 === 0 ? 1 : 0, at % 4 === 1 ? 1 : at % 4 === 3 ? -1 : 0];
        return 5 + u * along + v * across + 0.001 * Math.sin(row * 7 + at);
      }),
    ),
  );
}

const pairs = (plane: Float32Array) =>
  Array.from({ length: plane.length / 2 }, (_, at) => [plane[at * 2] ?? 0, plane[at * 2 + 1] ?? 0]);

describe('projectPlane', () => {
  it('finds the two directions in which the vectors differ most', () => {
    const wanted = Array.from({ length: 60 }, (_, at): [number, number] => [
      Math.cos(at) * 10,
      Math.sin(at * 2.4) * 4,
    ]);
    const found = pairs(projectPlane(spread(wanted), 16));
    // Up to scale and sign each axis is one of the two numbers.
    for (const axis of [0, 1] as const) {
      const [xs, ys] = [found.map((pair) => pair[axis] ?? 0), wanted.map((pair) => pair[axis])];
      const mean = ys.reduce((sum, y) => sum + y, 0) / ys.length;
      const dot = xs.reduce((sum, x, at) => sum + x * ((ys[at] ?? 0) - mean), 0);
      const size = Math.hypot(...xs) * Math.hypot(...ys.map((y) => y - mean));
      expect(Math.abs(dot) / size).toBeGreaterThan(0.99);
    }
  });

  it('frames nearly all points between -1 and 1, whatever lies far off', () => {
    const points = Array.from({ length: 100 }, (_, at): [number, number] => [at / 100, at % 7]);
    points.push([5000, 3]);
    const found = pairs(projectPlane(spread(points), 16));
    const inFrame = found.filter(([x, y]) => Math.abs(x ?? 9) <= 1 && Math.abs(y ?? 9) <= 1);
    expect(inFrame.length).toBeGreaterThanOrEqual(90);
    expect(found.flat().every((value) => Math.abs(value) <= 1 + MAP_MARGIN)).toBe(true);
  });

  it('loses no small group that is far from the rest', () => {
    const points = Array.from({ length: 300 }, (_, at): [number, number] => [
      (at % 50 === 0 ? 1000 : 0) + Math.sin(at),
      Math.cos(at),
    ]);
    const found = pairs(projectPlane(spread(points), 16));
    expect(found.flat().every((value) => Math.abs(value) <= 1 + MAP_MARGIN)).toBe(true);
    const group = found.filter((_, at) => at % 50 === 0).map(([x]) => Math.abs(x ?? 0));
    expect(Math.min(...group)).toBeGreaterThan(1);
  });

  it('finds the directions of many from a part of them, and places all', () => {
    const points = Array.from({ length: 8000 }, (_, at): [number, number] => [
      Math.cos(at) * 10,
      Math.sin(at * 2.4) * 4,
    ]);
    const found = pairs(projectPlane(spread(points), 16));
    expect(found).toHaveLength(8000);
    // The first axis is the wide one: where its number is near zero, points are in the middle.
    const middle = found.filter((_, at) => Math.abs(points[at]?.[0] ?? 9) < 0.1);
    expect(middle.length).toBeGreaterThan(10);
    for (const [x] of middle) expect(Math.abs(x ?? 9)).toBeLessThan(0.1);
  });

  it('gives the same picture again', () => {
    const points = Array.from({ length: 20 }, (_, at): [number, number] => [at, (at * 7) % 5]);
    expect(projectPlane(spread(points), 16)).toEqual(projectPlane(spread(points), 16));
  });

  it('takes nothing, one, equal ones, and ones that differ in one direction alone', () => {
    expect(projectPlane(new Float32Array(0), 16)).toEqual(new Float32Array(0));
    expect(pairs(projectPlane(spread([[1, 2]]), 16))).toEqual([[0, 0]]);
    expect(pairs(projectPlane(new Float32Array(64).fill(3), 16)).flat()).toEqual(Array(8).fill(0));
    const line = projectPlane(Float32Array.from([0, 0, 1, 1, 2, 2]), 2);
    expect(pairs(line).map(([, y]) => y)).toEqual([0, 0, 0]);
    expect(Math.abs(line[0] ?? 0)).toBeCloseTo(1);
  });
});
