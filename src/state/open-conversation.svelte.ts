import type { AddedRows, AnswerRun } from '#chat/run-answer.ts';
import type { Chat, ChatPlace } from '#chat/chat.ts';
import type { PassingQuestion } from '#chat/ask-in-passing.ts';
import type { Conversation, ConversationOptions } from '#domain/conversation.ts';
import { createConversation } from '#domain/conversation.ts';
import type {
  ConversationChanges,
  ConversationStore,
  RemovedMessages,
  Thread,
} from '#domain/conversation-store.ts';
import type { OnggiError } from '#domain/errors.ts';
import { toOnggiError } from '#domain/errors.ts';
import type { Clock, ConversationId, SessionId } from '#domain/ids.ts';
import { isContinuable } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import type { PathEntry } from '#domain/message-tree.ts';
import { activePath, newestLeafBelow } from '#domain/message-tree.ts';
import type { Answers, RunningAnswer } from './answers.svelte.ts';
import type { StorageHealth } from './storage-health.svelte.ts';

/** Messages of the shown branch at first and with each step back. */
const PATH_PAGE = 50;

/** How long an answer of another tab may stand still before it is looked after, in milliseconds. */
const FOREIGN_CHECK_MS = 3000;

/** Where a conversation lives: the database; this page until it is saved; this page only. */
export type Keeping = 'stored' | 'unsaved' | 'temporary';

const NO_OPTIONS: ConversationOptions = {
  endpointId: null,
  chatModel: null,
  temperature: null,
  maxTokens: null,
  systemPrompt: null,
};

/** What an open conversation needs from the app. */
export interface OpenConversationDeps {
  readonly chat: Chat;
  readonly answers: Answers;
  readonly storage: StorageHealth;
  readonly clock: Clock;
  readonly createConversationId: () => ConversationId;
  readonly getSessionId: () => Promise<SessionId>;
  /** As of a conversation that was in memory when it was asked about: it may be saved, or deleted, meanwhile. */
  readonly finishInMemory: ConversationStore['finishPassing'];
  /** Told when a new conversation got its first rows. */
  readonly onBegun: (open: OpenConversation, id: ConversationId, keeping: Keeping) => void;
  /** Where a conversation that begins now is to live. */
  readonly newPlace: () => { store: ConversationStore; keeping: Keeping };
  /** Marks answers interrupted that a closed tab left running. */
  readonly settleAbandoned: () => Promise<void>;
}

/** The conversation on the screen: what it shows and what a click does. */
export class OpenConversation {
  #id = $state.raw<ConversationId | null>(null);
  /** Undefined while it is read, null when there is no such conversation. */
  #thread = $state.raw<Thread | null | undefined>();
  #newOptions = $state.raw<ConversationOptions>(NO_OPTIONS);
  #pathLength = $state(PATH_PAGE);
  #failure = $state.raw<OnggiError | null>(null);
  #isSending = $state(false);
  #isStopWanted = false;
  #isClosed = false;
  #isSaving = false;
  #foreignTimer: ReturnType<typeof setTimeout> | undefined;
  #store: ConversationStore;
  #keeping = $state<Keeping>('stored');
  #subscription: { unsubscribe(): void } | undefined;
  readonly #deps: OpenConversationDeps;

