import { Dexie } from 'dexie';
import type { NotedByImport } from '#domain/conversation-store.ts';
import type { ConversationId, MessageId } from '#domain/ids.ts';
import { toConversationId, toMessageId } from '#domain/ids.ts';
import type { ImportChange, ImportRun } from '#domain/stored-rows.ts';
import type { OnggiDexie } from './onggi-dexie.ts';

/**
 * Takes what rows of these conversations said before an import changed them out of every import, also what
 * imports that are still going on have written down: of what is deleted for good nothing is kept. One
 * transaction, to be called while the messages are still there: changes that older versions noted say only of
 * which message they are. Those of a message that is gone go too.
 * @param isTrashOnly Leaves conversations alone that are not in the trash any more.
 */
export function forgetChanges(
  db: OnggiDexie,
  ids: readonly ConversationId[],
  isTrashOnly: boolean,
): PromiseLike<void> {
  return db.transaction('rw', db.imports, db.conversations, db.messages, async () => {
    const rows = isTrashOnly ? await db.conversations.bulkGet([...ids]) : [];
    const isGoing = (at: number): boolean => !isTrashOnly || rows[at]?.status === 'deleted';
    const going = new Set(ids.filter((_id, at) => isGoing(at)));
    if (going.size === 0) return;
    const noted = await db.imports.filter(({ changes = [] }) => changes.length > 0).toArray();
    for (const run of noted) {
      const { changes = [], ...rest } = run;
      const kept = await changesOutside(db, changes, going);
      if (kept.length === changes.length) continue;
      await db.imports.put(kept.length > 0 ? { ...rest, changes: kept } : rest);
    }
  });
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

/** The changes of an import without those of what was deleted for good while it went on. */
export async function withoutGone(db: OnggiDexie, run: ImportRun): Promise<ImportRun> {
  const { changes = [], ...rest } = run;
  const named = new Set(changes.flatMap((change) => conversationOf(change) ?? []));
  if (named.size === 0) return run;
  const there = new Set<string>(
    await db.conversations
      .where(':id')
      .anyOf([...named])
      .primaryKeys(),
  );
  for (const id of new Set(changes.flatMap(({ conversationId }) => conversationId ?? []))) {
    const keys = await db.messages
      .where('[conversationId+seq]')
      .between([id, Dexie.minKey], [id, Dexie.maxKey])
      .primaryKeys();
    for (const key of keys) there.add(key);
  }
  const kept = changes.filter(
    (change) =>
      conversationOf(change) === undefined ||
      (there.has(change.id) && there.has(change.earlierId ?? change.id)),
  );
  return kept.length > 0 ? { ...rest, changes: kept } : rest;
}

/** Undefined where only a message says it. */
function conversationOf({ table, id, conversationId }: ImportChange): ConversationId | undefined {
  return table === 'conversations' ? toConversationId(id) : conversationId;
}
