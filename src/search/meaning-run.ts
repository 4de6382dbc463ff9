/** One embedder with its vectors, and the work in the background that keeps them up to date. */
import { watchFeed } from '#db/watch-feed.ts';
import { confirmFeed, joinFeed, markFeed, readFeed } from '#db/feed-reader.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { Embedder } from '#domain/embedding.ts';
import { OnggiError, toOnggiError } from '#domain/errors.ts';
import type { Clock } from '#domain/ids.ts';
import type { MeaningStatus } from '#domain/search.ts';
import type { ChangeFeedRow } from '#domain/stored-rows.ts';
import { createSurvivingEmbed } from './embed-surviving.ts';
import { createMeaningIndexer } from './meaning-indexer.ts';
import type { IsDoubted, MeaningIndexer } from './meaning-indexer.ts';
import { conversationSource, documentSource } from './passage-source.ts';
import type { PassageSource } from './passage-source.ts';
import { isDeath, openReviving } from './reviving-embedder.ts';
import type { SidecarStore } from './sidecar-store.ts';
import { openVectorIndex } from './vector-index.ts';
import type { VectorIndex } from './vector-index.ts';

/** An embedder that holds something until it is closed. */
export interface OpenEmbedder extends Embedder {
  /** Texts that it is given at a time. */
  readonly batchTexts: number;
  /** Mean cosine of texts that have nothing to do with each other. */
  readonly unrelated: number;
  /** Conversations in the trash are none of its business: they would leave the device. */
  readonly skipsTrash: boolean;
  /** Whether a worker of this page embeds, which can die of a text. */
  readonly isWorker: boolean;
  /** So long an answer may take before its worker counts as dead, milliseconds; left out where others see to it. */
  readonly patienceMs?: number;
  /** New and changed documents are none of its business either. */
  readonly skipsDocuments: boolean;
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
  /** The vectors of the conversations. */
  readonly index: VectorIndex;
  /** Those of the documents. */
  readonly documents: VectorIndex;
}

/** One collection: its texts, their vectors, and what keeps the ones equal to the others. */
export interface MeaningPart {
  readonly source: PassageSource;
  readonly index: VectorIndex;
  readonly indexer: MeaningIndexer;
}

/** What may be done with the vectors of a run while it rests. */
export interface MeaningRest {
  /** Conversations and documents. */
  readonly parts: readonly MeaningPart[];
  /** Whether a change was written that is not in the vectors. */
  readonly isBehind: () => Promise<boolean>;
}

export interface MeaningRun {
  /** Settles when the model is loaded and its vectors are read. @throws OnggiError `model/*`, `db/*` */
  readonly opened: Promise<OpenedMeaning>;
  /** Settles when everything was indexed once. Rejects when the run failed or was closed. */
  readonly whole: Promise<OpenedMeaning>;
  readonly status: () => MeaningStatus;
  /**
   * Does something while the vectors stand still, at a position of the change feed, once everything up to
   * there is in them. @throws what `work` throws; what ended the run
   */
  atRest<T>(work: (rest: MeaningRest) => Promise<T>): Promise<T>;
  /** Passages that were left out are tried once more, as soon as it has everything else. */
  retryLeftOut(): void;
  /** Settles when nothing of it runs any more. */
  readonly ended: Promise<void>;
  /** Whether the change feed is kept for it alone, or it has begun to follow it. */
  readonly hasJoined: () => boolean;
  /** Ends it: the embedder and the files at once, what runs at its next step. */
  close(): void;
}

/** How often work that must wait looks whether it may go on, and rests after changes come, milliseconds. */
const [HOLD_MS, REST_MS] = [500, 1000];
/** Pauses before what failed for the moment is tried again, milliseconds; the last one from then on. */
const RETRY_MS = [1000, 5000, 20_000, 60_000];
/** How often a lock is tried that covers the page which embeds, milliseconds: that asks nobody. */
const LOCKED_MS = 1000;
/** A page that is still locked has refused by then, milliseconds. */
const REFUSED_MS = 300;
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
 * @param feedReader Its name in the change feed, where it goes on after a reload: always the same for the same
 * vectors. Two runs may have it while one of them ends.
 * @param onStatus Told with every change, not after it was closed.
 */
