import { createContext } from 'svelte';
import type { Component } from 'svelte';
import type { LazyChat } from '#chat/lazy-chat.ts';
import type { MemoryConversations } from '#chat/memory-conversations.ts';
import type { Conversation } from '#domain/conversation.ts';
import type { ConversationStore, StoredConversations } from '#domain/conversation-store.ts';
import { toOnggiError } from '#domain/errors.ts';
import type { Clock, ConversationId, SessionId } from '#domain/ids.ts';
import type { Message } from '#domain/message.ts';
import type { UsageStatistic } from '#domain/usage.ts';
import type { Attachment, SchemaVersion } from '#domain/stored-rows.ts';
import { createUsageReport } from '#usage/lazy-usage.ts';
import type { Answers } from './answers.svelte.ts';
import type { AppUpdate } from './app-update.svelte.ts';
import type { PutAside } from './backup-work.ts';
import type { Backups } from './backups.svelte.ts';
import type { Cache } from './cache.svelte.ts';
import type { Care } from './care.svelte.ts';
import type { Connectivity } from './connectivity.svelte.ts';
import type { ConversationListState } from './conversation-list.svelte.ts';
import type { Dialogs } from './dialogs.svelte.ts';
import { draftToMessage } from './drafts.svelte.ts';
import type { Drafts } from './drafts.svelte.ts';
import type { EndpointsState } from './endpoints.svelte.ts';
import type { Exports } from './exports.svelte.ts';
import type { Imports } from './imports.svelte.ts';
import type { Keeping } from './open-conversation.svelte.ts';
import { OpenConversation } from './open-conversation.svelte.ts';
import type { LazyLibrary } from './lazy-library.ts';
import type { Lock } from './lock.svelte.ts';
import type { SearchWork } from './lazy-search.ts';
import type { FindTarget, Router } from './route.svelte.ts';
import type { Settings } from './settings.svelte.ts';
import type { StorageHealth } from './storage-health.svelte.ts';
import type { Toasts } from './toasts.svelte.ts';
import type { Translator } from './translator.svelte.ts';
import type { Usage } from './usage.svelte.ts';

/** The parts of the app, made by `main.ts`. */
export interface AppParts {
  readonly answers: Answers;
  readonly appUpdate: AppUpdate;
  readonly backups: Backups;
  readonly cache: Cache;
  readonly chat: LazyChat;
  readonly clock: Clock;
  readonly connectivity: Connectivity;
  readonly conversations: ConversationListState;
  readonly createConversationId: () => ConversationId;
  readonly dialogs: Dialogs;
  readonly drafts: Drafts;
  readonly endpoints: EndpointsState;
  readonly exports: Exports;
  readonly getSessionId: () => Promise<SessionId>;
  readonly imports: Imports;
  /** Visits, maintenance, storage: fetched with the first use. */
  readonly loadCare: () => Promise<Care>;
  /** The documents: fetched with the first use. */
  readonly library: LazyLibrary;
  /** The lock, fetched when one is set or its settings are opened. */
  readonly loadLock: () => Promise<Lock>;
  readonly memory: MemoryConversations;
  readonly readAttachment: (id: string) => Promise<Attachment | undefined>;
  readonly readSchemaVersions: () => Promise<readonly SchemaVersion[]>;
  readonly readStorageState: () => Promise<{ isPersisted: boolean; usageBytes: number | null }>;
  readonly readUsage: () => Promise<readonly UsageStatistic[]>;
  readonly readWholeConversation: (
    id: ConversationId,
  ) => Promise<{ conversation: Conversation; messages: readonly Message[] } | undefined>;
  readonly requestPersistence: () => Promise<boolean>;
  readonly router: Router;
  readonly search: SearchWork;
  readonly settings: Settings;
  readonly settleAbandoned: () => Promise<void>;
  readonly storage: StorageHealth;
  readonly stored: StoredConversations;
  readonly toasts: Toasts;
  readonly translator: Translator;
  readonly usage: Usage;
}

/** Key of the draft of a conversation that has not begun. */
const NEW_DRAFT = 'new';
/** The same of a temporary one: it is never written. */
const NEW_TEMPORARY_DRAFT = 'new-temporary';

/** Screens on which the sidebar lies over the thread; the style sheets use the same width. */
const NARROW = matchMedia('(max-width: 820px)');

