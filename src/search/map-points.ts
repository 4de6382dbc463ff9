import { readConversations } from '#db/conversation-ids.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { Conversation } from '#domain/conversation.ts';
import { toConversationId } from '#domain/ids.ts';
import type { MapPoint } from '#domain/search.ts';
import { projectPlane } from './project-plane.ts';
import type { VectorIndex } from './vector-index.ts';

/** Conversations read at a time. */
const PAGE_ROWS = 1000;

/**
 * All conversations of the index in the plane, newest first, but those in the trash.
 * @throws OnggiError `db/*`; the reason of `signal`
 */
export async function toMapPoints(
  db: OnggiDatabase,
  index: Pick<VectorIndex, 'identity' | 'means'>,
  signal?: AbortSignal,
): Promise<readonly MapPoint[]> {
  const { dimension } = index.identity;
  const { ownerIds, vectors } = index.means();
  const shown: Conversation[] = [];
  const kept = new Float32Array(vectors.length);
  const placeOf = new Map(ownerIds.map((id, at) => [id, at]));
  for (let first = 0; first < ownerIds.length; first += PAGE_ROWS) {
    signal?.throwIfAborted();
    const ids = ownerIds.slice(first, first + PAGE_ROWS).map(toConversationId);
    for (const row of await readConversations(db, ids)) {
      if (row.status === 'deleted') continue;
      const from = (placeOf.get(row.id) ?? 0) * dimension;
      kept.set(vectors.subarray(from, from + dimension), shown.length * dimension);
      shown.push(row);
    }
  }
  signal?.throwIfAborted();
  const plane = projectPlane(kept.subarray(0, shown.length * dimension), dimension);
  const points = shown.map(({ id, title, tags, status, updatedAt }, at) => ({
    id,
    title: title ?? '',
    tags,
    isArchived: status === 'archived',
    updatedAt,
    x: plane[at * 2] ?? 0,
    y: plane[at * 2 + 1] ?? 0,
  }));
  return points.sort((a, b) => b.updatedAt - a.updatedAt);
}
