import { ratioLine } from './bench-row.ts';
import type { BenchRow } from './bench-row.ts';
import { openSearchBench } from './search-bench.ts';

/** What the text index does for one new message, against one plain put. */
export const indexUpdate: BenchRow = {
  number: 13,
  async run({ fixtures, isQuick }) {
    const { database } = await fixtures.filled(fixtures.bigRows);
    const bench = await openSearchBench(database);
    const { pairs } = await bench.ask({ kind: 'update', samples: isQuick ? 10 : 60 });
    bench.close();
    return [
      ratioLine(pairs ?? { subject: [], anchor: [] }, {
        row: '13',
        what: `taking one message into an index of ${fixtures.bigRows} / one raw strict put of it`,
        goal: 1,
        note: 'from the feed to the flushed files; the issue says 2',
      }),
    ];
  },
};
