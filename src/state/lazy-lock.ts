import type { KeyLock } from '#settings/key-lock.ts';
import type { Lock, LockDeps } from './lock.svelte.ts';
import { createTickWorker } from './script-urls.ts';

/** When a lock that could not be fetched is asked for again, in milliseconds. */
const RETRY_MS = 5000;

/**
 * Gives the lock, fetched once: when one is set, when its settings are opened, or when another tab
 * speaks of it. Every tab listens from its start on: one that was opened before the lock was set locks
 * as the others do.
 */
export function createLazyLock(
  deps: Omit<LockDeps, 'keyLock' | 'tell' | 'watchTime'>,
  loadKeyLock: () => Promise<KeyLock>,
): () => Promise<Lock> {
  const channel = new BroadcastChannel('onggi-lock');
  let lock: Lock | undefined;
  let loaded: Promise<Lock> | undefined;
  const load = (): Promise<Lock> => {
    loaded ??= Promise.all([import('./lock.svelte.ts'), loadKeyLock()]).then(
      async ([{ Lock }, keyLock]) => {
        const fresh = new Lock({
          ...deps,
          keyLock,
          tell: (word) => channel.postMessage(word),
          watchTime: (look) => (createTickWorker().onmessage = look),
        });
        await fresh.refresh();
        return (lock = fresh);
      },
    );
    loaded.catch(() => (loaded = undefined));
    return loaded;
  };
  const hear = (word: unknown): void => {
    if (lock) return void lock.hear(word);
    // What is shown goes before anything is fetched.
    if (word === 'now') deps.hide();
    load().then(
      (fresh) => void fresh.hear(word),
      () => (deps.isAtStake() ? setTimeout(hear, RETRY_MS, word) : deps.reload()),
    );
  };
  channel.onmessage = ({ data }) => hear(data);
  return load;
}
