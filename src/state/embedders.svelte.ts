import {
  BUILT_IN_CHOICE,
  embedderIdOf,
  isSameChoice,
  readEmbedderChoice,
  skipsDocuments,
  usesGpu,
} from '#domain/embedder-choice.ts';
import type { EmbedderChoice } from '#domain/embedder-choice.ts';
import type { ModelDownload, ModelPlan } from '#domain/embedder-models.ts';
import { sizeOf } from '#domain/embedder-models.ts';
import { toOnggiError } from '#domain/errors.ts';
import type { ErrorCode } from '#domain/errors.ts';
import { DEFAULT_MEANING_SETTINGS } from '#domain/meaning-settings.ts';
import type { MeaningSettings } from '#domain/meaning-settings.ts';
import type { MeaningStatus } from '#domain/search.ts';
import { findModel } from '#inference/model-hub.ts';
import {
  clearFetchedModels,
  deleteDownload,
  downloadModel,
  listDownloads,
} from '#inference/model-store.ts';
import type { SearchWork } from './lazy-search.ts';
import type { Settings } from './settings.svelte.ts';

/** A download that is running. */
export interface RunningDownload {
  readonly repository: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** Which model finds by meaning, and the models on this device. A download outlives the screen. */
export class Embedders {
  #status = $state.raw<MeaningStatus>();
  #downloads = $state.raw<readonly ModelDownload[]>([]);
  #plan = $state.raw<ModelPlan>();
  #running = $state.raw<RunningDownload>();
  #lookingFor = $state.raw<string>();
  #problem = $state.raw<{ readonly name: string; readonly code: ErrorCode }>();
  #lookUp: AbortController | undefined;
  #download: AbortController | undefined;
  #isFollowing = false;
  readonly #search: SearchWork;
  readonly #settings: Settings;

  constructor(search: SearchWork, settings: Settings) {
    this.#search = search;
    this.#settings = settings;
  }

  /** How far the index of meaning is; undefined before it is known. */
  get status(): MeaningStatus | undefined {
    return this.#status;
  }

  get settings(): MeaningSettings {
    return this.#settings.value.meaning ?? DEFAULT_MEANING_SETTINGS;
  }

  get chosen(): EmbedderChoice {
    return readEmbedderChoice(this.settings.embedder) ?? BUILT_IN_CHOICE;
  }

  /** Models of which something is on this device. */
  get downloads(): readonly ModelDownload[] {
    return this.#downloads;
  }

  /** What a hub said of a model that the person may download. */
  get plan(): ModelPlan | undefined {
    return this.#plan;
  }

  get running(): RunningDownload | undefined {
    return this.#running;
  }

  /** The repository that a hub is being asked about. */
  get lookingFor(): string | undefined {
    return this.#lookingFor;
  }

  /** What went wrong last, and with which model. */
  get problem(): { readonly name: string; readonly code: ErrorCode } | undefined {
    return this.#problem;
  }

  /** Reads what is on this device, and follows the index from then on. */
  follow(): void {
    void this.#readDownloads();
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    this.#search.watchStatus(({ meaning }) => (this.#status = meaning));
  }

  isChosen(choice: EmbedderChoice): boolean {
    return isSameChoice(this.chosen, choice);
  }

  /** Whether its vectors answer, or are made. */
  isNeeded(choice: EmbedderChoice): boolean {
    return this.isChosen(choice) || this.#status?.inUse === embedderIdOf(choice);
  }

