import type { NotedByImport } from '#domain/conversation-store.ts';
import type { ConversationId, MessageId } from '#domain/ids.ts';
import { findNamed, withoutNames } from '#domain/forget-names.ts';
import { toConversationId, toMessageId } from '#domain/ids.ts';
import type { ImportChange, ImportRun } from '#domain/stored-rows.ts';
import type { OnggiDexie } from './onggi-dexie.ts';

/**
 * Takes what rows of these conversations said before an import changed them out of every import, also what
 * imports that are still going on have written down, and their titles out of the reports: of what is deleted
 * for good nothing is kept. One transaction, to be called while the messages are still there: changes that
 * older versions noted say only of which message they are. Those of a message that is gone go too.
 * @param isTrashOnly Leaves conversations alone that are not in the trash any more.
 */
export function forgetChanges(
  db: OnggiDexie,
  ids: readonly ConversationId[],
  isTrashOnly: boolean,
): PromiseLike<void> {
  return db.transaction('rw', db.imports, db.conversations, db.messages, async () => {
    const rows = await db.conversations.bulkGet([...ids]);
    const isGoing = (at: number): boolean => !isTrashOnly || rows[at]?.status === 'deleted';
    const going = new Set(ids.filter((_id, at) => isGoing(at)));
    if (going.size === 0) return;
    const runs = await db.imports
      .filter(({ changes = [], report }) => changes.length > 0 || report !== null)
      .toArray();
    const titles = [
      ...rows.flatMap((row) => (row && going.has(row.id) ? (row.title ?? []) : [])),
      ...runs.flatMap(({ changes = [] }) => titlesBefore(changes, going)),
    ];
    const gone = { has: (id: ConversationId) => going.has(id), titles };
    for (const run of runs) {
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

/**
 * Takes what these messages said before an import changed them out of every import, also where one of them
 * is kept as the earlier version of another. To be called in the
 * transaction that deletes them, which has `imports` too.
 * @returns what was taken, for {@link rememberMessages}.
 */
export async function forgetMessages(
  db: OnggiDexie,
  ids: readonly MessageId[],
): Promise<readonly NotedByImport[]> {
  const going = new Set<string>(ids);
  const isGoing = ({ table, id, earlierId }: ImportChange): boolean =>
    table === 'messages' && (going.has(id) || going.has(earlierId ?? id));
  const runs = await db.imports.filter(({ changes = [] }) => changes.some(isGoing)).toArray();
  for (const { changes = [], ...rest } of runs) {
    const kept = changes.filter((change) => !isGoing(change));
    await db.imports.put(kept.length > 0 ? { ...rest, changes: kept } : rest);
  }
  return runs.map(({ id, partOf, changes = [] }) => ({
    importId: partOf ?? id,
    changes: changes.filter(isGoing),
  }));
}

/** Undoes {@link forgetMessages}, in a transaction likewise; an import that was undone since needs nothing. */
export async function rememberMessages(
  db: OnggiDexie,
  noted: readonly NotedByImport[],
): Promise<void> {
  for (const { importId, changes } of noted) {
    const run = await db.imports.get(importId);
    if (run?.undoneAt !== null) continue;
    await db.imports.put({ ...run, changes: [...(run.changes ?? []), ...changes] });
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
