/**
 * Finding by meaning, inside the search worker: which model answers, and what it is let do. What it is asked
 * is in `meaning-questions.ts`. Nothing is fetched or embedded before the first question, unless an earlier visit
 * has begun or the person chooses a model.
 *
 * [Note: Changing the model] Vectors of two models cannot be compared, so those of the chosen one are made
 * beside the old ones, which answer until it has them all. Which model answers after a reload is read from
 * the tables: vectors of the former one are there as long as the change has not been made. An endpoint that
 * is not chosen any more is asked nothing more: then the chosen model answers with what it has so far.
 *
 * [Note: A model that is not loaded] Who pauses while a model loads ends the loading, and who has paused and no
 * vectors of it begins none: it could find nothing. Until they go on, questions find nothing by meaning and the
 * status is `paused`. With vectors it is loaded all the same, after a reload for instance, because it finds by them.
 */
import { leaveFeed, readFeedReaders } from '#db/feed-reader.ts';
import { deleteEmbeddings, readStoredEmbedders } from '#db/embeddings.ts';
import { readConversations } from '#db/conversation-ids.ts';
import { embedderIdOf, isSameChoice, isUsedAlike } from '#domain/embedder-choice.ts';
import type { EmbedderChoice } from '#domain/embedder-choice.ts';
import { EMBEDDING_COLLECTIONS, embedderKey } from '#domain/embedding.ts';
import { OnggiError, toOnggiError } from '#domain/errors.ts';
import type { ErrorCode } from '#domain/errors.ts';
import type { ConversationId } from '#domain/ids.ts';
import type { MapPoint, MeaningStatus, NearGroup } from '#domain/search.ts';
import { checkVectors, mendVectors } from './check-vectors.ts';
import type { VectorFindings } from './check-vectors.ts';
import { expungeUnattended } from './expunge-unattended.ts';
import { evictVectors } from './evict-vectors.ts';
import { createFailureMemory } from './failure-memory.ts';
import { toMapPoints } from './map-points.ts';
import { createMeaningQuestions } from './meaning-questions.ts';
import type { FindNearOptions, NearOptions, RankedOwner } from './meaning-questions.ts';
import { NO_MEANING, startMeaningRun } from './meaning-run.ts';
import type { MeaningRun, MeaningRunDeps, OpenEmbedder, OpenedMeaning } from './meaning-run.ts';
import { removeOtherVectorFiles } from './vector-sidecar.ts';

/** The model the person wants, and the one before it. */
export interface EmbedderWish {
  readonly chosen: EmbedderChoice;
  readonly former?: EmbedderChoice | undefined;
}

export interface MeaningDeps extends MeaningRunDeps {
  /** @param signal Ends the loading: nobody wants the model any more. */
  readonly openEmbedder: (
    choice: EmbedderChoice,
    onBytes: (doneBytes: number, totalBytes: number | null) => void,
    signal: AbortSignal,
  ) => Promise<OpenEmbedder>;
  readonly readWish: () => Promise<EmbedderWish>;
  readonly onStatus: (status: MeaningStatus) => void;
}

