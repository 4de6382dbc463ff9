import { Dexie } from 'dexie';
import type { Table } from 'dexie';
import type { Conversation } from '#domain/conversation.ts';
import type { ConversationId } from '#domain/ids.ts';
import type { Message } from '#domain/message.ts';
import { read } from './commit.ts';
import type { OnggiDatabase } from './open-database.ts';

/** Rows read at a time: bounds the memory a whole table takes (PERFORMANCE 2.3). */
export const PAGE_ROWS = 1000;

/**
 * A whole table in pages of at most `pageRows` rows, in the order of its primary key. Rows written
 * behind the page that is being read are not seen. Never yields an empty page.
 */
export async function* readTablePages<Row, Key>(
  table: Table<Row, Key>,
  keyOf: (row: Row) => Key,
  pageRows = PAGE_ROWS,
): AsyncGenerator<readonly Row[]> {
  let rows = await read(() => table.orderBy(':id').limit(pageRows).toArray());
  for (let last = rows.at(-1); last !== undefined; last = rows.at(-1)) {
    yield rows;
    if (rows.length < pageRows) return;
    const after = keyOf(last);
    rows = await read(() => table.where(':id').above(after).limit(pageRows).toArray());
  }
}

/** All messages of a conversation, all branches, by `seq`. */
export function readAllMessages(
  { strict: db }: OnggiDatabase,
  id: ConversationId,
): Promise<readonly Message[]> {
  return read(() =>
    db.messages
      .where('[conversationId+seq]')
      .between([id, Dexie.minKey], [id, Dexie.maxKey])
      .toArray(),
  );
}

/** A conversation with all its messages; undefined when it is gone. */
export async function readWholeConversation(
  db: OnggiDatabase,
  id: ConversationId,
): Promise<{ conversation: Conversation; messages: readonly Message[] } | undefined> {
  const conversation = await read(() => db.strict.conversations.get(id));
  return conversation && { conversation, messages: await readAllMessages(db, id) };
}
