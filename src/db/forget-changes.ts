import type { NotedByImport } from '#domain/conversation-store.ts';
import type { ConversationId, MessageId } from '#domain/ids.ts';
import { findNamed, mayName, withoutNames } from '#domain/forget-names.ts';
import { toConversationId, toMessageId } from '#domain/ids.ts';
import { withoutTextChange } from '#domain/import-changes.ts';
import { digestValue } from '#domain/import-memory.ts';
import type { ImportChange, ImportRun } from '#domain/stored-rows.ts';
import { commit, read } from './commit.ts';
import type { OnggiDexie } from './onggi-dexie.ts';

/**
 * Takes what rows of these conversations said before an import changed them out of every import, also what
 * imports that are still going on have written down, and their titles out of the reports: of what is deleted
 * for good nothing is kept. One transaction, to be called while the messages are still there: changes that
 * older versions noted say only of which message they are. Those of a message that is gone go too.
 * @param rows As {@link findNotingAny} found them for these and maybe others; they are opened, and those that
 * came since.
 * @param isTrashOnly Leaves conversations alone that are not in the trash any more.
 */
export function forgetChanges(
  db: OnggiDexie,
  ids: readonly ConversationId[],
  { noting, others }: NotingRows,
  isTrashOnly: boolean,
): PromiseLike<void> {
  return db.transaction('rw', db.imports, db.conversations, db.messages, async () => {
    const rows = await db.conversations.bulkGet([...ids]);
    const isGoing = (at: number): boolean => !isTrashOnly || rows[at]?.status === 'deleted';
    const going = new Set(ids.filter((_id, at) => isGoing(at)));
    if (going.size === 0) return;
    const keys = await db.imports.toCollection().primaryKeys();
    const meant = keys.filter((key) => noting.has(key) || !others.has(key));
    const titles = rows.flatMap((row) => (row && going.has(row.id) ? (row.title ?? []) : []));
    // What they were called before is needed for all: an older version's report has only titles.
    for (const key of meant) {
      const run = await db.imports.get(key);
      titles.push(...titlesBefore(run?.changes ?? [], going));
    }
    const gone = { has: (id: ConversationId) => going.has(id), titles };
    for (const key of meant) {
      const run = await db.imports.get(key);
      if (!run) continue;
      const { changes = [], ...rest } = withoutNames(run, gone);
      const kept = await changesOutside(db, changes, going);
      if (kept.length === changes.length && rest.report === run.report) continue;
      await db.imports.put(kept.length > 0 ? { ...rest, changes: kept } : rest);
    }
  });
}

/** What these conversations were called before imports called them otherwise. */
function titlesBefore(
  changes: readonly ImportChange[],
  ids: ReadonlySet<ConversationId>,
): readonly string[] {
  return changes
    .filter(({ table, id }) => table === 'conversations' && ids.has(toConversationId(id)))
    .flatMap(({ fields }) => fields)
    .flatMap(({ key, was }) => (key === 'title' && typeof was === 'string' ? was : []));
}

async function changesOutside(
  db: OnggiDexie,
  changes: readonly ImportChange[],
  ids: ReadonlySet<ConversationId>,
): Promise<readonly ImportChange[]> {
  const unknown = changes.filter((change) => conversationOf(change) === undefined);
  const rows = await db.messages.bulkGet(unknown.map(({ id }) => toMessageId(id)));
  const found = new Map(
    rows.flatMap((row) => (row ? [[row.id as string, row.conversationId]] : [])),
  );
  return changes.filter((change) => {
    const conversationId = conversationOf(change) ?? found.get(change.id);
    return conversationId !== undefined && !ids.has(conversationId);
  });
}

/** Which rows of imports may say something of messages, as it was found before these were deleted. */
export interface NotingRows {
  readonly noting: ReadonlySet<string>;
  readonly others: ReadonlySet<string>;
}

/**
 * Finds the rows of imports that noted something of messages of a conversation. It reads every import: to be
 * called before the transaction of {@link forgetMessages}, not in it.
 */
export function findNoting(db: OnggiDexie, id: ConversationId): Promise<NotingRows> {
  return findRows(
    db,
    ({ table, conversationId }) => table === 'messages' && (conversationId ?? id) === id,
  );
}

/**
 * Finds the rows of imports that noted something of any of these conversations, or may name one in their report.
 * It reads every import, one at a time: to be called once before {@link forgetChanges} of all of them.
 */
export function findNotingAny(
  db: OnggiDexie,
  ids: ReadonlySet<ConversationId>,
): Promise<NotingRows> {
  return findRows(
    db,
    (change) => {
      const id = conversationOf(change);
      return id === undefined || ids.has(id);
    },
    (run) => mayName(run, ids),
  );
}

/** Finds the rows of imports whose report has the name of a document, for {@link forgetDocumentNames}. */
export function findNamingDocuments(db: OnggiDexie, names: readonly string[]): Promise<NotingRows> {
  return findRows(
    db,
    () => false,
    (run) => withoutDocuments(run, names) !== run,
  );
}

/**
 * Takes the names of documents that are deleted out of the reports of imports, in the transaction that deletes
 * them, which has `imports` too. An undoing that brings them back does not bring the names back.
 */
export async function forgetDocumentNames(
  db: OnggiDexie,
  names: readonly string[],
  { noting }: NotingRows,
): Promise<void> {
  for (const key of noting) {
    const run = await db.imports.get(key);
    const after = run && withoutDocuments(run, names);
    if (after && after !== run) await db.imports.put(after);
  }
}

