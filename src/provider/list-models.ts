import { OnggiError } from '#domain/errors.ts';
import type { ChatModel, Endpoint } from '#domain/endpoint.ts';
import { requireObject } from './ask-once.ts';
import { createClient } from './client.ts';
import { toProviderError } from './errors.ts';
import { limitsOf } from './limits.ts';
import type { ProviderDeps } from './limits.ts';
import { readList, readObject, readText } from './read.ts';

const MOST_MODELS = 2000;
const LONGEST_NAME = 200;

/**
 * Asks an endpoint for its models: sorted by name, without doubles, at most 2,000 with names of at
 * most 200 characters; longer names are left out. Empty when it has a list with nothing in it.
 * Rejects with OnggiError `provider/not-found` (404, no such route), `provider/not-json` (a web
 * page, or JSON without a list), and as {@link createStreamChat} does; on abort with the signal's
 * reason.
 */
export type ListChatModels = (
  endpoint: Pick<Endpoint, 'baseUrl' | 'presetId'>,
  apiKey: string | undefined,
  signal: AbortSignal,
) => Promise<readonly ChatModel[]>;

/** Makes the function that lists models. It asks once and never again by itself. */
export function createListChatModels(deps: ProviderDeps): ListChatModels {
  return async (endpoint, apiKey, signal) => {
    signal.throwIfAborted();
    const { listFirstByteMs: firstByteTimeoutMs } = limitsOf(deps);
    const options = { endpoint, apiKey, shape: 'whole' as const, firstByteTimeoutMs };
    try {
      const client = await createClient(deps, options);
      const answer: unknown = await client.get('/models', { signal });
      return readModels(requireObject(answer));
    } catch (error) {
      signal.throwIfAborted();
      throw toProviderError(error);
    }
  };
}

/**
 * The models of a list as endpoints send it: `{data: [{id}]}`, `{models: [{name}]}`, a bare list of
 * objects or of strings.
 * @throws OnggiError `provider/not-json` when there is no list.
 */
export function readModels(answer: unknown): readonly ChatModel[] {
  const object = readObject(answer);
  const list = readList(answer) ?? readList(object?.data) ?? readList(object?.models);
  if (!list) throw new OnggiError('provider/not-json', 'JSON without a list of models');
  const names = list.map(readName).filter((name) => name !== undefined);
  return [...new Set(names)]
    .sort((a, b) => (a < b ? -1 : 1))
    .slice(0, MOST_MODELS)
    .map((id) => ({ id }));
}

function readName(entry: unknown): string | undefined {
  const object = readObject(entry);
  const name = readText(entry) ?? readText(object?.id) ?? readText(object?.name);
  return name !== undefined && name.length <= LONGEST_NAME ? name : undefined;
}
