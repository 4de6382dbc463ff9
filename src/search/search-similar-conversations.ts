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
 * The conversations nearest in meaning to a text, nearest first: `search_similar_conversations` of the
 * specification (section 5). The first call fetches the model and begins the index.
 * @throws OnggiError `model/*`, `app/worker-failed`, `db/*`; the reason of `signal`
 */
export async function searchSimilarConversations(
  client: Pick<SearchClient, 'ask'>,
  query: string,
  n = 5,
  { leastCosine = -1, signal, withDocuments = false }: SimilarOptions = {},
): Promise<readonly NearGroup[]> {
  let groups: readonly NearGroup[] = [];
  await client.ask(
    { kind: 'near', text: query, limit: n, leastCosine, isInPassing: false, withDocuments },
    (answer) => {
      if (answer.kind === 'near') ({ groups } = answer);
    },
    signal,
  );
  return groups;
}
