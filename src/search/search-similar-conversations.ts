import type { NearGroup } from '#domain/search.ts';
import type { SearchClient } from './search-client.ts';

export interface SimilarOptions {
  /** What is less near is left out; everything may come by default. */
  readonly leastCosine?: number;
  readonly signal?: AbortSignal;
  /** Documents of the library too. */
  readonly withDocuments?: boolean;
}

/**
 * The conversations nearest in meaning, nearest first: `search_similar_conversations` of the specification
 * (section 5). The first call fetches the model and begins the index.
 * @param query A vector that the model in use made, as in the specification, or a text, of which it makes one.
 * @throws OnggiError `model/*`, of which `model/changed` says that the vector has another dimension than those of
 *   the model in use; `app/worker-failed`, `db/*`; the reason of `signal`
 */
export async function searchSimilarConversations(
  client: Pick<SearchClient, 'ask'>,
  query: string | Float32Array,
  n = 5,
  { leastCosine = -1, signal, withDocuments = false }: SimilarOptions = {},
): Promise<readonly NearGroup[]> {
  let groups: readonly NearGroup[] = [];
  const options = { limit: n, leastCosine, withDocuments };
  await client.ask(
    typeof query === 'string'
      ? { kind: 'near', text: query, isInPassing: false, ...options }
      : { kind: 'near-vector', embedding: new Float32Array(query), ...options },
    (answer) => {
      if (answer.kind === 'near') ({ groups } = answer);
    },
    signal,
  );
  return groups;
}
