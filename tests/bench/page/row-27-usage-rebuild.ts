import { LOCAL_USER_ID } from '#domain/ids.ts';
import { rebuildUsage } from '#usage/rebuild-usage.ts';
import { alternate, ratioLine } from './bench-row.ts';
import type { BenchRow } from './bench-row.ts';
import { readAllMessages } from './read-all-messages.ts';

/** Counting the usage of all days anew, against reading the same messages page by page. */
export const usageRebuild: BenchRow = {
  number: 27,
  async run({ fixtures, isQuick }) {
    const { database } = await fixtures.filled(fixtures.bigRows);
    const readAll = () => readAllMessages(database, fixtures.bigRows);
    const pairs = await alternate(() => rebuildUsage(database, LOCAL_USER_ID), readAll, {
      samples: isQuick ? 3 : 5,
      warmUp: 1,
    });
    return [
      ratioLine(pairs, {
        row: '27',
        what: 'usage of all days counted anew / a paged read of the same messages',
        goal: 2,
        note: `${fixtures.bigRows} messages`,
      }),
    ];
  },
};
