import type { Conversation } from '#domain/conversation.ts';
import type { SessionId } from '#domain/ids.ts';
import type { NativeConversation } from '#domain/imported.ts';
import { copyNative, planNativeUpdate, withKnownSessions } from '#domain/native-rows.ts';
import type { NativeRows } from '#domain/native-rows.ts';
import { toStableId } from '#domain/stable-ids.ts';
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
  { sessionId }: { readonly sessionId: SessionId },
): Promise<ComparedNative> {
  const { id } = native.conversation;
  const sessionIds = new Set([native.conversation, ...native.messages].map((row) => row.sessionId));
  const known = await findSessions(db, [...sessionIds]);
  const given = withKnownSessions(native, sessionId, (each) => known.has(each));
  const messageIds = given.messages.map((message) => message.id);
  const foreign = await findForeignMessages(db, id, messageIds);
  // Its messages belong to another conversation here: then it is a copy of that one, and gets its own
  // ids, which are the same each time so that the copy is found when the file comes again.
  const rows =
    foreign.length > 0 ? copyNative(given, (oldId) => toStableId('copy', id, oldId)) : given;
  const placeId = rows.conversation.id;
  const stored = (await findConversationsById(db, [placeId])).get(placeId);
  if (!stored) return { kind: 'new', rows, stored };
  const update = planNativeUpdate(stored, await readAllMessages(db, placeId), rows);
  return { kind: update ? 'collision' : 'same', rows, stored };
}
