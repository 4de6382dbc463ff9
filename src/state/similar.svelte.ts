import type { ConversationId } from '#domain/ids.ts';
import type { NearGroup } from '#domain/search.ts';
import type { SearchWork } from './lazy-search.ts';

/**
 * From this cosine on a conversation counts as similar: of 120 questions, the right conversation was
 * beyond it three times in four, and one in a hundred of the others.
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

/**
 * Conversations similar to one, nearest first; none while nothing is indexed.
 * @throws OnggiError `model/*`, `app/worker-failed`, `db/*`
 */
export async function findSimilar(
  work: SearchWork,
  conversationId: ConversationId,
): Promise<readonly NearGroup[]> {
  let groups: readonly NearGroup[] = [];
  await work.ask(
    { kind: 'similar', conversationId, limit: LIMIT, leastCosine: SIMILAR },
    (answer) => {
      if (answer.kind === 'near') ({ groups } = answer);
    },
  );
  return groups;
}

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
