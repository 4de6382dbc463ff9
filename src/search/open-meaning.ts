import { watchUserSettings } from '#db/user-settings.ts';
import { readHeldLocks } from '#db/locks.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { Clock } from '#domain/ids.ts';
import { DEFAULT_MEANING_SETTINGS } from '#domain/meaning-settings.ts';
import type { MeaningStatus } from '#domain/search.ts';
import { createUserSettings } from '#domain/user-settings.ts';
import { openEmbeddingWorker } from '#inference/embedding-client.ts';
import { createMeaning } from './meaning.ts';
import type { Meaning } from './meaning.ts';
import type { SidecarStore } from './sidecar-store.ts';
import { startEmbeddingWorker } from './start-embedding-worker.ts';

/** The static embedder is quick, and every message to its worker costs something. */
const BATCH_TEXTS = 256;
/** For so long what was seen of running answers counts, milliseconds. */
const LOCKS_FRESH_MS = 250;

/** Meaning by the built-in model, as the person's settings and running answers let it. */
export function openBuiltInMeaning(
  db: OnggiDatabase,
  store: SidecarStore,
  clock: Clock,
  onStatus: (status: MeaningStatus) => void,
): Meaning {
  let { isPaused } = DEFAULT_MEANING_SETTINGS;
  watchUserSettings(db, createUserSettings('en', 0)).subscribe({
    next: ({ meaning = DEFAULT_MEANING_SETTINGS }) => ({ isPaused } = meaning),
    // The page has the same trouble and says so.
    error: () => undefined,
  });
  let seenAt = 0;
  let isAnswering = false;
  return createMeaning({
    db,
    clock,
    // In a table a copy would be no quicker than what it is a copy of.
    store: store.kind === 'opfs' ? store : undefined,
    batchTexts: BATCH_TEXTS,
    openEmbedder: (onBytes) =>
      openEmbeddingWorker({
        createWorker: startEmbeddingWorker,
        modelsUrl: new URL('/models/', location.href).href,
        onBytes,
      }),
    async readHold() {
      if (isPaused) return 'paused';
      if (performance.now() - seenAt > LOCKS_FRESH_MS) {
        isAnswering = (await readHeldLocks('onggi-answer:')).length > 0;
        seenAt = performance.now();
      }
      return isAnswering ? 'waiting' : undefined;
    },
    onStatus,
  });
}
