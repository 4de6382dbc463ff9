/**
 * The one store of `idb-keyval`. It lies beside the database and not in it: a restore, a backup and
 * an export never see it, and it costs the database nothing when it is emptied.
 *
 *   hmac-key          the key of the cache keys (cache-secret.ts)
 *   latest-time       how late it was at the latest, by the reckoning of any page (steady-time.ts)
 *   statistics        hits and what they saved (cache-statistics.ts)
 *   clearings         how often the answers were cleared (keyval-level.ts)
 *   index             what is kept, the oldest first (keyval-level.ts)
 *   answer:<key>      one answer (keyval-level.ts)
 */
import { createStore } from 'idb-keyval';
import type { UseStore } from 'idb-keyval';

/** Opens the store, at the first use of it. @param name Only tests give another than `onggi-cache`. */
export function createKeyvalStore(name = 'onggi-cache'): UseStore {
  return createStore(name, 'entries');
}
