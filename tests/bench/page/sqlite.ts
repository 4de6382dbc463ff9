import type { SqlCall, SqlReply } from './sqlite.worker.ts';

/** SQLite as a page would use it. */
export interface Sqlite {
  /** Runs one statement for each list of values; gives all rows as objects. */
  run(sql: string, runs?: readonly (readonly (string | number)[])[]): Promise<SqlReply['rows']>;
  close(): void;
}

export function openSqlite(): Sqlite {
  const worker = new Worker(new URL('./sqlite.worker.ts', import.meta.url), { type: 'module' });
  const waiting = new Map<number, (reply: SqlReply) => void>();
  worker.onmessage = ({ data }: MessageEvent<SqlReply>) => waiting.get(data.id)?.(data);
  let count = 0;
  return {
    run: (sql, runs = [[]]) =>
      new Promise((resolve, reject) => {
        const call: SqlCall = { id: (count += 1), sql, runs };
        waiting.set(call.id, ({ rows, failure }) => {
          waiting.delete(call.id);
          if (failure === null) resolve(rows);
          else reject(new Error(failure));
        });
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.postMessage(call);
      }),
    close: () => worker.terminate(),
  };
}
