import type { MessageId } from '#domain/ids.ts';
import type { Message } from '#domain/message.ts';
import { read } from './commit.ts';
import type { OnggiDexie } from './onggi-dexie.ts';

/** Of these messages those that are still there and whose conversation is not, told in one moment. */
export async function findOrphans(
  db: OnggiDexie,
  messages: readonly Pick<Message, 'id' | 'conversationId'>[],
): Promise<ReadonlySet<MessageId>> {
  const owners = [...new Set(messages.map(({ conversationId }) => conversationId))];
  const orphans = await read(() =>
    db.transaction('r', db.conversations, db.messages, async () => {
      const there = new Set(await db.conversations.where('id').anyOf(owners).primaryKeys());
      const lost = messages.filter(({ conversationId }) => !there.has(conversationId));
      // A conversation that was deleted meanwhile took its messages with it.
      const ids = lost.map(({ id }) => id);
      return db.messages.where('id').anyOf(ids).primaryKeys();
    }),
  );
  return new Set(orphans);
}
