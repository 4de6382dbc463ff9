/** What checking and mending stored rows needs of the database. */
import { Dexie } from 'dexie';
import type { IndexableType, Table } from 'dexie';
import { createConversation } from '#domain/conversation.ts';
import type { Conversation } from '#domain/conversation.ts';
import { LOCAL_USER_ID, toConversationId } from '#domain/ids.ts';
import type { ConversationId, SessionId } from '#domain/ids.ts';
import { isOnlyMiscounted } from '#domain/maintenance.ts';
import type { ConversationRepair, OldPlace, RepairUndo } from '#domain/maintenance.ts';
import type { Message } from '#domain/message.ts';
import type { MaintenanceRun } from '#domain/stored-rows.ts';
import { commit, read } from './commit.ts';
import { findNextGroup } from './next-group.ts';
import type { OnggiDexie } from './onggi-dexie.ts';
import type { OnggiDatabase } from './open-database.ts';

/** Rows read at once: long texts must not fill the memory. */
const CHUNK_ROWS = 200;
/** Messages after which a transaction that mends takes no further conversation. */
const MESSAGES_AT_ONCE = 1000;

/** The conversation after `id` in the index of messages that has any; undefined at the end. */
export async function findNextMessageGroup(
  { strict: db }: OnggiDatabase,
  id: ConversationId | null,
): Promise<ConversationId | undefined> {
  const next = await findNextGroup(db.messages, '[conversationId+seq]', id);
  return next === undefined ? undefined : toConversationId(next);
}

/**
 * The rows of a conversation's messages, whatever they are, in chunks. Keys whose row the browser
 * cannot read at all come as `unreadableCount`.
 */
export async function* readMessageRows(
  { strict: db }: OnggiDatabase,
  id: ConversationId,
): AsyncGenerator<{ readonly rows: readonly unknown[]; readonly unreadableCount: number }> {
  const keys = await read(() =>
    db.messages
      .where('[conversationId+seq]')
      .between([id, Dexie.minKey], [id, Dexie.maxKey])
      .primaryKeys(),
  );
  for (let first = 0; first < keys.length; first += CHUNK_ROWS) {
    const { rows, unreadable } = await readChunk(
      db.messages,
      keys.slice(first, first + CHUNK_ROWS),
    );
    yield { rows, unreadableCount: unreadable.length };
  }
}

/** All conversations by id, in chunks, and the ids of those whose row the browser cannot read at all. */
export async function* readConversationRows({
  strict: db,
}: OnggiDatabase): AsyncGenerator<ReadChunk<Conversation, ConversationId>> {
  const keysAfter = (id: ConversationId | undefined) =>
    read(() =>
      (id === undefined ? db.conversations.orderBy(':id') : db.conversations.where(':id').above(id))
        .limit(CHUNK_ROWS)
        .primaryKeys(),
    );
  for (
    let keys = await keysAfter(undefined);
    keys.length > 0;
    keys = await keysAfter(keys.at(-1))
  ) {
    yield await readChunk(db.conversations, keys);
  }
}

interface ReadChunk<Row, Key> {
  readonly rows: readonly Row[];
  readonly unreadable: readonly Key[];
}

/** Rows by their keys; one by one where one of them keeps the others from being read. */
async function readChunk<Row, Key extends IndexableType>(
  table: Table<Row, Key>,
  keys: readonly Key[],
): Promise<ReadChunk<Row, Key>> {
  try {
    const found = await read(() => table.bulkGet([...keys]));
    return { rows: found.filter((row) => row !== undefined), unreadable: [] };
  } catch {
    const rows: Row[] = [];
    const unreadable: Key[] = [];
    for (const key of keys) {
      try {
        const row = await read(() => table.get(key));
        if (row) rows.push(row);
      } catch {
        unreadable.push(key);
      }
    }
    return { rows, unreadable };
  }
}

/** Ids of sessions among `ids` that are not there. */
export async function findMissingSessions(
  { strict: db }: OnggiDatabase,
  ids: readonly SessionId[],
): Promise<readonly SessionId[]> {
  const there = new Set(await read(() => db.sessions.where('id').anyOf(ids).primaryKeys()));
  return ids.filter((id) => !there.has(id));
}