export interface Meaning {
  /** Begins if an earlier visit had. */
  resume(): Promise<void>;
  /** The wish is another one: begins, with the chosen model beside the one that answers. */
  rechoose(): Promise<void>;
  /**
   * What made it fail may be mended: what failed begins anew, and what is on its way with what was before, when it
   * fails. See [Note: A model that fails].
   */
  retryFailed(): Promise<void>;
  /**
   * The person pauses it, or lets it go on. See [Note: A model that is not loaded].
   */
  setPaused(isPaused: boolean): void;
  /** Tries once more what was left out because the model could not take it. The status tells how that went. */
  retryLeftOut(): void;
  /**
   * Conversations near to a text, and documents where asked for, nearest first. Begins, unless `isInPassing`.
   * While the model loads it waits, while there is indexing it finds what is indexed.
   * @param signal A question that was given up is not embedded any more, and so sent nowhere.
   * @throws OnggiError `model/*`, `app/worker-failed`, `db/*`; the reason of `signal`
   */
  near(
    text: string,
    options: FindNearOptions & { isInPassing: boolean },
    signal?: AbortSignal,
  ): Promise<readonly NearGroup[]>;
  /**
   * The same by a vector that the model in use made. Begins. @throws as {@link near}; OnggiError `model/changed`
   * where the model in use makes vectors of another dimension
   */
  nearVector(
    embedding: Float32Array,
    options: FindNearOptions,
    signal?: AbortSignal,
  ): Promise<readonly NearGroup[]>;
  /**
   * The ranking alone of what {@link near} finds, conversations and documents. Begins. @throws as {@link near}
   */
  rank(text: string, options: NearOptions, signal?: AbortSignal): Promise<readonly RankedOwner[]>;
  /** Reads what is shown of them, in their order; what is in the trash or gone is left out. */
  read(owners: readonly RankedOwner[]): Promise<readonly NearGroup[]>;
  /**
   * Conversations near to one, by the vectors it has. Begins, but where that would ask an endpoint; only what has
   * no vectors yet is embedded, and nothing of the trash at an endpoint. None where it is gone, or nothing was
   * begun. @throws as {@link near}
   */
  similar(
    id: ConversationId,
    options: NearOptions,
    signal?: AbortSignal,
  ): Promise<readonly NearGroup[]>;
  /** The picture of all that are indexed so far. Begins. @throws as {@link near} */
  map(signal?: AbortSignal): Promise<readonly MapPoint[]>;
  /**
   * Compares the vectors with the stored texts; see `checkVectors`. `off` where nothing was begun,
   * `unready` where they have not come to rest after a while: that they lag behind is no finding.
   */
  check(
    onCount: (added: number, total: number) => void,
    signal: AbortSignal,
  ): Promise<VectorFindings | 'off' | 'unready'>;
  /**
   * Lets go of all vectors that cost nothing but time, of which there is then no room for more: they are
   * made again when somebody asks and there is room for them, or with {@link rechoose}.
   * @returns about how many bytes that gave back; 0 where there were none
   */
  evict(): Promise<number>;
  /**
   * Writes what is stored without what is dead in it, where nothing is being made.
   * @param isOnlyIfWorth Only where much of it is dead.
   * @returns by how many bytes the files became smaller
   */
  compact(isOnlyIfWorth: boolean): Promise<number>;
  /**
   * Makes anew what a check found wanting. Vectors that fit stay: they may have cost money.
   * @param isByItself Nobody asked for it: then an endpoint is not asked, and what the person put off, or an
   * answer that runs now, is not disturbed.
   * @returns whether anything was done
   */
  mend(findings: VectorFindings, isByItself?: boolean): Promise<boolean>;
}

/** So long a check waits for vectors that are being made, milliseconds. */
const READY_PATIENCE_MS = 10_000;

/** Vectors are made again when there is so much more room than they took: others write too. */
const ROOM_FACTOR = 2;

/** Before the name of a model, its name in the change feed: what was followed for one is not for another. */
const FEED_PREFIX = 'meaning';
const feedReaderOf = (choice: EmbedderChoice): string => `${FEED_PREFIX}:${embedderIdOf(choice)}`;

/** A run and what it was started for. */
interface Started {
  readonly choice: EmbedderChoice;
  readonly run: MeaningRun;
  /** What is open once its model was loaded. */
  opened: OpenedMeaning | undefined;
}

/** Thrown to who asks a model whose loading was stopped. */
class HeldBack extends Error {}

const nothingIfHeldBack = (error: unknown): readonly never[] => {
  if (error instanceof HeldBack) return [];
  throw error;
};

