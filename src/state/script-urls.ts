import backupWorkerUrl from '#backup/backup.worker.ts?worker&url';
import portabilityWorkerUrl from '#portability/portability.worker.ts?worker&url';
import searchWorkerUrl from '#search/search.worker.ts?worker&url';
import tickWorkerUrl from './tick.worker.ts?worker&url';

/** The service worker of the app. */
const SERVICE_WORKER_URL = '/sw.js';

/** Every script that this page may start; the policy `app-sw` lets nothing else through (SECURITY 4.3). */
const SCRIPT_URLS: readonly string[] = [
  SERVICE_WORKER_URL,
  backupWorkerUrl,
  portabilityWorkerUrl,
  searchWorkerUrl,
  tickWorkerUrl,
].map((url) => new URL(url, location.href).pathname);

let policy: Pick<TrustedTypePolicy, 'createScriptURL'> | undefined;

/** One of our own script addresses in the form that the page's policy asks for. */
function trustedScriptUrl(url: string): string {
  if (!window.trustedTypes) return url;
  policy ??= window.trustedTypes.createPolicy('app-sw', {
    createScriptURL: (asked: string) => {
      const { pathname, origin } = new URL(asked, location.href);
      if (origin === location.origin && SCRIPT_URLS.includes(pathname)) return asked;
      throw new TypeError('not a script of this app');
    },
  });
  // TypeScript's library knows only text here; the browser takes the trusted object.
  const trusted: unknown = policy.createScriptURL(url);
  return trusted as string;
}

/** Address of the service worker, trusted. */
export const serviceWorkerUrl = (): string => trustedScriptUrl(SERVICE_WORKER_URL);

/** Starts the worker that writes and reads backups. */
export const createBackupWorker = (): Worker =>
  new Worker(trustedScriptUrl(backupWorkerUrl), { type: 'module', name: 'backup' });

/** Starts the worker that imports and exports. */
export const createPortabilityWorker = (): Worker =>
  new Worker(trustedScriptUrl(portabilityWorkerUrl), { type: 'module', name: 'portability' });

/** Starts the worker that searches and keeps its index. */
export const createSearchWorker = (): Worker =>
  new Worker(trustedScriptUrl(searchWorkerUrl), { type: 'module', name: 'search' });

/** Starts the worker that says that time passes, see [Note: Ticks]. */
export const createTickWorker = (): Worker =>
  new Worker(trustedScriptUrl(tickWorkerUrl), { type: 'module', name: 'tick' });
