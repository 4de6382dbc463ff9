import { deleteRetiredKeyRingEntries, replaceSecrets } from '#db/key-rotation.ts';
import { getActiveKeyRingEntry } from '#db/key-ring.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { getSecret, listSecrets } from '#db/secrets.ts';
import type { Clock } from '#domain/ids.ts';
import type { KeyRingEntry, Secret } from '#domain/secret.ts';
import { openValue, sealValue } from '#vault/seal.ts';
import { contextOf } from './key-context.ts';

/** A ring entry and its data key. */
export interface FreshKey {
  readonly entry: KeyRingEntry;
  readonly dataKey: CryptoKey;
}

interface RotateDeps {
  readonly db: OnggiDatabase;
  readonly clock: Clock;
  readonly openSecret: (
    secret: Secret,
    entry: KeyRingEntry | undefined,
    origin: string,
  ) => Promise<string>;
}

/** Seals every key with a fresh data key; the old one goes after all rows were read back and opened. */
export async function rotateKeys(
  { db, clock, openSecret }: RotateDeps,
  make: () => Promise<FreshKey>,
): Promise<void> {
  const opened = new Map<Secret, string>();
  for (const { id } of await listSecrets(db)) {
    const found = await getSecret(db, id);
    if (!found) continue;
    const { secret, keyRingEntry } = found;
    opened.set(secret, await openSecret(secret, keyRingEntry, secret.origin));
  }
  const old = await getActiveKeyRingEntry(db);
  const { entry: fresh, dataKey } = await make();
  const secrets: Secret[] = [];
  for (const [secret, apiKey] of opened) {
    const context = contextOf(secret.id, secret.origin);
    const sealed = await sealValue(dataKey, fresh.id, context, apiKey);
    secrets.push({ ...secret, sealed, updatedAt: clock() });
  }
  await replaceSecrets(db, {
    expectedIvs: new Map([...opened.keys()].map(({ id, sealed }) => [id, sealed.iv])),
    secrets,
    retire: old?.id ?? null,
    activate: fresh,
  });
  for (const { id, origin, sealed } of await listSecrets(db)) {
    await openValue(dataKey, sealed, contextOf(id, origin));
  }
  await deleteRetiredKeyRingEntries(db);
}
