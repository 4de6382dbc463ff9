/**
 * Keeps a vector index equal to what it is of, conversations or documents, in the background: newest first,
 * a batch at a time, taken up where it was after a reload because it looks for what is not covered.
 *
 * [Note: Texts under an old stamp] A stamp tells quickly that nothing changed, and not always: a merge of two
 * copies or an import anew can put other texts under the dates and counts of before. So owners of which the change
 * feed names texts are doubted: they are read and compared whatever their stamp. What was not looked at when a page
 * was closed the feed still says; where it does not go back so far, all are doubted once. To be doubted costs
 * reading: only passages that are new are embedded.
 */
import type { Embedder } from '#domain/embedding.ts';
import { UNFINISHED } from './passage-source.ts';
import type { PassageOwner, PassageSource, WrittenTexts } from './passage-source.ts';
import type { PassageText } from './passages.ts';
import { passageKey } from './vector-entries.ts';
import type { IsAmong, VectorIndex } from './vector-index.ts';

/** What was embedded is stored when so many vectors, or owners, have come together. */
const [FLUSH_ROWS, FLUSH_OWNERS] = [2048, 500];
/** Owners that are looked at together. */
const PAGE_ROWS = 500;
/** What a slow model gave is stored so often, milliseconds, or as soon as a group is whole. */
const FLUSH_MS = 20_000;
/**
 * What was followed waits until so many owners have come together, or so long, milliseconds: to store one message
 * costs a block. Until then the change feed keeps it, and a page that is killed embeds it again. That costs money
 * at an endpoint, where it waits less long.
 */
const [WAITING_OWNERS, WAITING_MS, WAITING_MS_REMOTE] = [50, 5 * 60_000, FLUSH_MS];
/** Owners are embedded together up to so many texts, or batches: many small ones fill a batch. */
const [GROUP_TEXTS, GROUP_BATCHES] = [400, 8];

export interface MeaningIndexerDeps {
  readonly source: PassageSource;
  readonly embedder: Embedder;
  readonly index: VectorIndex;
  /** Texts that the embedder is given at a time. */
  readonly batchTexts: number;
  /** Resolves when work may go on: at once, or after a pause; rejects when it is given up. */
  readonly mayGoOn: () => Promise<void>;
  /** Throws when it is given up. */
  readonly goOn: () => void;
  readonly onProgress: (doneCount: number, totalCount: number) => void;
}

/** Whether an owner's stamp is not to be trusted; see [Note: Texts under an old stamp]. */
export type IsDoubted = (ownerId: string) => boolean;

const NOBODY: IsDoubted = () => false;

export interface MeaningIndexer {
  /**
   * Lets go of what is gone and says how much there is. What it gives looks at every owner and embeds what is
   * new or changed. @throws what `mayGoOn` throws; OnggiError `db/*`, `model/*`, `app/worker-failed`.
   */
  prepare(isDoubted: IsDoubted): Promise<() => Promise<void>>;
  /** Both at once, and no stamp is doubted. */
  catchUp(): Promise<void>;
  /** The same for some owners. */
  follow(ids: readonly string[], isDoubted?: IsDoubted, written?: WrittenTexts): Promise<void>;
  /**
   * Stores what was followed. @param isAll Also what may still wait.
   * @returns for how long something waits yet, milliseconds; 0 when all is stored
   */
  settle(isAll: boolean): Promise<number>;
  /**
   * Lets go of those of some owners that are gone, and of texts that are if asked to, embeds nothing, and
   * overwrites it. It may be called where `mayGoOn` is, and nowhere else while something is indexed.
   */
  letGo(
    ids: readonly string[],
    withTexts: boolean,
    isDoubted: IsDoubted,
    written?: WrittenTexts,
  ): Promise<void>;
  /** Overwrites what is stored of vectors that do not count any more. */
  expunge(): Promise<void>;
}

/** One that is to be embedded. */
interface Missing {
  readonly id: string;
  readonly stamp: string;
  readonly wanted: readonly PassageText[];
  /** Those of `wanted` that have no vector. */
  readonly missing: readonly PassageText[];
  /** Where `wanted` is not all of it. */
  readonly isAmong?: IsAmong | undefined;
}

