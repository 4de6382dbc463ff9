import { readEmbedderChoice } from '#domain/embedder-choice.ts';
import { isRefusal } from '#domain/embedding.ts';
import { toOnggiError } from '#domain/errors.ts';
import type { ErrorCode } from '#domain/errors.ts';
import { DEFAULT_MEANING_SETTINGS } from '#domain/meaning-settings.ts';
import type { MeaningSettings } from '#domain/meaning-settings.ts';
import { parseSearchQuery } from '#domain/search-query.ts';
import type { FoundGroup, MeaningStatus } from '#domain/search.ts';
import type { SearchWork } from './lazy-search.ts';
import type { Settings } from './settings.svelte.ts';

/** As measured on 120 questions over 150 conversations: the right one is less near for 5 of 100. */
const LEAST_COSINE = 0.3;
/**
 * So many results of words and meaning together are asked for, and as many more before one has scrolled to
 * their end, up to where the worker fuses; behind those words alone follow.
 */
const [LIMIT, MOST] = [40, 200];
/** Of what is only somewhat near, so many. */
const FAR_LIMIT = 10;
/** Typing goes on meanwhile: the model is asked when it rests, in milliseconds. */
const REST_MS = 120;
/** An endpoint may count requests, and what goes there is seen there: no half of a word should, milliseconds. */
const ENDPOINT_REST_MS = 700;
/** While the index grows, the results follow it this often, in milliseconds. */
const FOLLOW_MS = 1000;

/** The part of the search screen that finds by meaning. */
export class NearSearch {
  #groups = $state.raw<readonly FoundGroup[]>([]);
  #farGroups = $state.raw<readonly FoundGroup[]>([]);
  #status = $state.raw<MeaningStatus>();
  /** Why the last question failed; undefined when it did not, or something was heard of the index since. */
  #failure = $state.raw<ErrorCode>();
  /** Why the model did not take the question. */
  #refusal = $state.raw<ErrorCode>();
  #isSettled = $state(true);
  #isExact = $state(false);
  #running: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = '';
  /** How many of the fused ranking are asked for. */
  #limit = LIMIT;
  /** Another one when words find something else. */
  #words = '';
  readonly #work: SearchWork;
  readonly #settings: Pick<Settings, 'value' | 'update'>;

  constructor(work: SearchWork, settings: Pick<Settings, 'value' | 'update'>) {
    this.#work = work;
    this.#settings = settings;
  }

