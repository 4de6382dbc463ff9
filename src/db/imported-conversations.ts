/**
 * Writing imported conversations: whole ones only, so that a crash or a stop leaves nothing half
 * (FORMATS 1, rule 14). These writes are relaxed: the file is still there, a second import finishes
 * what a power cut took, and the strict commit of the import's own row at the end makes the disk hold
 * everything that was written before it (SECURITY 8.1).
 */
import { Dexie } from 'dexie';
import type { Conversation } from '#domain/conversation.ts';
import type { ConversationId, MessageId, SessionId } from '#domain/ids.ts';
import type { Message } from '#domain/message.ts';
import type { Attachment, ImportRun } from '#domain/stored-rows.ts';
import { commit, read } from './commit.ts';
import type { OnggiDexie } from './onggi-dexie.ts';
import type { OnggiDatabase } from './open-database.ts';

/** A conversation that is not here yet, with everything that belongs to it. */
export interface NewConversation {
  readonly conversation: Conversation;
  readonly messages: readonly Message[];
  readonly attachments: readonly Attachment[];
}

/** What is written into a conversation that is here. */
export interface ConversationUpdate {
  readonly conversation: Conversation;
  readonly added: readonly Message[];
  readonly changed: readonly Message[];
  /** Bytes that belong to these messages; those that are here already are written again. */
  readonly attachments: readonly Attachment[];
  /** What of it the import writes down of itself, see [Note: Parts of an import]. */
  readonly part?: ImportRun | undefined;
}

/** Above this many rows a transaction may rightly take longer than {@link commit} waits. */
const QUICK_ROWS = 4000;

function write<T>(rowCount: number, work: () => PromiseLike<T>): Promise<T> {
  return rowCount <= QUICK_ROWS ? commit(work) : read(work);
}

/**
 * Adds conversations, all of them or none, in one transaction. Their ids must be new.
 * @param part What the import writes down of it, see [Note: Parts of an import].
 */
export function addWholeConversations(
  { relaxed: db }: OnggiDatabase,
  conversations: readonly NewConversation[],
  part?: ImportRun,
): Promise<void> {
  const messages = conversations.flatMap((each) => each.messages);
  const attachments = conversations.flatMap((each) => each.attachments);
  return write(messages.length, () =>
    db.transaction('rw', db.conversations, db.messages, db.attachments, db.imports, async () => {
      if (part) await db.imports.put(part);
      await db.conversations.bulkAdd(conversations.map(({ conversation }) => conversation));
      await db.messages.bulkAdd(messages);
      if (attachments.length > 0) await db.attachments.bulkAdd(attachments);
    }),
  );
}

/**
 * Changes a conversation in one transaction: `plan` gets what is stored now and says what to write.
 * @returns the plan that was written; undefined when it had nothing to write or the conversation is gone.
 */
export function updateWholeConversation(
  { relaxed: db }: OnggiDatabase,
  id: ConversationId,
  plan: (stored: Conversation, messages: readonly Message[]) => ConversationUpdate | undefined,
): Promise<ConversationUpdate | undefined> {
  const tables = [db.conversations, db.messages, db.attachments, db.imports];
  return read(() =>
    db.transaction('rw', tables, async () => {
      const stored = await db.conversations.get(id);
      if (!stored) return undefined;
      const update = plan(stored, await messagesOf(db, id));
      if (!update) return undefined;
      if (update.part) await db.imports.put(update.part);
      await db.conversations.put(update.conversation);
      await db.messages.bulkAdd(update.added);
      await db.messages.bulkPut(update.changed);
      if (update.attachments.length > 0) await db.attachments.bulkPut(update.attachments);
      return update;
    }),
  );
}

/** Stores bytes of a conversation that comes after them; see `ImportRun` for what a crash leaves. */
export function addAttachments(
  { relaxed: db }: OnggiDatabase,
  attachments: readonly Attachment[],
): Promise<void> {
  return read(() =>
    db.transaction('rw', db.attachments, async () => {
      await db.attachments.bulkAdd(attachments);
    }),
  );
}

/**
 * Stores bytes for references that messages have without any, and lets those say the type and size
 * that are true. What has bytes already, and what no message names any more, is left out.
 * @returns the ids of those that were stored.
 */
