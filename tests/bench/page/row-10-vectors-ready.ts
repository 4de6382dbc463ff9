import { median, ratioLine } from './bench-row.ts';
import type { BenchRow } from './bench-row.ts';
import type { AskReady, ReadyTimes } from './row-10.worker.ts';
import { openSearchBench } from './search-bench.ts';

/** Vectors, and text, after a reload until the first can be found, against reading as many bytes from OPFS. */
export const vectorsReady: BenchRow = {
  number: 10,
  async run({ fixtures, isQuick }) {
    const count = isQuick ? 10_000 : 100_000;
    const { database } = await fixtures.empty();
    const worker = new Worker(new URL('row-10.worker.ts', import.meta.url), { type: 'module' });
    const { pairs, tablePairs, asked } = await new Promise<ReadyTimes>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<ReadyTimes>) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      const ask: AskReady = { databaseName: database.name, count, samples: 20 };
      worker.postMessage(ask);
    });
    worker.terminate();
    const filled = await fixtures.filled(fixtures.bigRows);
    const bench = await openSearchBench(filled.database);
    const samplesOfText = isQuick ? 5 : 20;
    const { pairs: textPairs = { subject: [], anchor: [] } } = await bench.ask({
      kind: 'reopen',
      samples: samplesOfText,
    });
    bench.close();
    const againstOpfs = (median(tablePairs.subject) / median(pairs.subject)).toFixed(0);
    const what = `${count} × 384 vectors ready after a reload, first question among it`;
    return [
      ratioLine(pairs, {
        row: '10',
        what: `${what} / reading their bytes from OPFS`,
        goal: 2,
        note: 'both open their files anew each time, in a worker',
      }),
      ratioLine(tablePairs, {
        row: '10b',
        what: `${what}, without OPFS / reading their blocks from IndexedDB`,
        goal: 2,
        note: `from the table, four bytes a number: all there is without OPFS; ${againstOpfs} × what row 10 takes`,
      }),
      ...asked.map(({ limit, pairs: found }, at) =>
        ratioLine(found, {
          row: at === 0 ? '10d' : '10e',
          what: `nearest ${limit} owners of ${count} × 384, by the index that is open / reading their bytes in WebAssembly`,
          // Of so many owners nothing was promised.
          goal: at === 0 ? 1.5 : Infinity,
          note: 'the best fifty measured again with all their digits, read from the files',
        }),
      ),
      ratioLine(textPairs, {
        row: '10c',
        what: `text of ${fixtures.bigRows} messages ready after a reload, first search among it / reading its bytes from OPFS`,
        goal: 2,
        note: 'streamed: what the index of a page that has just begun does',
      }),
    ];
  },
};
