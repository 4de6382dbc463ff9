/**
 * Questions by meaning: a text, or the vectors that a conversation has, to the model that answers. Which one
 * that is `meaning.ts` knows.
 */
import { readConversationIds } from '#db/conversation-ids.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { readRange } from '#db/thread-reads.ts';
import type { Conversation } from '#domain/conversation.ts';
import { EMBEDDING_COLLECTIONS, isRefusal } from '#domain/embedding.ts';
import type { EmbeddingCollection } from '#domain/embedding.ts';
import { OnggiError } from '#domain/errors.ts';
import type { NearGroup } from '#domain/search.ts';
import type { FailureMemory } from './failure-memory.ts';
import { leastCosineOf } from './least-cosine.ts';
import type { OpenedMeaning } from './meaning-run.ts';
import { toNearDocuments } from './near-documents.ts';
import { toNearGroups } from './near-groups.ts';
import type { NearOwner } from './nearest-owners.ts';
import { conversationPassages } from './passages.ts';
import { isDeath } from './reviving-embedder.ts';
import { toBuiltInScale } from './unrelated-cosine.ts';

export interface NearOptions {
  readonly limit: number;
  /** What is less near is left out; a cosine as the built-in model has it, whichever answers. */
  readonly leastCosine: number;
}

/** As {@link NearOptions}; conversations alone where nothing is said of documents. */
export interface FindNearOptions extends NearOptions {
  readonly withDocuments?: boolean | undefined;
}

/** A conversation or document in a ranking. */
export interface RankedOwner extends NearOwner {
  readonly collection: EmbeddingCollection;
}

/** What questions need of the one that knows which model answers. */
export interface MeaningQuestionsDeps {
  readonly db: OnggiDatabase;
  readonly failures: Pick<FailureMemory, 'isDeadly' | 'noteDeadly'>;
  /** What answers, begun if it was not. */
  readonly ensure: () => Promise<OpenedMeaning>;
}

/** All of them throw what `ensure` throws; OnggiError `model/*`, `app/worker-failed`, `db/*`; the reason of `signal`. */
export interface MeaningQuestions {
  /** Nearest first, of these collections. */
  rank(
    text: string,
    options: NearOptions,
    collections: readonly EmbeddingCollection[],
    signal?: AbortSignal,
  ): Promise<readonly RankedOwner[]>;
  /** Reads what is shown of them, in their order; what is in the trash or gone is left out. */
  readonly read: (owners: readonly RankedOwner[]) => Promise<readonly NearGroup[]>;
  /** Both: conversations near to a text, and documents where asked for. */
  find(text: string, options: FindNearOptions, signal?: AbortSignal): Promise<readonly NearGroup[]>;
  /** The same by a vector. @throws OnggiError `model/changed` where the model makes those of another dimension */
  findByVector(
    embedding: Float32Array,
    options: FindNearOptions,
    signal?: AbortSignal,
  ): Promise<readonly NearGroup[]>;
  /** Conversations near to one, which is not among them; of the trash an endpoint is asked nothing. */
  findSimilar(
    conversation: Conversation,
    options: NearOptions,
    signal?: AbortSignal,
  ): Promise<readonly NearGroup[]>;
  /** Another model answers from now on, or something may be answered now that was not. */
  forget(): void;
  /** What was refused may be asked again. */
  forgetRefused(): void;
}

/** What a conversation is about its title, its summary and its first messages say, up to this one. */
const LAST_GIST_SEQ = 3;

const CONVERSATIONS: readonly EmbeddingCollection[] = ['conversations'];
const collectionsOf = ({ withDocuments }: FindNearOptions): readonly EmbeddingCollection[] =>
  withDocuments ? EMBEDDING_COLLECTIONS : CONVERSATIONS;

/** Only so much of a question is embedded: more says nothing more. */
const MAX_QUERY_UNITS = 2000;
/** A question and its vector, of the model that answers. */
interface Asked extends OpenedMeaning {
  readonly text: string;
  readonly query: Float32Array;
  /** How unlike language it is; null where the model cannot tell. */
  readonly oddness: number | null;
}

async function askModel(opened: OpenedMeaning, text: string, signal?: AbortSignal): Promise<Asked> {
  const query = await opened.embedder.embed([text], 'query', signal);
  const oddness = (await opened.embedder.measureOddness?.(text)) ?? null;
  return { ...opened, text, query, oddness };
}

/** The nearest that are not in the trash, whose places go to those behind. */
async function nearestBut(
  trashed: ReadonlySet<string>,
  index: OpenedMeaning['index'],
  query: Float32Array,
  limit: number,
): Promise<readonly NearOwner[]> {
  const isKept = ({ ownerId }: NearOwner): boolean => !trashed.has(ownerId);
  const first = await index.nearest(query, limit);
  if (first.every(isKept)) return first;
  return (await index.nearest(query, limit + trashed.size)).filter(isKept).slice(0, limit);
}

