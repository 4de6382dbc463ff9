import { expect, test } from 'vitest';
import { BUILT_IN_EMBEDDER } from '#inference/built-in-model.ts';
import { createStaticEmbedder } from '#inference/static-embedder.ts';
import { BUILT_IN_UNRELATED, measureUnrelated, toBuiltInScale } from '#search/unrelated-cosine.ts';
import { readBuiltInModel } from '../inference/built-in-files.ts';

test('the built-in model is measured as docs/models.md has it', async () => {
  const embedder = createStaticEmbedder(BUILT_IN_EMBEDDER, readBuiltInModel());
  expect(await measureUnrelated(embedder)).toBeCloseTo(BUILT_IN_UNRELATED, 1);
});

test('cosines of a model in which all is near are spread out', () => {
  expect(toBuiltInScale(1, 0.78)).toBe(1);
  expect(toBuiltInScale(0.78, 0.78)).toBeCloseTo(BUILT_IN_UNRELATED, 10);
  expect(toBuiltInScale(0.8, 0.78)).toBeLessThan(0.3);
  expect(toBuiltInScale(0.87, 0.78)).toBeGreaterThan(0.45);
  // The built-in model's own stay what they are.
  expect(toBuiltInScale(0.45, BUILT_IN_UNRELATED)).toBeCloseTo(0.45, 10);
  expect(Number.isFinite(toBuiltInScale(0.5, 1))).toBe(true);
});
