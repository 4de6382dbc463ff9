import { median, ratioLine } from './bench-row.ts';
import type { BenchRow } from './bench-row.ts';
import type { AskReady, ReadyTimes } from './row-10.worker.ts';

/** Vectors after a reload until the first can be found, against reading as many bytes from OPFS. */
export const vectorsReady: BenchRow = {
  number: 10,
  async run({ fixtures, isQuick }) {
    const count = isQuick ? 10_000 : 100_000;
    const { database } = await fixtures.empty();
    const worker = new Worker(new URL('row-10.worker.ts', import.meta.url), { type: 'module' });
    const { pairs, tablePairs } = await new Promise<ReadyTimes>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<ReadyTimes>) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      const asked: AskReady = { databaseName: database.name, count, samples: 20 };
      worker.postMessage(asked);
    });
    worker.terminate();
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
    ];
  },
};
