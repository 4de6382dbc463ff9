import { checkIntegrity } from '#maintenance/check-integrity.ts';
import { alternate, ratioLine } from './bench-row.ts';
import type { BenchRow } from './bench-row.ts';
import { readAllMessages } from './read-all-messages.ts';

/** The integrity check over everything, against reading the same messages page by page. */
export const integrityCheck: BenchRow = {
  number: 28,
  async run({ fixtures, isQuick }) {
    const { database } = await fixtures.filled(fixtures.bigRows);
    const readAll = () => readAllMessages(database, fixtures.bigRows);
    const check = async (): Promise<void> => {
      const found = await checkIntegrity(database);
      if (found?.messageCount !== fixtures.bigRows) throw new Error('not all was checked');
    };
    const pairs = await alternate(check, readAll, { samples: isQuick ? 3 : 5, warmUp: 1 });
    return [
      ratioLine(pairs, {
        row: '28',
        what: 'integrity check of everything / a paged read of the same messages',
        goal: 3,
        note: `${fixtures.bigRows} messages`,
      }),
    ];
  },
};
