import { read } from './commit.ts';
import { readLastChange } from './feed-reader.ts';
import type { OnggiDatabase } from './open-database.ts';

/** Where the data stand. */
export interface DataState {
  /** Two that are equal: nothing that a copy holds was written in between. Drafts and visits do not count. */
  readonly id: string;
  /** There is neither a conversation nor a connection. */
  readonly isEmpty: boolean;
  /** Epoch milliseconds; null without conversations. */
  readonly firstConversationAt: number | null;
}

/** A few reads of one row each, however many there are. */
export async function readDataState(database: OnggiDatabase): Promise<DataState> {
  const { name, strict: db } = database;
  const [seq, first, endpoint] = await Promise.all([
    readLastChange(database),
    read(() => db.conversations.orderBy('createdAt').first()),
    read(() => db.endpoints.limit(1).primaryKeys()),
  ]);
  return {
    // Another database counts anew.
    id: `${name}#${seq}`,
    isEmpty: first === undefined && endpoint.length === 0,
    firstConversationAt: first?.createdAt ?? null,
  };
}