/** Everything the screens see, in one place, and the moves that concern more than one part. */
export class App {
  readonly parts: AppParts;
  /** The conversation on the screen. */
  open = $state.raw() as OpenConversation;
  /** Conversations of this page that are not in the database. */
  inMemory = $state.raw<readonly Conversation[]>([]);
  /** What is looked for in the open conversation; undefined while its bar is closed. */
  find = $state.raw<FindTarget>();
  /** How often the bar was asked for: once more takes the reader back into its field. */
  findCalls = $state(0);
  /** Whether the sidebar lies over the page. */
  isNarrow = $state(NARROW.matches);
  /** Whether the sidebar is open on a narrow screen. */
  isSidebarOpen = $state(false);
  /** Whether the sidebar is folded away on a wide screen. */
  isSidebarFolded = $state(false);
  /** True after the person left the first-start screen without connecting anything. */
  hasLookedAround = $state(false);
  /** A dialog over every page with what is shown only once; undefined again when the person has it. */
  shownOnce = $state.raw<Component>();
  #isTemporaryChosen = $state(false);
  /** A conversation of this page that is being saved, and one whose title or summary is being kept. */
  #saving: Promise<unknown> = Promise.resolve();
  #finishing: Promise<unknown> = Promise.resolve();

  constructor(parts: AppParts) {
    this.parts = parts;
    NARROW.addEventListener('change', () => (this.isNarrow = NARROW.matches));
    const { current } = parts.router;
    this.open = this.#make(current.screen === 'chat' ? current.conversationId : null);
    if (current.screen === 'chat') this.find = current.find;
    parts.memory.watchAll().subscribe({
      next: (list) => (this.inMemory = list),
      error: (error) => parts.storage.fail(toOnggiError(error)),
    });
  }

  get t(): Translator['t'] {
    return this.parts.translator.t;
  }

  /** Whether the next conversation is temporary: chosen for this one, or for all in the settings. */
  get isNextTemporary(): boolean {
    return this.#isTemporaryChosen || !this.parts.settings.value.saveHistory;
  }

  /** Whether anything would be lost if the page went away now. */
  get hasUnsavedWork(): boolean {
    const isUnsaved = this.inMemory.some(({ metadata }) => metadata['keeping'] === 'unsaved');
    const { library, storage } = this.parts;
    return isUnsaved || library.isAdding() || storage.unsaved.length > 0 || !!this.shownOnce;
  }

  /** Whether an answer runs in this page, or is about to. */
  get isAnswering(): boolean {
    return this.open.isAnswering || this.parts.answers.isAnyRunning;
  }

  /** Whether this page has anything that is nowhere else: what runs, temporary conversations too. */
  get isMoreThanStored(): boolean {
    const { drafts, exports } = this.parts;
    const isTyped = !this.isDraftKept && draftToMessage(drafts.get(this.draftId)) !== '';
    const isMore = isTyped || this.inMemory.length > 0 || exports.phase.kind === 'running';
    return isMore || this.isAnswering || this.hasUnsavedWork;
  }

  /** Key of the draft that belongs to the conversation on the screen. */
  get draftId(): string {
    const { id, keeping } = this.open;
    return id ?? (keeping === 'temporary' ? NEW_TEMPORARY_DRAFT : NEW_DRAFT);
  }

  /** Drafts are written where their conversation is: those of this page's conversations stay in it. */
  get isDraftKept(): boolean {
    const { id, keeping } = this.open;
    const isPlaced = keeping === 'stored' || (keeping === 'unsaved' && id === null);
    return isPlaced && this.parts.settings.value.saveHistory;
  }

  /**
   * Puts a text behind what stands in the message box of a new chat, where it is shown and kept as that is.
   * @returns when it is written
   */
  addToNewDraft(text: string): Promise<void> {
    const { drafts, settings } = this.parts;
    const isKept = settings.value.saveHistory;
    return drafts.append(this.isNextTemporary ? NEW_TEMPORARY_DRAFT : NEW_DRAFT, text, isKept);
  }

