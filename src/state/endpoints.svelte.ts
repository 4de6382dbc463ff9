import type { ConnectionReport, LocalEndpoint } from '#domain/connection-report.ts';
import type { ChatModel, Endpoint } from '#domain/endpoint.ts';
import { createEndpoint, parseApiKey, parseBaseUrl, withTypedModels } from '#domain/endpoint.ts';
import type { EndpointPreset, PresetId } from '#domain/endpoint-presets.ts';
import { OnggiError } from '#domain/errors.ts';
import type { EndpointId } from '#domain/ids.ts';
import { loadEndpointPresets } from '#domain/lazy-presets.ts';
import { toEndpointId } from '#domain/ids.ts';
import type { ApiKeys } from '#settings/api-keys.ts';
import type { Endpoints } from '#settings/endpoints.ts';
import type { Settings } from './settings.svelte.ts';

/** What a person typed to connect an endpoint. */
export interface EndpointInput {
  readonly presetId: PresetId;
  readonly name: string;
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Typed by hand when the endpoint lists no models. */
  readonly chatModel: string;
}

/** Asking endpoints about themselves; made by `main.ts` from `provider/`. */
export interface EndpointProbes {
  readonly listChatModels: (
    endpoint: Pick<Endpoint, 'baseUrl' | 'presetId'>,
    apiKey: string | undefined,
    signal: AbortSignal,
  ) => Promise<readonly ChatModel[]>;
  readonly testConnection: (
    question: {
      endpoint: Endpoint;
      apiKey: string | undefined;
      chatModel: string | undefined;
    },
    signal: AbortSignal,
  ) => Promise<ConnectionReport>;
  readonly findLocalEndpoints: (signal: AbortSignal) => Promise<readonly LocalEndpoint[]>;
}

/** The configured endpoints and everything a person does to them. */
export class EndpointsState {
  #list = $state.raw<readonly Endpoint[] | undefined>();
  #keyHints = $state.raw<ReadonlyMap<EndpointId, string>>(new Map());
  readonly #endpoints: Endpoints;
  readonly #apiKeys: ApiKeys;
  readonly #probes: EndpointProbes;
  readonly #settings: Settings;

  constructor(deps: {
    endpoints: Endpoints;
    apiKeys: ApiKeys;
    probes: EndpointProbes;
    settings: Settings;
    onError: (error: unknown) => void;
  }) {
    this.#endpoints = deps.endpoints;
    this.#apiKeys = deps.apiKeys;
    this.#probes = deps.probes;
    this.#settings = deps.settings;
    deps.endpoints.watch().subscribe({ next: (list) => (this.#list = list), error: deps.onError });
    deps.apiKeys
      .watchHints()
      .subscribe({ next: (hints) => (this.#keyHints = hints), error: deps.onError });
  }

  /** Oldest first; undefined until they are read. */
  get list(): readonly Endpoint[] | undefined {
    return this.#list;
  }

  get(id: EndpointId | null): Endpoint | undefined {
    return this.#list?.find((endpoint) => endpoint.id === id);
  }

  /** Last four characters of its key; undefined when it has none. */
  keyHint(id: EndpointId): string | undefined {
    return this.#keyHints.get(id);
  }

  /**
   * Reads what was typed.
   * @throws OnggiError `endpoint/*`.
   */
  async #parse(
    input: EndpointInput,
  ): Promise<{ baseUrl: string; apiKey: string | undefined; preset: EndpointPreset }> {
    const { getPreset } = await loadEndpointPresets();
    const preset = getPreset(input.presetId);
    const baseUrl = parseBaseUrl(input.baseUrl || preset.baseUrl);
    return { baseUrl, apiKey: parseApiKey(input.apiKey), preset };
  }

  /**
   * Tries what was typed without storing it.
   * @param storedFor The endpoint whose stored key is used when none was typed.
   * @throws OnggiError `endpoint/*` for what cannot be read, `vault/*`.
   */
  async test(
    input: EndpointInput,
    storedFor: Endpoint | undefined,
    signal: AbortSignal,
  ): Promise<ConnectionReport> {
    const { baseUrl, apiKey, preset } = await this.#parse(input);
    const isSamePlace = storedFor?.baseUrl === baseUrl;
    const usedKey = apiKey ?? (isSamePlace ? await this.#apiKeys.open(storedFor) : undefined);
    if (!usedKey && preset.needsKey) {
      throw new OnggiError('endpoint/key-missing', 'this endpoint needs a key');
    }
    const endpoint = storedFor
      ? { ...storedFor, baseUrl }
      : createEndpoint({
          id: toEndpointId('untried'),
          presetId: input.presetId,
          name: input.name,
          baseUrl,
          createdAt: 0,
        });
    const chatModel = input.chatModel.trim() || undefined;
    return this.#probes.testConnection({ endpoint, apiKey: usedKey, chatModel }, signal);
  }

  /** Looks for servers on this computer's usual ports. */
  findLocal(signal: AbortSignal): Promise<readonly LocalEndpoint[]> {
    return this.#probes.findLocalEndpoints(signal);
  }

  /**
   * Stores a new endpoint; the first one becomes the default together with its first model.
   * @throws OnggiError `endpoint/*`, `vault/*`, `db/*`.
   */
  async add(input: EndpointInput, chatModels: readonly ChatModel[]): Promise<Endpoint> {
    const { baseUrl, apiKey, preset } = await this.#parse(input);
    const { pickFirstModel } = await loadEndpointPresets();
    const typedModel = input.chatModel.trim();
    const isListed = typedModel === '' || chatModels.some(({ id }) => id === typedModel);
    const endpoint = await this.#endpoints.add({
      presetId: input.presetId,
      name: input.name.trim() || (preset.id === 'custom' ? new URL(baseUrl).host : preset.name),
      baseUrl,
      chatModels: isListed ? chatModels : [...chatModels, { id: typedModel, isTyped: true }],
      ...(apiKey === undefined ? {} : { apiKey }),
    });
    const ids = endpoint.chatModels.map(({ id }) => id);
    const firstModel = typedModel === '' ? (pickFirstModel(preset, ids) ?? ids[0]) : typedModel;
    if (!this.#settings.value.defaultEndpointId || !this.#settings.value.defaultModel) {
      await this.#settings.update({
        defaultEndpointId: endpoint.id,
        defaultModel: firstModel ?? null,
      });
    }
    return endpoint;
  }

  /** Changes an endpoint; a typed key replaces the stored one. @throws as {@link add}. */
  async update(
    endpoint: Endpoint,
    input: EndpointInput,
    changes: Partial<Pick<Endpoint, 'sendsReasoning' | 'firstByteTimeoutMs' | 'chatModels'>>,
  ): Promise<void> {
    const { baseUrl, apiKey } = await this.#parse(input);
    const updated = await this.#endpoints.update(endpoint.id, {
      ...changes,
      name: input.name.trim() || endpoint.name,
      baseUrl,
    });
    if (apiKey !== undefined) await this.#apiKeys.save(updated, apiKey);
  }

