import type { LiveRead } from '#domain/conversation-store.ts';
import { OnggiError } from '#domain/errors.ts';
import type { EndpointId } from '#domain/ids.ts';
import type { KeyRingEntry, Secret } from '#domain/secret.ts';
import { commit, read } from './commit.ts';
import { liveRead } from './live-read.ts';
import type { OnggiDatabase } from './open-database.ts';

/** A sealed key with the ring entry that opens it; without one it opens no more. */
interface SecretWithKey {
  readonly secret: Secret;
  readonly keyRingEntry: KeyRingEntry | undefined;
}

/** The sealed key of an endpoint, read together with its ring entry; undefined when it has none. */
export function getSecret(
  { strict: db }: OnggiDatabase,
  id: EndpointId,
): Promise<SecretWithKey | undefined> {
  return read(() =>
    db.transaction('r', db.secrets, db.keyRing, async () => {
      const secret = await db.secrets.get(id);
      return secret && { secret, keyRingEntry: await db.keyRing.get(secret.sealed.keyId) };
    }),
  );
}

/**
 * Stores the sealed key of an endpoint in place of an older one. Durable.
 * @throws OnggiError `provider/no-endpoint` when the endpoint is gone: no key outlives it.
 */
export function putSecret({ strict: db }: OnggiDatabase, secret: Secret): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.endpoints, db.secrets, async () => {
      if (!(await db.endpoints.get(secret.id))) {
        throw new OnggiError('provider/no-endpoint', `no endpoint ${secret.id}`);
      }
      await db.secrets.put(secret);
    }),
  );
}

/** Deletes the sealed key of an endpoint. Durable. Nothing happens when it has none. */
export function deleteSecret({ strict: db }: OnggiDatabase, id: EndpointId): Promise<void> {
  return commit(() => db.secrets.delete(id));
}

/** Every sealed key. */
export function listSecrets({ strict: db }: OnggiDatabase): Promise<readonly Secret[]> {
  return read(() => db.secrets.toArray());
}

/** The last four characters of every stored key, by endpoint; empty text for a short key. */
export function watchSecretHints({
  strict: db,
}: OnggiDatabase): LiveRead<ReadonlyMap<EndpointId, string>> {
  return liveRead(async () => {
    const secrets = await db.secrets.toArray();
    return new Map(secrets.map(({ id, lastFour }) => [id, lastFour]));
  });
}
