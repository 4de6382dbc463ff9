import { densestPlace } from '#domain/densest-place.ts';
import { findPlaces, foldText } from '#domain/fold-text.ts';
import type { ConversationId } from '#domain/ids.ts';
import { initialsOf, toInitialsPattern } from '#domain/korean-search.ts';
import type { Message } from '#domain/message.ts';
import { activePath, newestLeafBelow } from '#domain/message-tree.ts';
import { fenceAt, markdownToLine, plainToLine } from '#domain/readable-text.ts';
import type { Stretch } from '#domain/readable-text.ts';
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

/** The places of one message: as many as there are, for each must be reachable. */
interface FoundMessage {
  readonly messageId: string;
  readonly fromEnd: number;
  /** Places in the messages before this one. */
  readonly before: number;
  readonly count: number;
}

/** Where the words of a search stand that are not in the text of the message it led to. */
export type FoundElsewhere = 'title' | 'feedback' | 'attachment';

type ReadWhole = (id: ConversationId) => Promise<{ messages: readonly Message[] } | undefined>;

/** A stretch of a message as it is read when it is rendered. */
function readStretch({ role, content }: Message, [start, end]: Stretch): string {
  const part = content.slice(start, end);
  if (role === 'user') return plainToLine(part).text;
  return markdownToLine(part, [], fenceAt(content, start)).text;
}

/** Finding in the conversation on the screen: the places, and the one that is shown. */
export class FindInConversation {
  #query = $state('');
  #found = $state.raw<readonly FoundMessage[]>([]);
  #at = $state(0);
  /** Folded texts that are looked for. */
  #needles = $state.raw<readonly string[]>([]);
  #elsewhere = $state.raw<FoundElsewhere>();
  #passage = $state.raw<string>();
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
    const last = this.#found.at(-1);
    return last ? last.before + last.count : 0;
  }

  /** The number of the shown place, from 1; 0 when there is none. */
  get position(): number {
    return this.#found.length === 0 ? 0 : this.#at + 1;
  }

  get current(): FindHit | undefined {
    const found = this.#found.findLast(({ before }) => before <= this.#at);
    if (!found) return undefined;
    const { messageId, fromEnd, before } = found;
    return { messageId, nth: this.#at - before, fromEnd };
  }

  /** Where the words stand to which a search led, if not in the text of the message that is shown. */
  get elsewhere(): FoundElsewhere | undefined {
    return this.#elsewhere;
  }

  /** What is to be shown of the message that was found by meaning, readable, on one line. */
  get passage(): string | undefined {
    return this.#passage;
  }

  /**
   * Looks for what a search asked, beginning where its words stand together in its message; a branch that
   * does not hold it is left for one that does. @returns the place to show; without one, the message itself.
   */
  async begin({ query, messageId, stretch }: FindTarget): Promise<FindHit | undefined> {
    if (messageId !== null) await this.#showBranchOf(messageId);
    await this.ask(query);
    if (messageId === null) {
      if (this.count === 0) this.#elsewhere = this.#whereElse(undefined, query);
      return this.current;
    }
    const found = this.#found.find((each) => each.messageId === messageId);
    const turn = this.#turn;
    const branch = await this.#open.readShownBranch();
    // Something else was asked meanwhile.
    if (turn !== this.#turn) return this.current;
    const index = branch.findIndex(({ id }) => id === messageId);
    const message = branch[index];
    if (!message) return undefined;
    if (!found) {
      if (stretch) this.#passage = readStretch(message, stretch);
      else this.#elsewhere = this.#whereElse(message, query);
      return { messageId, nth: 0, fromEnd: branch.length - index };
    }
    const { content } = this.#open.shown(message);
    const densest = densestPlace(content, findPlaces(content, this.#needles));
    this.#at = found.before + Math.min(densest, found.count - 1);
    return this.current;
  }

  /**
   * Looks for words in the shown branch.
   * @param seenId The first message on the screen: the first place from it on is shown, else the nearest
   * above it. Without one, the first of all.
   */
  async ask(query: string, seenId?: string): Promise<void> {
    const turn = (this.#turn += 1);
    const needles = parseSearchQuery(query).terms.flatMap(({ text, stem, isExcluded }) =>
      isExcluded ? [] : stem === null ? [text] : [text, stem],
    );
    const branch = needles.length === 0 ? [] : await this.#open.readShownBranch();
    // Of two questions the later one counts.
    if (turn !== this.#turn) return;
    const found: FoundMessage[] = [];
    let before = 0;
    for (const [index, message] of branch.entries()) {
      const { content } = this.#open.shown(message);
      const count = findPlaces(content, needles).length;
      if (count === 0) continue;
      found.push({ messageId: message.id, fromEnd: branch.length - index, before, count });
      before += count;
    }
    this.#elsewhere = this.#passage = undefined;
    this.#query = query;
    this.#needles = needles;
    this.#found = found;
    const seen = branch.findIndex(({ id }) => id === seenId);
    const seenFromEnd = seen < 0 ? Infinity : branch.length - seen;
    const next = found.find(({ fromEnd }) => fromEnd <= seenFromEnd)?.before;
    // The first of all may lie a thousand messages above, all of which it would bring onto the page.
    this.#at = next ?? Math.max(0, before - 1);
  }

  /** Goes on to another place of the shown message: those before it lie above what is on the screen. */
  skipTo(nth: number): void {
    const hit = this.current;
    const found = this.#found.find(({ messageId }) => messageId === hit?.messageId);
    if (!found) return;
    // Past the last of this message comes the next one; after the last of all it stays there.
    this.#at = Math.min(found.before + Math.min(nth, found.count), this.count - 1);
  }

  /** The next place, or the one before; round at the ends. */
  step(by: 1 | -1): FindHit | undefined {
    this.#elsewhere = this.#passage = undefined;
    const { count } = this;
    if (count > 0) this.#at = (this.#at + by + count) % count;
    return this.current;
  }

  #whereElse(message: Message | undefined, query: string): FoundElsewhere | undefined {
    const has = (text: string | null | undefined): boolean =>
      findPlaces(text ?? '', this.#needles).length > 0;
    if (has(message?.feedback)) return 'feedback';
    if (message?.attachments.some(({ name }) => has(name))) return 'attachment';
    const title = this.#open.conversation?.title ?? '';
    const initials = initialsOf(foldText(title));
    const isByInitials = parseSearchQuery(query).terms.some(
      ({ text, isExcluded }) => !isExcluded && toInitialsPattern(text)?.test(initials),
    );
    return has(title) || isByInitials ? 'title' : undefined;
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
