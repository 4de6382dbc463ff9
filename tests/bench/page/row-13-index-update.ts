import { ratioLine } from './bench-row.ts';
import type { BenchRow, Pairs } from './bench-row.ts';
import { openSearchBench } from './search-bench.ts';

/** What the text index does for one new message, against one plain put. */
export const indexUpdate: BenchRow = {
  number: 13,
  async run({ fixtures, isQuick }) {
    const { database } = await fixtures.filled(fixtures.bigRows);
    const bench = await openSearchBench(database);
    const { pairs = { subject: [], anchor: [] } } = await bench.ask({
      kind: 'update',
      samples: isQuick ? 20 : 100,
    });
    const samples = isQuick ? 60 : 200;
    const follow = (messageCount: number) => bench.ask({ kind: 'follow', samples, messageCount });
    const chats = [
      ['13c', 600, await follow(600)],
      ['13d', 5000, await follow(5000)],
    ] as const;
    bench.close();
    const what = `taking one message into an index of ${fixtures.bigRows} / one raw strict put of it`;
    const sum = (times: readonly number[]): number => times.reduce((all, each) => all + each, 0);
    const share = ({ subject, anchor }: Pairs): number => sum(subject) / sum(anchor);
    const ofVectors = share(chats[0][2].pairs ?? { subject: [], anchor: [] });
    return [
      ratioLine(pairs, { row: '13', what, goal: 1, note: 'until it is found; the issue says 2' }),
      {
        row: '13b',
        what: 'the same, all of them together, with the files that are written every fifty',
        unit: 'x',
        value: share(pairs),
        goal: 2,
        spread: null,
        n: pairs.subject.length,
        note: `longest ${Math.max(...pairs.subject).toFixed(1)} ms`,
      },
      ...chats.map(([row, messageCount, { pairs: taken, putCount = 0, putBytes = 0 }]) => {
        const { subject, anchor } = taken ?? { subject: [], anchor: [] };
        const each = (count: number): string => (count / subject.length).toFixed(2);
        return {
          row,
          what: `taking one message of ${messageCount} into the vectors, all together, without the model`,
          unit: 'x',
          value: share({ subject, anchor }),
          goal: 2,
          spread: null,
          n: subject.length,
          note: `${each(putCount)} puts and ${each(putBytes / 1024)} kB of vectors a message, longest ${Math.max(...subject).toFixed(1)} ms`,
        } as const;
      }),
      {
        row: '13e',
        what: 'both together (13b and 13c): what one message costs with search by words and by meaning',
        unit: 'x',
        value: share(pairs) + ofVectors,
        goal: 2,
        spread: null,
        n: pairs.subject.length,
        note: 'in the time of puts; of meaning without the model',
      },
    ];
  },
};
