import { createSearchClient } from '#search/search-client.ts';
import type { SearchClient } from '#search/search-client.ts';
import { quantile } from './bench-row.ts';
import type { BenchRow } from './bench-row.ts';
import { createRandom, pick } from './seeded-data.ts';
import { watchFrames } from './watch-frames.ts';

/** What is typed, letter by letter: often there, seldom, nowhere; one word and two. */
const TYPED = [
  '가나다',
  'abc',
  'the cache',
  '데이터 백업',
  'あいう',
  '一丁',
  '검색하면',
  'zzqx',
  '나 다',
];
/** Between two letters, as of somebody who types quickly, milliseconds. */
const LETTER_MS = 60;

/** From each letter to the first results, through the worker; and what the page does meanwhile. */
export const asYouType: BenchRow = {
  number: 24,
  async run({ fixtures, isQuick }) {
    const { database } = await fixtures.filled(fixtures.bigRows);
    const client = createSearchClient({
      db: database,
      createId: () => crypto.randomUUID(),
      createWorker: () =>
        new Worker(new URL('../../../src/search/search.worker.ts', import.meta.url), {
          type: 'module',
        }),
    });
    await new Promise<void>((resolve) => {
      client.watchStatus(({ phase }) => {
        if (phase === 'ready') resolve();
      });
    });
    // Wherever the text is resident, the first search brings it into memory.
    await typeWord(client, '가', () => undefined);
    const frames = watchFrames();
    const times: number[] = [];
    const random = createRandom(24);
    for (let round = 0; round < (isQuick ? 1 : 4); round += 1) {
      for (const word of TYPED) await typeWord(client, word, (ms) => times.push(ms));
      await pause(pick(random, 100));
    }
    const longest = frames.stop();
    client.close();
    const median = quantile(times, 0.5).toFixed(0);
    return [
      {
        row: '24',
        what: `milliseconds to the first results, 95 of 100 letters, ${fixtures.bigRows} messages`,
        unit: 'count',
        value: quantile(times, 0.95),
        goal: 100,
        spread: [quantile(times, 0.25), quantile(times, 0.75)],
        n: times.length,
        note: `median ${median} ms; a letter's question ends the one before`,
      },
      {
        row: '24b',
        what: 'longest frame of the page meanwhile, milliseconds',
        unit: 'count',
        value: longest,
        goal: 50,
        spread: null,
        n: frames.count(),
        note: 'by requestAnimationFrame',
      },
    ];
  },
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks for every beginning of a word: the next letter comes with the first results and ends the rest. */
async function typeWord(
  client: SearchClient,
  word: string,
  onFirst: (ms: number) => void,
): Promise<void> {
  for (let length = 1; length <= word.length; length += 1) {
    const start = performance.now();
    const stop = new AbortController();
    const query = word.slice(0, length);
    const request = { kind: 'find', query, order: 'best', offset: 0, limit: 20 } as const;
    await new Promise<void>((resolve, reject) => {
      client.ask(request, () => resolve(), stop.signal).then(resolve, reject);
    });
    onFirst(performance.now() - start);
    await pause(LETTER_MS);
    stop.abort();
  }
}
