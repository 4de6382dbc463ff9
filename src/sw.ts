/**
 * The service worker: keeps the files of the app for starting without a network, and nothing else.
 * Only a GET of a file in the list, or of the app's own page, is answered here. A request of any
 * other kind or origin, a model endpoint above all, has no handler and goes straight to the network.
 *
 * [Note: Kill switch] The browser asks the server for /sw.js, past its HTTP cache, at every visit.
 * To take a broken worker out everywhere, publish this instead of it:
 *
 *   addEventListener('install', () => skipWaiting());
 *   addEventListener('activate', (event) => {
 *     const removeAll = async () => {
 *       for (const name of await caches.keys()) await caches.delete(name);
 *       await registration.unregister();
 *     };
 *     event.waitUntil(removeAll());
 *   });
 *
 * Open pages run on undisturbed, their next load comes from the network, and conversations stay:
 * they are in IndexedDB, which no worker touches.
 */
import { clientsClaim } from 'workbox-core';
import {
  cleanupOutdatedCaches,
  createHandlerBoundToURL,
  precacheAndRoute,
  PrecacheController,
  PrecacheRoute,
} from 'workbox-precaching';
import type { PrecacheEntry } from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';
import { CacheFirst } from 'workbox-strategies';
import { FEW_CACHE, OWN_MODELS_CACHE } from '#domain/cache-names.ts';

declare const self: ServiceWorkerGlobalScope & {
  /** Written here by the build: every file of the app with its revision. */
  readonly __WB_MANIFEST: (PrecacheEntry | string)[];
};

/** The only page there is: routes are hashes, which a worker never sees. */
const APP_PAGE = /^\/(index\.html)?(\?|$)/;

/**
 * What starting and chatting do not need: workers, and the chunks of screens that are opened now and
 * then. They are fetched when the page says that it is idle, so that the first visit stays small.
 */
const LATER =
  /^(workers\/|assets\/((?:en|ja|ko|zh)(?!-first)|SimilarConversations|maintenance|read-days|rebuild-usage|BackupDialog|CacheCard|DataEntry|ExportDialog|highlighter|ImportDialog|OptionsDialog|PrintEntry|search-work|SearchEntry|SettingsEntry|ShortcutsDialog|StorageEntry|UsageEntry|care\.svelte|data-work|key-lock|MapEntry|MeaningNote|lock\.svelte|pass-lock|pass-recovery|show-erase)-)/;
const urlOf = (entry: PrecacheEntry | string): string =>
  typeof entry === 'string' ? entry : entry.url;
/** WebAssembly and what runs models: fetched by nobody who does not use them, kept from the first use on. */
const USED_BY_FEW =
  /^workers\/(.*\.(mjs|wasm)|(?:transformers(?:-gpu)?\.worker|sql-wasm-browser)-.*\.js)$/;
const listed = self.__WB_MANIFEST;
const files = listed.filter((entry) => !USED_BY_FEW.test(urlOf(entry)));
/** Addresses of this build's. */
const FEW = listed
  .map(urlOf)
  .filter((url) => USED_BY_FEW.test(url))
  .map((url) => new URL(url, self.location.origin).href);

precacheAndRoute(
  files.filter((entry) => !LATER.test(urlOf(entry))),
  { cleanURLs: false },
);
cleanupOutdatedCaches();