  /** Deletes the stored key for good. */
  removeKey(endpoint: Endpoint): Promise<void> {
    return this.#apiKeys.remove(endpoint.id);
  }

  /** Asks for the models again. @throws OnggiError `provider/*`. */
  async refreshModels(endpoint: Endpoint): Promise<void> {
    const apiKey = await this.#apiKeys.open(endpoint);
    const signal = AbortSignal.timeout(30_000);
    const fresh = await this.#probes.listChatModels(endpoint, apiKey, signal);
    const chatModels = withTypedModels(fresh, endpoint.chatModels);
    await this.#endpoints.update(endpoint.id, { chatModels });
  }

  /** Adds a model name by hand. */
  async addModel(endpoint: Endpoint, chatModel: string): Promise<void> {
    if (endpoint.chatModels.some(({ id }) => id === chatModel)) return;
    await this.#endpoints.update(endpoint.id, {
      chatModels: [...endpoint.chatModels, { id: chatModel, isTyped: true }],
      chatModelsAt: endpoint.chatModelsAt,
    });
  }

  readonly rememberStreamOptionsRefused = async (id: EndpointId): Promise<void> => {
    // An endpoint that was removed meanwhile has nothing to remember.
    if (this.get(id)) await this.#endpoints.update(id, { refusesStreamOptions: true });
  };

  /** Seals every stored key with a new data key. @throws OnggiError `vault/*`, `db/*`. */
  renewEncryption(): Promise<void> {
    return this.#apiKeys.rotate();
  }

  /**
   * Deletes an endpoint and its key. Another endpoint becomes the default when this one was.
   * @returns puts the endpoint back, without its key.
   */
  async remove(endpoint: Endpoint): Promise<() => Promise<void>> {
    const { getPreset, pickFirstModel } = await loadEndpointPresets();
    const before = this.#settings.value;
    const undo = await this.#endpoints.remove(endpoint.id);
    if (before.defaultEndpointId === endpoint.id) {
      const next = this.#list?.find(({ id }) => id !== endpoint.id);
      const ids = next?.chatModels.map(({ id }) => id) ?? [];
      await this.#settings.update({
        defaultEndpointId: next?.id ?? null,
        defaultModel: (next && pickFirstModel(getPreset(next.presetId), ids)) ?? null,
        // So that no older backup brings it back.
        ...(!next && { modelClearedAt: Date.now() }),
      });
    }
    return async () => {
      await undo();
      const { defaultEndpointId, defaultModel } = before;
      await this.#settings.update({ defaultEndpointId, defaultModel });
    };
  }
}
