import type { Workbox } from 'workbox-window';
import { serviceWorkerUrl } from './script-urls.ts';

/** How often an open page looks for a newer version, in milliseconds. */
const CHECK_INTERVAL_MS = 60 * 60 * 1000;

/** When an open page lets the rest of the app be fetched for use without a network, in milliseconds. */
const FETCH_LATER_MS = 8000;

/** Where the app stands between its service worker, a newer version and being offline-ready. */
export class AppUpdate {
  #isWaiting = $state(false);
  #isReplaced = $state(false);
  #isOfflineReady = $state(false);
  #workbox: Workbox | undefined;
  #isApplying = false;
  #wantsSqlite = false;

  /** A newer version is here and waits for the person's click. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** Another tab let the newer version in: this page runs on until it is reloaded. */
  get isReplaced(): boolean {
    return this.#isReplaced;
  }

  /** Everything needed to start without a network is on this device. */
  get isOfflineReady(): boolean {
    return this.#isOfflineReady;
  }

  /** Registers the service worker. Does nothing where there is none. */
  async register(): Promise<void> {
    if (!('serviceWorker' in navigator)) return;
    const { Workbox: Registration } = await import('workbox-window');
    const workbox = new Registration(serviceWorkerUrl(), { updateViaCache: 'none' });
    this.#workbox = workbox;
    workbox.addEventListener('waiting', () => (this.#isWaiting = true));
    void navigator.serviceWorker.ready.then(() => (this.#isOfflineReady = true));
    // The first worker of all takes over a page too; it replaces nothing, whichever page asked for it.
    let isControlled = navigator.serviceWorker.controller !== null;
    this.#isOfflineReady = isControlled;
    workbox.addEventListener('controlling', () => {
      if (this.#isApplying) location.reload();
      else if (isControlled) this.#isReplaced = true;
      isControlled = true;
    });
    try {
      await workbox.register();
    } catch (error) {
      // Without a service worker the app works while there is a network; nothing is lost.
      console.error('No service worker:', error);
      return;
    }
    setTimeout(() => tellActive('FETCH_LATER'), FETCH_LATER_MS);
    if (this.#wantsSqlite) this.keepSqlite();
    setInterval(() => void workbox.update().catch(() => undefined), CHECK_INTERVAL_MS);
  }

  /** Has SQLite (0.7 MB, not among what is fetched by itself) kept for use without a network. */
  readonly keepSqlite = (): void => {
    this.#wantsSqlite = true;
    if (this.#workbox) tellActive('FETCH_SQLITE');
  };

  /** Lets the newer version in and reloads. The caller makes sure that nothing runs or is unsaved. */
  readonly apply = (): void => {
    if (this.#isReplaced || !this.#workbox) {
      location.reload();
      return;
    }
    this.#isApplying = true;
    this.#workbox.messageSkipWaiting();
  };
}

/**
 * Tells the worker that serves this page, once there is one. Workbox would wait for ever where the page was loaded
 * while the first worker was being installed for the one before.
 */
function tellActive(type: string): void {
  void navigator.serviceWorker.ready.then(({ active }) => active?.postMessage({ type }));
}
