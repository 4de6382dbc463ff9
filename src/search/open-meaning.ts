import { watchUserSettings } from '#db/user-settings.ts';
import { watchEndpointAccess } from '#db/endpoints.ts';
import { readHeldLocks } from '#db/locks.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import {
  BUILT_IN_CHOICE,
  isSameChoice,
  isUsedAlike,
  readEmbedderChoice,
  skipsDocuments,
  usesGpu,
} from '#domain/embedder-choice.ts';
import type { EmbedderChoice } from '#domain/embedder-choice.ts';
import { OnggiError, toOnggiError } from '#domain/errors.ts';
import type { Clock } from '#domain/ids.ts';
import { ANSWER_LOCK_PREFIX, LOW_BATTERY_LOCK } from '#domain/lock-names.ts';
import { DEFAULT_MEANING_SETTINGS } from '#domain/meaning-settings.ts';
import type { MeaningStatus } from '#domain/search.ts';
import { createUserSettings } from '#domain/user-settings.ts';
import { openEmbeddingWorker } from '#inference/embedding-client.ts';
import { createMeaning } from './meaning.ts';
import type { Meaning } from './meaning.ts';
import { openResting } from './resting-embedder.ts';
import type { SidecarStore } from './sidecar-store.ts';
import { BUILT_IN_UNRELATED, measureUnrelated } from './unrelated-cosine.ts';
import {
  startEmbeddingWorker,
  startGpuWorker,
  startTransformersWorker,
} from './start-embedding-worker.ts';
import { watchLoading } from './watch-loading.ts';

/**
 * Texts given to a model at a time. The built-in one is quick, and every message to its worker costs
 * something; transformers gain nothing beyond eight; endpoints count requests.
 */
const BATCH_TEXTS = { 'built-in': 256, downloaded: 8, folder: 8, endpoint: 32 } as const;
/** A model of transformers.js holds much memory, which only the end of its worker gives back. */
const REST_AFTER_MS = 5 * 60_000;
/** The slowest batch on the slowest device takes half a minute, and a question waits for one before it. */
const WORKER_PATIENCE_MS = 5 * 60_000;
/**
 * So long loading may come no further, milliseconds. The built-in model tells of every piece that is fetched; a
 * large one is made ready by an engine that is fetched first, and neither tells how far it is; an endpoint may
 * load its model for ten minutes, after which the page gives it up.
 */
const LOADING_MS = {
  'built-in': 60_000,
  downloaded: 3 * 60_000,
  folder: 3 * 60_000,
  endpoint: 11 * 60_000,
} as const;
/** For so long what was seen of running answers counts, milliseconds. */
const LOCKS_FRESH_MS = 250;

export interface ChosenMeaningDeps {
  readonly db: OnggiDatabase;
  readonly store: SidecarStore;
  readonly clock: Clock;
  /** A port to the page, which alone may ask endpoints. */
  readonly askPage: () => MessagePort;
  readonly onStatus: (status: MeaningStatus) => void;
}

