import { mount } from 'svelte';
import { createLazyResponseCache } from '#cache/lazy-cache.ts';
import { createLazyChat } from '#chat/lazy-chat.ts';
import { createMemoryConversations } from '#chat/memory-conversations.ts';
import { settleAbandonedAnswers } from '#db/answers.ts';
import { watchWrites } from '#db/commit.ts';
import { findConversations, watchConversations, watchTags } from '#db/conversation-list.ts';
import { deleteDraft, getDraft, putDraft } from '#db/drafts.ts';
import { getAttachment } from '#db/attachments.ts';
import { noteCanary } from '#db/canary.ts';
import { isErasedElsewhere, isEraseUnfinished } from '#db/erase-mark.ts';
import { getActiveKeyRingEntry } from '#db/key-ring.ts';
import { tryHoldAnswerLock } from '#db/locks.ts';
import { purgeConversations, updateConversations } from '#db/many-conversations.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { readSchemaVersions } from '#db/schema-versions.ts';
import { startSession, touchSession } from '#db/sessions.ts';
import { isNoRoom } from '#db/storage-errors.ts';
import { readStorageState, requestPersistence } from '#db/storage-manager.ts';
import { createStoredConversations } from '#db/stored-conversations.ts';
import { readWholeConversation } from '#db/table-pages.ts';
import { readUsageStatistics, watchUsageStatistics } from '#db/usage-statistics.ts';
import { OnggiError, toOnggiError } from '#domain/errors.ts';
import { LOCAL_USER_ID, toConversationId } from '#domain/ids.ts';
import type { Clock, ConversationId, CreateId, KeyId, SessionId } from '#domain/ids.ts';
import { NO_PRICES } from '#domain/prices.ts';
import { isLockEntry } from '#domain/secret.ts';
import { pickLanguage } from '#domain/user-settings.ts';
import { sleep } from '#provider/limits.ts';
import { createProvider } from '#provider/provider.ts';
import { createApiKeys } from '#settings/api-keys.ts';
import { createEndpoints } from '#settings/endpoints.ts';
import { loadKeyLock } from '#settings/lazy-key-lock.ts';
import { createPreferences } from '#settings/preferences.ts';
import { Answers } from '#state/answers.svelte.ts';
import { AppUpdate } from '#state/app-update.svelte.ts';
import { App as AppState } from '#state/app.svelte.ts';
import type { RestoreDone } from '#state/backup-work.ts';
import { Backups } from '#state/backups.svelte.ts';
import { Cache } from '#state/cache.svelte.ts';
import { Connectivity } from '#state/connectivity.svelte.ts';
import { ConversationListState } from '#state/conversation-list.svelte.ts';
import { Dialogs } from '#state/dialogs.svelte.ts';
import { Drafts } from '#state/drafts.svelte.ts';
import { EndpointsState } from '#state/endpoints.svelte.ts';
import { Exports } from '#state/exports.svelte.ts';
import { Imports } from '#state/imports.svelte.ts';
import { createLazyCare } from '#state/lazy-care.ts';
import { createLazyLibrary } from '#state/lazy-library.ts';
import { createLazyLock } from '#state/lazy-lock.ts';
import { createLazyDataWork } from '#state/lazy-data-work.ts';
import { createLazySearch } from '#state/lazy-search.ts';
import { Meanwhile } from '#state/meanwhile.svelte.ts';
import { openChecked } from '#state/open-checked.ts';
import { Router } from '#state/route.svelte.ts';
import { Settings } from '#state/settings.svelte.ts';
import { StorageHealth } from '#state/storage-health.svelte.ts';
import { Toasts } from '#state/toasts.svelte.ts';
import { Translator } from '#state/translator.svelte.ts';
import { Usage } from '#state/usage.svelte.ts';
import { Visit } from '#state/visit.ts';
import App from '#ui/App.svelte';
import { createStartScreen, showBlocked } from '#ui/blocked/show-blocked.ts';
import type { OpenBehind } from '#ui/recovery/open-with-room.ts';
import {
  calculateUsageStatistics,
  findPrice,
  readBuiltInPrices,
  readRatedDays,
  rebuildUsage,
  toCutAnswer,
} from '#usage/lazy-usage.ts';
import { priceAnswers } from '#usage/price-answers.ts';
import type { PriceOf } from '#usage/price-answers.ts';
import '#ui/tokens.css';
import '#ui/base.css';

