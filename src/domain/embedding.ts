import type { ErrorCode } from './errors.ts';
import type { EndpointId } from './ids.ts';

/** What made a vector: vectors of different makers are never compared. */
export interface EmbedderIdentity {
  /** Name of the embedding model, for instance a repository or `onggi/static-multilingual`. */
  readonly id: string;
  /** Which state of the model: a commit, a digest, or what an endpoint says. */
  readonly revision: string;
  /** How its numbers are kept: `q8`, `fp32`, or `remote` where nobody says. */
  readonly dtype: string;
  /** Numbers in a vector. */
  readonly dimension: number;
  /** Rises when our own way from text to vector changes (prefixes, pooling, cutting). */
  readonly pipelineVersion: number;
}

/**
 * Numbers in a vector at most. The longest of known embedding models is half as long; what gives more,
 * one score for each word of a vocabulary for instance, is no embedding model.
 */
export const MAX_DIMENSION = 8192;

const REFUSALS: readonly ErrorCode[] = [
  'provider/bad-request',
  'provider/context-too-long',
  'provider/content-filter',
];
/** Whether an endpoint says with this that it does not want a text, and may want any other. */
export const isRefusal = (code: ErrorCode): boolean => REFUSALS.includes(code);

/** A question to find with, or a text to be found: some models want to be told. */
export type EmbedKind = 'query' | 'passage';

/** Turns texts into vectors of one length. */
export interface Embedder extends EmbedderIdentity {
  /**
   * One vector a text, in the order of the texts: `texts.length × dimension` numbers in one array, each
   * vector of length 1. A text without anything the model knows gives zeros; a passage that is refused, by
   * whoever embeds, NaN: no vector stands for it.
   * @param signal Ends what can be ended: a request to an endpoint, not a model at work.
   * @throws OnggiError `model/*`, `app/worker-failed`; the reason of `signal`.
   */
  embed(
    texts: readonly string[],
    kind: EmbedKind,
    signal?: AbortSignal,
  ): Promise<Float32Array<ArrayBuffer>>;
  /**
   * How unlike what the model learned from a text is: what its pieces cost, a character (minus the natural
   * logarithm of their share of all text). Models that cannot tell have none, or give null.
   */
  readonly measureOddness?: ((text: string) => Promise<number | null>) | undefined;
}

/**
 * Asks an endpoint for one vector a text, in the order of the texts, as it gives them.
 * @throws OnggiError `model/moved` when the endpoint is gone or has another address; `provider/*`,
 * `vault/*`.
 */
export type EmbedTexts = (
  where: { readonly endpointId: EndpointId; readonly baseUrl: string; readonly model: string },
  texts: readonly string[],
  signal?: AbortSignal,
) => Promise<readonly Float32Array[]>;

/** The identity as one string, under which vectors are stored. */
export function embedderKey(identity: EmbedderIdentity): string {
  const { id, revision, dtype, dimension, pipelineVersion } = identity;
  return [id, revision, dtype, dimension, `v${pipelineVersion}`].join('|');
}

/** The identity whose {@link embedderKey} is `key`; undefined when there is none. */
export function parseEmbedderKey(key: string): EmbedderIdentity | undefined {
  const parts = key.split('|');
  const [revision = '', dtype = '', dimension, version = ''] = parts.slice(-4);
  const identity = {
    id: parts.slice(0, -4).join('|'),
    revision,
    dtype,
    dimension: Number(dimension),
    pipelineVersion: Number(version.slice(1)),
  };
  return embedderKey(identity) === key && identity.dimension > 0 ? identity : undefined;
}

/** What is searched by meaning (specification 4.1). */
export const EMBEDDING_COLLECTIONS = ['conversations', 'documents'] as const;
export type EmbeddingCollection = (typeof EMBEDDING_COLLECTIONS)[number];

/**
 * What kind of text a vector stands for; the order is how it is stored. `opening` is the title together
 * with the beginning of the first question, which says what a conversation is about better than either.
 */
export const PASSAGE_KINDS = ['title', 'summary', 'opening', 'message', 'chunk'] as const;
export type PassageKind = (typeof PASSAGE_KINDS)[number];

/** Which text a vector stands for. */
export interface Passage {
  /** The conversation or document it belongs to. */
  readonly ownerId: string;
  readonly kind: PassageKind;
  /** `seq` of the message or document chunk; of the first question for an opening; -1 for title and summary. */
  readonly seq: number;
  /** The part of that text, in UTF-16 units: `[start, end)`. */
  readonly start: number;
  readonly end: number;
  /** 32 bits made of the passage's text, by which it is seen that it changed. */
  readonly textHash: number;
}
