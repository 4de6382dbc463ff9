/** Undoing an import, row by row: what it changed is given back, what it added goes. */
import { Dexie } from 'dexie';
import type { Conversation } from '#domain/conversation.ts';
import { readEarlierOf } from '#domain/earlier-version.ts';
import { toConversationId, toMessageId } from '#domain/ids.ts';
import type { ConversationId, MessageId } from '#domain/ids.ts';
import { hasMemoryBefore, withoutImportChange } from '#domain/import-changes.ts';
import { withLeftByUndo, withoutImportState } from '#domain/import-memory.ts';
import { idsBySource, isImportedMessage } from '#domain/imported-rows.ts';
import { newestLeafBelow } from '#domain/message-tree.ts';
import type { Message } from '#domain/message.ts';
import type { ImportChange, ImportRun } from '#domain/stored-rows.ts';
import { commit } from './commit.ts';
import type { OnggiDexie } from './onggi-dexie.ts';

type IsGoneOn = (message: Message) => boolean;

/** Whether the person wrote a message, had an answer written on, or asked for another, after an import. */
export function isOfPerson(message: Message, startedAt: number): boolean {
  // An answer of an export has a connection here only since it was asked for again or continued.
  if (isImportedMessage(message)) return message.endpointId !== null;
  return Math.max(message.timestamp, message.changedAt ?? 0) >= startedAt;
}

/** Rows in one transaction. */
const ROWS_AT_ONCE = 200;

/** What giving back did. */
export interface UndoneChanges {
  /** Messages that are gone. */
  readonly gone: readonly MessageId[];
  /** Conversations that remember of their source what they did before. */
  readonly remembered: ReadonlySet<ConversationId>;
}

/**
 * Gives back what the rows said before an import changed them, its last change first. An earlier version
 * of a text goes in the transaction that gives this text back, unless the person went on in it.
 */
export async function undoChanges(
  db: OnggiDexie,
  run: ImportRun,
  { now, isGoneOn }: { readonly now: number; readonly isGoneOn: IsGoneOn },
): Promise<UndoneChanges> {
  const changes = (run.changes ?? []).toReversed();
  const gone: MessageId[] = [];
  const remembered = new Set<ConversationId>();
  for (let from = 0; from < changes.length; from += ROWS_AT_ONCE) {
    const some = changes.slice(from, from + ROWS_AT_ONCE);
    const removed = await commit(() =>
      db.transaction('rw', db.conversations, db.messages, db.attachments, async () => {
        const given = new Map<ConversationId, GivenBack[]>();
        for (const change of some) {
          if (change.table === 'conversations') {
            const row = await db.conversations.get(toConversationId(change.id));
            const before = row && withoutImportChange(row, change, now);
            if (before) await db.conversations.put(before);
            const after = before ?? row;
            if (after && hasMemoryBefore(after, change)) remembered.add(after.id);
            else if (after) remembered.delete(after.id);
          } else {
            const row = await giveBackMessage(db, change, now);
            if (!row) continue;
            const { conversationId } = row.before;
            given.set(conversationId, [...(given.get(conversationId) ?? []), row]);
          }
        }
        const ids: MessageId[] = [];
        for (const [id, each] of given) {
          ids.push(...(await settleGivenBack(db, id, each, isGoneOn)));
        }
        return ids;
      }),
    );
    for (const id of removed) gone.push(id);
  }
  return { gone, remembered };
}

/** A message that is as it was before an import. */
interface GivenBack {
  /** As the import left it. */
  readonly after: Message;
  readonly before: Message;
  readonly earlierId: MessageId | undefined;
}

async function giveBackMessage(
  db: OnggiDexie,
  change: ImportChange,
  now: number,
): Promise<GivenBack | undefined> {
  const after = await db.messages.get(toMessageId(change.id));
  const before = after && withoutImportChange(after, change, now);
  if (!before) return undefined;
  await db.messages.put(before);
  return { after, before, earlierId: change.earlierId };
}

/** What follows in a conversation from messages that were given back: its count, bytes, earlier versions. */
async function settleGivenBack(
  db: OnggiDexie,
  id: ConversationId,
  given: readonly GivenBack[],
  isGoneOn: IsGoneOn,
): Promise<readonly MessageId[]> {
  const stored = await db.conversations.get(id);
  if (!stored) return [];
  const grown = given.reduce(
    (sum, { after, before }) => sum + (before.tokenCount ?? 0) - (after.tokenCount ?? 0),
    0,
  );
  const conversation = { ...stored, totalTokens: Math.max(0, stored.totalTokens + grown) };
  if (grown !== 0) await db.conversations.put(conversation);
  const texts = new Map(
    given.flatMap(({ after, before, earlierId }) =>
      earlierId === undefined || after.content === before.content
        ? []
        : [[earlierId, before.content] as const],
    ),
  );
  const dropped = given.flatMap(({ after, before }) => {
    const left = new Set(before.attachments.map((each) => each.id));
    return after.attachments.flatMap((each) => (left.has(each.id) ? [] : each.id));
  });
  if (texts.size === 0 && dropped.length === 0) return [];
  const messages = await messagesOf(db, id);
  const named = new Set(messages.flatMap(({ attachments }) => attachments.map((each) => each.id)));
  await db.attachments.bulkDelete(dropped.filter((each) => !named.has(each)));
  const wanted = messages.filter((row) => texts.get(row.id) === row.content && !isGoneOn(row));
  return removeMessages(db, conversation, messages, idsOf(wanted));
}

