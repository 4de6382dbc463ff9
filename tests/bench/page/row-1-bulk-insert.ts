import { collectGarbage, ratioLine, time } from './bench-row.ts';
import type { BenchRow } from './bench-row.ts';
import { addRaw, createRawTwin } from './raw-idb.ts';

/**
 * Bulk insert of real message rows into the real schema against plain IndexedDB with the same
 * indexes. In turns chunk by chunk, so that both tables grow together and n is the number of chunks.
 */
export const bulkInsert: BenchRow = {
  number: 1,
  async run({ fixtures }) {
    const twinName = `bench-twin-${crypto.randomUUID()}`;
    let twin: IDBDatabase | undefined;
    const pairs = { subject: [] as number[], anchor: [] as number[] };
    let turn = 0;
    await fixtures.filled(fixtures.bigRows, async ({ relaxed }, raw, rows) => {
      const anchorTable = (twin ??= await createRawTwin(twinName, raw, 'messages'));
      const subject = async (): Promise<void> => {
        pairs.subject.push(await time(() => relaxed.messages.bulkAdd(rows)));
      };
      const anchor = async (): Promise<void> => {
        pairs.anchor.push(await time(() => addRaw(anchorTable, 'messages', rows)));
      };
      for (const work of turn % 2 === 0 ? [subject, anchor] : [anchor, subject]) await work();
      turn += 1;
      if (turn % 10 === 0) collectGarbage();
    });
    twin?.close();
    indexedDB.deleteDatabase(twinName);
    if (turn === 0) throw new Error('the table was filled before: run row 1 first');
    const total = (times: readonly number[]): number => times.reduce((sum, ms) => sum + ms, 0);
    const whole = (total(pairs.subject) / total(pairs.anchor)).toFixed(2);
    return [
      ratioLine(pairs, {
        row: '1',
        what: `insert ${fixtures.bigRows} messages in chunks of 1,000 / raw IndexedDB, same indexes, relaxed`,
        goal: 1.3,
        note: `a chunk; whole time ${(total(pairs.subject) / 1000).toFixed(1)} s, ${whole} x`,
      }),
    ];
  },
};
