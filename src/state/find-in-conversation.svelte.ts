import { findPlaces } from '#domain/fold-text.ts';
import type { ConversationId } from '#domain/ids.ts';
import type { Message } from '#domain/message.ts';
import { isHiddenStep } from '#domain/message.ts';
import { activePath, newestLeafBelow } from '#domain/message-tree.ts';
import { parseSearchQuery } from '#domain/search-query.ts';
import type { OpenConversation } from './open-conversation.svelte.ts';
import type { FindTarget } from './route.svelte.ts';

/** One place in the shown branch. */
export interface FindHit {
  readonly messageId: string;
  /** Which of the places in this message, from 0. */
  readonly nth: number;
  /** Messages from this one to the end of the branch, itself included. */
  readonly fromEnd: number;
}

/** Places that are counted in one message, and in all: more help nobody. */
const MOST_PER_MESSAGE = 200;
const MOST_HITS = 5000;

type ReadWhole = (id: ConversationId) => Promise<{ messages: readonly Message[] } | undefined>;

/** Finding in the conversation on the screen: the places, and the one that is shown. */
export class FindInConversation {
  #query = $state('');
  #hits = $state.raw<readonly FindHit[]>([]);
  #at = $state(0);
  /** Folded texts that are looked for. */
  #needles = $state.raw<readonly string[]>([]);
  #turn = 0;
  readonly #open: OpenConversation;
  readonly #readWhole: ReadWhole;

  constructor(open: OpenConversation, readWhole: ReadWhole) {
    this.#open = open;
    this.#readWhole = readWhole;
  }

  get query(): string {
    return this.#query;
  }

  get needles(): readonly string[] {
    return this.#needles;
  }

  get count(): number {
    return this.#hits.length;
  }

  /** The number of the shown place, from 1; 0 when there is none. */
  get position(): number {
    return this.#hits.length === 0 ? 0 : this.#at + 1;
  }

  get current(): FindHit | undefined {
    return this.#hits[this.#at];
  }

  /**
   * Looks for what a search asked, beginning at its message; a branch that does not hold it is left for
   * one that does. @returns the place to show; without one, the message itself.
   */
  async begin({ query, messageId }: FindTarget): Promise<FindHit | undefined> {
    if (messageId !== null) await this.#showBranchOf(messageId);
    await this.ask(query);
    if (messageId === null) return this.current;
    const first = this.#hits.findIndex((hit) => hit.messageId === messageId);
    if (first >= 0) {
      this.#at = first;
      return this.current;
    }
    const branch = await this.#open.readShownBranch();
    const index = branch.findIndex(({ id }) => id === messageId);
    return index < 0 ? undefined : { messageId, nth: 0, fromEnd: branch.length - index };
  }

  /** Looks for words in the shown branch; stays near the place that was shown. */
  async ask(query: string): Promise<void> {
    const turn = (this.#turn += 1);
    const needles = parseSearchQuery(query).terms.flatMap(({ text, stem, isExcluded }) =>
      isExcluded ? [] : stem === null ? [text] : [text, stem],
    );
    const shown = this.current?.messageId;
    const branch = needles.length === 0 ? [] : await this.#open.readShownBranch();
    // Of two questions the later one counts.
    if (turn !== this.#turn) return;
    const hits: FindHit[] = [];
    for (const [index, message] of branch.entries()) {
      if (isHiddenStep(message) || hits.length >= MOST_HITS) continue;
      const places = findPlaces(this.#open.shown(message).content, needles, MOST_PER_MESSAGE);
      const fromEnd = branch.length - index;
      hits.push(...places.map((_place, nth) => ({ messageId: message.id, nth, fromEnd })));
    }
    this.#query = query;
    this.#needles = needles;
    this.#hits = hits;
    const same = hits.findIndex(({ messageId }) => messageId === shown);
    // The newest is what a reader has before their eyes.
    this.#at = same >= 0 ? same : Math.max(0, hits.length - 1);
  }

  /** The next place, or the one before; round at the ends. */
  step(by: 1 | -1): FindHit | undefined {
    const { length } = this.#hits;
    if (length > 0) this.#at = (this.#at + by + length) % length;
    return this.current;
  }

  async #showBranchOf(messageId: string): Promise<void> {
    const { conversation } = this.#open;
    if (!conversation || this.#open.keeping !== 'stored') return;
    const branch = await this.#open.readShownBranch();
    if (branch.some(({ id }) => id === messageId)) return;
    const messages = (await this.#readWhole(conversation.id))?.messages ?? [];
    const wanted = messages.find(({ id }) => id === messageId);
    if (!wanted) return;
    const leafId = newestLeafBelow(messages, wanted.id);
    if (activePath(messages, leafId).some(({ message }) => message.id === wanted.id)) {
      await this.#open.change({ activeLeafId: leafId });
    }
  }
}
