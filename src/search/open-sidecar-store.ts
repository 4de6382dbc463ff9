import type { OnggiDatabase } from '#db/open-database.ts';
import { memoryStore } from './sidecar-memory.ts';
import { openOpfsStore } from './sidecar-opfs.ts';
import type { SidecarStore } from './sidecar-store.ts';
import { createTableStore } from './sidecar-table.ts';

/**
 * The best place this browser has: the file system of the origin, else a table, else memory alone.
 * @param kind Only tests give one.
 */
export async function openSidecarStore(
  db: OnggiDatabase,
  kind?: SidecarStore['kind'],
): Promise<SidecarStore> {
  if (kind === 'memory') return memoryStore();
  if (kind !== 'table') {
    const opfs = await openOpfsStore(db.name);
    if (opfs) return opfs;
  }
  return createTableStore(db);
}
