/**
 * What pages and the search worker say to each other, over a port to the worker and over a
 * BroadcastChannel between tabs. Each side reads what comes from the other as foreign data.
 *
 * [Note: One worker for all tabs] The tab that holds the Web Lock of search runs the worker. Its page
 * passes on what other tabs ask; ids of questions are unique over all tabs, and answers go to everybody,
 * who drops those of ids that are not its own. When the leading tab closes, the next one to get the lock
 * says `leading`, and questions without an answer are asked again.
 *
 * [Note: A worker that falls silent] A worker that dies says so; one that hangs says nothing. Words are
 * found in a tenth of a second, and what takes longer (reading everything anew, fetching a model) tells how
 * far it is: so a question for words that sees neither an answer nor a change of the status for three turns
 * of the clock has a worker that hangs, and the leading tab ends it and starts another. A check tells how
 * far it is all the time, and is watched over in the same way. A question for what is near in meaning may take
 * as long as a model or an endpoint takes: while one is open the worker is asked how it is with every turn, and
 * hangs when it says nothing at all.
 *
 * [Note: A tab that is frozen] A page that the browser froze keeps its lock and says nothing. A tab that told
 * the leading one of its silent worker and hears not even that it leads takes the lock away (`steal`). When the
 * old tab wakes up it ends its worker and queues again; what that worker may still write into the tables of
 * vectors is refused, see `db/search-epoch.ts`. Should it begin its epoch late, it is the leading worker that is
 * refused. Its files are held until then: the new worker keeps the text in memory. A worker that is refused, or
 * whose files are free, says `begin-anew`, and the leading tab starts another in its place.
 */
import * as v from 'valibot';
import { ERROR_CODES, OnggiError, toOnggiError } from '#domain/errors.ts';
import type { SearchCheck } from '#domain/maintenance.ts';
import type { FoundGroup, FoundPage, MapPoint, NearGroup, SearchStatus } from '#domain/search.ts';

const Count = v.pipe(v.number(), v.minValue(0));

const Request = v.variant('kind', [
  v.object({
    kind: v.literal('find'),
    /** As the person typed it; see `parse-query.ts`. */
    query: v.string(),
    order: v.picklist(['best', 'newest']),
    /** First group wanted, and how many. */
    offset: Count,
    limit: Count,
  }),
  v.object({ kind: v.literal('rebuild') }),
  /** Writes the files of texts and vectors without what is dead in them: all of it, or only where it is worth it. */
  v.object({ kind: v.literal('compact'), isOnlyIfWorth: v.boolean() }),
  /** Compares all that is indexed with the stored rows. Tells how far it is, then what it found. */
  v.object({ kind: v.literal('check') }),
  /** The same, makes anew what differs, and compares again: what it tells at last is what is left. */
  v.object({
    kind: v.literal('mend'),
    /** Nobody asked for it: what costs money or was put off is left. A page of an older version does not say. */
    isByItself: v.optional(v.boolean()),
  }),
  /** What there is to filter by. */
  v.object({ kind: v.literal('facets') }),
  /** Conversations near in meaning to a text, and documents where asked for, nearest first. Begins the index of meaning. */
  v.object({
    kind: v.literal('near'),
    text: v.string(),
    limit: Count,
    leastCosine: v.number(),
    /** Finds nothing, and begins nothing, where the index of meaning was never begun. */
    isInPassing: v.boolean(),
    /** Documents too; a page of an older version does not say. */
    withDocuments: v.optional(v.boolean()),
    /** Asks for one ranking with what these words find, in answer `fused`; an older worker gives `near`. */
    words: v.optional(v.string()),
  }),
  /** The same by a vector that the model in use made; an older worker fails. Begins the index of meaning. */
  v.object({
    kind: v.literal('near-vector'),
    /** Of any length but zero: it is brought to one. */
    embedding: v.instance(Float32Array),
    limit: Count,
    leastCosine: v.number(),
    withDocuments: v.boolean(),
  }),
  /** Conversations near in meaning to one, which is not among them. In passing. */
  v.object({
    kind: v.literal('similar'),
    conversationId: v.string(),
    limit: Count,
    leastCosine: v.number(),
  }),
  /** The picture of all conversations by meaning. Begins the index of meaning. */
  v.object({ kind: v.literal('map') }),
  /** Tries the model that was chosen again. */
  v.object({ kind: v.literal('rechoose') }),
  /** Tries once more the passages that the model could not take; a worker of an older version fails. */
  v.object({ kind: v.literal('retry-left-out') }),
  /** Deletes vectors that cost nothing but time, because there is no room for what people write. */
  v.object({ kind: v.literal('evict') }),
]);
/** One question to the search worker. */
export type SearchRequest = v.InferOutput<typeof Request>;

const ToWorker = v.variant('kind', [
  v.object({ kind: v.literal('ask'), id: v.string(), request: Request }),
  v.object({ kind: v.literal('cancel'), id: v.string() }),
  v.object({ kind: v.literal('tell-status') }),
]);
/** A message to the search worker. */
export type ToSearchWorker = v.InferOutput<typeof ToWorker>;