/** Where this tab remembers its visit over a reload. */
const SESSION_KEY = 'onggi.session';

/** What a restore did, over the reload that ends it. */
const DONE_KEY = 'onggi.restored';

/** The first view comes first; what has expired in the cache goes after this, in milliseconds. */
const CACHE_TIDY_DELAY_MS = 2000;
/** The same for the worker of search. */
const SEARCH_START_DELAY_MS = 4000;

/** How long locking waits for the visit to be ended. */
const LOCK_PATIENCE_MS = 500;

const clock: Clock = () => Date.now();
const monotonic = () => performance.now();
const createId: CreateId = () => crypto.randomUUID();
const translator = new Translator();
const storage = new StorageHealth();
const meanwhile = new Meanwhile();
const target = document.querySelector('#app') ?? document.body;
/** Stands in the place of everything while a page that must not be loaded anew is locked. */
const cover = document.createElement('div');
const loadLockScreen = () => import('./ui/lock/pass-lock.ts');

/** Everything is being erased: a page that begins anew, and waits, holds and writes nothing. */
function stop(): void {
  meanwhile.end();
  sessionStorage.clear();
  // Nothing is worth a question any more.
  const hush = (event: Event): void => event.stopImmediatePropagation();
  addEventListener('beforeunload', hush, { capture: true });
  location.reload();
}