/** Where they are kept. */
const LATER_CACHE = 'onggi-later';
const later = new PrecacheController({ cacheName: LATER_CACHE });
// The texts first: a person who comes back offline reads them on every screen.
const TEXTS = /^assets\/(en|ja|ko|zh)-/;
const laterFiles = files.filter((entry) => LATER.test(urlOf(entry)));
later.addToCacheList(laterFiles.filter((entry) => TEXTS.test(urlOf(entry))));
later.addToCacheList(laterFiles.filter((entry) => !TEXTS.test(urlOf(entry))));
registerRoute(new PrecacheRoute(later, { cleanURLs: false }));
// A script that a worker imports is asked for with an origin, by which a host may say that answers vary.
const few = new CacheFirst({ cacheName: FEW_CACHE, matchOptions: { ignoreVary: true } });
registerRoute(({ url }) => FEW.includes(url.href), few);
// So are the files of models. A host that answers a missing file with its start page must not put that
// page in a model's place for good.
registerRoute(
  ({ sameOrigin, url }) => sameOrigin && url.pathname.startsWith('/models/'),
  new CacheFirst({
    cacheName: OWN_MODELS_CACHE,
    plugins: [
      {
        cacheWillUpdate: ({ response }) => {
          const isPage = /\bhtml\b/i.test(response.headers.get('content-type') ?? '');
          return Promise.resolve(response.status === 200 && !isPage ? response : null);
        },
      },
    ],
  }),
);
registerRoute(
  new NavigationRoute(createHandlerBoundToURL('/index.html'), { allowlist: [APP_PAGE] }),
);

// Without this the page of the first visit would stay without a worker until its next load.
clientsClaim();

// A newer worker waits until the person lets it in (state/app-update.svelte.ts).
self.addEventListener('message', (event: ExtendableMessageEvent) => {
  if (isOfType(event.data, 'SKIP_WAITING')) void self.skipWaiting();
  if (isOfType(event.data, 'FETCH_LATER')) event.waitUntil(fetchLater(event));
  if (isOfType(event.data, 'FETCH_SQLITE')) event.waitUntil(keepFew(true));
  // Everything of this origin is being erased (db/erase-origin.ts): a cache must not come back.
  if (isOfType(event.data, 'ERASE')) erasing.abort();
});
const erasing = new AbortController();
const isErased = (): boolean => erasing.signal.aborted;

/**
 * Fetches what is missing of the later files and lets go of those of older versions. By hand, because
 * Workbox keeps what it fetches only while a worker installs. One that cannot be had now is fetched at
 * the next visit.
 */
async function fetchLater(event: ExtendableEvent): Promise<void> {
  if (isErased()) return;
  const cache = await caches.open(LATER_CACHE);
  for (const [url, cacheKey] of later.getURLsToCacheKeys()) {
    if (isErased()) return;
    if (await cache.match(cacheKey)) continue;
    try {
      // Names without a hash have a revision: the HTTP cache may hold an older one.
      const response = await fetch(url, { cache: url === cacheKey ? 'default' : 'reload' });
      if (response.ok) await cache.put(cacheKey, response);
    } catch {
      // Offline, or out of space: the app works without it.
    }
  }
  if (!isErased()) await later.activate(event);
  if (!isErased()) await keepFew();
}

/** Programs that few use, by their files, and what shows that a person has used an older one. */
const ENGINES = [
  {
    files: /\/(transformers\.worker|ort-wasm-simd-threaded)-/,
    mark: '/workers/transformers.worker-',
  },
  {
    files: /\/(transformers-gpu\.worker|ort-wasm-simd-threaded\.asyncify)-/,
    mark: '/workers/transformers-gpu.worker-',
  },
  { files: /\/sql-wasm/, mark: '/workers/sql-wasm' },
];

/**
 * Another build has other engines: whoever used the old one is to have the new one offline, and only that.
 * @param withSqlite Fetches SQLite also for those who never used it: they are where it is offered.
 */
async function keepFew(withSqlite = false): Promise<void> {
  const cache = await caches.open(FEW_CACHE);
  const kept = (await cache.keys()).map(({ url }) => url);
  const wanted = ENGINES.filter(
    ({ mark }) => kept.some((url) => url.includes(mark)) || (withSqlite && mark.includes('sql')),
  );
  for (const url of FEW) {
    const isWanted = wanted.some(({ files }) => files.test(url));
    if (isErased() || !isWanted || kept.includes(url)) continue;
    try {
      await cache.add(url);
    } catch {
      // Offline, or out of space: fetched with the next use.
    }
  }
  for (const url of kept) if (!FEW.includes(url)) await cache.delete(url, { ignoreVary: true });
}

function isOfType(data: unknown, type: string): boolean {
  return typeof data === 'object' && data !== null && 'type' in data && data.type === type;
}
