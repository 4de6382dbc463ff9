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
import type { BenchLine } from './bench-line.ts';
import type { BenchRow } from './bench-row.ts';

/** What counts as found: among so many. */
const AMONG = 5;
/** As the search screen asks. */
const NEAR = { limit: 20, leastCosine: 0.3 };
const LANGUAGES = { k: 'ko', e: 'en', j: 'ja', z: 'zh' } as const;

interface Scores {
  count: number;
  found: number;
  reciprocal: number;
}
type Table = Map<string, Scores>;

/**
 * How often a conversation is found by a paraphrase or a translation that somebody wrote without using its
 * words: by words alone, by the built-in model alone, and by both fused, as the app does it.
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
      return last?.kind === 'fused' ? [...last.groups, ...last.farGroups] : [];
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
    const tables: Record<'words' | 'static' | 'fused', Table> = {
      words: new Map(),
      static: new Map(),
      fused: new Map(),
    };
    for (const [language = '', wanted = '', text = ''] of rowsOf(queryTexts)) {
      const words = await askWords(text, 50);
      const near = await askNear(text);
      const target = LANGUAGES[wanted.charAt(0) as keyof typeof LANGUAGES];
      for (const part of ['all', language, `${language}→${target}`]) {
        note(tables.words, part, idsOf(words), wanted);
        note(tables.static, part, idsOf(near), wanted);
        note(tables.fused, part, idsOf(await askFused(text)), wanted);
      }
    }
    const lines = toLines(tables);
    if ((await fetch('/models/use-lite/config.json')).ok) {
      lines.push(await readTransformer({ database, askNear, client }));
    }
    client.close();
    return lines;
  },
};

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

function toLines(tables: Record<'words' | 'static' | 'fused', Table>): BenchLine[] {
  const show = (table: Table): string =>
    [...table]
      .map(([part, scores]) => `${part} ${recall(scores).toFixed(2)}/${mrr(scores).toFixed(2)}`)
      .join(', ');
  const overall = (name: keyof typeof tables): Scores =>
    tables[name].get('all') ?? { count: 0, found: 0, reciprocal: 0 };
  const [words, alone, fused] = [overall('words'), overall('static'), overall('fused')];
  const line = { unit: 'x', spread: null, n: fused.count } as const;
  const missed = (part: string): number => {
    const scores = tables.fused.get(part);
    return scores ? (scores.count - scores.found) / scores.count : Number.NaN;
  };
  return [
    {
      ...line,
      row: '23',
      what: 'words or meaning alone find more among five than both fused, by',
      value: Math.max(recall(words), recall(alone)) - recall(fused),
      goal: 0,
      note: `recall@5/MRR: words ${show(tables.words)}`,
    },
    {
      ...line,
      row: '23b',
      what: 'the same by mean reciprocal rank',
      value: Math.max(mrr(words), mrr(alone)) - mrr(fused),
      goal: 0,
      note: `static ${show(tables.static)}`,
    },
    {
      ...line,
      row: '23c',
      what: 'Korean questions, English conversation not among five',
      value: missed('ko→en'),
      goal: 0.15,
      note: `fused ${show(tables.fused)}`,
    },
    {
      ...line,
      row: '23d',
      what: 'English questions, Korean conversation not among five',
      value: missed('en→ko'),
      goal: 0.15,
      note: '',
    },
  ];
}

const recall = ({ found, count }: Scores): number => found / count;
const mrr = ({ reciprocal, count }: Scores): number => reciprocal / count;

function note(table: Table, part: string, ranking: readonly string[], wanted: string): void {
  const scores = table.get(part) ?? { count: 0, found: 0, reciprocal: 0 };
  const rank = ranking.indexOf(wanted) + 1;
  scores.count += 1;
  if (rank > 0) scores.reciprocal += 1 / rank;
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
