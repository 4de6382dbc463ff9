/** The page's side of the worker that the rows about search share: its index is built once. */
import type { OnggiDatabase } from '#db/open-database.ts';
import type { AskSearchBench, SearchBenchAnswer } from './search-bench.worker.ts';

/** A worker that has the text index of a database open. */
export interface SearchBench {
  ask(ask: AskSearchBench): Promise<SearchBenchAnswer>;
  /** Ends the worker, so that another may have the files. */
  close(): void;
}

export async function openSearchBench({ name }: OnggiDatabase): Promise<SearchBench> {
  const worker = new Worker(new URL('search-bench.worker.ts', import.meta.url), { type: 'module' });
  const ask = (asked: AskSearchBench): Promise<SearchBenchAnswer> =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<SearchBenchAnswer>) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(asked);
    });
  await ask({ kind: 'open', databaseName: name });
  return { ask, close: () => worker.terminate() };
}
