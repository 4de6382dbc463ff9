/**
 * How near texts lie that have nothing to do with each other. Models differ: 0.1 on average with the
 * built-in one, 0.75 and more with the family of e5. What "near" means is therefore measured.
 */
import type { Embedder } from '#domain/embedding.ts';

/** That of the built-in model, of which the limits of nearness were measured (docs/models.md). */
export const BUILT_IN_UNRELATED = 0.09;

/** Eight subjects in four languages. */
const UNRELATED = [
  'How do I descale an espresso machine?',
  'The treaty was signed after three years of war.',
  '강아지가 산책할 때 줄을 당겨요',
  '엑셀에서 두 열을 합치는 수식',
  'ギターの弦を張り替える方法',
  '確定申告の締め切りはいつですか',
  '怎样给多肉植物浇水',
  '火车票可以退几次',
];

/** The mean cosine of texts of different subjects, of those that are not refused. @throws what `embed` throws */
export async function measureUnrelated(embedder: Embedder): Promise<number> {
  const { dimension } = embedder;
  const vectors = await embedder.embed(UNRELATED, 'passage');
  let sum = 0;
  let count = 0;
  for (let a = 0; a < UNRELATED.length; a++) {
    for (let b = 0; b < a; b++) {
      let cosine = 0;
      for (let i = 0; i < dimension; i++) {
        cosine += (vectors[a * dimension + i] ?? 0) * (vectors[b * dimension + i] ?? 0);
      }
      if (Number.isNaN(cosine)) continue;
      sum += cosine;
      count += 1;
    }
  }
  return count > 0 ? sum / count : BUILT_IN_UNRELATED;
}

/** A cosine of a model as the built-in one would have it: 1 stays 1, unrelated stays unrelated. */
export function toBuiltInScale(cosine: number, unrelated: number): number {
  // Where everything is the same, nothing can be told apart.
  const room = Math.max(1e-6, 1 - unrelated);
  return 1 - ((1 - cosine) / room) * (1 - BUILT_IN_UNRELATED);
}
