import type { Conversation } from '#domain/conversation.ts';
import { readImportedWhole } from '#domain/import-memory.ts';
import type { ImportedConversation } from '#domain/imported.ts';
import { findImported, readSourceIds, sourceKey } from '#db/imported-conversations.ts';
import type { OnggiDatabase } from '#db/open-database.ts';

/** What of the conversations that were asked about is here. */
export interface FoundConversations {
  readonly rows: ReadonlyMap<ImportedConversation, Conversation>;
  /** A row that one of them may be could not be read: whether it is here is not known. */
  readonly unreadable: ReadonlySet<ImportedConversation>;
}

/**
 * Finds what of these conversations is here. One whose id is derived may lie here as a shorter export
 * of itself, under an id of an earlier version: then the one that says most of it is found.
 */
export function createStoredFinder(
  db: OnggiDatabase,
): (conversations: readonly ImportedConversation[]) => Promise<FoundConversations> {
  /** What lay here when a source was first asked about: what comes later has ids of today. */
  const idsBySource = new Map<string, Promise<ReadonlySet<string>>>();

  async function placesOf(conversation: ImportedConversation): Promise<readonly string[]> {
    const { source, sourceId, formerSourceIds } = conversation;
    const [whole] = formerSourceIds.slice(-1);
    if (whole === undefined) return [sourceId];
    const ids = idsBySource.get(source) ?? readSourceIds(db, source);
    idsBySource.set(source, ids);
    const known = await ids;
    return [...new Set([whole, sourceId, ...formerSourceIds.filter((id) => known.has(id))])];
  }

  return async (conversations) => {
    const places = new Map<ImportedConversation, readonly string[]>();
    for (const each of conversations) places.set(each, await placesOf(each));
    const asked = [...places].flatMap(([{ source }, ids]) =>
      ids.map((sourceId) => ({ source, sourceId })),
    );
    const rows = await findImported(db, asked);
    const found = new Map<ImportedConversation, Conversation>();
    const unreadable = new Set<ImportedConversation>();
    for (const [conversation, ids] of places) {
      const { source } = conversation;
      const here = ids.flatMap((sourceId) => rows.get(sourceKey({ source, sourceId })) ?? []);
      try {
        const row = longestOf(here, conversation);
        if (row) found.set(conversation, row);
      } catch {
        unreadable.add(conversation);
      }
    }
    return { rows: found, unreadable };
  };
}

/** The one that holds most of the conversation; one that only begins alike where none is all in it. */
function longestOf(
  rows: readonly Conversation[],
  { sourceId, formerSourceIds }: ImportedConversation,
): Conversation | undefined {
  let best = rows.find((row) => row.sourceId === sourceId);
  if (formerSourceIds.length === 0) return best;
  const lengthOf = (row: Conversation): number => formerSourceIds.indexOf(readImportedWhole(row));
  for (const row of rows) if (lengthOf(row) > (best ? lengthOf(best) : -1)) best = row;
  return best;
}