async function createApp(db: OnggiDatabase): Promise<AppState> {
  const makers = { clock, createId, onNoRoom: storage.fail };
  await settleAbandonedAnswers(db, toCutAnswer).catch((error: unknown) => {
    // Then they stay as they are until there is room; all else can be read.
    if (!isNoRoom(error)) throw error;
    storage.fail(toOnggiError(error));
  });

  const preferences = createPreferences({ db, clock, browserLanguages: navigator.languages });
  const settings = new Settings(await preferences.load(), preferences, storage);
  await translator.use(settings.value.language);

  // Data keys of a lock that was opened on this page; they end with it.
  const unlocked = new Map<KeyId, CryptoKey>();
  const apiKeys = createApiKeys({ db, ...makers, unlocked });
  // Until there is an app, nothing has to be waited for, nothing can be lost, no visit has to be ended.
  let beforeLock = {
    mustWait: () => false,
    isAtStake: () => false,
    endVisit: (): Promise<unknown> => Promise.resolve(),
  };
  let visitEnd: Promise<unknown> = Promise.resolve();
  const loadLock = createLazyLock(
    {
      clock,
      monotonic,
      memory: localStorage,
      mustWait: () => beforeLock.mustWait(),
      isAtStake: () => beforeLock.isAtStake(),
      hide: () => target.replaceWith(cover),
      show: () => cover.replaceWith(target),
      cover: async (lock) => {
        const { coverPage } = await loadLockScreen();
        await coverPage(cover, target, lock, translator, settings.value.theme);
      },
      endVisit: () => {
        visitEnd = beforeLock.endVisit().catch(() => undefined);
      },
      reload: () => {
        const patience = new Promise((resolve) => setTimeout(resolve, LOCK_PATIENCE_MS));
        void Promise.race([visitEnd, patience]).then(() => location.reload());
      },
    },
    () => loadKeyLock({ db, ...makers, apiKeys, unlocked }),
  );
  const active = await getActiveKeyRingEntry(db);
  if (active && isLockEntry(active)) {
    const { passLock } = await loadLockScreen();
    const lock = await loadLock();
    lock.startLocked();
    await passLock(target, lock, translator, settings.value.theme);
  } else if (history.state !== null) {
    // The lock that covered it was taken away in another tab.
    (await import('./state/covered-address.ts')).uncoverAddress(false);
  }

  // Not before: a page that waits at its lock is nobody's visit.
  const visit = new Visit(
    await startSession(db, {
      ...makers,
      userAgent: navigator.userAgent,
      knownId: sessionStorage.getItem(SESSION_KEY),
    }),
    {
      touch: (session, onNoRoom) => touchSession(db, session, { ...makers, onNoRoom }),
      end: async (id) => (await import('./db/session-list.ts')).endSession(db, id, 'lock'),
      remember: (id) =>
        id ? sessionStorage.setItem(SESSION_KEY, id) : sessionStorage.removeItem(SESSION_KEY),
    },
  );
  const getSessionId = (): Promise<SessionId> => visit.touch(storage.fail);
  await getSessionId();

  const endpoints = createEndpoints({ db, ...makers, apiKeys });
  const provider = createProvider({
    fetch: (...args) => fetch(...args),
    clock,
    sleep,
    isOnline: () => navigator.onLine,
  });
  const responseCache = createLazyResponseCache({ db, clock, monotonic });
  setTimeout(() => void responseCache.removeExpired(), CACHE_TIDY_DELAY_MS);
  watchWrites({
    onSlow: storage.setSlow,
    makeRoom: async () => (await responseCache.makeRoom().catch(() => false)) || search.makeRoom(),
    reopen: db.reopen,
  });
  storage.setReopen({
    reopen: db.reopen,
    isAlive: async () => (await import('./db/is-alive.ts')).isAlive(db),
  });
  const chat = createLazyChat({
    cache: responseCache,
    streamChat: provider.streamChat,
    // What the screen shows, without a look at the database.
    getEndpoint: async (id) => endpointsState.get(id) ?? (await endpoints.get(id)),
    openApiKey: (endpoint) => apiKeys.open(endpoint),
    getSettings: () => settings.value,
    getSessionId,
    tryHoldAnswerLock,
    monotonic,
    ...makers,
  });
  // Soon after the first view, so that the first question waits for nothing.
  setTimeout(() => void chat.prepare(), CACHE_TIDY_DELAY_MS / 4);
  const priceOf: PriceOf = async ({ modelUsed, endpointId }) => {
    const endpoint = endpointsState.get(endpointId);
    if (modelUsed === null || !endpoint) return undefined;
    return findPrice(modelUsed, endpoint, settings.value.prices ?? NO_PRICES);
  };
  const emptyCache = () => responseCache.clear('all').catch(() => undefined);
  const written = createStoredConversations(db, clock);
  const stored = priceAnswers(
    {
      ...written,
      removeSubtree: async (...given) => {
        // Nothing says which cached answers were among it. Before and after, as where a conversation goes.
        await emptyCache();
        const removed = await written.removeSubtree(...given);
        await emptyCache();
        return removed;
      },
    },
    priceOf,
  );
  const memory = priceAnswers(createMemoryConversations(clock), priceOf);
  const endpointsState = new EndpointsState({
    endpoints,
    apiKeys,
    settings,
    probes: provider,
    onError: (error) => storage.fail(toOnggiError(error)),
  });
  const answers = new Answers({
    storage,
    saveAgain: (settled, usage) =>
      chat.saveAnswer(memory.has(settled.conversationId) ? memory : stored, settled, usage),
    rememberStreamOptionsRefused: endpointsState.rememberStreamOptionsRefused,
  });
  const purge = async (
    ids: readonly ConversationId[],
    options: Parameters<typeof purgeConversations>[2],
  ): Promise<void> => {
    if (ids.length === 0) return;
    // Nothing says which cached answers were theirs, and for good means everywhere. Before, so that none is
    // left by a page that is closed meanwhile; and after, when a failure is told.
    await emptyCache();
    // What was taken out of the trash meanwhile, in another tab too, stays.
    await purgeConversations(db, ids, { ...options, isTrashOnly: true });
    await noteCanary(db, { now: clock(), createId });
    await responseCache.clear('all');
  };
  const conversations = new ConversationListState(
    {
      watch: ({ status, tag }, limit) =>
        tag === null
          ? watchConversations(db, { status, limit })
          : findConversations(db, { status, tag, limit }),
      watchTags: () => watchTags(db),
      update: (ids, change, onChanged) => updateConversations(db, ids, change, clock(), onChanged),
      purge: (ids, onProgress) => purge(ids, { onProgress }),
    },
    storage,
    clock,
  );
  const drafts = new Drafts(
    {
      get: (id) => getDraft(db, id),
      put: (id, { text, pasted }) => putDraft(db, { id, text, pasted, updatedAt: clock() }),
      remove: (id, known) => deleteDraft(db, id, known),
    },
    storage,
  );
  const readWhole = async (id: ConversationId) =>
    memory.readWhole(id) ?? readWholeConversation(db, id);
  const work = createLazyDataWork({
    db,
    clock,
    sessionId: () => visit.id,
    translator,
    readWhole,
    isInMemory: (id) => memory.has(id),
  });
  const backups = new Backups(work.backups, storage, clock, (done) => {
    if (done) sessionStorage.setItem(DONE_KEY, done);
    location.reload();
  });
  const imports = new Imports(work.imports, storage);
  const library = createLazyLibrary({ db, clock, storage });
  const isAnswering = () => answers.isAnyRunning;
  const isImporting = () => imports.phase.kind === 'running' || library.isAdding();
  // A dialog that is only open keeps the page as it is, and holds no copy back.
  const isChangingData = () => backups.task?.isAtWork === true || isImporting();
  const isBusy = () => isAnswering() || backups.isOpen || isImporting();
  work.keepCopies({ isAnswering, isChangingData });
  const toasts = new Toasts();
  const search = createLazySearch({
    db,
    onEvicted: () => toasts.show('meaning.evicted'),
    createId,
    embedTexts: async ({ endpointId, baseUrl, model }, texts, signal) => {
      const endpoint = await endpoints.get(endpointId);
      // The person agreed to this address, and to no other.
      if (endpoint?.baseUrl !== baseUrl) throw new OnggiError('model/moved', 'another address');
      const apiKey = await apiKeys.open(endpoint);
      return provider.requestEmbeddings({ endpoint, apiKey, model, texts }, signal);
    },
  });
  const loadCare = createLazyCare({
    db,
    ...makers,
    search,
    cache: responseCache,
    getSessionId,
    // That there is no room is told with what the person wants kept.
    touchVisit: () => visit.touch(() => undefined),
    isShown: () => target.isConnected,
    purge: (ids, signal) => purge(ids, { ...(signal && { signal }) }),
    takeOutOfTrash: (ids) => conversations.setStatus(ids, 'active'),
    copyFirst: () => work.backups.makeSnapshot(new AbortController().signal, true),
    isBusy,
    onError: storage.fail,
    onFindings: storage.setFindings,
  });
  const done = sessionStorage.getItem(DONE_KEY);
  if (done) {
    const tell = (): void => {
      sessionStorage.removeItem(DONE_KEY);
      toasts.show(`restore.done.${done as RestoreDone}`);
    };
    void translator.complete().then(tell, () => undefined);
  }
  // The index follows what is written without being asked; the first view comes first.
  setTimeout(() => search.watchStatus(() => undefined), SEARCH_START_DELAY_MS);
  if (db.dataLoss) storage.reportDataLoss();
  storage.setPersisted((await readStorageState()).isPersisted);

  const app = new AppState({
    answers,
    appUpdate: new AppUpdate(),
    backups,
    cache: new Cache(responseCache, settings, storage),
    chat,
    clock,
    connectivity: new Connectivity(),
    conversations,
    createConversationId: () => toConversationId(createId()),
    dialogs: new Dialogs(),
    drafts,
    endpoints: endpointsState,
    exports: new Exports(work.exports),
    getSessionId,
    imports,
    loadCare,
    library,
    loadLock,
    memory,
    readAttachment: (id) => getAttachment(db, id),
    readSchemaVersions: () => readSchemaVersions(db),
    readStorageState,
    readUsage: () => readUsageStatistics(db, { from: '0000', to: '9999' }),
    readWholeConversation: readWhole,
    requestPersistence,
    router: new Router(),
    search,
    settings,
    settleAbandoned: () => settleAbandonedAnswers(db, toCutAnswer),
    storage,
    stored,
    toasts,
    translator,
    usage: new Usage(
      {
        watch: (from) => watchUsageStatistics(db, LOCAL_USER_ID, from),
        rebuild: (onProgress, signal) => rebuildUsage(db, LOCAL_USER_ID, { onProgress, signal }),
        readRatedDays: (range, signal) => readRatedDays(db, range, signal),
        readBuiltInPrices,
        calculateDay: (date) => calculateUsageStatistics(db, LOCAL_USER_ID, date),
      },
      settings,
      storage,
      clock,
    ),
  });
  beforeLock = {
    mustWait: () => app.isAnswering,
    isAtStake: () => isBusy() || app.isMoreThanStored,
    endVisit: () => visit.end(),
  };
  return app;
}

