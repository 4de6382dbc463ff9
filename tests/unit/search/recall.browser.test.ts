import { expect, test } from 'vitest';
import { addWholeConversations } from '#db/imported-conversations.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import conversationsTsv from '../../bench/quality/conversations.tsv?raw';
import { createRandom, createSeededData, pick } from '../../bench/page/seeded-data.ts';
import { openForTest } from '../db/fresh-database.ts';
import { find, openEngine, store } from './engine-support.ts';

/** Long filler of four scripts, so that the text lies in more than one block. */
const FILLER_CONVERSATIONS = 20;
/** Pieces that are cut from the texts of each language, of each of these lengths in characters. */
const PIECES = 14;
const LENGTHS = [1, 2, 3, 5, 9];

/** The languages by the first letter of their conversations, and what each is written in. */
const SCRIPTS = { k: /[가-힣\u1100-\u11ff]/, e: /[a-z]/i, j: /[ぁ-ヿ]/, z: /\p{Script=Han}/u };

/** Words as they are typed, and what must be found by them: the word in whatever form it stands. */
const INFLECTED = (
  '보증금이 보증금|김치찌개는 김치찌개|강아지가 강아지|파이썬으로 파이썬|면접에서 면접|계약하려면 계약|' +
  '중복을 중복|회사에서는 회사|이웃에게 이웃|연습했습니다 연습|자기소개를 자기소개|리스트에서 리스트|' +
  '프로젝트가 프로젝트|확인하세요 확인|유지하면서 유지|준비했는데 준비|장난감을 장난감|돼지고기와 돼지고기|' +
  '전입신고를 전입신고|포부까지 포부|동기부터 동기|항의했던 항의|인사하지만 인사|순서로 순서|' +
  'docker를 docker|explain에서 explain|ETF가 ETF|추천했더니 추천|유지돼서 유지|실행했어 실행|만들었어요 만들|' +
  '모르겠는데 모르|알려줘 알려|걱정했어요? 걱정|보험이에요. 보험|정리하니까 정리|기록되지 기록|하룻밤만에, 하룻밤'
)
  .split('|')
  .map((pair) => pair.split(' ') as [string, string]);

/** Text as the search promises to compare it, written anew here: NFC, lower case, usual width. */
function plain(text: string): string {
  return text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[\uff61-\uff9f]+/g, (run) => run.normalize('NFKC'))
    .replace(/[\uff01-\uff5e]/g, (one) => String.fromCharCode(one.charCodeAt(0) - 0xfee0))
    .replace(/[\u3000\u00a0]/g, ' ')
    .toLowerCase();
}

interface Stored {
  readonly id: string;
  readonly texts: readonly string[];
}

/** The 150 conversations of the quality table, in four languages, some of them written otherwise. */
async function fill(db: OnggiDatabase): Promise<readonly Stored[]> {
  const stored: Stored[] = [];
  for (const [at, line] of conversationsTsv.trim().split('\n').entries()) {
    const [id = '', title = '', ...said] = line.split('\t');
    const texts = at % 10 === 3 ? said.map((text) => text.normalize('NFD')) : said;
    await store(db, id, texts, { title });
    stored.push({ id, texts: [title, ...texts] });
  }
  const odd = [
    'ＡＰＩ　キー',
    'ﾃﾞｰﾀﾍﾞｰｽ',
    'İstanbul ΣΊΣΥΦΟΣ Straße',
    '👩‍👩‍👧 가족👍🏽',
    'e\u0301te\u0301',
  ];
  await store(db, 'odd', odd, { title: null });
  stored.push({ id: 'odd', texts: odd });
  const data = createSeededData(5);
  const filler = Array.from({ length: FILLER_CONVERSATIONS }, (_, at) => data.conversation(at));
  const whole = filler.map((each) => ({ ...each, attachments: [] }));
  await addWholeConversations(db, whole);
  for (const { conversation, messages } of filler) {
    const texts = [conversation.title ?? '', ...messages.map(({ content }) => content)];
    stored.push({ id: conversation.id, texts });
  }
  return stored;
}