export function startMeaningRun(
  { db, clock, store, readHold }: MeaningRunDeps,
  openEmbedder: (
    onBytes: (done: number, total: number | null) => void,
    signal: AbortSignal,
  ) => Promise<OpenEmbedder>,
  feedReader: string,
  onStatus: () => void,
): MeaningRun {
  let status: MeaningStatus = { ...NO_MEANING, phase: 'loading' };
  const closing = new AbortController();
  const isClosed = (): boolean => closing.signal.aborted;
  let opened: OpenedMeaning | undefined;
  /** Settled by the next change, and by closing. */
  let wake: () => void = () => undefined;
  let stopWatching: () => void = () => undefined;
  /** What is to be done at rest, first come first. */
  const jobs = new Set<{
    readonly work: (rest: MeaningRest) => Promise<void>;
    readonly reject: (error: unknown) => void;
  }>();
  /** What ended the run. */
  let failure: unknown;
  let mustRetryLeftOut = false;
  let hasJoined = false;
  /** What the feed was told last. */
  let confirmedSeq = 0;
  let settling: ReturnType<typeof setTimeout> | undefined;
  /**
   * Lets go of what was deleted since the last time: that waits for nothing. While work is held also of
   * messages; else those are followed soon.
   */
  let letGo: (isHeld: boolean) => Promise<void> = () => Promise.resolve();
  const setStatus = (changes: Partial<MeaningStatus>): void => {
    if (isClosed()) return;
    status = { ...status, ...changes };
    onStatus();
  };
  const goOn = (): void => {
    if (isClosed()) throw new Closed('closed');
  };

  async function open(): Promise<OpenedMeaning> {
    const onBytes = (doneBytes: number, totalBytes: number | null): void =>
      setStatus({ doneBytes, totalBytes });
    const embedder = await whenUnlocked('loading', () =>
      openReviving(() => openEmbedder(onBytes, closing.signal), closing.signal),
    );
    try {
      goOn();
      const identity = embedder;
      const deps = { db, clock, identity, store };
      const index = await openVectorIndex({ ...deps, collection: 'conversations' });
      const documents = await openVectorIndex({ ...deps, collection: 'documents' }).catch(
        (error: unknown) => {
          index.close();
          throw error;
        },
      );
      opened = { embedder, index, documents };
      if (isClosed()) closeAll(opened);
      goOn();
      return opened;
    } catch (error) {
      embedder.close();
      throw error;
    }
  }

  /**
   * Does what asks an endpoint; while the page that has its key is locked, again and again until it is opened.
   * @param phase What it is at then.
   */
  async function whenUnlocked<T>(
    phase: 'loading' | 'indexing',
    work: () => Promise<T>,
  ): Promise<T> {
    for (;;) {
      // What is not refused at once is at work: the answer may take minutes.
      const unlocked = setTimeout(() => {
        if (status.phase === 'locked') setStatus({ phase });
      }, REFUSED_MS);
      try {
        return await work();
      } catch (error) {
        goOn();
        if (!(error instanceof OnggiError) || error.code !== 'vault/locked') throw error;
        setStatus({ phase: 'locked' });
        await waitUnlessClosed(LOCKED_MS);
      } finally {
        clearTimeout(unlocked);
      }
    }
  }

  async function mayGoOn(): Promise<void> {
    goOn();
    await letGo(false);
    const before = status.phase;
    let waited: MeaningHold | undefined;
    for (let hold = await readHold(); hold !== undefined; hold = await readHold()) {
      goOn();
      if (waited !== hold) setStatus({ phase: hold });
      waited = hold;
      await letGo(true);
      await new Promise((resolve) => setTimeout(resolve, HOLD_MS));
    }
    goOn();
    if (waited) setStatus({ phase: before === 'ready' ? 'ready' : 'indexing' });
  }

  /** Embeds, and waits out what fails for the moment: a network that is gone, a limit of requests. */
  async function embedPatiently(
    embedder: OpenEmbedder,
    ...given: Parameters<OpenEmbedder['embed']>
  ): Promise<Float32Array<ArrayBuffer>> {
    for (let tries = 0; ; tries++) {
      try {
        const vectors = await whenUnlocked('indexing', () => embedder.embed(...given));
        if (status.phase === 'retrying' || status.phase === 'locked')
          setStatus({ phase: 'indexing' });
        return vectors;
      } catch (error) {
        goOn();
        if (!(error instanceof OnggiError) || !error.retryable || isDeath(error, embedder))
          throw error;
        setStatus({ phase: 'retrying' });
        const pause = RETRY_MS[Math.min(tries, RETRY_MS.length - 1)] ?? 0;
        const told = (error.retryAt ?? 0) - clock();
        await waitUnlessClosed(Math.max(pause, told));
        await mayGoOn();
      }
    }
  }

  async function waitUnlessClosed(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= HOLD_MS) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(left, HOLD_MS)));
      goOn();
    }
  }

  async function indexOnce(found: OpenedMeaning): Promise<() => Promise<never>> {
    const { embedder } = found;
    const counts = [
      [0, 0],
      [0, 0],
    ];
    const surviving = createSurvivingEmbed(
      (texts) => embedPatiently(embedder, texts, 'passage'),
      embedder,
      mayGoOn,
    );
    const sources = [
      [conversationSource(db, embedder.skipsTrash), found.index],
      [documentSource(db, embedder.skipsDocuments ? found.documents : undefined), found.documents],
    ] as const;
    const parts = sources.map(([source, index], at): MeaningPart => {
      const indexer = createMeaningIndexer({
        source,
        embedder: { ...embedder, embed: surviving },
        index,
        batchTexts: embedder.batchTexts,
        mayGoOn,
        goOn,
        onProgress(doneCount, totalCount) {
          counts[at] = [doneCount, totalCount];
          const sum = (which: 0 | 1) => counts.reduce((all, each) => all + (each[which] ?? 0), 0);
          setStatus({ doneCount: sum(0), totalCount: sum(1), leftOutCount: countLeftOut(found) });
        },
      });
      return { source, index, indexer };
    });
    // A change that comes while another is followed is not missed.
    let changed = new Promise<void>((resolve) => (wake = resolve));
    // What was not looked at for conversations that are gone, and for messages.
    const unseen = { conversations: true, messages: true };
    stopWatching = watchFeed(db, () => {
      unseen.conversations = unseen.messages = true;
      wake();
    });
    hasJoined = true;
    const followed = await joining;
    let { seq } = await markFeed(db);
    letGo = async (isHeld) => {
      if (!(isHeld ? unseen.messages : unseen.conversations)) return;
      unseen.conversations = false;
      if (isHeld) unseen.messages = false;
      for (let at = seq; ;) {
        const changes = await readFeed(db, at, FEED_ROWS);
        const isAny = changes.some(({ isWholesale }) => isWholesale);
        for (const { source, index, indexer } of parts) {
          const ids = isAny ? index.ownerIds() : changes.flatMap(source.changedIds);
          // Where nobody knows what changed, it is compared when it is followed, and not again and again.
          const named = changes.filter(({ isWholesale }) => !isWholesale);
          const isAll = !isAny && at === seq && changes.length < FEED_ROWS;
          const written = isHeld && isAll ? await source.readWritten(changes) : undefined;
          await indexer.letGo(ids, isHeld, doubtsOf(source, named), written);
        }
        at = changes.at(-1)?.seq ?? at;
        if (changes.length < FEED_ROWS) return;
      }
    };
    goOn();
    const hasNone = parts.every(({ index }) => index.ownerIds().length === 0);
    // Where there are none, nothing can be wrong of what was written before.
    if (hasNone) await settle(parts, seq, true);
    setStatus({ phase: 'indexing' });
    await catchUp(parts, hasNone ? [] : await readUnfollowed(followed));
    await settle(parts, seq, true);
    // What was written meanwhile: a model that is to answer instead of another must know it too.
    seq = await followFeed(parts, seq);
    setStatus({ phase: 'ready', leftOutCount: countLeftOut(found) });
    return async () => {
      for (;;) {
        await changed;
        goOn();
        if (jobs.size === 0 && !mustRetryLeftOut)
          await new Promise((resolve) => setTimeout(resolve, REST_MS));
        changed = new Promise<void>((resolve) => (wake = resolve));
        seq = await followFeed(parts, seq);
        if (mustRetryLeftOut) {
          mustRetryLeftOut = false;
          setStatus({ phase: 'indexing' });
          for (const { index, indexer } of parts) await indexer.follow(index.forgetLeftOut());
          await settle(parts, seq, true);
        }
        if (jobs.size > 0) await settle(parts, seq, true);
        // What is asked for meanwhile waits until the feed was followed again.
        for (const job of [...jobs]) {
          const at = seq;
          const isBehind = async () => (await readFeed(db, at, 1)).length > 0;
          await job.work({ parts, isBehind });
          jobs.delete(job);
        }
        setStatus({ phase: 'ready', leftOutCount: countLeftOut(found) });
      }
    };
  }

  /** What was written since the feed was followed last; undefined where it does not go back so far. */
  async function readUnfollowed(followed: number): Promise<readonly ChangeFeedRow[] | undefined> {
    if (followed === 0) return undefined;
    const all: ChangeFeedRow[] = [];
    for (let at = followed; ;) {
      const changes = await readFeed(db, at, FEED_ROWS);
      all.push(...changes);
      at = changes.at(-1)?.seq ?? at;
      if (changes.length < FEED_ROWS) return all;
    }
  }

  /** All parts say first how much there is to do. @param changes Whose texts are doubted; undefined: everybody's */
  async function catchUp(
    parts: readonly MeaningPart[],
    changes: readonly ChangeFeedRow[] | undefined,
  ): Promise<void> {
    const works: (() => Promise<void>)[] = [];
    for (const { source, indexer } of parts) {
      works.push(await indexer.prepare(doubtsOf(source, changes)));
    }
    for (const work of works) await work();
  }

  /** Stores what was followed, up to a position of the feed, or sees to it that this is done in time. */
  async function settle(parts: readonly MeaningPart[], seq: number, isAll: boolean): Promise<void> {
    let waitMs = 0;
    for (const { indexer } of parts) waitMs = Math.max(waitMs, await indexer.settle(isAll));
    goOn();
    clearTimeout(settling);
    if (waitMs > 0) settling = setTimeout(() => wake(), waitMs);
    else if (seq > confirmedSeq) {
      await confirmFeed(db, feedReader, seq);
      confirmedSeq = seq;
    }
  }

  async function followFeed(parts: readonly MeaningPart[], from: number): Promise<number> {
    let seq = from;
    for (;;) {
      goOn();
      const changes = await readFeed(db, seq, FEED_ROWS);
      if (changes.length === 0) break;
      // What belongs together may lie on both sides of the end of what was read.
      const isAll = seq === from && changes.length < FEED_ROWS;
      if (changes.some(({ isWholesale }) => isWholesale)) await catchUp(parts, undefined);
      else {
        for (const { source, indexer } of parts) {
          const written = isAll ? await source.readWritten(changes) : undefined;
          const ids = changes.flatMap(source.changedIds);
          await indexer.follow(ids, doubtsOf(source, changes), written);
        }
      }
      seq = changes.at(-1)?.seq ?? seq;
    }
    for (const { indexer } of parts) await indexer.expunge();
    await settle(parts, seq, false);
    return seq;
  }

  function fail(error: unknown): void {
    stopWatching();
    clearTimeout(settling);
    failure ??= error;
    for (const { reject } of jobs) reject(error);
    jobs.clear();
    const parts = opened;
    opened = undefined;
    parts?.embedder.close();
    if (error instanceof Closed) {
      if (parts) closeAll(parts);
      return;
    }
    setStatus({ phase: 'failed', errorCode: toOnggiError(error).code });
    // What was embedded before may have taken long, or cost money.
    if (!parts) return;
    const close = (): void => closeAll(parts);
    void Promise.all([parts.index.flush(), parts.documents.flush()]).then(close, close);
  }

  // Before the model is there: by this a later visit knows that it was begun, though nothing is stored yet.
  const joining = joinFeed(db, feedReader).then((followed = 0) => {
    // What an earlier visit has followed is not lost where the model does not load this time.
    if (followed === 0) hasJoined = true;
    return followed;
  });
  const opening = joining.then(open, open);
  const indexing = opening.then(indexOnce);
  const whole = indexing.then(() => opening);
  // What fails is told by the status; whoever waits hears it too.
  whole.catch(() => undefined);
  const ended = indexing
    .then((follow) => follow())
    .catch(fail)
    .then(() => undefined);
  return {
    opened: opening,
    whole,
    status: () => status,
    atRest: (work) =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) {
          reject(toOnggiError(failure));
          return;
        }
        // What it throws is its caller's: the run goes on.
        jobs.add({ work: (rest) => work(rest).then(resolve, reject), reject });
        wake();
      }),
    retryLeftOut() {
      mustRetryLeftOut = true;
      wake();
    },
    ended,
    hasJoined: () => hasJoined,
    close() {
      closing.abort();
      wake();
      fail(new Closed('closed'));
    },
  };
}

/** Whose texts changes name; everybody is doubted where it is not known what changed. */
function doubtsOf(
  { retoldIds }: PassageSource,
  changes: readonly ChangeFeedRow[] | undefined,
): IsDoubted {
  if (!changes || changes.some(({ isWholesale }) => isWholesale)) return () => true;
  const retold = new Set(changes.flatMap(retoldIds));
  return (id) => retold.has(id);
}

const countLeftOut = ({ index, documents }: OpenedMeaning): number =>
  index.leftOutCount() + documents.leftOutCount();

function closeAll({ index, documents }: OpenedMeaning): void {
  index.close();
  documents.close();
}
