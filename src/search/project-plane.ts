/**
 * Many dimensions as two: the projection on the two directions in which the vectors differ most
 * (principal components; Pearson 1901), found by power iteration with deflation.
 */

import { MAP_MARGIN } from '#domain/search.ts';

/** Each step takes one pass over the vectors; more change no picture visibly. */
const MOST_STEPS = 60;
/** A direction that turns less than this between two steps has settled (1 - cosine). */
const SETTLED = 1e-7;
/** Directions are found from at most so many vectors, taken evenly: all of 20,000 took seconds. */
const SAMPLED_VECTORS = 3000;
/** The share of all points that lies within -1 and 1 of each axis. */
const FRAMED_SHARE = 0.95;

/**
 * @param vectors `count` vectors of `dimension` numbers, one after the other. Centred in place.
 * @returns `count` pairs of x and y, none beyond 1 + {@link MAP_MARGIN}; the same for the same vectors.
 * All zeros where nothing differs.
 */
export function projectPlane(vectors: Float32Array, dimension: number): Float32Array<ArrayBuffer> {
  const count = Math.floor(vectors.length / dimension);
  const plane = new Float32Array(count * 2);
  if (count < 2) return plane;
  centre(vectors, dimension);
  const sample = sampleOf(vectors, dimension);
  const first = findDirection(sample, dimension, []);
  const second = first && findDirection(sample, dimension, [first]);
  for (const [axis, direction] of [first, second].entries()) {
    if (!direction) continue;
    for (let row = 0; row < count; row += 1) {
      plane[row * 2 + axis] = dot(vectors, row * dimension, direction);
    }
    frame(plane, axis);
  }
  return plane;
}

/** Every so-manieth vector; all of them where they are few. */
function sampleOf(vectors: Float32Array, dimension: number): Float32Array {
  const count = vectors.length / dimension;
  const stride = count / SAMPLED_VECTORS;
  if (stride <= 1) return vectors;
  const sample = new Float32Array(SAMPLED_VECTORS * dimension);
  for (let row = 0; row < SAMPLED_VECTORS; row += 1) {
    const from = Math.floor(row * stride) * dimension;
    sample.set(vectors.subarray(from, from + dimension), row * dimension);
  }
  return sample;
}

function centre(vectors: Float32Array, dimension: number): void {
  const mean = new Float64Array(dimension);
  const count = vectors.length / dimension;
  for (let at = 0; at < vectors.length; at += 1) {
    mean[at % dimension] = (mean[at % dimension] ?? 0) + (vectors[at] ?? 0) / count;
  }
  for (let at = 0; at < vectors.length; at += 1) {
    vectors[at] = (vectors[at] ?? 0) - (mean[at % dimension] ?? 0);
  }
}

/** The direction of the largest variance at right angles to `others`; undefined where there is none. */
function findDirection(
  vectors: Float32Array,
  dimension: number,
  others: readonly Float64Array[],
): Float64Array | undefined {
  // Any start that is not at right angles to the answer will do; this one is the same every time.
  let direction = Float64Array.from({ length: dimension }, (_, at) => Math.sin(at * 12.9898 + 1));
  if (!straighten(direction, others)) return undefined;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const next = new Float64Array(dimension);
    for (let from = 0; from < vectors.length; from += dimension) {
      const weight = dot(vectors, from, direction);
      for (let at = 0; at < dimension; at += 1) {
        next[at] = (next[at] ?? 0) + weight * (vectors[from + at] ?? 0);
      }
    }
    if (!straighten(next, others)) return undefined;
    const cosine = next.reduce((sum, value, at) => sum + value * (direction[at] ?? 0), 0);
    direction = next;
    if (1 - cosine < SETTLED) break;
  }
  return direction;
}

/** Takes `others` out of a direction and gives it length 1. @returns false when nothing is left of it */
function straighten(direction: Float64Array, others: readonly Float64Array[]): boolean {
  const lengthBefore = Math.hypot(...direction);
  for (const other of others) {
    const share = direction.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0);
    other.forEach((value, at) => (direction[at] = (direction[at] ?? 0) - share * value));
  }
  const length = Math.hypot(...direction);
  if (length <= 1e-9 * lengthBefore || length < 1e-12) return false;
  direction.forEach((value, at) => (direction[at] = value / length));
  return true;
}

function dot(vectors: Float32Array, from: number, direction: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < direction.length; at += 1) {
    sum += (vectors[from + at] ?? 0) * (direction[at] ?? 0);
  }
  return sum;
}

/** Scales one axis so that most points lie between -1 and 1, and the few that are far off in the margin. */
function frame(plane: Float32Array, axis: number): void {
  const sizes = plane
    .filter((_, at) => at % 2 === axis)
    .map(Math.abs)
    .sort();
  const edge = sizes[Math.ceil(sizes.length * FRAMED_SHARE) - 1] ?? 0;
  if (edge === 0) return;
  for (let at = axis; at < plane.length; at += 2) plane[at] = withinMargin((plane[at] ?? 0) / edge);
}

/** Leaves what lies between -1 and 1, and draws what lies beyond into the margin, in its order. */
function withinMargin(value: number): number {
  const size = Math.abs(value);
  return size <= 1 ? value : Math.sign(value) * (1 + MAP_MARGIN * (1 - 1 / size));
}