/** Ids of attachments among `ids` whose bytes are not there. Reads keys alone. */
export function findMissingAttachments(
  { strict: db }: OnggiDatabase,
  ids: readonly string[],
): Promise<readonly string[]> {
  return read(() => missingAttachments(db, ids));
}

async function missingAttachments(
  db: OnggiDexie,
  ids: readonly string[],
): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const there = new Set(await db.attachments.where('id').anyOf(ids).primaryKeys());
  return ids.filter((id) => !there.has(id));
}

/** Puts an expired session in the place of each that is missing, so that references hold. Durable. */
export function addMissingSessions(
  { strict: db }: OnggiDatabase,
  sessions: readonly { readonly id: SessionId; readonly from: number; readonly to: number }[],
): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.sessions, async () => {
      for (const { id, from, to } of sessions) {
        if (await db.sessions.get(id)) continue;
        await db.sessions.add({
          id,
          userId: LOCAL_USER_ID,
          createdAt: from,
          lastActivity: to,
          status: 'expired',
          ipAddress: null,
          userAgent: null,
          metadata: {},
        });
      }
    }),
  );
}

/** Says what is wrong between a conversation and its messages. Pure. */
type Judge = (
  conversation: Conversation | undefined,
  messages: readonly Message[],
  missing: ReadonlySet<string>,
) => ConversationRepair | undefined;

/** Reads and judges a conversation, within the transaction that is open. */
async function judgeIn(db: OnggiDexie, id: ConversationId, judge: Judge) {
  const conversation = await db.conversations.get(id);
  const messages = await readMessages(db, id);
  const named = messages.flatMap(({ attachments }) => attachments.map((file) => file.id));
  const repair = judge(conversation, messages, new Set(await missingAttachments(db, named)));
  return { conversation, messages, repair };
}

/** Judges a conversation as it is at one moment, whoever writes meanwhile. */
export function judgeAtOnce(
  { strict: db }: OnggiDatabase,
  id: ConversationId,
  judge: Judge,
): Promise<ConversationRepair | undefined> {
  return read(() =>
    db.transaction('r', db.conversations, db.messages, db.attachments, async () => {
      return (await judgeIn(db, id, judge)).repair;
    }),
  );
}

/**
 * Judges conversations as they are now and mends them, in one transaction with the notes of how to undo
 * that: a tab closed on the way leaves both or neither. Durable.
 * @param judge Pure.
 * @param noteIn Gives the row of the run with the notes in it.
 * @returns how many of `ids` were looked at, from the first: those with many messages are for the next time
 */
export function repairConversations(
  { strict: db }: OnggiDatabase,
  ids: readonly ConversationId[],
  judge: Judge,
  noteIn: (...undo: readonly RepairUndo[]) => MaintenanceRun,
): Promise<number> {
  const tables = [db.conversations, db.messages, db.attachments, db.maintenanceRuns];
  return commit(() =>
    db.transaction('rw', tables, async () => {
      const notes: RepairUndo[] = [];
      let [lookedAt, messageCount] = [0, 0];
      for (const id of ids) {
        if (messageCount > MESSAGES_AT_ONCE) break;
        const { conversation, messages, repair } = await judgeIn(db, id, judge);
        lookedAt += 1;
        messageCount += messages.length;
        if (!repair) continue;
        const places = await moveTo(db, messages, repair.moved);
        const mended = { ...(conversation ?? conversationOf(id, messages)), ...repair.tallies };
        await db.conversations.put(mended);
        const tallies = conversation ? talliesOf(conversation) : null;
        notes.push({ conversationId: id, tallies, places, mended: stateOf(mended) });
      }
      if (notes.length > 0) await db.maintenanceRuns.put(noteIn(...notes));
      return lookedAt;
    }),
  );
}

/**
 * Puts the sums of a conversation right when nothing else is wrong with it now, in one transaction.
 * Durable.
 * @param judge Pure.
 * @returns whether it was changed.
 */
