import type { LocalEndpoint } from '#domain/connection-report.ts';
import { ENDPOINT_PRESETS } from '#domain/endpoint-presets.ts';
import type { EndpointPreset } from '#domain/endpoint-presets.ts';
import { toProviderError } from './errors.ts';
import { createListChatModels } from './list-models.ts';
import type { ProviderDeps } from './limits.ts';
import { findSilenceCause } from './probe.ts';

/** How long one address may take, in milliseconds, both questions together. */
const PATIENCE_MS = 2500;

/**
 * Asks the usual addresses of this computer, all at once, each for at most 2.5 s; one entry for each
 * local preset, in their order. `found` is a server that lists models; what answers otherwise is
 * `absent`, because other programs use these ports too. Rejects only on abort, with its reason.
 */
export type FindLocalEndpoints = (signal: AbortSignal) => Promise<readonly LocalEndpoint[]>;

/** Makes the search. In a hosted copy the browser may ask the person for permission first. */
export function createFindLocalEndpoints(
  deps: ProviderDeps,
  presets: readonly EndpointPreset[] = ENDPOINT_PRESETS.filter(({ isLocal }) => isLocal),
): FindLocalEndpoints {
  const listChatModels = createListChatModels(deps);

  const look = async (
    { id: presetId, baseUrl }: EndpointPreset,
    outer: AbortSignal,
  ): Promise<LocalEndpoint> => {
    const signal = AbortSignal.any([outer, AbortSignal.timeout(PATIENCE_MS)]);
    try {
      const chatModels = await listChatModels({ presetId, baseUrl }, undefined, signal);
      return { presetId, baseUrl, state: 'found', chatModels };
    } catch (error) {
      outer.throwIfAborted();
      const isSilent = !signal.aborted && toProviderError(error).code === 'provider/unreachable';
      const cause = isSilent ? await findSilenceCause(deps, baseUrl, signal) : 'server-off';
      return { presetId, baseUrl, state: cause === 'cors-refused' ? 'cors-refused' : 'absent' };
    }
  };

  return async (signal) => {
    signal.throwIfAborted();
    const found = await Promise.all(presets.map((preset) => look(preset, signal)));
    signal.throwIfAborted();
    return found;
  };
}
