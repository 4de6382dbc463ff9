import type { Conversation } from '#domain/conversation.ts';
import type { CreateId, SessionId } from '#domain/ids.ts';
import type { NativeConversation } from '#domain/imported.ts';
import { copyNative, planNativeUpdate, withKnownSessions } from '#domain/native-rows.ts';
import type { NativeRows } from '#domain/native-rows.ts';
import {
  findConversationsById,
  findForeignMessages,
  findSessions,
} from '#db/imported-conversations.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { readAllMessages } from '#db/table-pages.ts';

/** A conversation of our own files beside the database. */
export interface ComparedNative {
  /** `collision`: its id is here with other content. */
  readonly kind: 'new' | 'same' | 'collision';
  /** The rows as they may be stored. */
  readonly rows: NativeRows;
  readonly stored: Conversation | undefined;
}

/** Tells whether a conversation of our own is here already. Reads only. */
export async function compareNative(
  db: OnggiDatabase,
  native: NativeConversation,
  { sessionId, createId }: { readonly sessionId: SessionId; readonly createId: CreateId },
): Promise<ComparedNative> {
  const { id } = native.conversation;
  const sessionIds = new Set([native.conversation, ...native.messages].map((row) => row.sessionId));
  const known = await findSessions(db, [...sessionIds]);
  const rows = withKnownSessions(native, sessionId, (each) => known.has(each));
  const stored = (await findConversationsById(db, [id])).get(id);
  const messageIds = rows.messages.map((message) => message.id);
  const foreign = await findForeignMessages(db, id, messageIds);
  // Its messages belong to another conversation here: then it is a copy of that one, and gets its own.
  if (foreign.length > 0) {
    return { kind: 'new', rows: copyNative(rows, createId), stored: undefined };
  }
  if (!stored) return { kind: 'new', rows, stored };
  const update = planNativeUpdate(stored, await readAllMessages(db, id), rows);
  return { kind: update ? 'collision' : 'same', rows, stored };
}