export function createMeaningQuestions(deps: MeaningQuestionsDeps): MeaningQuestions {
  const { db, failures, ensure } = deps;
  /** Of a run that has not ended. */
  let lastAsked: Asked | undefined;
  /** A question that the model refused: asked again while the index grows, it would be refused and paid for again. */
  let lastRefused:
    { readonly text: string; readonly by: OpenedMeaning; readonly error: OnggiError } | undefined;

  /** Embeds a question; when the model changes or its worker dies over it, once more. */
  async function embedQuery(text: string, signal?: AbortSignal): Promise<Asked> {
    if (failures.isDeadly(text))
      throw new OnggiError('app/worker-failed', 'workers died of this question');
    const opened = await ensure();
    signal?.throwIfAborted();
    // Asked again while the index grows: that costs nothing, at an endpoint no money.
    if (lastAsked?.text === text && lastAsked.index === opened.index) return lastAsked;
    if (lastRefused?.text === text && lastRefused.by === opened) throw lastRefused.error;
    try {
      lastAsked = await askModel(opened, text, signal);
    } catch (error) {
      signal?.throwIfAborted();
      const next = await ensure();
      signal?.throwIfAborted();
      if (error instanceof OnggiError && isRefusal(error.code))
        lastRefused = { text, by: opened, error };
      if (next === opened && !isDeath(error, next.embedder)) throw error;
      try {
        lastAsked = await askModel(next, text, signal);
      } catch (again) {
        const isDead = next === opened && !signal?.aborted && isDeath(again, next.embedder);
        if (isDead) failures.noteDeadly(text);
        throw again;
      }
    }
    return lastAsked;
  }

  /** Nearest first, of each collection. */
  async function rank(
    text: string,
    options: NearOptions,
    collections: readonly EmbeddingCollection[],
    signal?: AbortSignal,
  ): Promise<readonly RankedOwner[]> {
    const asked = await embedQuery(text.slice(0, MAX_QUERY_UNITS), signal);
    signal?.throwIfAborted();
    return rankBy(asked, options, collections);
  }

  async function rankBy(
    asked: Omit<Asked, 'text'>,
    { limit, leastCosine }: NearOptions,
    collections: readonly EmbeddingCollection[],
  ): Promise<readonly RankedOwner[]> {
    const { embedder, query, oddness } = asked;
    const ranked: RankedOwner[] = [];
    const trashed = new Set<string>(await readConversationIds(db, ['deleted']));
    for (const collection of collections) {
      const index = collection === 'documents' ? asked.documents : asked.index;
      for (const owner of await nearestBut(trashed, index, query, limit)) {
        const cosine = toBuiltInScale(owner.cosine, embedder.unrelated);
        if (cosine >= leastCosine) ranked.push({ ...owner, cosine, collection });
      }
    }
    ranked.sort((a, b) => b.cosine - a.cosine);
    // What is near to nothing but by its characters has no meaning here.
    return (ranked[0]?.cosine ?? -1) >= leastCosineOf(oddness) ? ranked : [];
  }

  async function read(owners: readonly RankedOwner[]): Promise<readonly NearGroup[]> {
    const of = (wanted: EmbeddingCollection): readonly RankedOwner[] =>
      owners.filter(({ collection }) => collection === wanted);
    const conversations = await toNearGroups(db, of('conversations'));
    const documents = await toNearDocuments(db, of('documents'));
    return [...conversations, ...documents].sort((a, b) => b.cosine - a.cosine);
  }

  async function find(
    text: string,
    options: FindNearOptions,
    signal?: AbortSignal,
  ): Promise<readonly NearGroup[]> {
    const found = await read(await rank(text, options, collectionsOf(options), signal));
    return found.slice(0, options.limit);
  }

  async function findByVector(
    embedding: Float32Array,
    options: FindNearOptions,
    signal?: AbortSignal,
  ): Promise<readonly NearGroup[]> {
    const opened = await ensure();
    signal?.throwIfAborted();
    const { dimension } = opened.embedder;
    if (embedding.length !== dimension) {
      const message = `a vector of ${embedding.length} numbers, not ${dimension}`;
      throw new OnggiError('model/changed', message);
    }
    const length = Math.hypot(...embedding);
    // What points nowhere is near to nothing.
    if (!(length > 0 && length < Infinity)) return [];
    const query = embedding.map((value) => value / length);
    const asked = { ...opened, query, oddness: null };
    const ranked = await rankBy(asked, options, collectionsOf(options));
    return (await read(ranked)).slice(0, options.limit);
  }

  async function findSimilar(
    conversation: Conversation,
    { limit, leastCosine }: NearOptions,
    signal?: AbortSignal,
  ): Promise<readonly NearGroup[]> {
    const { id, status } = conversation;
    const opened = await ensure();
    signal?.throwIfAborted();
    if (opened.embedder.skipsTrash && status === 'deleted') return [];
    // One is the asking one.
    const options = { limit: limit + 1, leastCosine };
    const query = opened.index.meanOf(id, ({ seq }) => seq <= LAST_GIST_SEQ);
    let ranked: readonly RankedOwner[];
    if (query) ranked = await rankBy({ ...opened, query, oddness: null }, options, CONVERSATIONS);
    else {
      const first = await readRange(db.strict, id, 0, LAST_GIST_SEQ);
      const gist = conversationPassages(conversation, first).map(({ text }) => text);
      if (gist.length === 0) return [];
      ranked = await rank(gist.join('\n'), options, CONVERSATIONS, signal);
    }
    return (await read(ranked.filter(({ ownerId }) => ownerId !== id))).slice(0, limit);
  }

  return {
    rank,
    read,
    find,
    findByVector,
    findSimilar,
    forget: () => {
      lastAsked = lastRefused = undefined;
    },
    forgetRefused: () => {
      lastRefused = undefined;
    },
  };
}
