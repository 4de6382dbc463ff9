import { liveQuery } from 'dexie';
import type { LiveRead } from '#domain/conversation-store.ts';
import { read } from './commit.ts';

/**
 * Answers `query` now and after every commit, in this tab or another, that changed what it read.
 * The query awaits nothing but the database. Errors come as OnggiError `db/*`, that of a closed
 * database too; the watching goes on with the next change.
 */
export function liveRead<T>(query: () => PromiseLike<T>): LiveRead<T> {
  // Turned into our errors inside the query: Dexie would drop a closed database's without a word.
  const observable = liveQuery(async () => read(query));
  return {
    subscribe({ next, error }) {
      const subscription = observable.subscribe({ next, error });
      return { unsubscribe: () => subscription.unsubscribe() };
    },
  };
}
