import { readStoredEmbedders } from '#db/embeddings.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { parseEmbedderKey } from '#domain/embedding.ts';
import type { Clock } from '#domain/ids.ts';
import { createMeaningIndexer } from './meaning-indexer.ts';
import { conversationSource, documentSource } from './passage-source.ts';
import type { SidecarStore } from './sidecar-store.ts';
import { openVectorIndex } from './vector-index.ts';

/**
 * Lets go of the vectors of what was deleted, of all embedders, while none of them can be had: an endpoint
 * that is gone must not keep them. Nothing is embedded.
 * @throws OnggiError `db/*`
 */
export async function expungeUnattended(
  db: OnggiDatabase,
  clock: Clock,
  store: SidecarStore | undefined,
): Promise<void> {
  for (const key of await readStoredEmbedders(db)) {
    const identity = parseEmbedderKey(key);
    if (!identity) continue;
    for (const source of [conversationSource(db, false), documentSource(db)]) {
      const { collection } = source;
      const index = await openVectorIndex({ db, clock, collection, identity, store });
      try {
        const indexer = createMeaningIndexer({
          source,
          embedder: { ...identity, embed: () => Promise.reject(new Error('nothing is embedded')) },
          index,
          batchTexts: 1,
          mayGoOn: () => Promise.resolve(),
          goOn: () => undefined,
          onProgress: () => undefined,
        });
        await indexer.letGo(index.ownerIds(), true, () => true);
      } finally {
        index.close();
      }
    }
  }
}