// What the worker answers was made by our own code a moment ago: its kinds are checked, its rows not.
const Page = v.custom<FoundPage>((value) => hasList(value, 'groups'));
const Status = v.custom<SearchStatus>(
  (value) => typeof value === 'object' && value !== null && 'phase' in value,
);
const NearGroups = v.custom<readonly NearGroup[]>((value) => Array.isArray(value));
const FoundGroups = v.custom<readonly FoundGroup[]>((value) => Array.isArray(value));
const Check = v.custom<SearchCheck>(
  (value) => typeof value === 'object' && value !== null && 'problems' in value,
);
const MapPoints = v.custom<readonly MapPoint[]>((value) => Array.isArray(value));
const Answer = v.variant('kind', [
  v.object({ kind: v.literal('found'), page: Page }),
  v.object({ kind: v.literal('near'), groups: NearGroups }),
  /** The first of one ranking by words and meaning, and what is only somewhat near, which comes after all words. */
  v.object({ kind: v.literal('fused'), groups: FoundGroups, farGroups: FoundGroups }),
  v.object({ kind: v.literal('map'), points: MapPoints }),
  v.object({
    kind: v.literal('facets'),
    models: v.array(v.string()),
    sources: v.array(v.string()),
  }),
  v.object({ kind: v.literal('done') }),
  /** By how many bytes the files became smaller. */
  v.object({ kind: v.literal('compacted'), byteLength: Count }),
  v.object({ kind: v.literal('evicted'), byteLength: Count }),
  /** Rows and texts that were compared so far; the total is a guess. */
  v.object({ kind: v.literal('checking'), doneCount: Count, totalCount: Count }),
  v.object({ kind: v.literal('checked'), check: Check, isRemade: v.boolean() }),
]);
/** One answer; a question may get several, the last of which says so. */
export type SearchAnswer = v.InferOutput<typeof Answer>;

const Failure = v.object({
  kind: v.literal('failed'),
  id: v.string(),
  code: v.picklist(ERROR_CODES),
  message: v.string(),
});

const ToPages = v.variant('kind', [
  v.object({ kind: v.literal('answer'), id: v.string(), answer: Answer, isLast: v.boolean() }),
  Failure,
  v.object({ kind: v.literal('status'), status: Status }),
]);
/** What the search worker says to all pages. */
export type ToSearchPages = v.InferOutput<typeof ToPages>;

const FromWorker = v.variant('kind', [
  ...ToPages.options,
  /**
   * Comes with a port: the worker wants to embed by an endpoint, which only the page may ask, because the
   * keys of endpoints do not leave it. The page serves the port; see inference/embedding-messages.ts.
   */
  v.object({ kind: v.literal('serve-embedding') }),
  /** Another worker could do what this one cannot. See [Note: A tab that is frozen]. */
  v.object({ kind: v.literal('begin-anew') }),
]);
/** A message of the search worker. */
export type FromSearchWorker = v.InferOutput<typeof FromWorker>;

const BetweenTabs = v.variant('kind', [
  v.object({ kind: v.literal('leading') }),
  v.object({ kind: v.literal('to-worker'), message: ToWorker }),
  v.object({ kind: v.literal('from-worker'), message: ToPages }),
  /** To the leading tab: the worker answers nothing any more. */
  v.object({ kind: v.literal('silent') }),
]);
/** A message between tabs. */
export type BetweenSearchTabs = v.InferOutput<typeof BetweenTabs>;

/** A message to the worker; for a question of an unknown shape what is to be answered to it. */
export function readToSearchWorker(
  data: unknown,
): ToSearchWorker | ReturnType<typeof toSearchFailure> | undefined {
  const result = v.safeParse(ToWorker, data);
  return result.success ? result.output : failureOf(data);
}

function failureOf(data: unknown): ReturnType<typeof toSearchFailure> | undefined {
  const about = v.safeParse(v.object({ id: v.string() }), data);
  if (!about.success) return undefined;
  const cause = new OnggiError('app/worker-failed', 'a message of search of an unknown shape');
  return toSearchFailure(about.output.id, cause);
}

/**
 * A message of the worker. One of an unknown shape about a question is taken for its failure; undefined for any
 * other.
 */
export function readFromSearchWorker(data: unknown): FromSearchWorker | undefined {
  const result = v.safeParse(FromWorker, data);
  return result.success ? result.output : failureOf(data);
}
/** Undefined for what another version of the app may say. */
export function parseBetweenTabs(data: unknown): BetweenSearchTabs | undefined {
  const result = v.safeParse(BetweenTabs, data);
  return result.success ? result.output : undefined;
}

function hasList(value: unknown, field: string): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Array.isArray((value as Record<string, unknown>)[field])
  );
}

/** An error as a message: custom fields do not pass `postMessage`. */
export function toSearchFailure(
  id: string,
  error: unknown,
): Extract<FromSearchWorker, { kind: 'failed' }> {
  const { code, message } = toOnggiError(error);
  return { kind: 'failed', id, code, message };
}