  /** Follows the route: the named conversation becomes the open one. */
  followRoute(): void {
    const { current } = this.parts.router;
    // What was gone to is to be seen, also with the browser's own buttons.
    this.isSidebarOpen = false;
    if (current.screen !== 'chat') return;
    if (current.conversationId !== this.open.id) {
      this.open.close();
      this.open = this.#make(current.conversationId);
      this.find = undefined;
    } else if (current.conversationId === null) {
      this.open.setPlace(this.#newPlace());
    }
    if (current.find) this.find = current.find;
  }

  /** Opens the bar that finds in the open conversation. */
  readonly openFind = (): void => {
    this.find ??= { query: '', messageId: null };
    this.findCalls += 1;
  };

  readonly closeFind = (): void => {
    this.find = undefined;
    const { router } = this.parts;
    // The address keeps no search that is over.
    if (router.current.screen === 'chat') {
      router.openConversation(router.current.conversationId, { replace: true });
    }
  };

  /** Shows the search screen. */
  openSearch(query = ''): void {
    this.isSidebarOpen = false;
    this.parts.router.go({ screen: 'search', query });
  }

  /** Begins a new conversation; with `isTemporary` one that is written nowhere. */
  newChat({ isTemporary = false } = {}): void {
    this.#isTemporaryChosen = isTemporary;
    // The new conversation is to be seen in the list.
    const { query, show } = this.parts.conversations;
    if (query.status !== 'active' || query.tag !== null) show({ status: 'active', tag: null });
    this.isSidebarOpen = false;
    this.parts.router.openConversation(null);
    this.open.setPlace(this.#newPlace());
  }

  /** Begins after the first connection; whoever has gone elsewhere meanwhile stays there. */
  readonly beginFirstChat = (): void => {
    if (this.parts.router.current.screen === 'chat') this.newChat();
  };

  get isSidebarShown(): boolean {
    return this.isNarrow ? this.isSidebarOpen : !this.isSidebarFolded;
  }

  /** Folds the sidebar away or back; on a narrow screen opens or closes it. */
  toggleSidebar(): void {
    if (this.isNarrow) this.isSidebarOpen = !this.isSidebarOpen;
    else this.isSidebarFolded = !this.isSidebarFolded;
  }

  showSidebar(): void {
    if (this.isNarrow) this.isSidebarOpen = true;
    else this.isSidebarFolded = false;
  }

  openConversation(id: ConversationId): void {
    this.isSidebarOpen = false;
    this.parts.router.openConversation(id);
  }

  /** Writes an unsaved conversation into the database and goes on there. */
  async saveOpen(): Promise<boolean> {
    const { drafts, memory, stored, storage } = this.parts;
    const { open } = this;
    const { id } = open;
    await this.#finishing;
    const rows = id ? memory.readWhole(id) : undefined;
    if (!id || !rows || open.isAnswering) return false;
    try {
      const saved = open.whileSaving(async () => {
        const { keeping: _keeping, ...metadata } = rows.conversation.metadata;
        const conversation = { ...rows.conversation, metadata };
        await stored.saveConversation({ ...rows, conversation });
        open.moveTo(stored);
        memory.forget(id);
      });
      this.#saving = saved.catch(() => undefined);
      await saved;
      drafts.set(id, {}, this.parts.settings.value.saveHistory);
      void this.askForPersistence();
      return true;
    } catch (error) {
      storage.fail(toOnggiError(error));
      return false;
    }
  }

  /** Reads a backup for a restore; what would be lost by the reload is asked about first. */
  async beginRestore(file: File): Promise<void> {
    if (await this.#mayReload()) await this.parts.backups.open(file, 'restore');
  }

  /** As {@link beginRestore}, from a snapshot in this browser. */
  async beginSnapshotRestore(name: string): Promise<void> {
    if (await this.#mayReload()) await this.parts.backups.openSnapshot(name);
  }

  /** Goes back to the data from before a restore, after a question. */
  async undoRestore({ name, replacedAt }: PutAside): Promise<void> {
    const { backups, dialogs, translator } = this.parts;
    const isConfirmed = await dialogs.confirm({
      title: 'restore.undoTitle',
      body: 'restore.undoBody',
      values: { when: translator.dateTime(replacedAt) },
      confirm: 'restore.undo',
    });
    if (isConfirmed && (await this.#mayReload())) await backups.undoRestore(name);
  }

  /** Whether a reload loses nothing, or the person accepts it. */
  async #mayReload(): Promise<boolean> {
    return (
      !this.hasUnsavedWork ||
      (await this.parts.dialogs.confirm({
        title: 'update.unsavedTitle',
        body: 'update.unsavedBody',
        confirm: 'common.continue',
        tone: 'danger',
      }))
    );
  }

  /** Takes away what an import brought, after a question. @returns whether it was done */
  async undoImport(id: string): Promise<boolean> {
    const { dialogs, imports, toasts } = this.parts;
    const isConfirmed = await dialogs.confirm({
      title: 'import.undoTitle',
      body: 'import.undoBody',
      confirm: 'import.undo',
      tone: 'danger',
    });
    if (!isConfirmed) return false;
    const undone = await imports.undo(id);
    if (undone) {
      const key = undone.documents > 0 ? 'import.undoneDocuments' : 'import.undone';
      toasts.show(key, { values: undone });
    }
    return undone !== undefined;
  }

  /** Gives a conversation the title a person typed, wherever it lives. */
  async rename(conversation: Conversation, title: string): Promise<void> {
    const { memory, conversations } = this.parts;
    const changes = { title, titleOrigin: 'person' } as const;
    if (memory.has(conversation.id)) await memory.updateConversation(conversation.id, changes);
    else await conversations.change([conversation.id], changes);
  }

  /** The network is back: an answer that this page asked for without one is asked for again. */
  readonly cameOnline = (): void => {
    this.parts.connectivity.sync();
    const last = this.open.path.at(-1)?.message;
    const wasAskedHere = last && this.parts.answers.get(last.id) !== undefined;
    if (wasAskedHere && this.open.shown(last).error?.code === 'provider/offline') {
      void this.open.tryAgain(this.open.shown(last));
    }
  };

  /** Forgets a conversation of this page. */
  forget(id: ConversationId): void {
    this.parts.answers.stopIn([id]);
    if (this.open.id === id) this.newChat();
    this.parts.memory.forget(id);
  }

  /** Locks onggi in all tabs, losing nothing; where no lock is set it says where to set one. */
  async lockNow(): Promise<void> {
    const { loadLock, router, toasts } = this.parts;
    if ((await loadLock()).lockNow()) return;
    const run = () => router.go({ screen: 'settings', section: 'privacy' });
    toasts.show('lock.noneSet', { action: { key: 'settings.title', run } });
  }

  /** Asks the browser once not to clear the data on its own. */
  async askForPersistence(): Promise<void> {
    const { storage, requestPersistence } = this.parts;
    if (storage.isPersisted) return;
    storage.setPersisted(await requestPersistence());
  }

  /** The anonymised usage report as JSON text. Never sent anywhere. */
  async usageReport(): Promise<string> {
    const statistics = await this.parts.readUsage();
    return JSON.stringify(await createUsageReport(statistics, this.parts.clock()), null, 2);
  }

  #newPlace(): { store: ConversationStore; keeping: Keeping } {
    const { memory, stored, settings } = this.parts;
    if (this.isNextTemporary) return { store: memory, keeping: 'temporary' };
    if (!settings.value.autoSave) return { store: memory, keeping: 'unsaved' };
    return { store: stored, keeping: 'stored' };
  }

  #placeOf(id: ConversationId | null): { store: ConversationStore; keeping: Keeping } {
    const { memory, stored } = this.parts;
    if (id === null) return this.#newPlace();
    const rows = memory.readWhole(id);
    if (!rows) return { store: stored, keeping: 'stored' };
    const isUnsaved = rows.conversation.metadata['keeping'] === 'unsaved';
    return { store: memory, keeping: isUnsaved ? 'unsaved' : 'temporary' };
  }

  /** What is kept of a title or summary goes where the conversation is by then. */
  readonly #finishInMemory: ConversationStore['finishPassing'] = async (answer, ...given) => {
    await this.#saving;
    const { memory, stored } = this.parts;
    const id = answer.conversationId;
    // One that was forgotten is in neither: it leaves nothing, and is counted nowhere.
    const isSaved = !memory.has(id) && (await stored.getConversation(id)) !== undefined;
    const finished = (isSaved ? stored : memory).finishPassing(answer, ...given);
    this.#finishing = finished.catch(() => undefined);
    return finished;
  };

  #make(id: ConversationId | null): OpenConversation {
    const { answers, chat, clock, createConversationId, getSessionId, storage } = this.parts;
    return new OpenConversation(id, this.#placeOf(id), {
      answers,
      chat,
      clock,
      createConversationId,
      getSessionId,
      storage,
      onBegun: (open, begun, keeping) => this.#begun(open, begun, keeping),
      newPlace: () => this.#newPlace(),
      finishInMemory: this.#finishInMemory,
      settleAbandoned: this.parts.settleAbandoned,
    });
  }

  #begun(open: OpenConversation, id: ConversationId, keeping: Keeping): void {
    const { memory, router } = this.parts;
    this.#isTemporaryChosen = false;
    if (keeping === 'stored') void this.askForPersistence();
    else void memory.updateConversation(id, { metadata: { keeping } });
    // Whoever went elsewhere meanwhile stays there.
    if (this.open === open && router.current.screen === 'chat') {
      router.openConversation(id, { replace: true });
    }
  }
}

export const [getApp, setApp] = createContext<App>();