function withoutDocuments(run: ImportRun, names: readonly string[]): ImportRun {
  // A file keeps its ending in the name of a document made of it.
  const stems = names.map((name) => name.replace(/\.[a-z\d]{1,8}$/i, ''));
  const titles = [...names, ...stems];
  return withoutNames(run, { has: () => false, titles, isOfDocuments: true });
}

async function findRows(
  db: OnggiDexie,
  isMeant: (change: ImportChange) => boolean,
  isNamed: (run: ImportRun) => boolean = () => false,
): Promise<NotingRows> {
  const noting = new Set<string>();
  const others = new Set<string>();
  await read(() =>
    db.imports.each((run) => {
      const { id, partOf = id, endedAt, undoneAt, changes = [] } = run;
      // Its parts may be in its own row by then.
      const isGoingOn = partOf === id && endedAt === null && undoneAt === null;
      if (isGoingOn || changes.some(isMeant) || isNamed(run)) noting.add(id).add(partOf);
      else others.add(id);
    }),
  );
  return { noting, others };
}

/**
 * Takes what these messages said before an import changed them out of every import; where one of them is
 * kept as the earlier version of another, its text only. To be called in the transaction that deletes them,
 * which has `imports` too. Opens the rows that were found, and those that came since.
 * @returns what was taken, for {@link rememberMessages}.
 */
export async function forgetMessages(
  db: OnggiDexie,
  ids: readonly MessageId[],
  { noting, others }: NotingRows,
): Promise<readonly NotedByImport[]> {
  const keys = await db.imports.toCollection().primaryKeys();
  const meant = keys.filter((key) => noting.has(key) || !others.has(key));
  return takeOut(db, meant, new Set(ids));
}

/**
 * {@link forgetMessages} of messages that are gone already, while no import goes on: a row in each
 * transaction.
 */
export async function forgetGoneMessages(db: OnggiDexie, ids: ReadonlySet<string>): Promise<void> {
  if (ids.size === 0) return;
  const { noting } = await findRows(db, (change) => withoutMessages(change, ids) !== change);
  for (const key of noting) {
    await commit(() => db.transaction('rw', db.imports, () => takeOut(db, [key], ids)));
  }
}

async function takeOut(
  db: OnggiDexie,
  keys: string[],
  ids: ReadonlySet<string>,
): Promise<readonly NotedByImport[]> {
  const noted: NotedByImport[] = [];
  for (const run of await db.imports.bulkGet(keys)) {
    if (!run?.changes) continue;
    const { changes, ...rest } = run;
    const left = changes.map((change) => withoutMessages(change, ids));
    const taken = changes.filter((change, at) => change !== left[at]);
    if (taken.length === 0) continue;
    const kept = left.flatMap((change) => change ?? []);
    await db.imports.put(kept.length > 0 ? { ...rest, changes: kept } : rest);
    noted.push({ importId: run.partOf ?? run.id, changes: taken });
  }
  return noted;
}

/** What is left of a change without messages: the very same where it says nothing of them. */
function withoutMessages(change: ImportChange, ids: ReadonlySet<string>): ImportChange | undefined {
  const { table, id, earlierId } = change;
  if (table !== 'messages') return change;
  if (ids.has(id)) return undefined;
  return earlierId !== undefined && ids.has(earlierId) ? withoutTextChange(change) : change;
}

/** Undoes {@link forgetMessages}, in a transaction likewise; an import that was undone since needs nothing. */
export async function rememberMessages(
  db: OnggiDexie,
  noted: readonly NotedByImport[],
): Promise<void> {
  for (const { importId, changes } of noted) {
    const run = await db.imports.get(importId);
    if (run?.undoneAt !== null) continue;
    const after = [...(run.changes ?? [])];
    for (const change of changes) {
      const rest = digestValue(withoutTextChange(change));
      const at = after.findIndex((each) => each.id === change.id && digestValue(each) === rest);
      after.splice(at < 0 ? after.length : at, 1, change);
    }
    await db.imports.put({ ...run, changes: after });
  }
}

/** An import without what it says of conversations that were deleted for good while it went on. */
export async function withoutGone(db: OnggiDexie, run: ImportRun): Promise<ImportRun> {
  const { changes = [], ...rest } = await withoutGoneNames(db, run);
  const named = new Set(changes.flatMap((change) => conversationOf(change) ?? []));
  const there = named.size > 0 ? new Set(await conversationsAmong(db, named)) : named;
  const kept = changes.filter((change) => {
    const id = conversationOf(change);
    return id === undefined || there.has(id);
  });
  return kept.length > 0 ? { ...rest, changes: kept } : rest;
}

async function withoutGoneNames(db: OnggiDexie, run: ImportRun): Promise<ImportRun> {
  const named = findNamed(run);
  if (named.size === 0) return run;
  const there = new Set(await conversationsAmong(db, named));
  return withoutNames(run, { has: (id) => !there.has(id), titles: [] });
}

/** Above this many it is quicker to ask for the ids of all. */
const FEW = 500;

/** Those of the conversations that are here, and maybe others. */
function conversationsAmong(
  db: OnggiDexie,
  ids: ReadonlySet<ConversationId>,
): PromiseLike<ConversationId[]> {
  if (ids.size > FEW) return db.conversations.toCollection().primaryKeys();
  return db.conversations
    .where(':id')
    .anyOf([...ids])
    .primaryKeys();
}

/** Undefined where only a message says it. */
function conversationOf({ table, id, conversationId }: ImportChange): ConversationId | undefined {
  return table === 'conversations' ? toConversationId(id) : conversationId;
}
