/** The lock is a chunk of its own, with what derives keys from passphrases: most people have none. */
import type { KeyLock } from './key-lock.ts';
import type * as Module from './key-lock.ts';

/** As `createKeyLock`. */
export async function loadKeyLock(
  ...deps: Parameters<typeof Module.createKeyLock>
): Promise<KeyLock> {
  return (await import('./key-lock.ts')).createKeyLock(...deps);
}
