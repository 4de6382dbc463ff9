import { findDocuments, getChunkAt } from '#db/documents.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { plainToLine } from '#domain/readable-text.ts';
import type { FoundPlace, NearGroup } from '#domain/search.ts';
import type { LibraryDocument } from '#domain/stored-rows.ts';
import type { NearOwner } from './nearest-owners.ts';

/** How much of the beginning stands for a document whose name matched, in UTF-16 units. */
const OPENING_UNITS = 400;

/** Documents as results, with the passage that matched. Left out is what is gone. */
export async function toNearDocuments(
  db: OnggiDatabase,
  near: readonly NearOwner[],
): Promise<readonly NearGroup[]> {
  const rows = await findDocuments(
    db,
    near.map(({ ownerId }) => ownerId),
  );
  const groups = near.map(async (owner): Promise<NearGroup[]> => {
    const document = rows.get(owner.ownerId);
    if (!document) return [];
    const { id, name, updatedAt } = document;
    return [
      {
        kind: 'document',
        id,
        title: { text: name, marks: [] },
        status: 'active',
        source: 'library',
        tags: [],
        updatedAt,
        placeCount: 1,
        places: [await toPlace(db, document, owner)],
        foundBy: ['meaning'],
        cosine: owner.cosine,
      },
    ];
  });
  return (await Promise.all(groups)).flat();
}

async function toPlace(
  db: OnggiDatabase,
  { id, updatedAt }: LibraryDocument,
  { passage: { kind, seq, start, end } }: NearOwner,
): Promise<FoundPlace> {
  const isName = kind === 'title';
  const chunk = await getChunkAt(db, id, isName ? 0 : seq);
  const text = chunk?.text.slice(isName ? 0 : start, isName ? OPENING_UNITS : end) ?? '';
  return {
    // It was changed a moment ago; the index follows.
    id: isName ? null : (chunk?.id ?? null),
    field: isName ? 'title' : 'passage',
    role: null,
    timestamp: updatedAt,
    snippet: { text: plainToLine(text).text, marks: [] },
  };
}
