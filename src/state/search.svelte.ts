import { toOnggiError } from '#domain/errors.ts';
import type { OnggiError } from '#domain/errors.ts';
import type { FoundGroup, FoundPage, SearchStatus } from '#domain/search.ts';
import type { SearchWork } from './lazy-search.ts';

/** Conversations at first, and with each further page. */
const PAGE = 20;
/** While the index grows, the results follow it this often, in milliseconds. */
const FOLLOW_MS = 1500;

export type SearchOrder = 'best' | 'newest';

/** What there is to filter by. */
export interface SearchFacets {
  readonly models: readonly string[];
  readonly sources: readonly string[];
}

/** The search screen: what is asked, and what was found. */
export class Search {
  #query = $state('');
  #order = $state<SearchOrder>('best');
  #page = $state.raw<FoundPage>();
  #groups = $state.raw<readonly FoundGroup[]>([]);
  /** Results up to here were fetched, by the order of the newest answer. */
  #reached = $state(0);
  #status = $state.raw<SearchStatus>();
  #facets = $state.raw<SearchFacets>({ models: [], sources: [] });
  #failure = $state.raw<OnggiError>();
  #isSearching = $state(false);
  #wasRestarted = $state(false);
  #running: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #work: SearchWork;

  constructor(work: SearchWork) {
    this.#work = work;
  }

  get query(): string {
    return this.#query;
  }

  get order(): SearchOrder {
    return this.#order;
  }

  /** The newest answer, for its counts; undefined before the first. */
  get page(): FoundPage | undefined {
    return this.#page;
  }

  /** Everything that was fetched so far. */
  get groups(): readonly FoundGroup[] {
    return this.#groups;
  }

  get hasMore(): boolean {
    return this.#page !== undefined && this.#reached < this.#page.groupCount;
  }

  get status(): SearchStatus | undefined {
    return this.#status;
  }

  get facets(): SearchFacets {
    return this.#facets;
  }

  get failure(): OnggiError | undefined {
    return this.#failure;
  }

  get isSearching(): boolean {
    return this.#isSearching;
  }

  /** Whether the worker had to begin anew since the person last asked something else. */
  get wasRestarted(): boolean {
    return this.#wasRestarted;
  }

  /** Whether not everything that is stored can be found yet. */
  get isIndexing(): boolean {
    const phase = this.#status?.phase;
    return phase === 'building' || phase === 'starting' || phase === 'catching-up';
  }

  /** Follows the index until the returned function is called. */
  follow(): () => void {
    let before: SearchStatus | undefined;
    const stop = this.#work.watchStatus((status) => {
      const hasChanged =
        status.indexedCount !== this.#status?.indexedCount ||
        status.version !== this.#status.version;
      // What was deleted since is offered no more.
      const mayDiffer = before?.phase !== 'ready' || before.indexedCount !== status.indexedCount;
      if (status.phase === 'ready' && mayDiffer) void this.#readFacets();
      before = status;
      if (this.#status && (status.restartCount ?? 0) > (this.#status.restartCount ?? 0)) {
        this.#wasRestarted = true;
      }
      this.#status = status;
      if (hasChanged && this.#query.trim() !== '') this.#askLater();
    });
    return () => {
      stop();
      clearTimeout(this.#timer);
      this.#running?.abort();
    };
  }

  /** Asks; an earlier question that is still under way is given up. */
  ask(query: string, order: SearchOrder = this.#order): void {
    if (query !== this.#query) this.#wasRestarted = false;
    this.#query = query;
    this.#order = order;
    this.#failure = undefined;
    if (query.trim() !== '') {
      void this.#find(PAGE);
      return;
    }
    this.#running?.abort();
    this.#isSearching = false;
    this.#page = undefined;
    this.#groups = [];
    this.#reached = 0;
  }

  /** Fetches the next results. Does nothing while a question is under way. */
  readonly more = (): void => {
    if (this.#isSearching || !this.hasMore) return;
    void this.#find(PAGE, this.#reached);
  };

  /** Asks the same again. */
  readonly again = (): void => this.ask(this.#query);

  /** Reads all conversations into the index anew. */
  async rebuild(): Promise<void> {
    this.#failure = undefined;
    try {
      await this.#work.ask({ kind: 'rebuild' }, () => undefined);
      this.again();
    } catch (error) {
      this.#failure = toOnggiError(error);
    }
  }

  async #readFacets(): Promise<void> {
    try {
      await this.#work.ask({ kind: 'facets' }, (answer) => {
        if (answer.kind === 'facets') this.#facets = answer;
      });
    } catch {
      // Filters can be typed all the same.
    }
  }

  #askLater(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#isSearching) this.#askLater();
      else if (this.#query.trim() !== '') void this.#find(Math.max(PAGE, this.#reached));
    }, FOLLOW_MS);
  }

  async #find(limit: number, offset = 0): Promise<void> {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.#isSearching = true;
    const before = offset > 0 ? this.#groups : [];
    // Where the order has changed since they came, what follows may be one of them.
    const shown = new Set(before.map(({ id }) => id));
    const request = {
      kind: 'find',
      query: this.#query,
      order: this.#order,
      offset,
      limit,
    } as const;
    try {
      await this.#work.ask(
        request,
        (answer) => {
          if (answer.kind !== 'found' || running.signal.aborted) return;
          this.#page = answer.page;
          this.#reached = offset + answer.page.groups.length;
          this.#groups = [...before, ...answer.page.groups.filter(({ id }) => !shown.has(id))];
        },
        running.signal,
      );
    } catch (error) {
      if (!running.signal.aborted) this.#failure = toOnggiError(error);
    } finally {
      if (this.#running === running) this.#isSearching = false;
    }
  }
}