export function createMeaningIndexer(deps: MeaningIndexerDeps): MeaningIndexer {
  const { source, embedder, index, batchTexts, mayGoOn, goOn, onProgress } = deps;
  const groupTexts = Math.min(GROUP_TEXTS, batchTexts * GROUP_BATCHES);
  let unflushedOwners = 0;
  /** Those of which something went while others were embedded. */
  const touched = new Set<string>();
  /** Owners that are being embedded, as they were read: none of them may be in the index yet. */
  let inWork: ReadonlyMap<string, Missing> = new Map();
  /** When the work that goes on was begun or stored last. */
  let flushedAt = performance.now();
  /** When the first of what is not stored came. */
  let waitingSince = flushedAt;
  const waitingMs = embedder.dtype === 'remote' ? WAITING_MS_REMOTE : WAITING_MS;

  async function flush(): Promise<void> {
    await index.flush();
    unflushedOwners = 0;
    flushedAt = performance.now();
  }

  /** What it has under its present stamp is all that it had: what was written since is known. */
  const wasWhole = (id: string): boolean => {
    const stamp = index.stampOf(id);
    return stamp !== undefined && stamp !== '' && !stamp.endsWith(UNFINISHED);
  };

  /** The passages of an owner now, or those that may have changed. */
  async function readPassages({
    id,
    read,
    amend,
  }: PassageOwner): Promise<Pick<Missing, 'stamp' | 'wanted' | 'isAmong'>> {
    return (wasWhole(id) ? await amend?.() : undefined) ?? (await read());
  }

  function mustFlush(): boolean {
    if (index.unflushedCount() >= FLUSH_ROWS || unflushedOwners >= FLUSH_OWNERS) return true;
    return performance.now() - flushedAt >= FLUSH_MS;
  }

  /** @param isWanted Asked before each batch: what was deleted meanwhile is not given to the embedder. */
  async function embed(
    passages: readonly PassageText[],
    isWanted: (at: number) => boolean,
  ): Promise<Float32Array<ArrayBuffer>> {
    const { dimension } = embedder;
    const vectors = new Float32Array(passages.length * dimension);
    const order = passages.map((_passage, at) => at);
    // Of texts of one length none is filled up to that of another.
    if (order.length > batchTexts) {
      order.sort((a, b) => (passages[a]?.text.length ?? 0) - (passages[b]?.text.length ?? 0));
    }
    for (let from = 0; from < order.length; from += batchTexts) {
      await mayGoOn();
      const batch = order.slice(from, from + batchTexts).filter(isWanted);
      if (batch.length === 0) continue;
      const texts = batch.map((at) => passages[at]?.text ?? '');
      const found = await embedder.embed(texts, 'passage');
      batch.forEach((at, row) =>
        vectors.set(found.subarray(row * dimension, (row + 1) * dimension), at * dimension),
      );
    }
    return vectors;
  }

  async function cover(group: readonly PassageOwner[]): Promise<void> {
    touched.clear();
    const all = await Promise.all(
      group.map(async (owner): Promise<Missing> => {
        const { id } = owner;
        const { stamp, wanted, isAmong } = await readPassages(owner);
        return { id, stamp, wanted, isAmong, missing: index.missing(id, wanted, isAmong) };
      }),
    );
    inWork = new Map(all.map((owner) => [owner.id, owner]));
    const isLarge = ({ missing }: Missing): boolean => missing.length > groupTexts;
    for (const owner of all) if (isLarge(owner)) await coverLarge(owner);
    const owners = all.filter((owner) => !isLarge(owner));
    const ownerIds = owners.flatMap(({ id, missing }) => missing.map(() => id));
    const vectors = await embed(
      owners.flatMap(({ missing }) => missing),
      (at) => !touched.has(ownerIds[at] ?? ''),
    );
    let from = 0;
    for (const { wanted, missing, isAmong, ...owner } of owners) {
      const to = from + missing.length * embedder.dimension;
      // Its change is followed later: what it had when it was read is no more.
      const isNews = missing.length > 0 || !isAsPut(owner, wanted, isAmong);
      if (!index.isUnflushed()) waitingSince = performance.now();
      if (isNews && !touched.has(owner.id)) {
        index.put(owner, wanted, vectors.subarray(from, to), isAmong);
        unflushedOwners += 1;
      } else if (isNews) index.forgetStamp(owner.id);
      from = to;
    }
    inWork = new Map();
    if (mustFlush()) await flush();
  }

  /** Whether all texts of one that is being embedded are there still; what is new is followed later. */
  async function isStillThere({ id, read }: PassageOwner): Promise<boolean> {
    const own = inWork.get(id)?.wanted;
    if (!own) return false;
    const now = new Set((await read()).wanted.map(passageKey));
    return own.every((passage) => now.has(passageKey(passage)));
  }

  /** Whether one of which nothing is missing has nothing too much either. */
  const isAsPut = (
    { id, stamp }: Pick<Missing, 'id' | 'stamp'>,
    wanted: readonly PassageText[],
    isAmong?: IsAmong,
  ): boolean => index.stampOf(id) === stamp && index.compare(id, wanted, isAmong).leftCount === 0;

  /**
   * Embeds one that has many texts a stretch at a time, under a stamp that nobody has until all are there: what
   * was embedded is not embedded again after a reload.
   */
  async function coverLarge({ id, stamp, wanted, missing, isAmong }: Missing): Promise<void> {
    for (let from = 0; from < missing.length; from += groupTexts) {
      const stretch = missing.slice(from, from + groupTexts);
      const vectors = await embed(stretch, () => !touched.has(id));
      // Its change is followed later, with what is there already.
      if (touched.has(id)) {
        index.forgetStamp(id);
        return;
      }
      const left = new Set(missing.slice(from + groupTexts));
      const present = wanted.filter((passage) => !left.has(passage));
      const stampNow = left.size > 0 ? stamp + UNFINISHED : stamp;
      index.put({ id, stamp: stampNow }, present, vectors, isAmong);
      if (left.size > 0 && mustFlush()) await flush();
    }
    unflushedOwners += 1;
    if (mustFlush()) await flush();
  }

  /** @param onDone Told how many of `ids` are done. */
  async function coverAll(
    ids: readonly string[],
    isDoubted: IsDoubted,
    onDone: (doneCount: number) => void,
    written?: WrittenTexts,
  ): Promise<void> {
    flushedAt = performance.now();
    for (let from = 0; from < ids.length; from += PAGE_ROWS) {
      await mayGoOn();
      const asked = ids.slice(from, from + PAGE_ROWS);
      const page = await source.readOwners(asked, written);
      const present = new Set(page.map(({ id }) => id));
      for (const id of asked) if (!present.has(id)) index.remove(id);
      const changed = page.filter(({ id, stamp }) => index.stampOf(id) !== stamp || isDoubted(id));
      let done = from + asked.length - changed.length;
      onDone(done);
      for (const group of groupBySize(changed, groupTexts)) {
        await cover(group);
        done += group.length;
        onDone(done);
      }
    }
  }

  async function prepare(isDoubted: IsDoubted): Promise<() => Promise<void>> {
    const ids = await source.readIds();
    const present = new Set(ids);
    for (const ownerId of index.ownerIds()) if (!present.has(ownerId)) index.remove(ownerId);
    onProgress(0, ids.length);
    return async () => {
      await coverAll(ids, isDoubted, (done) => onProgress(done, ids.length));
      await flush();
    };
  }

  return {
    prepare,
    catchUp: async () => (await prepare(NOBODY))(),
    follow: (ids, isDoubted = NOBODY, written) =>
      coverAll([...new Set(ids)], isDoubted, () => undefined, written),
    async settle(isAll) {
      const leftMs = waitingSince + waitingMs - performance.now();
      const mayWait = !isAll && unflushedOwners < WAITING_OWNERS && leftMs > 0;
      if (mayWait && index.isUnflushed()) return leftMs;
      await flush();
      return 0;
    },
    async letGo(ids, withTexts, isDoubted, written) {
      const isKnown = (id: string): boolean => index.stampOf(id) !== undefined || inWork.has(id);
      const known = [...new Set(ids)].filter(isKnown);
      for (let from = 0; from < known.length; from += PAGE_ROWS) {
        const asked = known.slice(from, from + PAGE_ROWS);
        const page = await source.readOwners(asked, written);
        const owners = new Map(page.map((owner) => [owner.id, owner]));
        for (const id of asked) {
          const owner = owners.get(id);
          // Of what is in work, its own change is among those that are looked at again.
          const stamps = [index.stampOf(id), inWork.get(id)?.stamp];
          const isSame = owner && stamps.includes(owner.stamp) && !isDoubted(id);
          if (owner && (isSame || !withTexts)) continue;
          if (!owner || !(await isStillThere(owner))) touched.add(id);
          if (!owner) index.remove(id);
          else if (index.stampOf(id) !== undefined) {
            const { wanted, isAmong } = await readPassages(owner);
            index.retain(id, wanted, isAmong);
          }
        }
      }
      await index.expunge(goOn);
    },
    expunge: () => index.expunge(goOn),
  };
}

/** Neighbours together, up to so many texts; a larger owner is alone. */
function groupBySize(
  owners: readonly PassageOwner[],
  groupTexts: number,
): readonly (readonly PassageOwner[])[] {
  const groups: PassageOwner[][] = [];
  let room = 0;
  for (const owner of owners) {
    const last = groups.at(-1);
    if (last && owner.size <= room) last.push(owner);
    else {
      groups.push([owner]);
      room = groupTexts;
    }
    room -= owner.size;
  }
  return groups;
}
