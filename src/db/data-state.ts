import { read } from './commit.ts';
import { readLastChange } from './feed-reader.ts';
import type { OnggiDatabase } from './open-database.ts';

/** Where the data stand. */
export interface DataState {
  /** Two that are equal: nothing that a copy holds was written in between. Drafts and visits do not count. */
  readonly id: string;
  /** There is neither a conversation nor a document nor a connection. */
  readonly isEmpty: boolean;
  /** Since when there is something to lose: the oldest conversation or document, epoch milliseconds; null without any. */
  readonly firstKeptAt: number | null;
}

/** A few reads of one row each, however many there are. */
export async function readDataState(database: OnggiDatabase): Promise<DataState> {
  const { name, strict: db } = database;
  const [seq, conversation, document, endpoint] = await Promise.all([
    readLastChange(database),
    read(() => db.conversations.orderBy('createdAt').first()),
    read(() => db.documents.orderBy('createdAt').first()),
    read(() => db.endpoints.limit(1).primaryKeys()),
  ]);
  const kept = [conversation, document].flatMap((row) => row?.createdAt ?? []);
  const first = kept.length === 0 ? null : Math.min(...kept);
  return {
    // Another database counts anew.
    id: `${name}#${seq}`,
    isEmpty: first === null && endpoint.length === 0,
    firstKeptAt: first,
  };
}