/** As {@link openNow}, and waits for room where the disk is too full for that, for as long as it takes. */
async function open(): Promise<OnggiDatabase> {
  try {
    return await openNow();
  } catch (error) {
    if (toOnggiError(error).code !== 'db/no-space') throw error;
    // Without that page the reason is told all the same.
    const page = await import('./ui/recovery/open-with-room.ts').catch(() => undefined);
    if (!page) throw error;
    return page.openWithRoom(target, translator, { open: openNow, meanwhile, clock, createId });
  }
}

/**
 * Opens the database, and asks the person first where data are missing.
 * @param behind What stands on the page meanwhile; by default nothing, until something has to be said.
 */
function openNow(behind?: OpenBehind): Promise<OnggiDatabase> {
  return openChecked({
    clock,
    createId,
    screen: behind?.screen ?? createStartScreen(target, translator),
    events: {
      onSuperseded: storage.supersede,
      onLost: storage.fail,
      onReopened: () => void storage.resume(),
      onReplaced: storage.replace,
      onErased: stop,
    },
    ask: async (reason, access) => {
      const { passRecovery } = await import('./ui/recovery/pass-recovery.ts');
      const reload = (done?: RestoreDone) => {
        if (done) sessionStorage.setItem(DONE_KEY, done);
        meanwhile.keepOverReload();
        // What was brought back is to be seen, from the rescue page too.
        history.replaceState(null, '', '#/');
        location.reload();
      };
      await behind?.makeWay();
      await passRecovery(target, translator, { reason, ...access, clock, createId, reload });
    },
  });
}

