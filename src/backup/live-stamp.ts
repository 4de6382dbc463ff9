import type { OnggiDatabase } from '#db/open-database.ts';
import { readKeyPages } from '#db/staging-rows.ts';
import { readBoundedPages } from '#db/table-pages.ts';
import { digestRows } from './digest-rows.ts';
import { createGroupDigest } from './group-digest.ts';
import { createMoment, createTableReaders } from './table-rows.ts';

/**
 * A digest of everything in a database that a merge may change, so that what was written since a copy
 * was taken is noticed. Visits are left out: they are touched all the time. Two equal stamps of one
 * database mean that nothing was written in between.
 * @throws OnggiError `db/*`; what `signal` was aborted with.
 */
export async function readLiveStamp(db: OnggiDatabase, signal?: AbortSignal): Promise<string> {
  const digest = createGroupDigest();
  const add = async (rows: readonly unknown[]): Promise<void> => {
    signal?.throwIfAborted();
    for await (const _ of digestRows(digest, rows));
  };
  const readers = createTableReaders(db, createMoment(Infinity));
  for (const table of STAMPED) {
    for await (const page of readers[table]()) await add(page);
    await digest.endTable();
  }
  // A key's bytes are never written out: its nonce is another one whenever it is sealed anew.
  const small = { maxSize: 1000, sizeOf: () => 1 };
  for await (const page of readBoundedPages(db.strict.secrets, ({ id }) => id, small)) {
    await add(page.map(({ id, updatedAt, sealed }) => [id, updatedAt, [...sealed.iv]]));
  }
  await digest.endTable();
  for await (const ids of readKeyPages(db.strict.attachments)) await add(ids);
  return digest.finish();
}

const STAMPED = [
  'user_settings',
  'user_settings_extra',
  'endpoints',
  'usage_statistics',
  'documents',
  'drafts',
  'imports',
  'conversations',
  'messages',
] as const;