export function createMeaning(deps: MeaningDeps): Meaning {
  const { db, clock, store, openEmbedder, readWish, onStatus } = deps;
  /** Answers questions. */
  let answering: Started | undefined;
  /** Gets its vectors beside it. */
  let coming: Started | undefined;
  let isPaused = false;
  /** What is not loaded until the person goes on. */
  let heldBack: EmbedderChoice | undefined;
  /** Runs that have not ended; two may have one name in the change feed. */
  const running = new Map<MeaningRun, string>();
  /** Bytes of vectors that went to make room, until they are made again. */
  let evictedBytes = 0;
  const failures = createFailureMemory(clock);
  const questions = createMeaningQuestions({ db, failures, ensure });

  function tell(): void {
    const shown = coming ?? answering;
    if (!shown && !heldBack) return;
    const comingChoice = coming?.choice ?? (answering && heldBack);
    onStatus({
      ...(shown?.run.status() ?? NO_MEANING),
      ...(heldBack && { phase: 'paused' }),
      inUse: answering?.opened ? embedderIdOf(answering.choice) : null,
      coming: comingChoice ? embedderIdOf(comingChoice) : null,
    });
  }

  function start(choice: EmbedderChoice): Started {
    const reader = feedReaderOf(choice);
    const run = startMeaningRun(deps, (...given) => openEmbedder(choice, ...given), reader, tell);
    running.set(run, reader);
    const mendedCount = failures.mendedCount();
    const started: Started = { choice, run, opened: undefined };
    void run.ended.then(() => {
      running.delete(run);
      // A reader that nobody takes off the feed would keep it growing.
      if (run.hasJoined()) void leaveUnless(isFollowed, reader);
      const isNeeded = started === answering || started === coming;
      if (isNeeded && isFailed(started) && mendedCount < failures.mendedCount()) {
        arrangeNext().catch(() => undefined);
      }
    });
    run.opened.then(
      (opened) => {
        started.opened = opened;
        if (started === answering || started === coming) tell();
      },
      () => undefined,
    );
    run.whole.then(
      () => {
        failures.noteWhole();
        if (started === coming) change(started);
        else settle(started);
      },
      () => undefined,
    );
    return started;
  }

  const isFollowed = (reader: string): boolean => [...running.values()].includes(reader);

  /** Takes a name off the feed that nobody follows it by. */
  async function leaveUnless(isNeeded: (reader: string) => boolean, reader: string): Promise<void> {
    if (!isNeeded(reader)) await leaveFeed(db, reader).catch(() => undefined);
  }

  function end(started: Started | undefined): void {
    started?.run.close();
    questions.forget();
    if (started === answering) answering = undefined;
    if (started === coming) coming = undefined;
  }

  /** Vectors of other models, which nothing reads any more. */
  async function deleteOthers({ embedder }: OpenedMeaning, mayGoOn: () => boolean): Promise<void> {
    const current = embedderKey(embedder);
    for (const stored of await readStoredEmbedders(db)) {
      // Another model may have been chosen meanwhile.
      if (!mayGoOn()) return;
      if (stored !== current) await deleteEmbeddings(db, stored);
    }
    for (const collection of EMBEDDING_COLLECTIONS) {
      if (store && mayGoOn()) await removeOtherVectorFiles(store, collection, current);
    }
  }

  /** The run that answers has everything: nobody else's vectors are needed, unless they are coming. */
  function settle(started: Started): void {
    const isSettled = (): boolean => started === answering && !coming;
    if (!isSettled()) return;
    tell();
    void started.run.whole
      .then((opened) => (isSettled() ? deleteOthers(opened, isSettled) : undefined))
      .catch(() => undefined);
  }

  /** The chosen model has everything, or the one before must not answer: from now on it does. */
  function change(started: Started): void {
    end(answering);
    [answering, coming] = [started, undefined];
    settle(started);
  }

  const isFailed = (started: Started | undefined): boolean =>
    started?.run.status().phase === 'failed';

  /** Whether vectors are stored that the choice's model made. */
  async function hasVectorsOf(choice: EmbedderChoice): Promise<boolean> {
    const id = `${embedderIdOf(choice)}|`;
    return (await readStoredEmbedders(db)).some((key) => key.startsWith(id));
  }

  /** Whether a model is not to be loaded now. */
  async function isHeldBack(choice: EmbedderChoice): Promise<boolean> {
    const wasStopped = heldBack !== undefined && isSameChoice(heldBack, choice);
    const isHeld = isPaused && (wasStopped || !(await hasVectorsOf(choice)));
    // They may have gone on meanwhile.
    heldBack = isHeld && isPaused ? choice : undefined;
    return heldBack !== undefined;
  }

  /** Starts what the wish asks for and is not running. */
  async function arrange(): Promise<void> {
    if (isFailed(answering)) end(answering);
    if (isFailed(coming)) end(coming);
    const { chosen, former } = await readWish();
    /** Texts go to no address but the chosen one, not even until another model is ready. */
    const mayAnswer = (choice: EmbedderChoice): boolean =>
      choice.kind !== 'endpoint' ||
      (chosen.kind === 'endpoint' && chosen.baseUrl === choice.baseUrl);
    if (answering && !mayAnswer(answering.choice)) end(answering);
    if (coming && !isSameChoice(coming.choice, chosen)) end(coming);
    // The person said something else about documents, or about what runs the model: the same model begins
    // anew, with the vectors it has.
    for (const started of [answering, coming]) {
      const isSame = started && isSameChoice(started.choice, chosen);
      if (isSame && !isUsedAlike(started.choice, chosen)) end(started);
    }
    if (!answering && coming) change(coming);
    if (!answering && chosen.kind !== 'endpoint' && (await isEvicted())) {
      throw new OnggiError('db/quota', 'the vectors went to make room');
    }
    if (!answering) {
      const isChanging =
        former !== undefined &&
        !isSameChoice(former, chosen) &&
        mayAnswer(former) &&
        (await hasVectorsOf(former));
      // Of an earlier worker that changed the model, or was changing it.
      const wished = (isChanging ? [chosen, former] : [chosen]).map(feedReaderOf);
      for (const reader of await readFeedReaders(db, FEED_PREFIX)) {
        await leaveUnless((name) => wished.includes(name) || isFollowed(name), reader);
      }
      const next = isChanging ? former : chosen;
      const isHeld = await isHeldBack(next);
      // What came may have begun to answer meanwhile.
      if (!isHeld) answering ??= start(next);
    }
    if (answering && isSameChoice(answering.choice, chosen)) {
      heldBack = undefined;
      settle(answering);
    } else if (answering && !coming && !(await isHeldBack(chosen))) coming ??= start(chosen);
    tell();
  }

  let arranging: Promise<unknown> = Promise.resolve();
  /** One at a time, in turn: nothing is begun while vectors are deleted or overwritten. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = arranging.catch(() => undefined).then(work);
    arranging = turn;
    return turn;
  }
  const arrangeNext = (): Promise<void> => inTurn(arrange);

  /** Whether the vectors went to make room and there is still none for them. */
  async function isEvicted(): Promise<boolean> {
    if (evictedBytes === 0) return false;
    if (store?.hasRoom && !(await store.hasRoom(evictedBytes * ROOM_FACTOR))) return true;
    evictedBytes = 0;
    return false;
  }

  /** What answers, begun if it was not. A coming model that failed waits for the person. */
  async function ensure(): Promise<OpenedMeaning> {
    const failureOf = (started: Started | undefined): ErrorCode | null =>
      started && isFailed(started) ? started.run.status().errorCode : null;
    const before = failureOf(answering);
    if (!answering || (before !== null && failures.mayTryAgain(before))) await arrangeNext();
    if (!answering && heldBack) throw new HeldBack();
    const failed = failureOf(answering);
    const unready = (reason: ErrorCode): Promise<never> =>
      Promise.reject(new OnggiError(reason, 'nothing answers'));
    const opened =
      failed === null ? (answering?.run.opened ?? unready('app/worker-failed')) : unready(failed);
    // While the model that answered cannot be had, the coming one does, with what it has, or has come meanwhile.
    return opened.catch((error: unknown) => {
      const other = [answering, coming].find((each) => each && each.run.opened !== opened);
      if (other && !isFailed(other)) return other.run.opened;
      throw !answering && heldBack ? new HeldBack() : toOnggiError(error);
    });
  }

  /** The run that answers, when it has everything; undefined when it does not come to that soon. */
  async function ready(): Promise<MeaningRun | undefined> {
    const patience = new Promise<undefined>((resolve) =>
      setTimeout(() => resolve(undefined), READY_PATIENCE_MS),
    );
    const whole = async (): Promise<MeaningRun | undefined> => {
      await ensure();
      const run = answering?.run;
      await run?.whole;
      return run;
    };
    const run = await Promise.race([whole().catch(() => undefined), patience]);
    return run?.status().phase === 'ready' ? run : undefined;
  }

  const isBegun = async (): Promise<boolean> =>
    answering !== undefined ||
    (await readStoredEmbedders(db)).length > 0 ||
    // What was begun may have nothing stored yet: a slow model takes minutes for the first fifty.
    (await readFeedReaders(db, FEED_PREFIX)).length > 0;

  return {
    async resume() {
      if (await isBegun()) await ensure();
    },
    rechoose() {
      evictedBytes = 0;
      questions.forgetRefused();
      failures.forget();
      return arrangeNext();
    },
    async retryFailed() {
      failures.forget();
      if (isFailed(answering) || isFailed(coming)) await arrangeNext();
    },
    setPaused(next) {
      if (next === isPaused) return;
      isPaused = next;
      if (next) {
        for (const started of [answering, coming]) {
          if (!started || started.opened || isFailed(started)) continue;
          heldBack = started.choice;
          end(started);
        }
        if (heldBack) tell();
      } else if (heldBack) {
        heldBack = undefined;
        // A failure is in the status.
        arrangeNext().catch(() => undefined);
      }
    },
    retryLeftOut() {
      // A question that was refused may be taken now, too.
      questions.forget();
      for (const started of [answering, coming]) started?.run.retryLeftOut();
    },
    evict: () =>
      inTurn(async () => {
        const runs = [answering, coming].filter((each) => each !== undefined);
        const freed = runs.filter(({ choice }) => choice.kind !== 'endpoint');
        freed.forEach(end);
        await Promise.all(freed.map(({ run }) => run.ended));
        let byteLength = 0;
        try {
          await evictVectors(db, store, (bytes) => (byteLength += bytes));
          // By these the next visit would make them again.
          for (const reader of await readFeedReaders(db, FEED_PREFIX)) {
            if (!reader.startsWith(`${FEED_PREFIX}:endpoint:`))
              await leaveUnless(isFollowed, reader);
          }
        } finally {
          evictedBytes += byteLength;
          // An endpoint's vectors stay, and answer.
          if (!answering && coming) change(coming);
          if (answering) tell();
          else if (freed.length > 0 || byteLength > 0) {
            onStatus({ ...NO_MEANING, phase: 'evicted' });
          }
        }
        return byteLength;
      }),
    async near(text, { isInPassing, ...options }, signal) {
      if (text.trim() === '' || (isInPassing && !(await isBegun()))) return [];
      // Words are found all the same.
      if (!answering && (await isEvicted())) return [];
      // What was not sent anywhere yet is not sent to an endpoint in passing.
      if (isInPassing && (await readWish()).chosen.kind === 'endpoint') return [];
      return questions.find(text, options, signal).catch(nothingIfHeldBack);
    },
    async nearVector(embedding, options, signal) {
      if (!answering && (await isEvicted())) return [];
      return questions.findByVector(embedding, options, signal).catch(nothingIfHeldBack);
    },
    async rank(text, options, signal) {
      if (text.trim() === '' || (!answering && (await isEvicted()))) return [];
      return questions.rank(text, options, EMBEDDING_COLLECTIONS, signal).catch(nothingIfHeldBack);
    },
    read: questions.read,
    async similar(id, options, signal) {
      const [conversation] = await readConversations(db, [id]);
      if (!conversation) return [];
      const isEndpoint = (await readWish()).chosen.kind === 'endpoint';
      if (isEndpoint && !(await isBegun())) return [];
      if (!answering && (await isEvicted())) return [];
      return questions.findSimilar(conversation, options, signal).catch(nothingIfHeldBack);
    },
    async map(signal) {
      const opened = await ensure().catch((error: unknown) => {
        nothingIfHeldBack(error);
      });
      return opened ? toMapPoints(db, opened.index, signal) : [];
    },
    async check(onCount, signal) {
      if (!(await isBegun())) return 'off';
      const run = await ready();
      if (!run) {
        await inTurn(async () => {
          const isAnyOpen = [answering, coming].some((each) => each && !isFailed(each));
          if (!isAnyOpen) await expungeUnattended(db, clock, store);
        });
        return 'unready';
      }
      return checkVectors(run, onCount, signal);
    },
    async compact(isOnlyIfWorth) {
      const run = (await isBegun()) ? await ready() : undefined;
      let byteLength = 0;
      await run?.atRest(async ({ parts }) => {
        for (const { index } of parts) byteLength += await index.compact(isOnlyIfWorth);
      });
      return byteLength;
    },
    async mend(findings, isByItself = false) {
      const run = await ready();
      if (!run) return false;
      const isAsked = answering?.choice.kind === 'endpoint';
      if (isByItself && (isAsked || (await deps.readHold()) !== undefined)) return false;
      await mendVectors(run, findings);
      return true;
    },
  };
}
