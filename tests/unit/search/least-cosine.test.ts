import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BUILT_IN_EMBEDDER } from '#inference/built-in-model.ts';
import { createStaticEmbedder } from '#inference/static-embedder.ts';
import { leastCosineOf } from '#search/least-cosine.ts';
import { splitText } from '#search/passages.ts';
import { dot, readBuiltInModel } from '../inference/built-in-files.ts';

/** What fingers, and nobody, might type, in Korean, English, Japanese and Chinese. */
const NONSENSE = [
  '뷁뷁쉙',
  'ㅁㄴㅇㄹㅁㄴㅇㄹ',
  '가뉴됴 쿄라뮤',
  '텷뷃 햛',
  '아라두 비뇨케 스타무',
  '호로로 뿌잉빠',
  '므라카 다보리 셰눕',
  '꿹뛟',
  '나바도 치쿠레',
  '쁘라따끄 옹오잉',
  'ㅋㅋㅋㅎㅎㅠ',
  '으아아악',
  '두부라 키모낭',
  'asdfghjkl',
  'qwzx plomf',
  'blorptang fiddlewunk',
  'xjkq vbnm',
  'zzqxzz',
  'florb the grindle snarp',
  'wibblefrotz',
  'lkjhgfdsa poiuy',
  'gronk',
  'uvwxyz abc',
  'snorfle quib daxo',
  'mmmmmm',
  'trelp ondivar',
  'ぬぴょれげ',
  'ガペニョルマ',
  'ほげふがぴよ',
  'ゔゃむろにゅ',
  'てけれっつのぱ',
  'あああああ',
  'ムニャペ ロッポ',
  'へれけそまぬ',
  'ゟゟゟ',
  '鼯龘靐齉',
  '囧囎囏',
  '的了吗呢吧',
  '龜鱻麤',
  '嘰哩咕嚕哇啦',
  '叒叕㠭',
  '呃嗯哼唧',
  '乜嘢咁嘅嗟',
];

/** The bar of the search screen. */
const LEAST_COSINE = 0.3;
const embedder = createStaticEmbedder(BUILT_IN_EMBEDDER, readBuiltInModel());
const { dimension } = embedder;

function readRows(name: string): readonly (readonly string[])[] {
  const file = new URL(`../../bench/quality/${name}.tsv`, import.meta.url);
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));
}
const conversations = readRows('conversations').map(([id = '', title = '', ...texts]) => {
  const whole = [title, `${title}\n${texts[0] ?? ''}`, ...texts];
  const passages = whole.flatMap((text) => splitText(text).map(([a, b]) => text.slice(a, b)));
  return { id, title, passages };
});
const vectors = await Promise.all(
  conversations.map(({ passages }) => embedder.embed(passages, 'passage')),
);

/** The nearest conversations with their cosines, and the bar of the question. */
async function ask(query: string) {
  const vector = await embedder.embed([query], 'query');
  const ranked = vectors
    .map((all, at) => {
      const count = all.length / dimension;
      const cosines = Array.from({ length: count }, (_, row) =>
        dot(vector, all.subarray(row * dimension, (row + 1) * dimension)),
      );
      return { id: conversations[at]?.id, cosine: Math.max(...cosines) };
    })
    .sort((a, b) => b.cosine - a.cosine);
  const bar = leastCosineOf((await embedder.measureOddness?.(query)) ?? null);
  return { ranked, bar, isAny: (ranked[0]?.cosine ?? 0) >= Math.max(bar, LEAST_COSINE) };
}

/** Of questions with the id of what they mean: those that find it among five, with and without the bar. */
async function countFound(questions: readonly (readonly [query: string, id: string])[]) {
  let [found, kept] = [0, 0];
  for (const [query, id] of questions) {
    const { ranked, bar } = await ask(query);
    const hit = ranked.slice(0, 5).find((each) => each.id === id);
    if (!hit || hit.cosine < LEAST_COSINE) continue;
    found += 1;
    if ((ranked[0]?.cosine ?? 0) >= bar) kept += 1;
  }
  return { found, kept };
}

test('right answers are kept, of paraphrases and of single words', async () => {
  const paraphrases = readRows('queries').map(([, id = '', query = '']) => [query, id] as const);
  const whole = await countFound(paraphrases);
  expect(whole.found).toBeGreaterThan(105);
  expect(whole.found - whole.kept).toBeLessThanOrEqual(2);
  const words = conversations.flatMap(({ id, title }) => {
    const [word = ''] = title.split(/\s+/);
    return word.length > 1 ? [[word, id] as const] : [];
  });
  const short = await countFound(words);
  expect(short.found).toBeGreaterThan(120);
  expect(short.kept).toBe(short.found);
});

test('what has no meaning finds far less', async () => {
  let [without, still] = [0, 0];
  for (const query of NONSENSE) {
    const { ranked, isAny } = await ask(query);
    if ((ranked[0]?.cosine ?? 0) >= LEAST_COSINE) without += 1;
    if (isAny) still += 1;
  }
  expect(without).toBeGreaterThan(20);
  expect(still).toBeLessThanOrEqual(without / 2);
});

test('nothing is held back where the model cannot tell', () => {
  expect(leastCosineOf(null)).toBe(-1);
  expect(leastCosineOf(100)).toBe(0.5);
});
