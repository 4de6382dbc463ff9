import { onTestFinished } from 'vitest';
import { createResponseCache } from '#cache/response-cache.ts';
import { createMaintenance } from '#maintenance/maintenance.ts';
import type { MaintenanceDeps } from '#maintenance/steps.ts';
import { purgeConversations } from '#db/many-conversations.ts';
import { LOCAL_USER_ID } from '#domain/ids.ts';
import type { SessionId } from '#domain/ids.ts';
import type { Session } from '#domain/session.ts';
import type { SearchClient } from '#search/search-client.ts';
import { freshStoreName } from '../cache/support.ts';
import { openInPageSearch } from '../search/in-page-search.ts';
import { createTestClock, openForTest } from '../db/fresh-database.ts';

/** An old visit of the person of this browser. */
export const makeSession = (id: SessionId): Session => ({
  id,
  userId: LOCAL_USER_ID,
  createdAt: 0,
  lastActivity: 0,
  status: 'expired',
  ipAddress: null,
  userAgent: null,
  metadata: {},
});

/** A maintenance over a fresh database, with a clock that is set by hand. */
export async function openMaintenance(deps: Partial<MaintenanceDeps> = {}) {
  const db = await openForTest();
  const clock = createTestClock(1_800_000_000_000);
  const cache = createResponseCache({ db, clock, monotonic: () => 0, name: freshStoreName() });
  onTestFinished(() => cache.close());
  let copies = 0;
  let search: SearchClient | undefined;
  const openSearch = (): SearchClient => (search ??= openInPageSearch(db));
  const maintenance = createMaintenance({
    db,
    clock,
    createId: () => crypto.randomUUID(),
    cache,
    purge: (ids, signal) =>
      purgeConversations(db, ids, { isTrashOnly: true, ...(signal && { signal }) }),
    copyFirst: () => {
      copies += 1;
      return Promise.resolve();
    },
    askSearch: (...asked) => openSearch().ask(...asked),
    ...deps,
  });
  return { db, clock, maintenance, cache, copies: () => copies, openSearch };
}
