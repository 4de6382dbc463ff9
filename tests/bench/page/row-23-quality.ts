import type { OnggiDatabase } from '#db/open-database.ts';
import { putUserSettings } from '#db/user-settings.ts';
import { createConversation, withAddedMessages } from '#domain/conversation.ts';
import { BUILT_IN_CHOICE, embedderIdOf } from '#domain/embedder-choice.ts';
import { toConversationId, toMessageId, toSessionId } from '#domain/ids.ts';
import { createMessage } from '#domain/message.ts';
import type { FoundGroup, NearGroup } from '#domain/search.ts';
import { createUserSettings } from '#domain/user-settings.ts';
import { createSearchClient } from '#search/search-client.ts';
import type { SearchClient } from '#search/search-client.ts';
import type { SearchAnswer, SearchRequest } from '#search/search-messages.ts';
import conversationTexts from '../quality/conversations.tsv?raw';
import queryTexts from '../quality/queries.tsv?raw';
import wordQueryTexts from '../quality/word-queries.tsv?raw';
import type { BenchLine } from './bench-line.ts';
import type { BenchRow } from './bench-row.ts';

/** What counts as found: among so many. */
const AMONG = 5;
/**
 * Reciprocal ranks are read so far, as MS MARCO does it (MRR@10): the app shows ten of what is only somewhat near,
 * and a longer ranking is worth nothing more.
 */
const READ_TO = 10;
/** As the search screen asks; see `state/near-search.svelte.ts`. */
const NEAR = { limit: 40, leastCosine: 0.3 };
const FAR_LIMIT = 10;
/** Beyond these a conversation counts as similar, a question as asked before; see `state/similar.svelte.ts`. */
const [SIMILAR, ASKED_BEFORE] = [0.45, 0.6];
const LANGUAGES = { k: 'ko', e: 'en', j: 'ja', z: 'zh' } as const;

interface Scores {
  count: number;
  found: number;
  reciprocal: number;
}
type Table = Map<string, Scores>;
type Tables = Readonly<Record<'words' | 'static' | 'fused', Table>>;

/**
 * How often a conversation is found by a paraphrase or a translation that somebody wrote without using its
 * words, and by words that stand in it, which few who search know to be all there is: by words alone, by the
 * built-in model alone, and by both fused, as the app does it.
 */
export const quality: BenchRow = {
  number: 23,
  async run({ fixtures }) {
    const { database } = await fixtures.empty();
    await fill(database);
    const client = createSearchClient({
      db: database,
      createId: () => crypto.randomUUID(),
      createWorker: () =>
        new Worker(new URL('../../../src/search/search.worker.ts', import.meta.url), {
          type: 'module',
        }),
    });
    const askLast = async (request: SearchRequest): Promise<SearchAnswer | undefined> => {
      const answers: SearchAnswer[] = [];
      await client.ask(request, (answer) => answers.push(answer));
      return answers.at(-1);
    };
    const askWords = async (query: string, limit: number): Promise<readonly FoundGroup[]> => {
      const last = await askLast({ kind: 'find', query, order: 'best', offset: 0, limit });
      return last?.kind === 'found' ? last.page.groups : [];
    };
    const askNear = async (text: string): Promise<readonly NearGroup[]> => {
      const last = await askLast({ kind: 'near', text, ...NEAR, isInPassing: false });
      return last?.kind === 'near' ? last.groups : [];
    };
    const askFused = async (text: string): Promise<readonly FoundGroup[]> => {
      const last = await askLast({ kind: 'near', text, words: text, ...NEAR, isInPassing: false });
      return last?.kind === 'fused' ? [...last.groups, ...last.farGroups.slice(0, FAR_LIMIT)] : [];
    };
    const askCosines = async (request: CosineRequest): Promise<readonly NearGroup[]> => {
      const all = { limit: rowsOf(conversationTexts).length, leastCosine: -1 };
      const last = await askLast({ ...request, ...all });
      return last?.kind === 'near' ? last.groups : [];
    };
    await askNear('?');
    await new Promise<void>((resolve) =>
      client.watchStatus(({ phase, meaning }) => {
        if (phase === 'ready' && meaning.phase === 'ready') resolve();
      }),
    );
    const [first = []] = rowsOf(conversationTexts);
    const literal = idsOf(await askWords(first[1] ?? '', 1));
    // Words find what stands there; that they find none of the paraphrases is no fault of the bench.
    if (literal[0] !== first[0]) throw new Error('words do not find a title');
    const readTables = async (queries: string): Promise<Tables> => {
      const tables: Tables = { words: new Map(), static: new Map(), fused: new Map() };
      for (const [language = '', wanted = '', text = ''] of rowsOf(queries)) {
        const words = await askWords(text, 50);
        const near = await askNear(text);
        const fused = await askFused(text);
        const target = LANGUAGES[wanted.charAt(0) as keyof typeof LANGUAGES];
        for (const part of ['all', language, `${language}→${target}`]) {
          note(tables.words, part, idsOf(words), wanted);
          note(tables.static, part, idsOf(near), wanted);
          note(tables.fused, part, idsOf(fused), wanted);
        }
      }
      return tables;
    };
    const byParaphrase = await readTables(queryTexts);
    const byWords = await readTables(wordQueryTexts);
    const lines = [...toLines(byParaphrase, byWords), ...(await readCosines(askCosines))];
    if ((await fetch('/models/use-lite/config.json')).ok) {
      lines.push(await readTransformer({ database, askNear, client }));
    }
    client.close();
    return lines;
  },
};

