import { ratioLine } from './bench-row.ts';
import type { BenchRow } from './bench-row.ts';
import { openSearchBench } from './search-bench.ts';

/** Looking through all messages for what is nowhere, against reading their bytes once. */
export const textSearch: BenchRow = {
  number: 11,
  async run({ fixtures, isQuick }) {
    const { database } = await fixtures.filled(fixtures.bigRows);
    const bench = await openSearchBench(database);
    const samples = isQuick ? 5 : 30;
    const inMemory = await bench.ask({ kind: 'scan', isResident: true, samples });
    const streamed = await bench.ask({ kind: 'scan', isResident: false, samples });
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
    ];
  },
};
