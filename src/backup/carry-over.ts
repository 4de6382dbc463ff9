/** What a restore takes over from the data here: keys, and where they may be sent. */
import { readDataState } from '#db/data-state.ts';
import { getAllRows, getRows, putRows } from '#db/staging-rows.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { RestoreMode } from '#domain/backup-report.ts';
import { endpointOrigin } from '#domain/endpoint.ts';
import type { Endpoint } from '#domain/endpoint.ts';
import { LOCAL_USER_ID } from '#domain/ids.ts';
import type { EndpointId, SessionId } from '#domain/ids.ts';
import type { Secret } from '#domain/secret.ts';
import { withMeaningOf } from './merge-rows.ts';

/** Which connections of the data here stay as they are. */
export interface KeptEndpoints {
  /** The file has the same connection at another address. */
  readonly redirected: readonly Endpoint[];
  /** The file does not have the connection. */
  readonly missing: readonly Endpoint[];
}

/**
 * The connections with a key that a file must not change: no file can send a key to an address it was
 * not given for, and no key is lost.
 */
function keptEndpoints(
  live: { readonly endpoints: readonly Endpoint[]; readonly secrets: readonly Secret[] },
  fileEndpoints: readonly Endpoint[],
): KeptEndpoints {
  const origins = new Map(live.secrets.map(({ id, origin }) => [id, origin]));
  const fromFile = new Map(fileEndpoints.map((endpoint) => [endpoint.id, endpoint]));
  const withKey = live.endpoints.filter(({ id }) => origins.has(id));
  return {
    redirected: withKey.filter(({ id }) => {
      const other = fromFile.get(id);
      return other !== undefined && endpointOrigin(other.baseUrl) !== origins.get(id);
    }),
    missing: withKey.filter(({ id }) => !fromFile.has(id)),
  };
}

/** The same for two databases. */
export async function readKeptEndpoints(
  live: OnggiDatabase,
  staging: OnggiDatabase,
): Promise<KeptEndpoints> {
  const [endpoints, secrets, staged] = await Promise.all([
    getAllRows(live.strict.endpoints),
    getAllRows(live.strict.secrets),
    getAllRows(staging.strict.endpoints),
  ]);
  return keptEndpoints({ endpoints, secrets }, staged);
}

/**
 * Where new conversations would be sent after the restore, when they are sent elsewhere now: a file that
 * somebody else made must not turn that in silence.
 */
export async function readNewDefaultOrigin(
  live: OnggiDatabase,
  staging: OnggiDatabase,
  mode: RestoreMode,
): Promise<string | undefined> {
  // What a replacement does not change is put back into the staged database only at its end.
  const kept = mode === 'replace' ? await readKeptEndpoints(live, staging) : NOTHING_KEPT;
  const before = await readDefaultOrigin(live, NOTHING_KEPT);
  const after = await readDefaultOrigin(staging, kept);
  return before !== undefined && after !== before ? after : undefined;
}

const NOTHING_KEPT: KeptEndpoints = { redirected: [], missing: [] };

async function readDefaultOrigin(
  { strict: db }: OnggiDatabase,
  { redirected, missing }: KeptEndpoints,
): Promise<string | undefined> {
  const [settings] = await getRows(db.userSettings, [LOCAL_USER_ID]);
  const id = settings?.defaultEndpointId;
  if (!id) return undefined;
  const kept = [...redirected, ...missing].find((endpoint) => endpoint.id === id);
  const [endpoint = kept] = kept ? [] : await getRows(db.endpoints, [id]);
  return endpoint && endpointOrigin(endpoint.baseUrl);
}

/**
 * Copies what belongs to this device into a staged database: sealed keys with their ring, the places
 * of backups, which model finds by meaning, the present visit. Keys whose connection is nowhere stay
 * behind. Done when nobody writes into `live` any more; doing it twice does no harm.
 * @returns how many connections of here were kept that the staged data did not have.
 */
export async function carryOver(
  live: OnggiDatabase,
  staging: OnggiDatabase,
  sessionId: SessionId,
): Promise<number> {
  const { redirected, missing } = await readKeptEndpoints(live, staging);
  await putRows(staging.strict.endpoints, [...redirected, ...missing]);
  const origins = new Map<EndpointId, string>();
  for (const { id, baseUrl } of await getAllRows(staging.strict.endpoints)) {
    origins.set(id, endpointOrigin(baseUrl));
  }
  const secrets = await getAllRows(live.strict.secrets);
  await putRows(
    staging.strict.secrets,
    secrets.filter(({ id, origin }) => origins.get(id) === origin),
  );
  await putRows(staging.strict.keyRing, await getAllRows(live.strict.keyRing));
  await putRows(staging.strict.backupTargets, await getAllRows(live.strict.backupTargets));
  for (const here of await getAllRows(live.strict.userSettings)) {
    const [row] = await getRows(staging.strict.userSettings, [here.userId]);
    if (row) await putRows(staging.strict.userSettings, [withMeaningOf(here, row)]);
  }
  const [session] = await getRows(live.strict.sessions, [sessionId]);
  if (session) await putRows(staging.strict.sessions, [session]);
  return redirected.length + missing.length;
}

/**
 * The copies whose file was put in the place of all hold what is there then; not to be called where
 * connections of here were kept that they do not have. Told by name and size, as they were noted.
 */
export async function noteHeldCopies(staging: OnggiDatabase, file: Blob): Promise<void> {
  if (!(file instanceof File)) return;
  const { id: holds } = await readDataState(staging);
  const targets = await getAllRows(staging.strict.backupTargets);
  const same = targets.filter(
    ({ lastFileName, lastSizeBytes }) => lastFileName === file.name && lastSizeBytes === file.size,
  );
  await putRows(
    staging.strict.backupTargets,
    same.map((target) => ({ ...target, holds })),
  );
}
