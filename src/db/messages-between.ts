import type { Message } from '#domain/message.ts';
import { read } from './commit.ts';
import type { OnggiDatabase } from './open-database.ts';
import { PAGE_ROWS } from './table-pages.ts';

/**
 * The messages of a span of time in pages, by the index over `timestamp`: other rows are not read.
 * Never yields an empty page.
 * @param from Epoch milliseconds, counted in.
 * @param to Epoch milliseconds, not counted in.
 */
export async function* readMessagesBetween(
  { strict: db }: OnggiDatabase,
  from: number,
  to: number,
): AsyncGenerator<readonly Message[]> {
  const keys = await read(() =>
    db.messages.where('timestamp').between(from, to, true, false).primaryKeys(),
  );
  for (let start = 0; start < keys.length; start += PAGE_ROWS) {
    const rows = await read(() => db.messages.bulkGet(keys.slice(start, start + PAGE_ROWS)));
    const found = rows.flatMap((row) => (row ? [row] : []));
    if (found.length > 0) yield found;
  }
}
