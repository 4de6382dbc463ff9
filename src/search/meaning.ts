/**
 * Finding by meaning, inside the search worker: the embedding model, the vectors of the conversations,
 * and the work in the background that keeps them up to date. Nothing is fetched or embedded before the
 * first question, unless an earlier visit has begun.
 */
import { watchFeed } from '#db/change-feed.ts';
import { confirmFeed, markFeed, readFeed } from '#db/feed-reader.ts';
import { deleteEmbeddings, readStoredEmbedders } from '#db/embeddings.ts';
import { readConversations } from '#db/conversation-ids.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { readRange } from '#db/thread-reads.ts';
import { embedderKey } from '#domain/embedding.ts';
import type { Embedder } from '#domain/embedding.ts';
import { toOnggiError } from '#domain/errors.ts';
import { toConversationId } from '#domain/ids.ts';
import type { Clock, ConversationId } from '#domain/ids.ts';
import type { MapPoint, MeaningStatus, NearGroup } from '#domain/search.ts';
import { toMapPoints } from './map-points.ts';
import { createMeaningIndexer } from './meaning-indexer.ts';
import type { MeaningIndexer } from './meaning-indexer.ts';
import { toNearGroups } from './near-groups.ts';
import { conversationPassages } from './passages.ts';
import type { SidecarStore } from './sidecar-store.ts';
import { openVectorIndex } from './vector-index.ts';
import type { VectorIndex } from './vector-index.ts';
import { removeOtherVectorFiles } from './vector-sidecar.ts';

/** An embedder that holds something until it is closed. */
export interface OpenEmbedder extends Embedder {
  close(): void;
}

export interface MeaningDeps {
  readonly db: OnggiDatabase;
  readonly clock: Clock;
  /** Where a copy of the vectors is kept; none where the browser has no files. */
  readonly store?: SidecarStore | undefined;
  readonly openEmbedder: (
    onBytes: (doneBytes: number, totalBytes: number | null) => void,
  ) => Promise<OpenEmbedder>;
  /** Texts that the embedder is given at a time. */
  readonly batchTexts: number;
  /** Whether work in the background must wait: the person stopped it, or an answer is running. */
  readonly readHold: () => Promise<'paused' | 'waiting' | undefined>;
  readonly onStatus: (status: MeaningStatus) => void;
}

export interface NearOptions {
  readonly limit: number;
  /** What is less near is left out. */
  readonly leastCosine: number;
}

export interface Meaning {
  /** Begins if an earlier visit had. */
  resume(): Promise<void>;
  /**
   * Conversations near to a text, nearest first. Begins, unless `isInPassing`. While the model loads it
   * waits, while the conversations are indexed it finds those that are.
   * @throws OnggiError `model/*`, `app/worker-failed`, `db/*`
   */
  near(
    text: string,
    options: NearOptions & { isInPassing: boolean },
  ): Promise<readonly NearGroup[]>;
  /** Conversations near to one; none where nothing was begun or it is gone. @throws as {@link near} */
  similar(id: ConversationId, options: NearOptions): Promise<readonly NearGroup[]>;
  /** The picture of all that are indexed so far. Begins. @throws as {@link near} */
  map(signal?: AbortSignal): Promise<readonly MapPoint[]>;
}

/** What is open once the model is there. */
interface Opened {
  readonly embedder: OpenEmbedder;
  readonly index: VectorIndex;
}

/** Only so much of a question is embedded: more says nothing more. */
const MAX_QUERY_UNITS = 2000;
/** How often work that must wait looks whether it may go on, and rests after changes come, milliseconds. */
const [HOLD_MS, REST_MS] = [500, 1000];
/** Changes read at a time. */
const FEED_ROWS = 500;
const FEED_READER = 'meaning';

/** Nobody asked yet. */
export const NO_MEANING: MeaningStatus = {
  phase: 'off',
  doneCount: 0,
  totalCount: 0,
  doneBytes: 0,
  totalBytes: null,
  errorCode: null,
};

function closeParts({ embedder, index }: Opened): void {
  embedder.close();
  index.close();
}

