import type { LiveRead } from '#domain/conversation-store.ts';
import { endpointOrigin } from '#domain/endpoint.ts';
import type { Endpoint } from '#domain/endpoint.ts';
import { OnggiError } from '#domain/errors.ts';
import type { EndpointId } from '#domain/ids.ts';
import type { Secret } from '#domain/secret.ts';
import { commit, read } from './commit.ts';
import { liveRead } from './live-read.ts';
import type { OnggiDatabase } from './open-database.ts';

/** The endpoint, or undefined when it is gone. */
export function getEndpoint(
  { strict: db }: OnggiDatabase,
  id: EndpointId,
): Promise<Endpoint | undefined> {
  return read(() => db.endpoints.get(id));
}

/** Every endpoint, oldest first. */
export function listEndpoints({ strict: db }: OnggiDatabase): Promise<readonly Endpoint[]> {
  return read(() => db.endpoints.toArray().then(oldestFirst));
}

/** Stores a new endpoint and its key, where it has one, together. Durable. */
export function putEndpoint(
  { strict: db }: OnggiDatabase,
  endpoint: Endpoint,
  secret?: Secret,
): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.endpoints, db.secrets, async () => {
      await db.endpoints.put(endpoint);
      if (secret) await db.secrets.put(secret);
    }),
  );
}

/**
 * Changes an endpoint. When its address moves to another origin its key goes in the same
 * transaction: a key is never sent to a host it was not given for. Durable.
 * @returns the row as stored.
 * @throws OnggiError `provider/no-endpoint` when it is gone.
 */
export function updateEndpoint(
  { strict: db }: OnggiDatabase,
  id: EndpointId,
  changes: Partial<Omit<Endpoint, 'id'>>,
): Promise<Endpoint> {
  return commit(() =>
    db.transaction('rw', db.endpoints, db.secrets, async () => {
      const stored = await db.endpoints.get(id);
      if (!stored) throw new OnggiError('provider/no-endpoint', `no endpoint ${id}`);
      const endpoint = { ...stored, ...changes };
      await db.endpoints.put(endpoint);
      const isMoved = endpointOrigin(endpoint.baseUrl) !== endpointOrigin(stored.baseUrl);
      if (isMoved) await db.secrets.delete(id);
      return endpoint;
    }),
  );
}

/**
 * Deletes an endpoint and its key together. Durable.
 * @returns the row that was there.
 * @throws OnggiError `provider/no-endpoint` when it is gone.
 */
export function deleteEndpoint({ strict: db }: OnggiDatabase, id: EndpointId): Promise<Endpoint> {
  return commit(() =>
    db.transaction('rw', db.endpoints, db.secrets, async () => {
      const endpoint = await db.endpoints.get(id);
      if (!endpoint) throw new OnggiError('provider/no-endpoint', `no endpoint ${id}`);
      await db.endpoints.delete(id);
      await db.secrets.delete(id);
      return endpoint;
    }),
  );
}

/** Every endpoint, oldest first, now and after every change. */
export function watchEndpoints({ strict: db }: OnggiDatabase): LiveRead<readonly Endpoint[]> {
  return liveRead(() => db.endpoints.toArray().then(oldestFirst));
}

/** What an endpoint is asked with, now and after every change: another text where its address or its key is another. */
export function watchEndpointAccess(
  { strict: db }: OnggiDatabase,
  id: EndpointId,
): LiveRead<string> {
  return liveRead(() =>
    db.transaction('r', db.endpoints, db.secrets, async () => {
      const endpoint = await db.endpoints.get(id);
      const secret = await db.secrets.get(id);
      // Fresh for every write: an address that was changed and put right at once was never read in between.
      const when = endpoint?.updatedAt ?? 0;
      return `${endpoint?.baseUrl ?? ''} ${when} ${secret?.sealed.iv.join() ?? ''}`;
    }),
  );
}

function oldestFirst(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  return endpoints.toSorted((a, b) => a.createdAt - b.createdAt);
}