  /** The shown branch, oldest first; `shown` gives a row the text this page has of it. */
  readonly path: readonly PathEntry[] = $derived.by(() => {
    const thread = this.#thread;
    if (!thread) return [];
    return activePath(thread.messages, thread.conversation.activeLeafId).slice(-this.#pathLength);
  });

  /** @param id Null for a conversation that has not begun. */
  constructor(
    id: ConversationId | null,
    place: { store: ConversationStore; keeping: Keeping },
    deps: OpenConversationDeps,
  ) {
    this.#id = id;
    this.#store = place.store;
    this.#keeping = place.keeping;
    this.#deps = deps;
    if (id) this.#follow(id);
  }

  get id(): ConversationId | null {
    return this.#id;
  }

  get keeping(): Keeping {
    return this.#keeping;
  }

  get isLoading(): boolean {
    return this.#id !== null && this.#thread === undefined;
  }

  get isGone(): boolean {
    return this.#thread === null;
  }

  get conversation(): Conversation | undefined {
    return this.#thread?.conversation;
  }

  /** What it asks its model with; null fields follow the settings. */
  get options(): ConversationOptions {
    return this.conversation ?? this.#newOptions;
  }

  get running(): RunningAnswer | undefined {
    return this.#deps.answers.runningIn(this.#id);
  }

  /** Whether this page asks for an answer here, or is about to. */
  get isAnswering(): boolean {
    return this.running !== undefined || this.#isSending;
  }

  /** Why the last click did nothing; null when it did. */
  get failure(): OnggiError | null {
    return this.#failure;
  }

  get hasOlder(): boolean {
    if (!this.#thread) return false;
    const first = this.path[0]?.message;
    return Boolean(first?.parentId) && (this.#thread.hasOlder || this.#isCut);
  }

  get #isCut(): boolean {
    return this.path.length === this.#pathLength;
  }

  /** A row as it should be shown: with the text this page has and the database has not yet. */
  shown(message: Message): Message {
    return this.#deps.answers.get(message.id)?.overlay(message) ?? message;
  }

  /** Keeps a new conversation elsewhere; has no effect once it has begun. */
  setPlace(place: { store: ConversationStore; keeping: Keeping }): void {
    if (this.#id !== null || this.#isSending) return;
    this.#store = place.store;
    this.#keeping = place.keeping;
  }

  readonly showOlder = (): void => {
    if (!this.hasOlder || !this.#id) return;
    this.#pathLength += PATH_PAGE;
    this.#follow(this.#id);
  };

  /** The shown branch, whole. */
  readShownBranch(): Promise<readonly Message[]> {
    const [id, leafId] = [this.#id, this.conversation?.activeLeafId];
    return id && leafId ? this.#store.readBranch(id, leafId) : Promise.resolve([]);
  }

  /** Shows at least so many messages of the branch, counted from its end. */
  showAtLeast(count: number): void {
    if (count <= this.#pathLength || !this.#id) return;
    this.#pathLength = count;
    this.#follow(this.#id);
  }

  readonly dismissFailure = (): void => {
    this.#failure = null;
  };

  /**
   * Sends text at the end of the shown branch.
   * @returns whether it was committed; the composer keeps its text until then.
   */
  send(text: string): Promise<boolean> {
    const parentId = this.path.at(-1)?.message.id ?? null;
    const unsent = { id: this.#draftId, text };
    return this.#start((place) => this.#deps.chat.sendMessage(place, text, parentId), unsent);
  }

  /** Sends another version of an earlier message; the old one stays beside it. */
  editAndSend(message: Message, text: string): Promise<boolean> {
    const unsent = { id: editId(message), text };
    return this.#start(
      (place) => this.#deps.chat.sendMessage(place, text, message.parentId),
      unsent,
    );
  }

  /** The person gave up another version of a message: what could not be saved of it is not wanted. */
  abandonEdit(message: Message): void {
    this.#deps.storage.release(editId(message));
  }

  /** Asks for another version of an answer, or for the first one of a question that has none. */
  regenerate(message: Message): Promise<boolean> {
    const question = message.role === 'assistant' ? this.#parentOf(message) : message;
    if (!question) return Promise.resolve(false);
    return this.#start((place) => this.#deps.chat.regenerate(place, question));
  }

  /** Asks again: in place when the answer brought nothing, else as another version. */
  tryAgain(message: Message): Promise<boolean> {
    const isEmpty = message.content === '' && !message.reasoning;
    if (!isEmpty) return this.regenerate(message);
    return this.#start((place) => this.#deps.chat.tryAgain(place, message));
  }

  continueAnswer(message: Message): Promise<boolean> {
    if (!isContinuable(message)) return Promise.resolve(false);
    return this.#start((place) => this.#deps.chat.continueAnswer(place, message));
  }

  /** Stops the answer, or keeps one that is about to be asked for from being asked. */
  readonly stop = (): void => {
    if (this.running) this.running.run.stop();
    else this.#isStopWanted = this.#isSending;
  };

  /** Shows another version; `step` is -1 or 1. */
  async showSibling(entry: PathEntry, step: number): Promise<void> {
    const siblingId = entry.siblingIds[entry.siblingIndex + step];
    if (!siblingId || !this.#thread) return;
    const activeLeafId = newestLeafBelow(this.#thread.messages, siblingId);
    await this.change({ activeLeafId });
  }

  /** Rates an answer or takes the rating back. */
  rate(message: Message, changes: Partial<Pick<Message, 'rating' | 'feedback'>>): Promise<boolean> {
    return this.#write(() => this.#store.updateMessage(message.id, changes));
  }

  /**
   * Takes a message and all that follows it away.
   * @returns puts them back; undefined when nothing was taken.
   */
  async removeFrom(message: Message): Promise<(() => Promise<boolean>) | undefined> {
    const id = this.#id;
    if (!id) return undefined;
    const store = this.#store;
    let removed: RemovedMessages | undefined;
    await this.#write(async () => {
      removed = await store.removeSubtree(id, message.id);
    });
    if (!removed) return undefined;
    const taken = removed;
    return () => this.#write(() => store.restoreMessages(id, taken));
  }

  /** Changes the conversation's row. */
  change(changes: ConversationChanges): Promise<boolean> {
    const id = this.#id;
    if (!id) return Promise.resolve(false);
    return this.#write(() => this.#store.updateConversation(id, changes));
  }

  /** Chooses what the model is asked with, for this conversation alone. */
  setOptions(changes: Partial<ConversationOptions>): Promise<boolean> {
    if (this.#id) return this.change(changes);
    this.#newOptions = { ...this.#newOptions, ...changes };
    return Promise.resolve(true);
  }

  /** Asks the model for a title or summary and keeps it. @returns whether there is one now */
  async askInPassing(question: PassingQuestion, signal: AbortSignal): Promise<boolean> {
    const conversation = this.conversation;
    if (!conversation) return false;
    try {
      const { finishInMemory } = this.#deps;
      const store = this.#store.isPersistent
        ? this.#store
        : { ...this.#store, finishPassing: finishInMemory };
      const place = { store, conversation };
      const text = await this.#deps.chat.askInPassing(place, question, signal);
      if (place.store.isPersistent) this.#deps.storage.recover();
      return Boolean(text);
    } catch (error) {
      this.#report(error);
      return false;
    }
  }

  /** Goes on in another store, after the rows were copied there. */
  moveTo(store: ConversationStore): void {
    this.#store = store;
    this.#keeping = 'stored';
    if (this.#id) this.#follow(this.#id);
  }

  /** Stops reading; a running answer goes on. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#foreignTimer);
    this.#subscription?.unsubscribe();
  }

  /** Lets nothing be sent while `work` copies the conversation elsewhere. */
  async whileSaving(work: () => Promise<void>): Promise<void> {
    this.#isSaving = true;
    try {
      await work();
    } finally {
      this.#isSaving = false;
    }
  }

  /** One click is one request: a second one while the first is under way does nothing. */
  async #start(
    begin: (place: ChatPlace) => Promise<AnswerRun>,
    unsent?: { readonly id: string; readonly text: string },
  ): Promise<boolean> {
    const isUnread = this.#id !== null && !this.conversation;
    if (this.isAnswering || this.#isSaving || isUnread) return false;
    if (this.#id === null) this.setPlace(this.#deps.newPlace());
    this.#isSending = true;
    this.#isStopWanted = false;
    const store = this.#store;
    this.#failure = null;
    try {
      // What is asked in the trash would go with it.
      if (this.conversation?.status === 'deleted') {
        await store.updateConversation(this.conversation.id, { status: 'active', deletedAt: null });
      }
      const conversation = this.conversation ?? (await this.#newConversation());
      const run = await begin({ store, conversation });
      if (this.#wantsStop()) run.stop();
      this.#deps.storage.release(unsent?.id ?? this.#draftId);
      void this.#deps.answers.follow(run, store.isPersistent);
      if (run.added) this.#showAdded(run.added);
      if (this.#id === null) {
        this.#id = conversation.id;
        if (!this.#isClosed) this.#follow(conversation.id);
        this.#deps.onBegun(this, conversation.id, this.#keeping);
      }
      if (this.#store.isPersistent) this.#deps.storage.recover();
      return true;
    } catch (error) {
      const failure = this.#report(error);
      if (unsent && failure.code.startsWith('db/')) {
        // The box still has it, and sending it again is the retry.
        const title = this.conversation?.title ?? 'onggi';
        this.#deps.storage.keep({ ...unsent, title, retry: null });
      }
      return false;
    } finally {
      this.#isSending = false;
    }
  }

  /** Shows what was just committed, without waiting for it to be read again. */
  #showAdded({ conversation, messages }: AddedRows): void {
    const before = this.#thread ?? { messages: [], hasOlder: false };
    const isRead = (id: Message['id']) => before.messages.some((message) => message.id === id);
    const added = messages.filter(({ id }) => !isRead(id));
    this.#thread = { ...before, conversation, messages: [...before.messages, ...added] };
  }

  /** Whether Stop was pressed while the rows were being committed. */
  #wantsStop(): boolean {
    return this.#isStopWanted;
  }

  async #newConversation(): Promise<Conversation> {
    return createConversation({
      id: this.#deps.createConversationId(),
      sessionId: await this.#deps.getSessionId(),
      createdAt: this.#deps.clock(),
      ...this.#newOptions,
    });
  }

  async #write(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      if (this.#store.isPersistent) this.#deps.storage.recover();
      return true;
    } catch (error) {
      this.#report(error);
      return false;
    }
  }

  /** A message that could not be written is its own draft among the unsaved texts. */
  get #draftId(): string {
    return `draft:${this.#id ?? 'new'}`;
  }

  #report(error: unknown): OnggiError {
    const failure = toOnggiError(error);
    this.#failure = failure;
    if (failure.code.startsWith('db/')) this.#deps.storage.fail(failure);
    return failure;
  }

  #parentOf(message: Message): Message | undefined {
    return this.#thread?.messages.find(({ id }) => id === message.parentId);
  }

  #follow(id: ConversationId): void {
    this.#subscription?.unsubscribe();
    this.#subscription = this.#store.watchThread(id, this.#pathLength).subscribe({
      next: (thread) => {
        this.#thread = thread ?? null;
        this.#watchForeignAnswer();
      },
      error: (error) => void this.#report(error),
    });
  }

  /** An answer that another tab writes: should that tab die, the answer is over. */
  #watchForeignAnswer(): void {
    clearTimeout(this.#foreignTimer);
    const last = this.path.at(-1)?.message;
    if (last?.status !== 'streaming' || this.#deps.answers.get(last.id)) return;
    this.#foreignTimer = setTimeout(() => {
      void this.#deps
        .settleAbandoned()
        .catch((error: unknown) => void this.#report(error))
        .finally(() => this.#watchForeignAnswer());
    }, FOREIGN_CHECK_MS);
  }
}

/** The name of another version of a message among the unsaved texts. */
const editId = ({ id }: Message): string => `edit:${id}`;
