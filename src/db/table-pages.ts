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

interface PageBounds<Row> {
  /** How much of `maxSize` a row takes, in a unit of the caller's. */
  readonly sizeOf: (row: Row) => number;
  /** What a page should hold at most. A single page may exceed it where rows suddenly grow. */
  readonly maxSize: number;
  /** No page crosses a multiple of this many rows; {@link PAGE_ROWS} by default. */
  readonly groupRows?: number;
}

/** The first page of a table whose rows' sizes are not known yet. */
const FIRST_PAGE_ROWS = 50;

/**
 * As {@link readTablePages}, in pages that are smaller where rows are long, so that memory is bounded
 * by `maxSize` and not by rows. The next page is read while the last one is worked on.
 */
export async function* readBoundedPages<Row, Key>(
  table: Table<Row, Key>,
  keyOf: (row: Row) => Key,
  { sizeOf, maxSize, groupRows = PAGE_ROWS }: PageBounds<Row>,
): AsyncGenerator<readonly Row[]> {
  let pageRows = Math.min(FIRST_PAGE_ROWS, groupRows);
  let rowCount = 0;
  let coming = read(() => table.orderBy(':id').limit(pageRows).toArray());
  for (;;) {
    const rows = await coming;
    const last = rows.at(-1);
    if (last === undefined) return;
    const isLast = rows.length < pageRows;
    rowCount += rows.length;
    if (!isLast) {
      const meanSize = rows.reduce((sum, row) => sum + sizeOf(row), 0) / rows.length;
      const fitting = Math.max(1, Math.min(pageRows * 20, Math.floor(maxSize / (meanSize + 1))));
      pageRows = Math.min(fitting, groupRows - (rowCount % groupRows));
      const [after, limit] = [keyOf(last), pageRows];
      coming = read(() => table.where(':id').above(after).limit(limit).toArray());
      // Its failure is met when it is awaited; a reader that stopped early does not care.
      coming.catch(() => undefined);
    }
    yield rows;
    if (isLast) return;
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
