import { toOnggiError } from '#domain/errors.ts';
import type { ErrorCode } from '#domain/errors.ts';
import { DEFAULT_MEANING_SETTINGS } from '#domain/meaning-settings.ts';
import type { MeaningSettings } from '#domain/meaning-settings.ts';
import type { MapPoint, MeaningStatus } from '#domain/search.ts';
import type { SearchWork } from './lazy-search.ts';
import type { Settings } from './settings.svelte.ts';

/** How long the picture rests before it is drawn anew while conversations are indexed, in milliseconds. */
const REST_MS = 2500;

/** The picture of all conversations by meaning. It grows while they are indexed. */
export class MeaningMap {
  #points = $state.raw<readonly MapPoint[]>();
  #status = $state.raw<MeaningStatus>();
  /** Why the last picture could not be drawn. */
  #failure = $state.raw<ErrorCode>();
  #running: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #work: SearchWork;
  readonly #settings: Pick<Settings, 'value' | 'update'>;

  constructor(work: SearchWork, settings: Pick<Settings, 'value' | 'update'>) {
    this.#work = work;
    this.#settings = settings;
  }

  /** Undefined before the first picture is there. */
  get points(): readonly MapPoint[] | undefined {
    return this.#points;
  }

  /** How far the index of meaning is; undefined before it is known. */
  get status(): MeaningStatus | undefined {
    const errorCode = this.#failure;
    if (!errorCode) return this.#status;
    const nothing = { doneCount: 0, totalCount: 0, doneBytes: 0, totalBytes: null };
    const counts = this.#status ?? { ...nothing, inUse: null, coming: null };
    return { ...counts, phase: 'failed', errorCode };
  }

  get settings(): MeaningSettings {
    return this.#settings.value.meaning ?? DEFAULT_MEANING_SETTINGS;
  }

  /** Draws, and follows the index until the returned function is called. */
  follow(): () => void {
    const stop = this.#work.watchStatus(({ meaning }) => {
      const before = this.#status;
      this.#status = meaning;
      // The first one tells how things are; the picture that is asked for below shows them.
      if (before === undefined) return;
      const isDone = meaning.phase === 'ready' && before.phase !== 'ready';
      const hasGrown = meaning.doneCount !== before.doneCount;
      // A status of an index that was ready and is: it has followed a change.
      if (isDone) this.#drawLater(0);
      else if (hasGrown || meaning.phase === 'ready') this.#drawLater(REST_MS);
    });
    void this.draw();
    return () => {
      stop();
      clearTimeout(this.#timer);
      this.#running?.abort();
    };
  }

  /** Draws the picture anew, after a change of ours. */
  readonly draw = async (): Promise<void> => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.#failure = undefined;
    try {
      await this.#work.ask(
        { kind: 'map' },
        (answer) => {
          if (answer.kind === 'map' && !running.signal.aborted) this.#points = answer.points;
        },
        running.signal,
      );
    } catch (error) {
      if (!running.signal.aborted) this.#failure = toOnggiError(error).code;
    }
  };

  /** Tries again after a failure: the person asks for it, so what failed begins anew. */
  readonly again = async (): Promise<void> => {
    // What fails again is told by the picture.
    await this.#work.ask({ kind: 'rechoose' }, () => undefined).catch(() => undefined);
    await this.draw();
  };

  /** Stops the indexing, or lets it go on. */
  setPaused(isPaused: boolean): Promise<void> {
    return this.#settings.update({ meaning: { ...this.settings, isPaused } });
  }

  #drawLater(delayMs: number): void {
    // While changes keep coming the picture is drawn now and then, not never.
    if (this.#timer !== undefined && delayMs > 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.draw(), delayMs);
  }
}
