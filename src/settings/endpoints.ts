import type { LiveRead } from '#domain/conversation-store.ts';
import { DEFAULT_FIRST_BYTE_TIMEOUT_MS, parseApiKey, parseBaseUrl } from '#domain/endpoint.ts';
import type { ChatModel, Endpoint } from '#domain/endpoint.ts';
import type { PresetId } from '#domain/endpoint-presets.ts';
import { toEndpointId } from '#domain/ids.ts';
import type { Clock, CreateId, EndpointId } from '#domain/ids.ts';
import {
  deleteEndpoint,
  getEndpoint,
  listEndpoints,
  putEndpoint,
  updateEndpoint,
  watchEndpoints,
} from '#db/endpoints.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { ApiKeys } from './api-keys.ts';

/** What a person gives to connect an endpoint. */
export interface EndpointFields {
  readonly presetId: PresetId;
  /** A name that is taken gets a number. */
  readonly name: string;
  /** Read by `parseBaseUrl`. */
  readonly baseUrl: string;
  readonly chatModels: readonly ChatModel[];
  /** Empty or left out: an endpoint without a key. */
  readonly apiKey?: string;
}

/** The endpoints a person connected. */
export interface Endpoints {
  /**
   * Stores an endpoint, with its key in the same transaction.
   * @throws OnggiError `endpoint/*` for the address or the key, `vault/*`, `db/*`; nothing is stored then.
   */
  add(fields: EndpointFields): Promise<Endpoint>;
  /**
   * Changes an endpoint. An address of another origin takes its key away.
   * @throws OnggiError `endpoint/address-*`, `provider/no-endpoint` when it is gone.
   */
  update(id: EndpointId, changes: EndpointChanges): Promise<Endpoint>;
  /**
   * Removes an endpoint and its key.
   * @returns puts the endpoint back, without its key: that was really deleted.
   * @throws OnggiError `provider/no-endpoint` when it is gone.
   */
  remove(id: EndpointId): Promise<() => Promise<void>>;
  /** The endpoint; undefined when it is gone. */
  get(id: EndpointId): Promise<Endpoint | undefined>;
  /** All, oldest first, now and after every change. */
  watch(): LiveRead<readonly Endpoint[]>;
}

/** Fields of an endpoint that change after it was added. */
type EndpointChanges = Partial<Omit<Endpoint, 'id' | 'createdAt' | 'updatedAt'>>;

interface EndpointsDeps {
  readonly db: OnggiDatabase;
  readonly clock: Clock;
  readonly createId: CreateId;
  readonly apiKeys: Pick<ApiKeys, 'sealAndWrite'>;
}

/** Adds, changes and removes endpoints. */
export function createEndpoints({ db, clock, createId, apiKeys }: EndpointsDeps): Endpoints {
  async function freeName(wanted: string, ownId?: EndpointId): Promise<string> {
    const others = (await listEndpoints(db)).filter(({ id }) => id !== ownId);
    const taken = new Set(others.map(({ name }) => name));
    let name = wanted;
    for (let number = 2; taken.has(name); number += 1) name = `${wanted} ${number}`;
    return name;
  }

  return {
    async add({ apiKey = '', baseUrl, ...fields }) {
      const now = clock();
      const endpoint: Endpoint = {
        ...fields,
        id: toEndpointId(createId()),
        name: await freeName(fields.name),
        baseUrl: parseBaseUrl(baseUrl),
        chatModelsAt: fields.chatModels.length > 0 ? now : null,
        refusesStreamOptions: false,
        sendsReasoning: false,
        firstByteTimeoutMs: DEFAULT_FIRST_BYTE_TIMEOUT_MS,
        createdAt: now,
        updatedAt: now,
      };
      if (parseApiKey(apiKey) === undefined) await putEndpoint(db, endpoint);
      else
        await apiKeys.sealAndWrite(endpoint, apiKey, (secret) => putEndpoint(db, endpoint, secret));
      return endpoint;
    },
    async update(id, { name, baseUrl, ...changes }) {
      return updateEndpoint(db, id, {
        ...(changes.chatModels && { chatModelsAt: clock() }),
        ...changes,
        ...(name !== undefined && { name: await freeName(name, id) }),
        ...(baseUrl !== undefined && { baseUrl: parseBaseUrl(baseUrl) }),
        updatedAt: clock(),
      });
    },
    async remove(id) {
      const endpoint = await deleteEndpoint(db, id);
      return () => putEndpoint(db, endpoint);
    },
    get: (id) => getEndpoint(db, id),
    watch: () => watchEndpoints(db),
  };
}