/** Meaning by the model the person chose, as their settings and running answers let it. */
export function openChosenMeaning({
  db,
  store,
  clock,
  askPage,
  onStatus,
}: ChosenMeaningDeps): Meaning {
  let meaningSettings = DEFAULT_MEANING_SETTINGS;
  let wanted: EmbedderChoice | undefined;
  let resolveKnown: () => void = () => undefined;
  let rejectKnown: (error: OnggiError) => void = () => undefined;
  const known = new Promise<void>((resolve, reject) => {
    resolveKnown = resolve;
    rejectKnown = reject;
  });
  known.catch(() => undefined);
  watchUserSettings(db, createUserSettings('en', 0)).subscribe({
    next: ({ meaning: next = DEFAULT_MEANING_SETTINGS }) => {
      const before = wanted;
      meaningSettings = next;
      wanted = next.embedder === undefined ? BUILT_IN_CHOICE : readEmbedderChoice(next.embedder);
      meaning.setPaused(next.isPaused);
      resolveKnown();
      follow(wanted);
      // The first value is no change: what has begun is begun with it.
      if (!before || !wanted) return;
      if (!isUsedAlike(before, wanted) || !isSameChoice(before, wanted)) void choose();
    },
    // The page has the same trouble and says so. Nothing is begun for a wish that is not known.
    error: (error) => rejectKnown(toOnggiError(error)),
  });
  let followed: string | undefined;
  /** Settles once it is known how the connection is asked that embeds. */
  let accessRead: Promise<void> | undefined;
  let stopFollowing: () => void = () => undefined;
  /** Begins anew what failed when the connection that embeds gets another key or address. */
  function follow(choice: EmbedderChoice | undefined): void {
    const endpointId = choice?.kind === 'endpoint' ? choice.endpointId : undefined;
    if (endpointId === followed) return;
    stopFollowing();
    followed = endpointId;
    if (endpointId === undefined) return;
    let before: string | undefined;
    let resolve: () => void = () => undefined;
    accessRead = new Promise<void>((settle) => (resolve = settle));
    const following = watchEndpointAccess(db, endpointId).subscribe({
      next: (access) => {
        if (before !== undefined && before !== access) void retry();
        before = access;
        resolve();
      },
      // Then it takes the person's word, as before.
      error: () => resolve(),
    });
    stopFollowing = () => {
      following.unsubscribe();
      resolve();
    };
  }
  let seenAt = 0;
  let isHeld: 'waiting' | 'saving-power' | undefined;

  const open = (
    choice: EmbedderChoice,
    onBytes: (doneBytes: number, totalBytes: number | null) => void,
    givenUp: AbortSignal,
  ) =>
    watchLoading(
      (tell, signal) =>
        openEmbeddingWorker({
          connect:
            choice.kind === 'endpoint'
              ? askPage
              : choice.kind === 'built-in'
                ? startEmbeddingWorker
                : usesGpu(choice)
                  ? startGpuWorker
                  : startTransformersWorker,
          choice,
          modelsUrl: new URL('/models/', location.href).href,
          onBytes: tell,
          signal,
        }),
      onBytes,
      LOADING_MS[choice.kind],
      givenUp,
    );

  const meaning = createMeaning({
    db,
    clock,
    // In a table a copy would be no quicker than what it is a copy of.
    store: store.kind === 'opfs' ? store : undefined,
    async openEmbedder(choice, onBytes, givenUp) {
      const isHeavy = choice.kind === 'downloaded' || choice.kind === 'folder';
      // What mends a failure is a change of what was read before.
      if (choice.kind === 'endpoint') await accessRead;
      const embedder = isHeavy
        ? await openResting(() => open(choice, onBytes, givenUp), REST_AFTER_MS, WORKER_PATIENCE_MS)
        : await open(choice, onBytes, givenUp);
      try {
        const unrelated =
          choice.kind === 'built-in' ? BUILT_IN_UNRELATED : await measureUnrelated(embedder);
        return {
          ...embedder,
          measureOddness: choice.kind === 'built-in' ? embedder.measureOddness : undefined,
          batchTexts: BATCH_TEXTS[choice.kind],
          unrelated,
          isWorker: choice.kind !== 'endpoint',
          // One that rests watches over its worker itself, and the page over an endpoint.
          ...(choice.kind === 'built-in' && { patienceMs: WORKER_PATIENCE_MS }),
          skipsTrash: choice.kind === 'endpoint',
          skipsDocuments: skipsDocuments(choice),
        };
      } catch (error) {
        embedder.close();
        throw error;
      }
    },
    async readWish() {
      await known;
      // Of a newer version, perhaps: taken for another model, it would cost its vectors.
      if (!wanted) throw new OnggiError('model/not-found', 'a choice of an unknown kind');
      return { chosen: wanted, former: readEmbedderChoice(meaningSettings.formerEmbedder) };
    },
    async readHold() {
      if (meaningSettings.isPaused) return 'paused';
      if (performance.now() - seenAt > LOCKS_FRESH_MS) {
        const isAnswering = (await readHeldLocks(ANSWER_LOCK_PREFIX)).length > 0;
        const isEmpty = !isAnswering && (await readHeldLocks(LOW_BATTERY_LOCK)).length > 0;
        isHeld = isAnswering ? 'waiting' : isEmpty ? 'saving-power' : undefined;
        seenAt = performance.now();
      }
      return isHeld;
    },
    onStatus,
  });
  // A failure is in the status.
  const choose = (): Promise<void> => meaning.rechoose().catch(() => undefined);
  const retry = (): Promise<void> => meaning.retryFailed().catch(() => undefined);
  addEventListener('online', () => void retry());
  return meaning;
}
