import type { ConversationList } from '#db/conversation-list.ts';
import type { Conversation, ConversationStatus } from '#domain/conversation.ts';
import type { ConversationChange, LiveRead } from '#domain/conversation-store.ts';
import { groupByDay } from '#domain/day-groups.ts';
import { toOnggiError } from '#domain/errors.ts';
import type { Clock, ConversationId } from '#domain/ids.ts';
import type { StorageHealth } from './storage-health.svelte.ts';

/** Conversations shown at first and added with each further page. */
const PAGE = 60;

/** What the list shows. */
export interface ListQuery {
  readonly status: ConversationStatus;
  readonly tag: string | null;
}

/** Reads and writes of the list; made by `main.ts` from `db/`. */
export interface ConversationListSource {
  readonly watch: (query: ListQuery, limit: number) => LiveRead<ConversationList>;
  readonly watchTags: () => LiveRead<readonly string[]>;
  /** @param onChanged Told how many of the ids, from the first, are done, also before it fails. */
  readonly update: (
    ids: readonly ConversationId[],
    change: ConversationChange,
    onChanged: (doneCount: number) => void,
  ) => Promise<void>;
  readonly purge: (
    ids: readonly ConversationId[],
    onProgress: (done: number) => void,
  ) => Promise<void>;
}

/** The conversations beside the thread: query, pages, selection, and what a person does to many at once. */
export class ConversationListState {
  #query = $state.raw<ListQuery>({ status: 'active', tag: null });
  #limit = $state(PAGE);
  #list = $state.raw<ConversationList | undefined>();
  #tags = $state.raw<readonly string[]>([]);
  #selected = $state.raw<ReadonlySet<ConversationId> | null>(null);
  /** Where a range begins: what was ticked or unticked last. */
  #ticked: ConversationId | undefined;
  #now = $state(0);
  #subscription: { unsubscribe(): void } | undefined;
  readonly #source: ConversationListSource;
  readonly #storage: StorageHealth;
  readonly #clock: Clock;

  readonly sections = $derived(groupByDay(this.#list?.recent ?? [], this.#now));

  constructor(source: ConversationListSource, storage: StorageHealth, clock: Clock) {
    this.#source = source;
    this.#storage = storage;
    this.#clock = clock;
    source.watchTags().subscribe({ next: (tags) => (this.#tags = tags), error: this.#fail });
    this.#follow();
  }

  get query(): ListQuery {
    return this.#query;
  }

  get pinned(): readonly Conversation[] {
    return this.#list?.pinned ?? [];
  }

  /** Undefined until the first read. */
  get isEmpty(): boolean | undefined {
    return this.#list && this.#list.pinned.length + this.#list.recent.length === 0;
  }

  get hasMore(): boolean {
    return this.#list?.hasMore ?? false;
  }

  get tags(): readonly string[] {
    return this.#tags;
  }

  /** Ids that are ticked; null while nothing is being selected. */
  get selected(): ReadonlySet<ConversationId> | null {
    return this.#selected;
  }

  /** All that is shown, in order. */
  get shown(): readonly Conversation[] {
    return [...this.pinned, ...(this.#list?.recent ?? [])];
  }

  /** Changes what is shown and begins at the top again. */
  readonly show = (changes: Partial<ListQuery>): void => {
    this.#query = { ...this.#query, ...changes };
    this.#limit = PAGE;
    // Nothing stays selected that is not shown.
    this.#selected = null;
    this.#follow();
  };

  readonly showMore = (): void => {
    if (!this.hasMore) return;
    this.#limit += PAGE;
    this.#follow();
  };

  readonly startSelecting = (): void => {
    this.#selected = new Set();
    this.#ticked = undefined;
  };

  readonly stopSelecting = (): void => {
    this.#selected = null;
  };

  /** Ticks or unticks one; as a range with all that stand between it and the one before. */
  readonly toggle = (id: ConversationId, isRange = false): void => {
    const selected = new Set(this.#selected);
    const ids = this.shown.map((one) => one.id);
    const at = ids.indexOf(id);
    const before = isRange ? ids.findIndex((each) => each === this.#ticked) : -1;
    const ends = [before < 0 ? at : before, at];
    const change = selected.has(id) ? 'delete' : 'add';
    for (const each of ids.slice(Math.min(...ends), Math.max(...ends) + 1)) selected[change](each);
    this.#selected = selected;
    this.#ticked = id;
  };

  /** Ticks these, and no others. */
  readonly select = (ids: Iterable<ConversationId>): void => {
    this.#selected = new Set(ids);
  };

  /** All that the list holds, however much of it is shown; undefined when it cannot be read. */
  readAll(): Promise<readonly Conversation[] | undefined> {
    return new Promise((resolve) => {
      const reading = this.#source.watch(this.#query, Infinity).subscribe({
        next: ({ pinned, recent }) => {
          resolve([...pinned, ...recent]);
          queueMicrotask(() => reading.unsubscribe());
        },
        error: (error) => {
          this.#fail(error);
          resolve(undefined);
        },
      });
    });
  }

  /** Changes many conversations, some hundreds at a time. @returns whether all was committed */
  async change(ids: readonly ConversationId[], change: ConversationChange): Promise<boolean> {
    return (await this.#change(ids, change)) === null;
  }

  /**
   * Moves to the trash, or takes out of it; `deletedAt` follows.
   * @returns those that were moved: not all of them where the storage failed in the middle
   */
  async setStatus(
    ids: readonly ConversationId[],
    status: ConversationStatus,
  ): Promise<readonly ConversationId[]> {
    const deletedAt = status === 'deleted' ? this.#clock() : null;
    const doneCount = await this.#change(ids, { status, deletedAt });
    return doneCount === null ? ids : ids.slice(0, doneCount);
  }

  /** @returns null when all was committed, else how many of them were */
  async #change(
    ids: readonly ConversationId[],
    change: ConversationChange,
  ): Promise<number | null> {
    let doneCount = 0;
    try {
      await this.#source.update(ids, change, (count) => (doneCount = count));
      this.#storage.recover();
      return null;
    } catch (error) {
      this.#fail(error);
      // Where none of them is there any more, all were done and none was changed.
      return toOnggiError(error).code === 'chat/not-found' ? 0 : doneCount;
    }
  }

  /** Deletes for good. */
  async purge(
    ids: readonly ConversationId[],
    onProgress: (done: number) => void = () => undefined,
  ): Promise<boolean> {
    try {
      await this.#source.purge(ids, onProgress);
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  readonly #fail = (error: unknown): void => this.#storage.fail(toOnggiError(error));

  #follow(): void {
    this.#subscription?.unsubscribe();
    this.#subscription = this.#source.watch(this.#query, this.#limit).subscribe({
      next: (list) => {
        this.#list = list;
        this.#now = this.#clock();
      },
      error: this.#fail,
    });
  }
}