type CosineRequest =
  | { readonly kind: 'near'; readonly text: string; readonly isInPassing: false }
  | { readonly kind: 'similar'; readonly conversationId: string };

/**
 * How near right and wrong conversations are, from which the thresholds were chosen: to a question, and one
 * conversation to another, which nobody has told apart.
 */
async function readCosines(
  ask: (request: CosineRequest) => Promise<readonly NearGroup[]>,
): Promise<BenchLine[]> {
  const [right, wrong, best, others]: [number[], number[], number[], number[]] = [[], [], [], []];
  const bestWrong: number[] = [];
  for (const [, wanted = '', text = ''] of rowsOf(queryTexts)) {
    const groups = await ask({ kind: 'near', text, isInPassing: false });
    right.push(groups.find(({ id }) => id === wanted)?.cosine ?? 0);
    const rest = groups.filter(({ id }) => id !== wanted).map(({ cosine }) => cosine);
    wrong.push(...rest);
    bestWrong.push(Math.max(0, ...rest));
  }
  for (const [conversationId = ''] of rowsOf(conversationTexts)) {
    const groups = await ask({ kind: 'similar', conversationId });
    others.push(...groups.map(({ cosine }) => cosine));
    best.push(groups[0]?.cosine ?? 0);
  }
  const line = { unit: 'x', spread: null } as const;
  return [
    {
      ...line,
      row: '23f',
      what: `wrong conversations that count as similar to a question (cosine of ${SIMILAR})`,
      value: shareFrom(wrong, SIMILAR),
      goal: 0.02,
      n: wrong.length,
      note:
        `right: ${quantiles(right)}, ${percent(shareFrom(right, SIMILAR))} beyond; wrong: ${quantiles(wrong)}; ` +
        `nearest wrong: ${quantiles(bestWrong)}, ${percent(shareFrom(bestWrong, ASKED_BEFORE))} beyond ${ASKED_BEFORE}`,
    },
    {
      ...line,
      row: '23g',
      what: `other conversations that count as similar to one (cosine of ${SIMILAR})`,
      value: shareFrom(others, SIMILAR),
      // For the table: which of them are right nobody has said.
      goal: 1,
      n: others.length,
      note: `others: ${quantiles(others)}; nearest other: ${quantiles(best)}, ${percent(shareFrom(best, SIMILAR))} beyond`,
    },
  ];
}

const shareFrom = (values: readonly number[], least: number): number =>
  values.filter((value) => value >= least).length / values.length;

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

function quantiles(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  return [0.1, 0.25, 0.5, 0.75, 0.9, 0.99]
    .map((part) => {
      const value = sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
      return `q${Math.round(part * 100)} ${value.toFixed(2)}`;
    })
    .join(' ');
}

const idsOf = (groups: readonly FoundGroup[]): readonly string[] => groups.map(({ id }) => id);

/** The English questions about English conversations again, by a real model of transformers.js. */
async function readTransformer({
  database,
  askNear,
  client,
}: {
  readonly database: OnggiDatabase;
  readonly askNear: (text: string) => Promise<readonly NearGroup[]>;
  readonly client: SearchClient;
}): Promise<BenchLine> {
  const before: Table = new Map();
  const after: Table = new Map();
  const askAll = async (table: Table): Promise<void> => {
    for (const [language = '', wanted = '', text = ''] of rowsOf(queryTexts)) {
      if (language !== 'en' || !wanted.startsWith('e')) continue;
      note(table, 'all', idsOf(await askNear(text)), wanted);
    }
  };
  await askAll(before);
  const embedder = { kind: 'folder', path: 'use-lite' } as const;
  const defaults = createUserSettings('en', 0);
  await putUserSettings(database, defaults, {
    meaning: { isPaused: false, isHintShown: true, embedder, formerEmbedder: BUILT_IN_CHOICE },
  });
  await new Promise<void>((resolve) =>
    client.watchStatus(({ meaning }) => {
      if (meaning.inUse === embedderIdOf(embedder) && meaning.phase === 'ready') resolve();
    }),
  );
  await askAll(after);
  const show = (table: Table): string => {
    const scores = table.get('all') ?? { count: 0, found: 0, reciprocal: 0 };
    return `${recall(scores).toFixed(2)}/${mrr(scores).toFixed(2)}`;
  };
  const count = after.get('all')?.count ?? 0;
  const missed = 1 - recall(after.get('all') ?? { count: 1, found: 0, reciprocal: 0 });
  return {
    row: '23e',
    what: 'English questions, English conversation not among five by universal-sentence-encoder-lite',
    unit: 'x',
    value: missed,
    // For the table: no goal was set.
    goal: 1,
    spread: null,
    n: count,
    note: `recall@5/MRR of English: built-in ${show(before)}, this ${show(after)}`,
  };
}