export function createMeaning(deps: MeaningDeps): Meaning {
  const { db, clock, store, openEmbedder, batchTexts, readHold, onStatus } = deps;
  let status = NO_MEANING;
  let opening: Promise<Opened> | undefined;
  const setStatus = (changes: Partial<MeaningStatus>): void => {
    status = { ...status, ...changes };
    onStatus(status);
  };

  async function open(): Promise<Opened> {
    setStatus({ phase: 'loading', errorCode: null });
    const embedder = await openEmbedder((doneBytes, totalBytes) =>
      setStatus({ doneBytes, totalBytes }),
    );
    try {
      const index = await openVectorIndex({
        db,
        clock,
        collection: 'conversations',
        identity: embedder,
        store,
      });
      return { embedder, index };
    } catch (error) {
      embedder.close();
      throw error;
    }
  }

  /** Opens and keeps indexing from then on; after a failure the next question begins anew. */
  function begin(): Promise<Opened> {
    if (opening) return opening;
    const opened = open();
    opening = opened;
    opened
      .then((parts) => keepIndexing(parts))
      .catch((error: unknown) => {
        setStatus({ phase: 'failed', errorCode: toOnggiError(error).code });
        opening = undefined;
        return opened.then(closeParts).catch(() => undefined);
      });
    return opened;
  }

  async function mayGoOn(): Promise<void> {
    const before = status.phase;
    for (let hold = await readHold(); hold !== undefined; hold = await readHold()) {
      if (status.phase !== hold) setStatus({ phase: hold });
      await new Promise((resolve) => setTimeout(resolve, HOLD_MS));
    }
    if (status.phase === 'paused' || status.phase === 'waiting') {
      setStatus({ phase: before === 'ready' ? 'ready' : 'indexing' });
    }
  }

  async function keepIndexing({ embedder, index }: Opened): Promise<never> {
    const indexer = createMeaningIndexer({
      db,
      embedder,
      index,
      batchTexts,
      mayGoOn,
      onProgress: (doneCount, totalCount) => setStatus({ doneCount, totalCount }),
    });
    // Settled by the next change; one that comes while another is followed is not missed.
    let wake: () => void = () => undefined;
    let changed = new Promise<void>((resolve) => (wake = resolve));
    watchFeed(db, () => wake());
    let { seq } = await markFeed(db);
    await confirmFeed(db, FEED_READER, seq);
    setStatus({ phase: 'indexing' });
    await indexer.catchUp();
    await deleteOthers(embedderKey(embedder));
    for (;;) {
      setStatus({ phase: 'ready' });
      await changed;
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
      changed = new Promise<void>((resolve) => (wake = resolve));
      seq = await followFeed(indexer, seq);
    }
  }

  /** Vectors of earlier embedders, which nothing reads any more. */
  async function deleteOthers(current: string): Promise<void> {
    for (const embedder of await readStoredEmbedders(db)) {
      if (embedder !== current) await deleteEmbeddings(db, embedder);
    }
    if (store) await removeOtherVectorFiles(store, 'conversations', current);
  }

  async function followFeed(indexer: MeaningIndexer, from: number): Promise<number> {
    let seq = from;
    for (;;) {
      const changes = await readFeed(db, seq, FEED_ROWS);
      if (changes.length === 0) break;
      if (changes.some(({ isWholesale }) => isWholesale)) await indexer.catchUp();
      else {
        const ids = changes.flatMap(({ conversationIds }) => conversationIds);
        await indexer.follow(ids.map(toConversationId));
      }
      seq = changes.at(-1)?.seq ?? seq;
    }
    if (seq > from) await confirmFeed(db, FEED_READER, seq);
    return seq;
  }

  async function find(text: string, { limit, leastCosine }: NearOptions, exceptId?: string) {
    const { embedder, index } = await begin();
    const query = await embedder.embed([text.slice(0, MAX_QUERY_UNITS)], 'query');
    // Some may be in the trash, and one may be the asking one.
    const near = await index.nearest(query, limit * 2 + 1);
    const wanted = near.filter(
      ({ ownerId, cosine }) => ownerId !== exceptId && cosine >= leastCosine,
    );
    return (await toNearGroups(db, wanted)).slice(0, limit);
  }

  const isBegun = async (): Promise<boolean> =>
    opening !== undefined || (await readStoredEmbedders(db)).length > 0;

  return {
    async resume() {
      if (await isBegun()) await begin();
    },
    async near(text, { isInPassing, ...options }) {
      if (text.trim() === '' || (isInPassing && !(await isBegun()))) return [];
      return find(text, options);
    },
    async similar(id, options) {
      const [conversation] = await readConversations(db, [id]);
      if (!conversation || !(await isBegun())) return [];
      const first = await readRange(db.strict, id, 0, 3);
      const gist = conversationPassages(conversation, first).map(({ text }) => text);
      return gist.length === 0 ? [] : find(gist.join('\n'), options, id);
    },
    async map(signal) {
      const { index } = await begin();
      return toMapPoints(db, index, signal);
    },
  };
}