export function fillAttachments(
  { relaxed: db }: OnggiDatabase,
  attachments: readonly Attachment[],
): Promise<readonly string[]> {
  const byMessage = new Map<MessageId, Attachment[]>();
  for (const attachment of attachments) {
    const others = byMessage.get(attachment.messageId);
    if (others) others.push(attachment);
    else byMessage.set(attachment.messageId, [attachment]);
  }
  return read(() =>
    db.transaction('rw', db.messages, db.attachments, async () => {
      const ids = attachments.map(({ id }) => id);
      const there = new Set(await db.attachments.where(':id').anyOf(ids).primaryKeys());
      const stored: string[] = [];
      for (const message of await db.messages.bulkGet([...byMessage.keys()])) {
        const given = (message && byMessage.get(message.id)) ?? [];
        const named = new Map(message?.attachments.map((each) => [each.id, each]));
        const fresh = given.filter(({ id }) => named.has(id) && !there.has(id));
        if (!message || fresh.length === 0) continue;
        for (const { id, name, mediaType, sizeBytes } of fresh) {
          named.set(id, { id, name, mediaType, sizeBytes });
          there.add(id);
          stored.push(id);
        }
        await db.attachments.bulkAdd(fresh);
        await db.messages.put({ ...message, attachments: [...named.values()] });
      }
      return stored;
    }),
  );
}

/** The conversations that came from these places, by {@link sourceKey}. Of several the oldest. */
export async function findImported(
  { strict: db }: OnggiDatabase,
  places: readonly Pick<Conversation, 'source' | 'sourceId'>[],
): Promise<ReadonlyMap<string, Conversation>> {
  const keys = places.map(({ source, sourceId }): [string, string] => [source, sourceId]);
  const rows = await read(() => db.conversations.where('[source+sourceId]').anyOf(keys).toArray());
  const byKey = new Map<string, Conversation>();
  for (const row of rows) {
    const before = byKey.get(sourceKey(row));
    if (!before || row.createdAt < before.createdAt) byKey.set(sourceKey(row), row);
  }
  return byKey;
}

/** The ids in their source of all that came from it. */
export async function readSourceIds(
  { strict: db }: OnggiDatabase,
  source: Conversation['source'],
): Promise<ReadonlySet<string>> {
  const keys = await read(() =>
    db.conversations
      .where('[source+sourceId]')
      .between([source, Dexie.minKey], [source, Dexie.maxKey])
      .keys(),
  );
  return new Set(keys.flatMap((key) => (Array.isArray(key) ? String(key[1]) : [])));
}

/** Whether anything here came from this source: if not, there is nothing to look up one by one. */
export async function hasImported(
  { strict: db }: OnggiDatabase,
  source: Conversation['source'],
): Promise<boolean> {
  const first = await read(() =>
    db.conversations
      .where('[source+sourceId]')
      .between([source, Dexie.minKey], [source, Dexie.maxKey])
      .first(),
  );
  return first !== undefined;
}

/** One text for a conversation's place in its source. */
export function sourceKey({ source, sourceId }: Pick<Conversation, 'source' | 'sourceId'>): string {
  return `${source}\n${sourceId}`;
}

/** Conversations by id; those that are not here are left out. */
export async function findConversationsById(
  { strict: db }: OnggiDatabase,
  ids: readonly ConversationId[],
): Promise<ReadonlyMap<ConversationId, Conversation>> {
  const rows = await read(() => db.conversations.bulkGet([...ids]));
  return new Map(rows.flatMap((row) => (row ? [[row.id, row] as const] : [])));
}

/** Which of these messages belong to another conversation than `id`. */
export async function findForeignMessages(
  { strict: db }: OnggiDatabase,
  id: ConversationId,
  messageIds: readonly MessageId[],
): Promise<readonly MessageId[]> {
  const rows = await read(() => db.messages.bulkGet([...messageIds]));
  return rows.flatMap((row) => (row && row.conversationId !== id ? [row.id] : []));
}

/** Which of these attachments are here, whatever they belong to. */
export async function findAttachments(
  { strict: db }: OnggiDatabase,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const keys = await read(() =>
    db.attachments
      .where(':id')
      .anyOf([...ids])
      .primaryKeys(),
  );
  return new Set(keys);
}

/** Which of these sessions are here. */
export async function findSessions(
  { strict: db }: OnggiDatabase,
  ids: readonly SessionId[],
): Promise<ReadonlySet<SessionId>> {
  const keys = await read(() =>
    db.sessions
      .where('id')
      .anyOf([...ids])
      .primaryKeys(),
  );
  return new Set(keys);
}

/** How many of these conversations are here, and how many messages they hold: read, not remembered. */
export async function countStored(
  database: OnggiDatabase,
  ids: readonly ConversationId[],
): Promise<{ conversationCount: number; messageCount: number }> {
  let messageCount = 0;
  const db = database.strict;
  const there = await findConversationsById(database, ids);
  for (const id of there.keys()) {
    const keys = await read(() =>
      db.messages
        .where('[conversationId+seq]')
        .between([id, Dexie.minKey], [id, Dexie.maxKey])
        .primaryKeys(),
    );
    messageCount += keys.length;
  }
  return { conversationCount: there.size, messageCount };
}

function messagesOf(db: OnggiDexie, id: ConversationId): PromiseLike<Message[]> {
  return db.messages
    .where('[conversationId+seq]')
    .between([id, Dexie.minKey], [id, Dexie.maxKey])
    .toArray();
}
