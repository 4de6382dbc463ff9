import type { Conversation } from '#domain/conversation.ts';
import { OnggiError } from '#domain/errors.ts';
import type { ConversationId } from '#domain/ids.ts';
import type { OnggiDexie } from './onggi-dexie.ts';

/**
 * The stored row, inside a transaction over `conversations`.
 * @throws OnggiError `chat/not-found`.
 */
export async function requireConversation(
  db: OnggiDexie,
  id: ConversationId,
): Promise<Conversation> {
  const conversation = await db.conversations.get(id);
  if (!conversation) throw new OnggiError('chat/not-found', `no conversation ${id}`);
  return conversation;
}
