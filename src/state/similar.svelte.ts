import { readEmbedderChoice } from '#domain/embedder-choice.ts';
import { isRefusal } from '#domain/embedding.ts';
import { toOnggiError } from '#domain/errors.ts';
import type { ErrorCode } from '#domain/errors.ts';
import { toConversationId } from '#domain/ids.ts';
import type { ConversationId } from '#domain/ids.ts';
import { DEFAULT_MEANING_SETTINGS } from '#domain/meaning-settings.ts';
import type { MeaningSettings } from '#domain/meaning-settings.ts';
import type { MeaningStatus, NearGroup } from '#domain/search.ts';
import type { SearchWork } from './lazy-search.ts';
import type { Route } from './route.svelte.ts';
import type { Settings } from './settings.svelte.ts';

/**
 * From this cosine on a conversation counts as similar: of 120 questions, the right conversation was
 * beyond it three times in four, and two in a hundred of the others (bench row 23f). Two conversations lie closer
 * to each other than a question to one: 7 in a hundred of the others are beyond it, and the nearest other one
 * mostly is (23g), so that the order says more than the list.
 */
const SIMILAR = 0.45;
/** From this one on a question counts as asked before: nine of ten wrong conversations stay below. */
const ASKED_BEFORE = 0.6;
/** `n` of the specification's `search_similar_conversations`. */
const LIMIT = 5;
/** A question that short says too little to compare. */
const SHORTEST_QUESTION = 8;
/** How long typing rests before the question is compared, in milliseconds. */
const REST_MS = 700;

/** While the index grows, what is similar follows it this often, in milliseconds. */
const FOLLOW_MS = 2500;

/** Leads to a conversation that is near, at the passage for which it is. */
export function routeToNear({ id, places: [place] }: NearGroup): Route {
  const messageId = place?.id ?? null;
  const stretch = place?.stretch;
  return {
    screen: 'chat',
    conversationId: toConversationId(id),
    ...(messageId !== null && { find: { query: '', messageId, ...(stretch && { stretch }) } }),
  };
}

/** Conversations similar to one. Looking for them begins the index; they grow with it. */
export class SimilarConversations {
  #groups = $state.raw<readonly NearGroup[]>();
  #status = $state.raw<MeaningStatus>();
  /** Why the last look failed. */
  #failure = $state.raw<ErrorCode>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: AbortController | undefined;
  readonly #work: SearchWork;
  readonly #settings: Pick<Settings, 'value' | 'update'>;
  readonly #id: ConversationId;

  constructor(
    work: SearchWork,
    settings: Pick<Settings, 'value' | 'update'>,
    conversationId: ConversationId,
  ) {
    this.#work = work;
    this.#settings = settings;
    this.#id = conversationId;
  }

  /** Nearest first; undefined before the first answer. */
  get groups(): readonly NearGroup[] | undefined {
    return this.#groups;
  }

  /** How far the index of meaning is; undefined before it is known. */
  get status(): MeaningStatus | undefined {
    if (!this.#failure || this.isRefused) return this.#status;
    return { ...(this.#status ?? NOTHING), phase: 'failed', errorCode: this.#failure };
  }

  /** Whether the model does not take the text of this conversation. */
  get isRefused(): boolean {
    return this.#failure !== undefined && isRefusal(this.#failure);
  }

  /** Whether nothing is indexed because it would go to an endpoint, which looking here does not begin. */
  get isUnasked(): boolean {
    const isEndpoint = readEmbedderChoice(this.settings.embedder)?.kind === 'endpoint';
    return isEndpoint && this.status?.phase === 'off';
  }

  get settings(): MeaningSettings {
    return this.#settings.value.meaning ?? DEFAULT_MEANING_SETTINGS;
  }

  /** Looks, and follows the index until the returned function is called. */
  follow(): () => void {
    const stop = this.#work.watchStatus(({ meaning }) => {
      const before = this.#status;
      this.#status = meaning;
      if (before === undefined) return;
      const isDone = meaning.phase === 'ready' && before.phase !== 'ready';
      if (isDone) this.#lookLater(0);
      else if (meaning.doneCount !== before.doneCount) this.#lookLater(FOLLOW_MS);
    });
    void this.#look();
    return () => {
      stop();
      clearTimeout(this.#timer);
      this.#running?.abort();
    };
  }

  /** Tries again after a failure. */
  readonly again = async (): Promise<void> => {
    // What fails again is told by the status.
    await this.#work.ask({ kind: 'rechoose' }, () => undefined).catch(() => undefined);
    await this.#look();
  };

  /** Stops the indexing, or lets it go on. */
  setPaused(isPaused: boolean): Promise<void> {
    return this.#settings.update({ meaning: { ...this.settings, isPaused } });
  }

  #lookLater(delayMs: number): void {
    if (this.#timer !== undefined && delayMs > 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), delayMs);
  }

  async #look(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    try {
      await this.#work.ask(
        { kind: 'similar', conversationId: this.#id, limit: LIMIT, leastCosine: SIMILAR },
        (answer) => {
          if (answer.kind === 'near' && !running.signal.aborted) this.#groups = answer.groups;
        },
        running.signal,
      );
      if (!running.signal.aborted) this.#failure = undefined;
    } catch (error) {
      if (!running.signal.aborted) this.#failure = toOnggiError(error).code;
    }
  }
}

const NOTHING = {
  doneCount: 0,
  totalCount: 0,
  doneBytes: 0,
  totalBytes: null,
  inUse: null,
  coming: null,
} as const;

/** Whether what is being typed was asked before. */
export class AskedBefore {
  #found = $state.raw<NearGroup>();
  /** The one that the person does not want to see. */
  #dismissedId = $state.raw<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: AbortController | undefined;
  #openId: string | null = null;
  readonly #work: SearchWork;

  constructor(work: SearchWork) {
    this.#work = work;
  }

  get found(): NearGroup | undefined {
    return this.#found?.id === this.#dismissedId ? undefined : this.#found;
  }

  readonly dismiss = (): void => {
    this.#dismissedId = this.#found?.id;
  };

  /**
   * Compares `text` when typing rests. Begins no index: nobody asked to find anything. What was found
   * before stays until the new answer is there, unless there is too little text or another conversation.
   * @param openId The conversation in which it is typed, which is no find.
   */
  look(text: string, openId: string | null): void {
    clearTimeout(this.#timer);
    this.#running?.abort();
    const isElsewhere = openId !== this.#openId;
    this.#openId = openId;
    const isShort = text.trim().length < SHORTEST_QUESTION;
    if (isShort || isElsewhere) this.#found = undefined;
    if (!isShort) this.#timer = setTimeout(() => void this.#find(text, openId), REST_MS);
  }

  /** Ends what is under way. */
  readonly stop = (): void => this.look('', null);

  async #find(text: string, openId: string | null): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    try {
      await this.#work.ask(
        { kind: 'near', text, limit: 2, leastCosine: ASKED_BEFORE, isInPassing: true },
        (answer) => {
          if (answer.kind !== 'near' || running.signal.aborted) return;
          this.#found = answer.groups.find(({ id }) => id !== openId);
        },
        running.signal,
      );
    } catch {
      // A hint that cannot be given is none; one that was given up is not the last word.
      if (!running.signal.aborted) this.#found = undefined;
    }
  }
}
