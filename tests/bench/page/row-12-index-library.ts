import MiniSearch from 'minisearch';
import { parseSearchQuery } from '#domain/search-query.ts';
import { foldText } from '#domain/fold-text.ts';
import type { Message } from '#domain/message.ts';
import { findUnits } from '#search/find-units.ts';
import { memoryStore } from '#search/sidecar-memory.ts';
import { openTextIndex } from '#search/text-index.ts';
import type { TextIndex } from '#search/text-index.ts';
import { createTextMemory } from '#search/text-memory.ts';
import { conversationToGroup, messageText } from '#search/unit-texts.ts';
import { heapBytes } from './backups.ts';
import { alternate, collectGarbage, ratioLine } from './bench-row.ts';
import type { BenchRow } from './bench-row.ts';
import { CONVERSATION_LENGTH, createRandom, createSeededData, pick } from './seeded-data.ts';

const QUERIES = 40;
const POSITION = { seq: 1, mark: 0.5 };

/** The text index against MiniSearch as it comes: what is found, and what building and keeping costs. */
export const indexLibrary: BenchRow = {
  number: 12,
  async run({ isQuick }) {
    const count = isQuick ? 2000 : 20_000;
    const data = createSeededData(12);
    const whole = Array.from({ length: count / CONVERSATION_LENGTH }, (_, at) =>
      data.conversation(at),
    );
    const documents = whole.flatMap(({ messages }) =>
      messages.map(({ id, content }) => ({ id, content })),
    );

    async function buildOurs(): Promise<TextIndex> {
      const index = await openTextIndex(memoryStore());
      await index.restart(POSITION);
      for (const { conversation, messages } of whole) {
        const groups = [conversationToGroup(conversation)];
        await index.append({ groups, units: messages.map(messageText) }, POSITION, true);
      }
      return index;
    }
    function buildTheirs(): MiniSearch {
      const library = new MiniSearch({ fields: ['content'] });
      library.addAll(documents);
      return library;
    }

    const pairs = await alternate(buildOurs, () => Promise.resolve(buildTheirs()), {
      samples: 2,
      warmUp: isQuick ? 1 : 0,
    });
    const [ours, oursBytes] = await weigh(buildOurs);
    const [theirs, theirsBytes] = await weigh(() => Promise.resolve(buildTheirs()));
    const memory = createTextMemory(ours, true);
    const all = { truth: 0, ours: 0, theirs: 0 };
    for (const query of cutQueries(whole.flatMap(({ messages }) => messages))) {
      const truth = documents.filter(({ content }) => foldText(content).includes(foldText(query)));
      const { scan, loadBlock } = await memory.begin();
      const signal = new AbortController().signal;
      const options = { now: 0, signal, onPause: () => Promise.resolve() };
      const found = await findUnits(ours, scan, loadBlock, parseSearchQuery(`"${query}"`), options);
      const library = new Set(theirs.search(query).map(({ id }) => String(id)));
      all.truth += truth.length;
      all.ours += [...found.values()].reduce((sum, { unitCount }) => sum + unitCount, 0);
      all.theirs += truth.filter(({ id }) => library.has(id)).length;
    }
    const what = `${count} messages, text index`;
    return [
      {
        row: '12',
        what: `${what}: of what includes finds, missed`,
        ...{ unit: 'x', spread: null, n: QUERIES, goal: 0 },
        value: Math.abs(1 - all.ours / all.truth),
        note: `recall ${all.ours} of ${all.truth}; MiniSearch ${(all.theirs / all.truth).toFixed(2)}`,
      },
      ratioLine(pairs, { row: '12b', what: `${what}: building / MiniSearch building`, goal: 0.05 }),
      {
        row: '12c',
        what: `${what}: memory / heap of MiniSearch`,
        ...{ unit: 'x', spread: null, n: 1, goal: 0.5 },
        value: (oursBytes + ours.table.byteLength) / theirsBytes,
        note: `heap ${megabytes(oursBytes)} and text ${megabytes(ours.table.byteLength)}, resident / heap ${megabytes(theirsBytes)}`,
      },
    ];
  },
};

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

/** What something takes of the heap, buffers apart. */
async function weigh<T>(make: () => Promise<T>): Promise<readonly [T, number]> {
  const before = await readLiveHeap();
  const made = await make();
  return [made, Math.max(0, (await readLiveHeap()) - before)];
}

/** What was left of a run is gone only after a turn. */
async function readLiveHeap(): Promise<number> {
  collectGarbage();
  await new Promise((resolve) => setTimeout(resolve));
  collectGarbage();
  return heapBytes();
}

/** Pieces of one to eight characters of the messages, which lie in words or across them. */
function cutQueries(messages: readonly Message[]): readonly string[] {
  const random = createRandom(120);
  const queries: string[] = [];
  while (queries.length < QUERIES) {
    const { content } = messages[pick(random, messages.length)] ?? { content: '' };
    const from = pick(random, content.length);
    const query = content.slice(from, from + 1 + (queries.length % 8)).trim();
    if (query !== '') queries.push(query);
  }
  return queries;
}