/** Pieces of the texts of one language, by the first letter of its conversations. */
function cutPieces(stored: readonly Stored[], letter: string, seed: number): string[] {
  const random = createRandom(seed);
  const texts = stored.flatMap(({ id, texts: own }) => (id.startsWith(letter) ? own : []));
  const pieces = new Set<string>();
  for (const length of LENGTHS) {
    for (let wanted = pieces.size + PIECES; pieces.size < wanted;) {
      const characters = Array.from(texts[pick(random, texts.length)] ?? '');
      const from = pick(random, Math.max(1, characters.length - length));
      const piece = characters.slice(from, from + length).join('');
      if (piece.trim() === piece && piece !== '' && !/["“”]/.test(piece)) pieces.add(piece);
    }
  }
  return [...pieces];
}

test(
  'finds all that includes finds: over 300 queries in four languages',
  { timeout: 240_000 },
  async () => {
    const db = await openForTest();
    const stored = await fill(db);
    const engine = await openEngine(db);
    const folded = stored.map(({ id, texts }) => ({ id, texts: texts.map(plain) }));
    const holders = (wanted: string): { ids: string[]; places: number } => {
      const counts = folded.map(({ id, texts }): [string, number] => [
        id,
        texts.filter((text) => text.includes(wanted)).length,
      ]);
      const holding = counts.filter(([, count]) => count > 0);
      return {
        ids: holding.map(([id]) => id).sort(),
        places: holding.reduce((sum, [, n]) => sum + n, 0),
      };
    };

    const pieces = Object.entries(SCRIPTS).flatMap(([letter, script], at) => {
      const cut = cutPieces(stored, letter, 100 + at);
      // A conversation has words of other languages in it too, but not half of them.
      expect([letter, cut.filter((piece) => script.test(piece)).length > cut.length / 2]).toEqual([
        letter,
        true,
      ]);
      return cut;
    });
    // Those of the filler have ids that begin with c.
    pieces.push(
      ...cutPieces(stored, 'c', 104),
      ...['api キー', 'ｂａｓｅ', 'データベース', 'Ｓ', 'σίσυφος', '👍', '👩‍👧', 'été', 'e\u0301t'],
    );
    let shortCount = 0;
    let relevant = 0;
    let found = 0;
    for (const piece of pieces) {
      if (Array.from(piece).length <= 2) shortCount += 1;
      // In quotes exactly this is found: as many places, in the same conversations.
      const truth = holders(plain(piece));
      const page = await find(engine, `"${piece}"`);
      const ids = page.groups.map(({ id }) => id).sort();
      relevant += truth.ids.length;
      found += truth.ids.filter((id) => ids.includes(id)).length;
      expect([piece, page.placeCount, ids]).toEqual([piece, truth.places, truth.ids]);
      // As a word it is found too, if only among other forms of it.
      if (!/^[\p{L}\p{N}]+$/u.test(piece)) continue;
      const byWord = new Set((await find(engine, piece)).groups.map(({ id }) => id));
      expect([piece, truth.ids.filter((id) => !byWord.has(id))]).toEqual([piece, []]);
    }
    for (const [typed, stem] of INFLECTED) {
      const truth = holders(plain(stem)).ids;
      expect([typed, truth.length > 0]).toEqual([typed, true]);
      const ids = new Set((await find(engine, typed)).groups.map(({ id }) => id));
      relevant += truth.length;
      found += truth.filter((id) => ids.has(id)).length;
      expect([typed, truth.filter((id) => !ids.has(id))]).toEqual([typed, []]);
    }
    const queryCount = pieces.length + INFLECTED.length;
    console.info(
      `recall ${found} of ${relevant} in ${queryCount} queries, ${shortCount} of 1-2 characters`,
    );
    expect(queryCount).toBeGreaterThan(300);
    expect(shortCount).toBeGreaterThan(100);
    expect(found / relevant).toBe(1);
  },
);
