import { OnggiError } from '#domain/errors.ts';
import { LOCAL_USER_ID } from '#domain/ids.ts';
import type { ConversationId, MessageId } from '#domain/ids.ts';
import { digestValue } from '#domain/import-memory.ts';
import type { Message } from '#domain/message.ts';
import type { ImportRun, LibraryDocument } from '#domain/stored-rows.ts';
import type { UsageIncrement } from '#domain/usage.ts';
import { readUsageIncrements } from '#domain/usage-increments.ts';
import { commit, read } from './commit.ts';
import { removeDocumentsOneByOne } from './documents.ts';
import { forgetGoneMessages, withoutGone } from './forget-changes.ts';
import { deleteParts, joinRows, readWholeRun, readWholeRuns } from './import-parts.ts';
import { withExclusiveLock } from './locks.ts';
import { purgeConversations } from './many-conversations.ts';
import type { OnggiDexie } from './onggi-dexie.ts';
import type { OnggiDatabase } from './open-database.ts';
import { readTablePages } from './table-pages.ts';
import { isOfPerson, messagesOf, removeAdded, undoChanges } from './undo-rows.ts';

/**
 * Runs `work` while no other tab imports or undoes an import: two imports of one file at once would
 * each find nothing here yet and bring everything twice. An abort before `work` begins throws its reason.
 */
export function withImportLock<T>(
  { name }: OnggiDatabase,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  return withExclusiveLock(`onggi-import:${name}`, work, signal);
}

/**
 * Writes an import's whole row, in the place of its parts too, and waits for the disk: everything written
 * before it is then there too. What it says of conversations that are gone is left out.
 */
export function saveImportRun({ strict: db }: OnggiDatabase, run: ImportRun): Promise<void> {
  const tables = [db.imports, ...(run.changes || run.report ? [db.conversations] : [])];
  return commit(() =>
    db.transaction('rw', tables, async () => {
      await db.imports.put(await withoutGone(db, run));
      await deleteParts(db, run.id);
    }),
  );
}

/**
 * Writes the row of an import that ends, like {@link saveImportRun}, with the changes that it noted. They
 * are as they stand there: what was deleted meanwhile was taken out of them, so no message is looked for.
 * @returns it.
 */
export function endImportRun({ strict: db }: OnggiDatabase, run: ImportRun): Promise<ImportRun> {
  return commit(() =>
    db.transaction('rw', db.imports, db.conversations, async () => {
      const { changes = [] } = (await joinRows(db, run.id)) ?? run;
      const row = await withoutGone(db, { ...run, changes });
      await db.imports.put(row);
      await deleteParts(db, run.id);
      return row;
    }),
  );
}

/** Writes a part of an import by itself, and waits for the disk. */
export async function saveImportPart(
  { strict: db }: OnggiDatabase,
  part: ImportRun,
): Promise<void> {
  await commit(() => db.imports.put(part));
}

/** An import, as far as counting what it brought asks. */
export interface BringingImport {
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** Days of usage that came with it. */
  readonly usage: readonly UsageIncrement[];
}

/** What imports brought, ids with the last import that did. */
export interface BroughtByImports {
  /** Conversations that imports made, copies of what was here already among them. */
  readonly conversations: ReadonlyMap<ConversationId, BringingImport>;
  /** Messages that imports added to conversations that were here. */
  readonly messages: ReadonlyMap<MessageId, BringingImport>;
  /** Days of usage, as they came. */
  readonly usage: readonly UsageIncrement[];
  /** The imports with which days of usage came. */
  readonly withUsage: readonly BringingImport[];
}

/** What the imports of all time brought, the undone ones too: of those is left what the person went on in. */
export async function readBroughtByImports({
  strict: db,
}: OnggiDatabase): Promise<BroughtByImports> {
  const runs = await readWholeRuns(db);
  const conversations = new Map<ConversationId, BringingImport>();
  const messages = new Map<MessageId, BringingImport>();
  const all: UsageIncrement[] = [];
  const withUsage: BringingImport[] = [];
  for (const run of runs.toSorted((a, b) => a.startedAt - b.startedAt)) {
    const { startedAt, addedUsage = [] } = run;
    // A backup may come from anywhere.
    const usage = readUsageIncrements(addedUsage).flatMap((day) => day ?? []);
    for (const day of usage) all.push(day);
    const bringing = { startedAt, usage };
    if (usage.length > 0) withUsage.push(bringing);
    for (const id of run.createdIds) conversations.set(id, bringing);
    for (const [, ids] of entriesOf(run)) for (const id of ids) messages.set(id, bringing);
  }
  return { conversations, messages, usage: all, withUsage };
}

/**
 * Deletes the bytes that imports left whose page was closed between the bytes and their conversation.
 * To be called under {@link withImportLock}: no import runs then.
 */
