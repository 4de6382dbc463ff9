import { readTablePages } from '#db/table-pages.ts';
import { LOCAL_USER_ID } from '#domain/ids.ts';
import { rebuildUsage } from '#usage/rebuild-usage.ts';
import { alternate, ratioLine } from './bench-row.ts';
import type { BenchRow } from './bench-row.ts';

/** Counting the usage of all days anew, against reading the same messages page by page. */
export const usageRebuild: BenchRow = {
  number: 27,
  async run({ fixtures, isQuick }) {
    const { database } = await fixtures.filled(fixtures.bigRows);
    const readAll = async (): Promise<void> => {
      let count = 0;
      const pages = readTablePages(database.strict.messages, ({ id }) => id);
      for await (const page of pages) count += page.length;
      if (count !== fixtures.bigRows) throw new Error(`${count} messages read`);
    };
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
