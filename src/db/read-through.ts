import { tryRunAlone } from './locks.ts';
import type { OnggiDatabase } from './open-database.ts';
import { readKeyPages } from './staging-rows.ts';

/** Web Lock of the tab that reads, with the name of the database. */
const LOCK_PREFIX = 'onggi-read-through:';
/** A mark on the time line of the page: all was read once. `tests/damage` waits for it. */
const MARK = 'onggi-read-through';

/**
 * Has the browser read everything in the database once. See [Note: Read through] in keep-canary.ts. Does nothing
 * while another tab is at it.
 * @throws OnggiError `db/*`, where something cannot be read.
 */
export async function readThrough({ name, relaxed: db }: OnggiDatabase): Promise<void> {
  await tryRunAlone(LOCK_PREFIX + name, async () => {
    for (const table of db.tables) {
      const pages = readKeyPages(table);
      while (!(await pages.next()).done);
    }
    performance.mark(MARK);
  });
}