/**
 * Takes away the messages that an import added to a conversation, where nothing of the person hangs below,
 * in one transaction. An earlier version goes with its message, and not for itself: it may be all that is
 * left of its text.
 * @param isRemembered Whether the conversation knows again what its source said before the import: then the
 * next export brings what goes here, and nothing that the person deleted. Else it is looked at anew.
 * @returns those that are gone.
 */
export function removeAdded(
  db: OnggiDexie,
  conversationId: ConversationId,
  messageIds: readonly MessageId[],
  { isGoneOn, isRemembered }: { readonly isGoneOn: IsGoneOn; readonly isRemembered: boolean },
): PromiseLike<readonly MessageId[]> {
  return db.transaction('rw', db.conversations, db.messages, db.attachments, async () => {
    const conversation = await db.conversations.get(conversationId);
    if (!conversation) return [];
    const messages = await messagesOf(db, conversationId);
    const named = new Set(messageIds);
    const left = messages.filter((message) => !isGoneOn(message));
    const added = left.filter((row) => named.has(row.id) && readEarlierOf(row) === undefined);
    const earlierOf = (rows: readonly Message[]): readonly Message[] => {
      const sources = idsBySource(rows);
      return left.filter((row) => sources.has(readEarlierOf(row) ?? ''));
    };
    const all = withNothingBelow(messages, idsOf([...added, ...earlierOf(added)]));
    const gone = added.filter(({ id }) => all.has(id));
    const wanted = idsOf([...gone, ...earlierOf(gone)]);
    const row = isRemembered ? conversation : withoutImportState(conversation);
    const removed = new Set(await removeMessages(db, row, messages, wanted));
    const stays = messages.filter(({ id }) => named.has(id) && !removed.has(id));
    const sourceIds = stays.flatMap(({ metadata: { source_id: id } }) =>
      typeof id === 'string' ? id : [],
    );
    const after = isRemembered ? await db.conversations.get(conversationId) : undefined;
    if (after && sourceIds.length > 0) {
      await db.conversations.put(withLeftByUndo(after, sourceIds));
    }
    return [...removed];
  });
}

/** To be called in a transaction. @returns those of the wanted that are gone: there is nothing else below them. */
async function removeMessages(
  db: OnggiDexie,
  conversation: Conversation,
  messages: readonly Message[],
  wanted: ReadonlySet<MessageId>,
): Promise<readonly MessageId[]> {
  const gone = withNothingBelow(messages, wanted);
  if (gone.size === 0) return [];
  const left = messages.filter(({ id }) => !gone.has(id));
  await db.messages.bulkDelete([...gone]);
  await db.attachments
    .where('messageId')
    .anyOf([...gone])
    .delete();
  const { activeLeafId } = conversation;
  const last = left.at(-1);
  const isShownGone = activeLeafId === null || gone.has(activeLeafId);
  await db.conversations.put({
    ...conversation,
    messageCount: left.length,
    totalTokens: left.reduce((sum, { tokenCount }) => sum + (tokenCount ?? 0), 0),
    activeLeafId: isShownGone ? leafLeft(messages, left, activeLeafId, last) : activeLeafId,
  });
  return [...gone];
}

function idsOf(messages: readonly Message[]): ReadonlySet<MessageId> {
  return new Set(messages.map(({ id }) => id));
}

/** The end of the branch that was shown, as far as it is left. */
function leafLeft(
  before: readonly Message[],
  left: readonly Message[],
  activeLeafId: MessageId | null,
  last: Message | undefined,
): MessageId | null {
  const there = new Set(left.map(({ id }) => id));
  const byId = new Map(before.map((message) => [message.id, message]));
  let current = activeLeafId === null ? undefined : byId.get(activeLeafId);
  for (let steps = 0; current && !there.has(current.id) && steps <= before.length; steps += 1) {
    current = current.parentId === null ? undefined : byId.get(current.parentId);
  }
  const top = current && there.has(current.id) ? current : last;
  return top ? newestLeafBelow(left, top.id) : null;
}

/** Those of `wanted` below which there is nothing else. Children come after their parents. */
function withNothingBelow(
  messages: readonly Message[],
  wanted: ReadonlySet<MessageId>,
): ReadonlySet<MessageId> {
  const held = new Set<MessageId>();
  const gone = new Set<MessageId>();
  for (const { id, parentId } of messages.toReversed()) {
    if (wanted.has(id) && !held.has(id)) gone.add(id);
    else if (parentId !== null) held.add(parentId);
  }
  return gone;
}

/** The messages of a conversation, parents before children. */
export function messagesOf(db: OnggiDexie, id: ConversationId): PromiseLike<Message[]> {
  return db.messages
    .where('[conversationId+seq]')
    .between([id, Dexie.minKey], [id, Dexie.maxKey])
    .toArray();
}
