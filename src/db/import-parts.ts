/**
 * [Note: Parts of an import] What each transaction of an import does is written down in that transaction,
 * in a row of its own beside the import's: so a page that is closed in the middle loses nothing of it, and
 * no row is written again and again that grows with the import. At its end the parts become one row.
 */
import type { ConversationId, MessageId } from '#domain/ids.ts';
import type { ImportRun } from '#domain/stored-rows.ts';
import { read } from './commit.ts';
import type { OnggiDexie } from './onggi-dexie.ts';

/** Imports sort by when they began; parts of them before all, where no list looks. */
export const PART_STARTED_AT = 0;

/** The id of a part of an import. */
export function partId(runId: string, number: number): string {
  return `${runId}/${number}`;
}

/** Deletes the parts of an import. To be called in the transaction that writes its whole row. */
export function deleteParts(db: OnggiDexie, runId: string): PromiseLike<number> {
  return db.imports.where(':id').between(`${runId}/`, `${runId}/\uffff`).delete();
}

/** All imports, each whole. */
export async function readWholeRuns(db: OnggiDexie): Promise<readonly ImportRun[]> {
  return joinParts(await read(() => db.imports.toArray()));
}

/** One import, whole; undefined when there is none. */
export async function readWholeRun(db: OnggiDexie, id: string): Promise<ImportRun | undefined> {
  return read(() => db.transaction('r', db.imports, () => joinRows(db, id)));
}

/** {@link readWholeRun} in a transaction. */
export async function joinRows(db: OnggiDexie, id: string): Promise<ImportRun | undefined> {
  const run = await db.imports.get(id);
  const parts = await db.imports.where(':id').between(`${id}/`, `${id}/\uffff`).toArray();
  return joinParts(run ? [run, ...parts] : [])[0];
}

/** Imports with what stands in their parts; parts of an import that is not there are one of their own. */
function joinParts(rows: readonly ImportRun[]): readonly ImportRun[] {
  const ids = new Set(rows.flatMap(({ id, partOf }) => (partOf === undefined ? [id] : [])));
  const parts = new Map<string, ImportRun[]>();
  const whole: ImportRun[] = [];
  for (const row of rows) {
    const { partOf } = row;
    if (partOf === undefined || !ids.has(partOf)) whole.push(row);
    else if (!parts.get(partOf)?.push(row)) parts.set(partOf, [row]);
  }
  return whole.map((run) => joinRun(run, (parts.get(run.id) ?? []).sort(byNumber)));
}

function joinRun(run: ImportRun, parts: readonly ImportRun[]): ImportRun {
  if (parts.length === 0) return run;
  const all = [run, ...parts];
  const addedIds = new Map<ConversationId, Set<MessageId>>();
  for (const part of all) {
    for (const [key, ids] of Object.entries(part.addedIds)) {
      const id = key as ConversationId;
      addedIds.set(id, new Set([...(addedIds.get(id) ?? []), ...ids]));
    }
  }
  const settings = all.find((part) => part.settings)?.settings;
  return {
    ...run,
    createdIds: [...new Set(all.flatMap(({ createdIds }) => createdIds))],
    addedIds: Object.fromEntries([...addedIds].map(([id, ids]) => [id, [...ids]])),
    addedUsage: [
      ...new Map(
        all.flatMap(({ addedUsage = [] }) => addedUsage).map((day) => [day.id, day]),
      ).values(),
    ],
    addedSessionIds: [...new Set(all.flatMap(({ addedSessionIds = [] }) => addedSessionIds))],
    changes: all.flatMap(({ changes = [] }) => changes),
    ...(settings && { settings }),
  };
}

function byNumber(one: ImportRun, other: ImportRun): number {
  const numberOf = ({ id }: ImportRun): number => Number(id.slice(id.lastIndexOf('/') + 1));
  return numberOf(one) - numberOf(other);
}
