import { get, update } from 'idb-keyval';
import type { UseStore } from 'idb-keyval';
import { generateHmacKey, isHmacKey } from '#vault/hmac.ts';

const NAME = 'hmac-key';

/**
 * Gives the key of the cache keys, made at the first use. It is kept with the cache and not in the
 * key ring: it guards no secret, a backup must not carry it, and when it is lost nothing else is —
 * what was kept is never found again and expires within a day.
 * @throws OnggiError `vault/unavailable`; DOMException when the store does not open.
 */
export function createCacheSecret(store: UseStore): () => Promise<CryptoKey> {
  let known: Promise<CryptoKey> | undefined;

  async function load(): Promise<CryptoKey> {
    const stored: unknown = await get(NAME, store);
    if (isHmacKey(stored)) return stored;
    const fresh = await generateHmacKey();
    let kept = fresh;
    // Another tab may have been first: one transaction decides.
    await update(NAME, (present: unknown) => (kept = isHmacKey(present) ? present : fresh), store);
    return kept;
  }

  return () =>
    (known ??= load().catch((error: unknown) => {
      known = undefined;
      throw error;
    }));
}
