/**
 * Which search worker may write. A page that the browser froze keeps its Web Lock and its worker; when another
 * tab has taken the lock away, the old worker may wake up in the middle of a write. Every worker therefore
 * begins an epoch of its own, and a write of an earlier one is refused in its own transaction.
 */
import { OnggiError } from '#domain/errors.ts';
import { commit } from './commit.ts';
import type { OnggiDexie } from './onggi-dexie.ts';
import type { OnggiDatabase } from './open-database.ts';
import { isNoRoom } from './storage-errors.ts';

/** The row that names the epoch; no vector has this id. */
const EPOCH_ID = 'search-epoch';

/** Epochs that connections of this program began, and who is told that one is over. */
const begun = new WeakMap<
  OnggiDexie,
  { readonly epoch: string; readonly onLost: (() => void) | undefined }
>();

/**
 * From now on this connection alone may write what search keeps, until another one begins an epoch. Where there
 * is no room for that, nothing is begun, and nothing else that search would write has room either.
 * @param onLost Called with every write that is refused because another connection has begun since.
 */
export async function beginSearchEpoch(
  { relaxed: db }: OnggiDatabase,
  onLost?: () => void,
): Promise<void> {
  const epoch = crypto.randomUUID();
  const row = {
    collection: 'conversations',
    ownerId: '',
    stamp: epoch,
    rows: new Uint32Array(0),
  } as const;
  try {
    await commit(() => db.embeddingCoverage.put({ id: EPOCH_ID, ...row }));
    begun.set(db, { epoch, onLost });
  } catch (error) {
    if (!isNoRoom(error)) throw error;
  }
}

/**
 * To be awaited in every transaction that writes what search keeps, which must hold `embeddingCoverage`.
 * @throws OnggiError `app/worker-failed` when another worker has begun since
 */
export async function checkSearchEpoch(db: OnggiDexie): Promise<void> {
  const own = begun.get(db);
  if (own === undefined) return;
  const row = await db.embeddingCoverage.get(EPOCH_ID);
  if (row?.stamp === own.epoch) return;
  own.onLost?.();
  throw new OnggiError('app/worker-failed', 'another worker took over');
}