  /** How far the index of meaning is; undefined before it is known. */
  get status(): MeaningStatus | undefined {
    if (!this.#status || this.#failure === undefined) return this.#status;
    return { ...this.#status, phase: 'failed', errorCode: this.#failure };
  }

  /** Why an endpoint refused the question, so that words were found alone; undefined where it did not. */
  get refusal(): ErrorCode | undefined {
    return this.#refusal;
  }

  /** Whether the last question was answered, or failed, or was none for meaning. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Whether the query says exactly what is wanted, so that meaning is left out. */
  get isExact(): boolean {
    return this.#isExact;
  }

  get settings(): MeaningSettings {
    return this.#settings.value.meaning ?? DEFAULT_MEANING_SETTINGS;
  }

  /** What the words found, and what is near in meaning, as one list, which is fused as far as it was asked for. */
  fuse(byWords: readonly FoundGroup[]): readonly FoundGroup[] {
    const first = new Set(this.#groups.map(({ id }) => id));
    const rest = byWords.filter(({ id }) => !first.has(id));
    const shown = new Set([...first, ...rest.map(({ id }) => id)]);
    return [...this.#groups, ...rest, ...this.#farGroups.filter(({ id }) => !shown.has(id))];
  }

  /** Follows the index until the returned function is called. */
  follow(): () => void {
    const stop = this.#work.watchStatus(({ meaning, indexedCount, version }) => {
      const words = `${indexedCount}.${version ?? 0}`;
      const hasGrown = meaning.doneCount !== this.#status?.doneCount || words !== this.#words;
      this.#words = words;
      this.#status = meaning;
      this.#failure = undefined;
      if (hasGrown && meaning.phase !== 'loading') this.#followLater();
    });
    return () => {
      stop();
      this.#giveUp();
    };
  }

  /**
   * Asks for what is near. Filters, quotes and exclusions say exactly what is wanted: then meaning has
   * nothing to add. @param isBestFirst Newest first, nearness is no order.
   */
  ask(query: string, isBestFirst: boolean): void {
    const { terms, filters } = parseSearchQuery(query);
    const isExact = filters.length > 0 || /["“”]/.test(query) || terms.some((t) => t.isExcluded);
    this.#isExact = isExact;
    const asked = isBestFirst && !isExact ? query.trim() : '';
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.#limit = LIMIT;
    this.#giveUp();
    this.#groups = this.#farGroups = [];
    this.#refusal = undefined;
    this.#isSettled = asked === '';
    const isSent = readEmbedderChoice(this.settings.embedder)?.kind === 'endpoint';
    this.#askLater(isSent ? ENDPOINT_REST_MS : REST_MS);
  }

  /**
   * Has the ranking go on beyond what is shown, before it is: what is seen does not move.
   * @param wordCount Results of words that are shown.
   */
  reach(wordCount: number): void {
    const wanted = Math.min(MOST, (Math.floor(wordCount / LIMIT) + 1) * LIMIT);
    // A ranking that ended before has nothing more.
    if (this.#asked === '' || wanted <= this.#limit || this.#groups.length < this.#limit) return;
    this.#limit = wanted;
    this.#askLater(0);
  }

  /** Tries again after a failure. */
  readonly again = async (): Promise<void> => {
    // What fails again is told by the status.
    await this.#work.ask({ kind: 'rechoose' }, () => undefined).catch(() => undefined);
    this.#askLater(0);
  };

  /** Stops the indexing, or lets it go on. */
  setPaused(isPaused: boolean): Promise<void> {
    return this.#settings.update({ meaning: { ...this.settings, isPaused } });
  }

  /** Forgets the question that waits, and the one under way. */
  #giveUp(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running?.abort();
    this.#running = undefined;
  }

  #askLater(delayMs: number): void {
    this.#giveUp();
    if (this.#asked === '') return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#find();
    }, delayMs);
  }

  /** Asks again for what has been indexed meanwhile. Neither what waits nor what runs is put off by it. */
  #followLater(): void {
    if (this.#asked === '') return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      // A question begins what failed anew: only the person asks for that, or it would fail for ever.
      const { status } = this;
      if (status?.phase === 'failed' && status.coming === null) return;
      if (this.#running) this.#followLater();
      else void this.#find();
    }, FOLLOW_MS);
  }

  /** An endpoint that works may refuse one question: there is nothing then that could be tried again. */
  #fail(code: ErrorCode): void {
    const isRefused = isRefusal(code) && this.#status?.phase !== 'failed';
    this.#refusal = isRefused ? code : undefined;
    this.#failure = isRefused ? undefined : code;
  }

  async #find(): Promise<void> {
    this.#giveUp();
    const running = new AbortController();
    this.#running = running;
    try {
      const text = this.#asked;
      const request = {
        kind: 'near',
        text,
        words: text,
        limit: this.#limit,
        isInPassing: false,
      } as const;
      await this.#work.ask(
        { ...request, leastCosine: LEAST_COSINE, withDocuments: true },
        (answer) => {
          // A worker of an older version fuses nothing: then words are found alone.
          if (answer.kind !== 'fused' || running.signal.aborted) return;
          this.#groups = answer.groups;
          this.#farGroups = answer.farGroups.slice(0, FAR_LIMIT);
        },
        running.signal,
      );
      if (!running.signal.aborted) this.#failure = this.#refusal = undefined;
    } catch (error) {
      // Words are found all the same.
      if (!running.signal.aborted) this.#fail(toOnggiError(error).code);
    } finally {
      if (this.#running === running) {
        this.#running = undefined;
        this.#isSettled = true;
      }
    }
  }
}
