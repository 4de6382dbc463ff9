import { ratioLine } from './bench-row.ts';
import type { BenchLine } from './bench-line.ts';
import type { BenchRow } from './bench-row.ts';
import { openSearchBench } from './search-bench.ts';

/** None of these is anywhere; they begin and end like much that is. */
const MISSING = ['뷁뷁뷁', '가나다라마바사', 'zzqxzz', '鬱鬱鬱', 'ゟゟゟ'];
/** Words that stand nearly everywhere beside one that is nowhere. */
const HALF_MISSING = ['가 뷁', 'a 뷁', 'the 鬱', '나 다 뷁', 'e ゟ'];
/** What costs most beyond the sweep: places in nearly every message, initial consonants, what must not be there. */
const COSTLY = [
  ['11e', 'one letter that is nearly everywhere', ['a', '가']],
  ['11f', 'two words that are nearly everywhere', ['a e', '가 나']],
  ['11g', 'initial consonants', ['ㄱㄴ', 'ㄷㄱ']],
  ['11h', 'a word that must not be there', ['-뷁뷁', '가 -뷁뷁']],
  ['11i', 'a filter alone', ['role:user', 'before:2100']],
] as const;

/** Looking through all messages for what is nowhere, against reading their bytes once. */
export const textSearch: BenchRow = {
  number: 11,
  async run({ fixtures, isQuick }) {
    const { database } = await fixtures.filled(fixtures.bigRows);
    const bench = await openSearchBench(database);
    const samples = isQuick ? 5 : 30;
    const missing = { kind: 'scan', queries: MISSING, isMissing: true, samples } as const;
    const inMemory = await bench.ask({ ...missing, isResident: true });
    const streamed = await bench.ask({ ...missing, isResident: false });
    const half = await bench.ask({ ...missing, queries: HALF_MISSING, isResident: true });
    const costly: BenchLine[] = [];
    for (const [row, name, queries] of COSTLY) {
      const asked = { kind: 'scan', queries, isMissing: false, isResident: true } as const;
      const { pairs = { subject: [], anchor: [] } } = await bench.ask({ ...asked, samples });
      const costs = `text search for ${name}, ${fixtures.bigRows} messages / sweep of the bytes`;
      // For the table: whoever finds much has much to rank. What is promised of it is row 24.
      costly.push(ratioLine(pairs, { row, what: costs, goal: Infinity }));
    }
    bench.close();
    const what = `text search without a hit, ${fixtures.bigRows} messages`;
    const megabytes = `${(inMemory.textBytes / 1e6).toFixed(0)} MB of text`;
    const none = { subject: [], anchor: [] };
    return [
      ratioLine(inMemory.pairs ?? none, {
        row: '11',
        what: `${what}, in memory / sweep of the bytes`,
        goal: 1.5,
        note: megabytes,
      }),
      ratioLine(streamed.pairs ?? none, {
        row: '11b',
        what: `${what}, streamed from OPFS / the same`,
        goal: 3,
      }),
      {
        row: '11c',
        what: 'megabytes of memory of the streamed search',
        unit: 'count',
        value: streamed.memoryBytes / 1e6,
        goal: 16,
        spread: null,
        n: 1,
        note: 'WebAssembly memory: text window and working space',
      },
      ratioLine(half.pairs ?? none, {
        row: '11d',
        what: `the same of several words, of which one is nowhere, in memory / sweep of the bytes`,
        goal: 1.5,
      }),
      ...costly,
    ];
  },
};
