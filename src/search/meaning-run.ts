/** One embedder with its vectors, and the work in the background that keeps them up to date. */
import { watchFeed } from '#db/change-feed.ts';
import { confirmFeed, leaveFeed, markFeed, readFeed } from '#db/feed-reader.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { Embedder } from '#domain/embedding.ts';
import { toOnggiError } from '#domain/errors.ts';
import { toConversationId } from '#domain/ids.ts';
import type { Clock } from '#domain/ids.ts';
import type { MeaningStatus } from '#domain/search.ts';
import { createMeaningIndexer } from './meaning-indexer.ts';
import type { MeaningIndexer } from './meaning-indexer.ts';
import type { SidecarStore } from './sidecar-store.ts';
import { openVectorIndex } from './vector-index.ts';
import type { VectorIndex } from './vector-index.ts';

/** An embedder that holds something until it is closed. */
export interface OpenEmbedder extends Embedder {
  /** Texts that it is given at a time. */
  readonly batchTexts: number;
  /** Mean cosine of texts that have nothing to do with each other. */
  readonly unrelated: number;
  close(): void;
}

export interface MeaningRunDeps {
  readonly db: OnggiDatabase;
  readonly clock: Clock;
  /** Where a copy of the vectors is kept; none where the browser has no files. */
  readonly store?: SidecarStore | undefined;
  /** Whether work in the background must wait, and for what. */
  readonly readHold: () => Promise<MeaningHold | undefined>;
}

/** The person stopped it, an answer is running, or the battery is nearly empty. */
export type MeaningHold = 'paused' | 'waiting' | 'saving-power';

/** What is open once the model is there. */
export interface OpenedMeaning {
  readonly embedder: OpenEmbedder;
  readonly index: VectorIndex;
}

export interface MeaningRun {
  /** Settles when the model is loaded and its vectors are read. @throws OnggiError `model/*`, `db/*` */
  readonly opened: Promise<OpenedMeaning>;
  /** Settles when everything was indexed once. Rejects when the run failed or was closed. */
  readonly whole: Promise<OpenedMeaning>;
  readonly status: () => MeaningStatus;
  /** Ends it: the embedder, the files, the place in the change feed. */
  close(): void;
}

/** How often work that must wait looks whether it may go on, and rests after changes come, milliseconds. */
const [HOLD_MS, REST_MS] = [500, 1000];
/** Changes read at a time. */
const FEED_ROWS = 500;

/** Nobody asked yet. */
export const NO_MEANING: MeaningStatus = {
  phase: 'off',
  doneCount: 0,
  totalCount: 0,
  doneBytes: 0,
  totalBytes: null,
  errorCode: null,
  inUse: null,
  coming: null,
};

/** What ends the background work of a run that was closed. */
class Closed extends Error {}

/**
 * @param feedReader Its name in the change feed; one of a fixed few, because the feed keeps what a
 * reader has not seen.
 * @param onStatus Told with every change, not after it was closed.
 */
export function startMeaningRun(
  { db, clock, store, readHold }: MeaningRunDeps,
  openEmbedder: (onBytes: (done: number, total: number | null) => void) => Promise<OpenEmbedder>,
  feedReader: string,
  onStatus: () => void,
): MeaningRun {
  let status: MeaningStatus = { ...NO_MEANING, phase: 'loading' };
  let isClosed = false;
  let opened: OpenedMeaning | undefined;
  /** Settled by the next change, and by closing. */
  let wake: () => void = () => undefined;
  let stopWatching: () => void = () => undefined;
  const setStatus = (changes: Partial<MeaningStatus>): void => {
    if (isClosed) return;
    status = { ...status, ...changes };
    onStatus();
  };
  const goOn = (): void => {
    if (isClosed) throw new Closed('closed');
  };

  async function open(): Promise<OpenedMeaning> {
    const embedder = await openEmbedder((doneBytes, totalBytes) =>
      setStatus({ doneBytes, totalBytes }),
    );
    try {
      goOn();
      const identity = embedder;
      const deps = { db, clock, collection: 'conversations', identity, store } as const;
      opened = { embedder, index: await openVectorIndex(deps) };
      if (isClosed) opened.index.close();
      goOn();
      return opened;
    } catch (error) {
      embedder.close();
      throw error;
    }
  }

  async function mayGoOn(): Promise<void> {
    goOn();
    const before = status.phase;
    let waited: MeaningHold | undefined;
    for (let hold = await readHold(); hold !== undefined; hold = await readHold()) {
      goOn();
      if (waited !== hold) setStatus({ phase: hold });
      waited = hold;
      await new Promise((resolve) => setTimeout(resolve, HOLD_MS));
    }
    goOn();
    if (waited) setStatus({ phase: before === 'ready' ? 'ready' : 'indexing' });
  }

  async function indexOnce({ embedder, index }: OpenedMeaning): Promise<() => Promise<never>> {
    const indexer = createMeaningIndexer({
      db,
      embedder,
      index,
      batchTexts: embedder.batchTexts,
      mayGoOn,
      onProgress: (doneCount, totalCount) => setStatus({ doneCount, totalCount }),
    });
    // A change that comes while another is followed is not missed.
    let changed = new Promise<void>((resolve) => (wake = resolve));
    stopWatching = watchFeed(db, () => wake());
    let { seq } = await markFeed(db);
    await confirmFeed(db, feedReader, seq);
    setStatus({ phase: 'indexing' });
    await indexer.catchUp();
    // What was written meanwhile: a model that is to answer instead of another must know it too.
    seq = await followFeed(indexer, seq);
    setStatus({ phase: 'ready' });
    return async () => {
      for (;;) {
        await changed;
        goOn();
        await new Promise((resolve) => setTimeout(resolve, REST_MS));
        changed = new Promise<void>((resolve) => (wake = resolve));
        seq = await followFeed(indexer, seq);
        setStatus({ phase: 'ready' });
      }
    };
  }

  async function followFeed(indexer: MeaningIndexer, from: number): Promise<number> {
    let seq = from;
    for (;;) {
      goOn();
      const changes = await readFeed(db, seq, FEED_ROWS);
      if (changes.length === 0) break;
      if (changes.some(({ isWholesale }) => isWholesale)) await indexer.catchUp();
      else {
        const ids = changes.flatMap(({ conversationIds }) => conversationIds);
        await indexer.follow(ids.map(toConversationId));
      }
      seq = changes.at(-1)?.seq ?? seq;
    }
    if (seq > from) await confirmFeed(db, feedReader, seq);
    return seq;
  }

  function fail(error: unknown): void {
    stopWatching();
    if (!(error instanceof Closed)) {
      setStatus({ phase: 'failed', errorCode: toOnggiError(error).code });
    }
    opened?.embedder.close();
    opened?.index.close();
    opened = undefined;
  }

  const opening = open();
  const indexing = opening.then(indexOnce);
  const whole = indexing.then(() => opening);
  // What fails is told by the status; whoever waits hears it too.
  whole.catch(() => undefined);
  void indexing.then((follow) => follow()).catch(fail);
  return {
    opened: opening,
    whole,
    status: () => status,
    close() {
      isClosed = true;
      wake();
      fail(new Closed('closed'));
      // A reader that nobody takes off the feed would keep it growing; the next start takes it off.
      void leaveFeed(db, feedReader).catch(() => undefined);
    },
  };
}