async function start(): Promise<void> {
  // Where no header could forbid it: a foreign page must not wrap this one (SECURITY section 4).
  if (window.top !== window.self) {
    target.textContent = 'onggi does not run inside another page.';
    return;
  }
  // Fetched while the database opens; the settings may say another language then.
  void translator.use(pickLanguage(navigator.languages));
  try {
    if (await isErasedElsewhere()) {
      await showBlocked(target, translator, { code: 'db/erased' });
      return;
    }
    const isUnfinished = isEraseUnfinished();
    if (isUnfinished || location.hash.startsWith('#/erase')) {
      const { showErase } = await import('./ui/erase/show-erase.ts');
      await showErase(target, translator, isUnfinished);
      return;
    }
    meanwhile.begin();
    const app = await createApp(await open());
    const added = meanwhile.isEmpty || app.addToNewDraft(meanwhile.text.trim());
    target.replaceChildren();
    mount(App, { target, props: { app } });
    // Texts of failures are among them, so nothing waits for a click.
    setTimeout(() => void translator.complete().catch(() => undefined));
    if (import.meta.env.PROD) void app.parts.appUpdate.register();
    await added;
    meanwhile.end();
  } catch (error) {
    await showBlocked(target, translator, toOnggiError(error), meanwhile.text.trim() || undefined);
  }
}

void start();