function toLines(byParaphrase: Tables, byWords: Tables): BenchLine[] {
  const show = (table: Table): string =>
    [...table]
      .map(
        ([part, scores]) =>
          `${part} ${recall(scores).toFixed(2)}/${mrr(scores).toFixed(2)} (${scores.count})`,
      )
      .join(', ');
  const showAll = (tables: Tables): string =>
    Object.entries(tables)
      .map(([name, table]) => `${name}: ${show(table)}`)
      .join('; ');
  const none: Scores = { count: 0, found: 0, reciprocal: 0 };
  const line = { unit: 'x', spread: null } as const;
  /** The language, or all of them, in which one of both alone is furthest ahead of both fused. */
  const ahead = (tables: Tables, measure: (scores: Scores) => number): number =>
    Math.max(
      ...['all', ...Object.values(LANGUAGES)].map((part) => {
        const read = (name: keyof Tables): number => measure(tables[name].get(part) ?? none);
        return Math.max(read('words'), read('static')) - read('fused');
      }),
    );
  const fused = (
    tables: Tables,
    rows: readonly [string, string],
    kind: string,
  ): readonly BenchLine[] => [
    {
      ...line,
      row: rows[0],
      what: `${kind}: words or meaning alone find more among five than both fused, in any language, by`,
      value: ahead(tables, recall),
      goal: 0,
      n: tables.fused.get('all')?.count ?? 0,
      note: `recall@${AMONG}/MRR@${READ_TO} (questions): ${showAll(tables)}`,
    },
    {
      ...line,
      row: rows[1],
      what: `${kind}: the same by mean reciprocal rank`,
      value: ahead(tables, mrr),
      goal: 0,
      n: tables.fused.get('all')?.count ?? 0,
      note: '',
    },
  ];
  /** What the static model alone, which the goal is of, does not have among five. */
  const missed = (row: string, part: string, what: string): BenchLine => {
    const scores = byParaphrase.static.get(part) ?? none;
    return { ...line, row, what, value: 1 - recall(scores), goal: 0.15, n: scores.count, note: '' };
  };
  return [
    ...fused(byParaphrase, ['23', '23b'], 'in other words'),
    missed(
      '23c',
      'ko→en',
      'Korean questions, English conversation not among five by the static model alone',
    ),
    missed(
      '23d',
      'en→ko',
      'English questions, Korean conversation not among five by the static model alone',
    ),
    ...fused(byWords, ['23h', '23i'], 'in its words'),
  ];
}

const recall = ({ found, count }: Scores): number => found / count;
const mrr = ({ reciprocal, count }: Scores): number => reciprocal / count;

function note(table: Table, part: string, ranking: readonly string[], wanted: string): void {
  const scores = table.get(part) ?? { count: 0, found: 0, reciprocal: 0 };
  const rank = ranking.indexOf(wanted) + 1;
  scores.count += 1;
  if (rank > 0 && rank <= READ_TO) scores.reciprocal += 1 / rank;
  if (rank > 0 && rank <= AMONG) scores.found += 1;
  table.set(part, scores);
}

const rowsOf = (text: string): readonly (readonly string[])[] =>
  text
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));

async function fill({ relaxed: db }: OnggiDatabase): Promise<void> {
  const sessionId = toSessionId('bench-session');
  for (const [at, [id = '', title = '', ...texts]] of rowsOf(conversationTexts).entries()) {
    const conversationId = toConversationId(id);
    const messages = texts.map((content, seq) =>
      createMessage({
        id: toMessageId(`${id}-${seq}`),
        conversationId,
        sessionId,
        parentId: seq === 0 ? null : toMessageId(`${id}-${seq - 1}`),
        seq,
        role: seq === 0 ? 'user' : 'assistant',
        content,
        timestamp: at,
      }),
    );
    const empty = createConversation({ id: conversationId, sessionId, createdAt: at, title });
    await db.conversations.add(withAddedMessages(empty, messages, at));
    await db.messages.bulkAdd(messages);
  }
}
