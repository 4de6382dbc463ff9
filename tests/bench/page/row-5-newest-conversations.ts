import { watchConversations } from '#db/conversation-list.ts';
import type { Conversation } from '#domain/conversation.ts';
import { alternate, ratioLine } from './bench-row.ts';
import type { BenchLine } from './bench-line.ts';
import type { BenchRow } from './bench-row.ts';
import { countReads } from './count-idb.ts';
import type { Fixture } from './fixtures.ts';
import { firstValue } from './first-value.ts';
import { requestDone } from './raw-idb.ts';
import { openSqlite } from './sqlite.ts';
import type { Sqlite } from './sqlite.ts';

/** Conversations that the sidebar opens with. */
const SHOWN = 50;
const NEWEST = `SELECT * FROM conversations WHERE status = 'active' ORDER BY updatedAt DESC LIMIT ${SHOWN}`;

/** The sidebar's first page against the same page from SQLite in a worker. */
export const newestConversations: BenchRow = {
  number: 5,
  async run({ fixtures, isQuick }) {
    const fixture = await fixtures.filled(fixtures.bigRows);
    const live = () =>
      firstValue(watchConversations(fixture.database, { status: 'active', limit: SHOWN }));
    const sqlite = openSqlite();
    try {
      await copyConversations(fixture, sqlite);
      const reads = await countReads(live);
      const pinned = (await live()).pinned.length;
      const pairs = await alternate(live, () => sqlite.run(NEWEST), {
        samples: isQuick ? 30 : 100,
        warmUp: 10,
      });
      return [
        ratioLine(pairs, {
          row: '5a',
          what: `newest 50 of ${fixture.conversationCount} conversations / SQLite in OPFS, by rpc`,
          goal: 2.5,
          note: `${pinned} pinned ones beside them`,
        }),
        readsLine(reads, SHOWN + 1 + pinned * 2, fixture.conversationCount),
      ];
    } finally {
      sqlite.close();
    }
  },
};

/** No table scan: no row is fetched that the list does not need. */
function readsLine(
  { rows, requests }: { rows: number; requests: number },
  needed: number,
  stored: number,
): BenchLine {
  return {
    row: '5b',
    what: `rows read for it (a table scan would read ${stored})`,
    unit: 'count',
    value: rows,
    goal: needed,
    spread: null,
    n: 1,
    note: `${requests} requests to IndexedDB`,
  };
}

/** The same rows with the same index in SQLite. */
async function copyConversations({ raw }: Fixture, sqlite: Sqlite): Promise<void> {
  const store = raw.transaction('conversations').objectStore('conversations');
  const rows = await requestDone(store.getAll() as IDBRequest<Conversation[]>);
  const columns = Object.keys(rows[0] ?? {});
  await sqlite.run('DROP TABLE IF EXISTS conversations');
  await sqlite.run(`CREATE TABLE conversations (${columns.join(', ')}, PRIMARY KEY (id))`);
  await sqlite.run('CREATE INDEX byTime ON conversations (status, updatedAt)');
  const marks = columns.map(() => '?').join(', ');
  await sqlite.run(
    `INSERT INTO conversations VALUES (${marks})`,
    rows.map((row) => Object.values(row).map(toSqlValue)),
  );
  if ((await sqlite.run(NEWEST)).length !== Math.min(SHOWN, rows.length)) {
    throw new Error('SQLite holds other rows');
  }
}

const toSqlValue = (value: unknown): string | number =>
  typeof value === 'string' || typeof value === 'number' ? value : JSON.stringify(value);
