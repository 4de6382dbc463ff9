import type { BenchLine } from './bench-line.ts';
import { collectGarbage } from './bench-row.ts';
import type { BenchRow } from './bench-row.ts';
import { openSearchBench } from './search-bench.ts';

/** Bytes of a vector of the goal: a byte a number. */
const VECTOR_BYTES = 384;

/** What search holds in memory after a question, against the bytes that are looked through. */
export const idleMemory: BenchRow = {
  number: 20,
  async run({ fixtures, readMemory }) {
    const { database } = await fixtures.filled(fixtures.bigRows);
    const vectorCount = fixtures.bigRows;
    const lines: BenchLine[] = [];
    for (const isResident of [true, false]) {
      // A worker each: what the other one left is not counted.
      collectGarbage();
      const before = await readMemory();
      const bench = await openSearchBench(database);
      const { textBytes, memoryBytes } = await bench.ask({ kind: 'hold', isResident, vectorCount });
      const taken = (await readMemory()) - before;
      bench.close();
      const bytes = vectorCount * VECTOR_BYTES + textBytes;
      const counted = `${(memoryBytes / 1e6).toFixed(0)} MB of them counted by the code`;
      const what = `memory of ${fixtures.bigRows} messages and ${vectorCount} vectors`;
      const shared = { spread: null, n: 1 } as const;
      lines.push(
        isResident
          ? {
              ...{ row: '20', what: `${what}, text resident / their bytes`, unit: 'x', ...shared },
              ...{ value: taken / bytes, goal: 1.3 },
              note: `${(taken / 1e6).toFixed(0)} / ${(bytes / 1e6).toFixed(0)} MB; ${counted}`,
            }
          : {
              ...{ row: '20b', what: `megabytes of ${what}, text streamed`, unit: 'count' },
              ...{ ...shared, value: taken / 1e6, goal: 64, note: counted },
            },
      );
    }
    return lines;
  },
};
