/** SQLite in a worker, its database in an OPFS pool: the anchor for lists. Rows come back by message. */
import sqlite3InitModule from '@sqlite.org/sqlite-wasm';

export interface SqlCall {
  readonly id: number;
  readonly sql: string;
  /** Values for every run of the statement. */
  readonly runs: readonly (readonly (string | number)[])[];
}

export interface SqlReply {
  readonly id: number;
  readonly rows: readonly Record<string, unknown>[];
  readonly failure: string | null;
}

async function openPool() {
  const sqlite3 = await sqlite3InitModule();
  const pool = await sqlite3.installOpfsSAHPoolVfs({ name: 'onggi-bench' });
  return new pool.OpfsSAHPoolDb('/bench.db');
}

const opening = openPool();

async function answer({ id, sql, runs }: SqlCall): Promise<SqlReply> {
  try {
    const db = await opening;
    const statement = db.prepare(sql);
    const rows: Record<string, unknown>[] = [];
    try {
      db.transaction(() => {
        for (const values of runs) {
          if (values.length > 0) statement.bind([...values]);
          while (statement.step()) rows.push(statement.get({}));
          statement.reset();
        }
      });
    } finally {
      statement.finalize();
    }
    return { id, rows, failure: null };
  } catch (error) {
    return { id, rows: [], failure: String(error) };
  }
}

self.onmessage = (event: MessageEvent<SqlCall>) => {
  void answer(event.data).then((reply) => self.postMessage(reply));
};