export async function removeStrandedBytes(db: OnggiDatabase): Promise<void> {
  const runs = await readWholeRuns(db.strict);
  for (const run of runs.filter(({ endedAt }) => endedAt === null)) {
    await removeBytesWithout(db, run.createdIds);
  }
}

/** Rows that are looked for in one read. */
const IDS_AT_ONCE = 1000;

/** Deletes the bytes that belong to those of the conversations that are not here. */
export async function removeBytesWithout(
  { strict: db }: OnggiDatabase,
  conversationIds: readonly ConversationId[],
): Promise<void> {
  for (let start = 0; start < conversationIds.length; start += IDS_AT_ONCE) {
    const ids = conversationIds.slice(start, start + IDS_AT_ONCE);
    const keys = await read(() => db.conversations.where(':id').anyOf(ids).primaryKeys());
    const there = new Set(keys);
    const gone = ids.filter((id) => !there.has(id));
    if (gone.length === 0) continue;
    await read(() => db.attachments.where('conversationId').anyOf(gone).delete());
  }
}

/** What undoing an import did. */
export interface UndoneImport {
  readonly removedConversationCount: number;
  /** Conversations in which the person went on. */
  readonly keptConversationCount: number;
  readonly removedMessageCount: number;
  /** Added messages below which the person wrote, and earlier versions whose text nothing else has. */
  readonly keptMessageCount: number;
  readonly removedDocumentCount: number;
}

/**
 * Undoes an import: conversations it made are deleted, in chunks, unless the person wrote in them;
 * messages it added to others go where nothing of the person hangs below, and documents it made. Names,
 * pins, tags, ratings and the like that it changed are as they were before, visits it brought go where
 * nothing belongs to them, and settings come back: all that only where nobody changed it since. A text that
 * was taken comes back likewise; where it does not, its earlier version stays. Dates of conversations, texts
 * that grew, drafts and days of usage stay. Can be stopped and called again.
 * @throws OnggiError `backup/nothing-to-undo` when there is no such import or it was undone.
 */
export function undoImport(
  db: OnggiDatabase,
  id: string,
  { now, signal }: { readonly now: number; readonly signal?: AbortSignal },
): Promise<UndoneImport> {
  const work = async (): Promise<UndoneImport> => {
    const run = await readWholeRun(db.strict, id);
    if (run?.undoneAt !== null) {
      throw new OnggiError('backup/nothing-to-undo', `no import ${id} to undo`);
    }
    const later = await readCreatedAfter(db, run);
    const named = run.endedAt === null ? await findCreated(db, run) : run.createdIds;
    const created = named.filter((createdId) => !later.has(createdId));
    const isGoneOn = (message: Message): boolean => isOfPerson(message, run.startedAt);
    const [removable, kept] = await partition(db.strict, created, isGoneOn);
    const undone = await undoChanges(db.strict, run, { now, isGoneOn });
    const gone = new Set(undone.gone);
    let keptMessageCount = 0;
    let removedDocumentCount = 0;
    try {
      for (const [conversationId, messageIds] of entriesOf(run)) {
        signal?.throwIfAborted();
        const removed = await commit(() =>
          removeAdded(db.strict, conversationId, messageIds, {
            isGoneOn,
            isRemembered: undone.remembered.has(conversationId),
          }),
        );
        for (const messageId of removed) gone.add(messageId);
        keptMessageCount += messageIds.filter((messageId) => !gone.has(messageId)).length;
      }
      await purgeConversations(db, removable, signal ? { signal } : {});
      signal?.throwIfAborted();
      await removeBytesWithout(db, created);
      // One by one: each may be large.
      const documentIds = await findCreatedDocuments(db, run);
      for await (const wasThere of removeDocumentsOneByOne(db, documentIds)) {
        if (wasThere) removedDocumentCount += 1;
        signal?.throwIfAborted();
      }
    } catch (error) {
      // Nobody may take it up again: what is gone so far is in no later note either. What stopped it is told.
      await forgetGoneMessages(db.strict, gone).catch(() => undefined);
      throw error;
    }
    await undoVisits(db.strict, run);
    // What later imports noted of them, and of what went before a stop.
    const added = Object.values(run.addedIds).flat();
    const all = new Set([...gone, ...(await findMissing(db.strict, added))]);
    await forgetGoneMessages(db.strict, all);
    // As it is now: its report has forgotten what is gone.
    const left = (await readWholeRun(db.strict, id)) ?? run;
    const { changes: _changes, settings: _settings, ...rest } = left;
    await saveImportRun(db, { ...rest, undoneAt: now });
    return {
      removedConversationCount: removable.length,
      keptConversationCount: kept.length,
      removedMessageCount: gone.size,
      keptMessageCount,
      removedDocumentCount,
    };
  };
  return withImportLock(db, work, signal);
}

