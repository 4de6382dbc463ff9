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
} from 'workbox-precaching';
import type { PrecacheEntry } from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';

declare const self: ServiceWorkerGlobalScope & {
  /** Written here by the build: every file of the app with its revision. */
  readonly __WB_MANIFEST: (PrecacheEntry | string)[];
};

/** The only page there is: routes are hashes, which a worker never sees. */
const APP_PAGE = /^\/(index\.html)?(\?|$)/;

precacheAndRoute(self.__WB_MANIFEST, { cleanURLs: false });
cleanupOutdatedCaches();
registerRoute(
  new NavigationRoute(createHandlerBoundToURL('/index.html'), { allowlist: [APP_PAGE] }),
);

// Without this the page of the first visit would stay without a worker until its next load.
clientsClaim();

// A newer worker waits until the person lets it in (state/app-update.svelte.ts).
self.addEventListener('message', ({ data }: ExtendableMessageEvent) => {
  if (isSkipWaiting(data)) void self.skipWaiting();
});

function isSkipWaiting(data: unknown): boolean {
  return (
    typeof data === 'object' && data !== null && 'type' in data && data.type === 'SKIP_WAITING'
  );
}
