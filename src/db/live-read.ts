import { liveQuery } from 'dexie';
import type { LiveRead } from '#domain/conversation-store.ts';
import { isOpenAgain, readOnce } from './commit.ts';
import { toStorageError } from './storage-errors.ts';

/**
 * Answers `query` now and after every commit, in this tab or another, that changed what it read.
 * The query awaits nothing but the database. Errors come as OnggiError `db/*`, that of a closed
 * database too; the watching goes on with the next change. One that could be opened again is read anew.
 */
export function liveRead<T>(query: () => PromiseLike<T>): LiveRead<T> {
  // Turned into our errors inside the query: Dexie would drop a closed database's without a word.
  const observable = liveQuery(async () => readOnce(query));
  return {
    subscribe({ next, error }) {
      let isOver = false;
      let subscription = begin();
      function begin() {
        return observable.subscribe({ next, error: (thrown) => void fail(thrown) });
      }
      /** What failed on a closed database is read anew where it is open again. */
      async function fail(thrown: unknown): Promise<void> {
        const isOpen = await isOpenAgain(toStorageError(thrown), 'read');
        if (isOver) return;
        if (!isOpen) {
          error(thrown);
          return;
        }
        subscription.unsubscribe();
        subscription = begin();
      }
      return {
        unsubscribe: () => {
          isOver = true;
          subscription.unsubscribe();
        },
      };
    },
  };
}