/** Those of the messages that are not here. */
async function findMissing(
  db: OnggiDexie,
  messageIds: readonly MessageId[],
): Promise<readonly MessageId[]> {
  // A backup may come from anywhere.
  const given = messageIds.filter((id) => typeof id === 'string');
  const missing: MessageId[] = [];
  for (let start = 0; start < given.length; start += IDS_AT_ONCE) {
    const ids = given.slice(start, start + IDS_AT_ONCE);
    const there = new Set(await read(() => db.messages.where(':id').anyOf(ids).primaryKeys()));
    for (const id of ids) if (!there.has(id)) missing.push(id);
  }
  return missing;
}

/** Visits that are looked at in one transaction. */
const VISITS_AT_ONCE = 100;

/** Takes away the visits that an import brought and nothing belongs to, and the settings that it put. */
async function undoVisits(db: OnggiDexie, { addedSessionIds = [], settings }: ImportRun) {
  for (let start = 0; start < addedSessionIds.length; start += VISITS_AT_ONCE) {
    const ids = addedSessionIds.slice(start, start + VISITS_AT_ONCE);
    await commit(() =>
      db.transaction('rw', db.sessions, db.conversations, db.messages, async () => {
        for (const id of ids) {
          const isUsed =
            (await db.messages.where('sessionId').equals(id).first()) ??
            (await db.conversations.where('sessionId').equals(id).first());
          if (!isUsed) await db.sessions.delete(id);
        }
      }),
    );
  }
  if (!settings) return;
  await commit(() =>
    db.transaction('rw', db.userSettings, async () => {
      if (digestValue(await db.userSettings.get(LOCAL_USER_ID)) !== settings.after) return;
      if (settings.before) await db.userSettings.put(settings.before);
      else await db.userSettings.delete(LOCAL_USER_ID);
    }),
  );
}

/**
 * Conversations that a later import made, which had been deleted and came again under the same ids. Only later
 * imports are read, one at a time.
 */
async function readCreatedAfter(
  { strict: db }: OnggiDatabase,
  { startedAt }: ImportRun,
): Promise<ReadonlySet<ConversationId>> {
  const created = new Set<ConversationId>();
  const open: string[] = [];
  await read(() =>
    db.imports
      .where('startedAt')
      .above(startedAt)
      .each(({ id, endedAt, undoneAt, createdIds }) => {
        if (undoneAt !== null) return;
        for (const createdId of createdIds) created.add(createdId);
        // What it made may stand in its parts.
        if (endedAt === null) open.push(id);
      }),
  );
  for (const id of open) {
    for (const createdId of (await readWholeRun(db, id))?.createdIds ?? []) created.add(createdId);
  }
  return created;
}

function entriesOf({ addedIds }: ImportRun): readonly [ConversationId, readonly MessageId[]][] {
  return Object.entries(addedIds) as [ConversationId, readonly MessageId[]][];
}

/** Of an import that never ended not all that it made may be named in its row: the rows themselves know. */
async function findCreated(
  { strict: db }: OnggiDatabase,
  run: ImportRun,
): Promise<readonly ConversationId[]> {
  const found = new Set(run.createdIds);
  for await (const page of readTablePages(db.conversations, ({ id }) => id)) {
    for (const { id, metadata } of page) if (metadata['import_id'] === run.id) found.add(id);
  }
  return [...found];
}

/**
 * The same of documents. One that was deleted and came again with a later import has the same id, and is
 * that import's: its row says so.
 */
async function findCreatedDocuments(
  { strict: db }: OnggiDatabase,
  { id, endedAt, createdDocumentIds = [] }: ImportRun,
): Promise<readonly string[]> {
  const isOfRun = (row: LibraryDocument | undefined): boolean => row?.metadata['import_id'] === id;
  if (endedAt !== null) {
    const rows = await read(() => db.documents.bulkGet([...createdDocumentIds]));
    return rows.flatMap((row) => (row && isOfRun(row) ? row.id : []));
  }
  const found: string[] = [];
  for await (const page of readTablePages(db.documents, (row) => row.id)) {
    for (const row of page) if (isOfRun(row)) found.push(row.id);
  }
  return found;
}

async function partition(
  db: OnggiDexie,
  ids: readonly ConversationId[],
  isGoneOn: (message: Message) => boolean,
): Promise<[ConversationId[], ConversationId[]]> {
  const removable: ConversationId[] = [];
  const kept: ConversationId[] = [];
  for (const id of ids) {
    if (!(await read(() => db.conversations.get(id)))) continue;
    const messages = await read(() => messagesOf(db, id));
    (messages.some(isGoneOn) ? kept : removable).push(id);
  }
  return [removable, kept];
}