  /** From now on this model is wanted; the one before it answers until all vectors are made. */
  async choose(choice: EmbedderChoice): Promise<void> {
    this.#problem = undefined;
    const { chosen } = this;
    const isMoreAgreed = skipsDocuments(chosen) && !skipsDocuments(choice);
    if (this.isChosen(choice) && isMoreAgreed)
      return this.#settings.update({ meaning: { ...this.settings, embedder: choice } });
    if (this.isChosen(choice)) return this.again();
    const { embedder: _embedder, formerEmbedder, ...rest } = this.settings;
    const isChanging = typeof this.#status?.coming === 'string' && formerEmbedder !== undefined;
    await this.#settings.update({
      meaning: {
        ...rest,
        embedder: choice,
        formerEmbedder: isChanging ? formerEmbedder : this.chosen,
      },
    });
  }

  /** From now on the graphics processor runs the chosen model, or the processor again. */
  async setGpu(usesGpu: boolean): Promise<void> {
    const { chosen } = this;
    if (chosen.kind !== 'downloaded' && chosen.kind !== 'folder') return;
    const embedder = { ...chosen, usesGpu };
    await this.#settings.update({ meaning: { ...this.settings, embedder } });
  }

  /** Tries the chosen model again. */
  readonly again = async (): Promise<void> => {
    // A failure is in the status.
    await this.#search.ask({ kind: 'rechoose' }, () => undefined).catch(() => undefined);
  };

  /** Tries once more the passages that the model could not take. The status tells how that went. */
  readonly retryLeftOut = async (): Promise<void> => {
    await this.#search.ask({ kind: 'retry-left-out' }, () => undefined).catch(() => undefined);
  };

  /** Stops the indexing, or lets it go on. */
  setPaused(isPaused: boolean): Promise<void> {
    return this.#settings.update({ meaning: { ...this.settings, isPaused } });
  }

  /** Asks a hub what there is to download; nothing is downloaded. */
  async lookUp(hub: string, repository: string): Promise<void> {
    this.#lookUp?.abort();
    const stop = new AbortController();
    this.#lookUp = stop;
    [this.#plan, this.#problem, this.#lookingFor] = [undefined, undefined, repository];
    try {
      const plan = await findModel(hub, repository, stop.signal);
      if (!stop.signal.aborted) this.#plan = plan;
    } catch (error) {
      if (!stop.signal.aborted) this.#fail(repository, error);
    } finally {
      if (this.#lookUp === stop) this.#lookingFor = undefined;
    }
  }

  /** Lets go of what was looked up. */
  forgetPlan(): void {
    this.#plan = undefined;
  }

  /** Downloads, or goes on where a download stopped, and then chooses the model. */
  async download(plan: ModelPlan): Promise<void> {
    // One at a time; the buttons of the others wait.
    if (this.#running) return;
    const stop = new AbortController();
    this.#download = stop;
    const { repository, revision } = plan;
    const totalBytes = sizeOf(plan);
    this.#problem = undefined;
    this.#plan = undefined;
    this.#running = { repository, doneBytes: 0, totalBytes };
    try {
      await downloadModel(plan, {
        signal: stop.signal,
        onBytes: (doneBytes) => (this.#running = { repository, doneBytes, totalBytes }),
      });
      const { chosen } = this;
      const isSame = chosen.kind === 'downloaded' && chosen.repository === repository;
      const engine = isSame && usesGpu(chosen) ? { usesGpu: true } : {};
      await this.choose({ kind: 'downloaded', repository, revision, ...engine });
    } catch (error) {
      if (!stop.signal.aborted) this.#fail(repository, error);
    } finally {
      this.#running = undefined;
      await this.#readDownloads();
    }
  }

  /** Stops the download; what came stays and counts. */
  readonly pauseDownload = (): void => this.#download?.abort();

  /** Takes a model off this device. */
  async remove(repository: string): Promise<void> {
    await deleteDownload(repository);
    await this.#readDownloads();
  }

  /**
   * Takes everything off this device that was fetched for models, with the engine that runs them. Where the
   * chosen one needs any of it, the built-in one answers from now on; a chosen connection answers alone.
   * @throws DOMException where the browser cannot delete it
   */
  async clearFetched(): Promise<void> {
    this.#download?.abort();
    this.#problem = undefined;
    const { formerEmbedder, ...rest } = this.settings;
    const { chosen } = this;
    const isLost = chosen.kind === 'downloaded' || chosen.kind === 'folder';
    if (isLost || formerEmbedder !== undefined) {
      const embedder = isLost ? BUILT_IN_CHOICE : chosen;
      await this.#settings.update({ meaning: { ...rest, embedder } });
    }
    try {
      await clearFetchedModels();
    } finally {
      await this.#readDownloads();
    }
  }

  #fail(name: string, error: unknown): void {
    this.#problem = { name, code: toOnggiError(error).code };
  }

  async #readDownloads(): Promise<void> {
    // What cannot be read is not offered.
    this.#downloads = await listDownloads().catch(() => []);
  }
}

const made = new WeakMap<SearchWork, Embedders>();

/** The one of this page: a download goes on when its screen is left. */
export function getEmbedders(search: SearchWork, settings: Settings): Embedders {
  const found = made.get(search) ?? new Embedders(search, settings);
  made.set(search, found);
  return found;
}
