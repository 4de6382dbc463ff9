import type { KeyLock } from '#settings/key-lock.ts';
import type { Lock, LockDeps } from './lock.svelte.ts';

/** Gives the lock, fetched once: when one is set, or when its settings are opened. */
export function createLazyLock(
  deps: Omit<LockDeps, 'keyLock'>,
  loadKeyLock: () => Promise<KeyLock>,
): () => Promise<Lock> {
  let loaded: Promise<Lock> | undefined;
  return () => {
    loaded ??= Promise.all([import('./lock.svelte.ts'), loadKeyLock()]).then(
      async ([{ Lock }, keyLock]) => {
        const lock = new Lock({ ...deps, keyLock });
        await lock.refresh();
        return lock;
      },
    );
    loaded.catch(() => (loaded = undefined));
    return loaded;
  };
}