export function recountConversation(
  { strict: db }: OnggiDatabase,
  id: ConversationId,
  judge: (
    conversation: Conversation | undefined,
    messages: readonly Message[],
  ) => ConversationRepair | undefined,
): Promise<boolean> {
  return commit(() =>
    db.transaction('rw', db.conversations, db.messages, async () => {
      const conversation = await db.conversations.get(id);
      const repair = conversation && judge(conversation, await readMessages(db, id));
      if (!repair || !isOnlyMiscounted(repair)) return false;
      const { messageCount, totalTokens, lastSeq } = repair.tallies;
      await db.conversations.put({ ...conversation, messageCount, totalTokens, lastSeq });
      return true;
    }),
  );
}

/**
 * Takes a repair back: messages get their old place, the conversation its old figures, and one that
 * the repair made goes. What is gone meanwhile is passed over, and so is a conversation that was used
 * since: its figures of now are right. Durable.
 * @param without The row of its run without the note, written in the same transaction: a tab closed on
 * the way leaves repair and note, or neither.
 */
export function undoRepair(
  { strict: db }: OnggiDatabase,
  undo: RepairUndo,
  without: MaintenanceRun,
): Promise<void> {
  const { conversationId, tallies, places } = undo;
  return commit(() =>
    db.transaction('rw', db.conversations, db.messages, db.maintenanceRuns, async () => {
      await db.maintenanceRuns.put(without);
      if (!isAsMended(await db.conversations.get(conversationId), undo)) return;
      const messages = await db.messages.bulkGet(places.map(({ id }) => id));
      await moveTo(
        db,
        messages.filter((message) => message !== undefined),
        places,
      );
      if (tallies === null) await db.conversations.delete(conversationId);
      else await db.conversations.update(conversationId, { ...tallies });
    }),
  );
}

function readMessages(db: OnggiDexie, id: ConversationId): PromiseLike<Message[]> {
  return db.messages
    .where('[conversationId+seq]')
    .between([id, Dexie.minKey], [id, Dexie.maxKey])
    .toArray();
}

/** Moves messages. @returns where they were */
async function moveTo(
  db: OnggiDexie,
  messages: readonly Message[],
  places: readonly OldPlace[],
): Promise<readonly OldPlace[]> {
  const byId = new Map(places.map((place) => [place.id, place]));
  const moved = messages.filter(({ id }) => byId.has(id));
  await db.messages.bulkPut(
    moved.map((message) => ({ ...message, ...(byId.get(message.id) ?? {}) })),
  );
  return moved.map(({ id, parentId, seq, attachments }) => {
    const hadFiles = byId.get(id)?.attachments !== undefined;
    return { id, parentId, seq, ...(hadFiles && { attachments }) };
  });
}

/** A conversation for messages that have none. */
function conversationOf(id: ConversationId, messages: readonly Message[]): Conversation {
  const times = messages.map(({ timestamp }) => timestamp);
  const first = messages[0];
  if (!first) throw new Error('no messages to make a conversation of');
  return createConversation({
    id,
    sessionId: first.sessionId,
    title: first.content.slice(0, 60) || null,
    createdAt: Math.min(...times),
    updatedAt: Math.max(...times),
  });
}

/** What tells whether a conversation was used: messages for all, and any change for one that was made. */
function stateOf({ messageCount, lastSeq, changedAt }: Conversation) {
  return { messageCount, lastSeq, changedAt: changedAt ?? null };
}

/** Notes of older versions do not say how the conversation was left. */
function isAsMended(now: Conversation | undefined, { mended, tallies }: RepairUndo): boolean {
  if (!mended || !now) return !mended;
  const state = stateOf(now);
  if (state.messageCount !== mended.messageCount || state.lastSeq !== mended.lastSeq) return false;
  return tallies !== null || state.changedAt === mended.changedAt;
}

function talliesOf({ id, messageCount, totalTokens, lastSeq, activeLeafId }: Conversation) {
  return { id, messageCount, totalTokens, lastSeq, activeLeafId };
}
