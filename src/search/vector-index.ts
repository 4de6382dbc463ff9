/**
 * The vectors of one collection and one embedder: bytes in memory for the scan, float32 in the table
 * `embeddings`, and which rows belong to whom. One worker owns it. Where there are files, they hold a copy
 * that is read at once; see [Note: How the vector files are trusted] in vector-sidecar.ts.
 */
import { putEmbeddings } from '#db/embeddings.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { EmbedderIdentity, EmbeddingCollection, Passage } from '#domain/embedding.ts';
import type { Clock } from '#domain/ids.ts';
import { findDead, gatherRows } from './compact-vectors.ts';
import { packBlock } from './embedding-blocks.ts';
import type { OpenBlock } from './embedding-blocks.ts';
import { createExactCosines } from './exact-cosines.ts';
import { expungeVectors } from './expunge-vectors.ts';
import { loadFromTables, loadVectors } from './load-vectors.ts';
import { findNearestOwners, meanOfOwner, meansOfOwners } from './nearest-owners.ts';
import type { NearOwner } from './nearest-owners.ts';
import type { PassageText } from './passages.ts';
import type { SidecarStore } from './sidecar-store.ts';
import { openVectorCopy } from './vector-copy.ts';
import type { VectorCopy } from './vector-copy.ts';
import { blockOf, createVectorEntries, passageKey } from './vector-entries.ts';
import type { VectorEntries } from './vector-entries.ts';
import { verifyVectors } from './verify-vectors.ts';
import type { DamagedVectors } from './verify-vectors.ts';

/** Picks the passages that are spoken of. */
export type IsAmong = (passage: Passage) => boolean;

export interface VectorIndex {
  readonly identity: EmbedderIdentity;
  readonly memoryBytes: () => number;
  /** The stamp under which an owner was put; undefined where it was not. */
  stampOf(ownerId: string): string | undefined;
  readonly ownerIds: () => readonly string[];
  /** The passages of `wanted` that have no vector yet. @param isAmong As for {@link put}. */
  missing(
    ownerId: string,
    wanted: readonly PassageText[],
    isAmong?: IsAmong,
  ): readonly PassageText[];
  /**
   * An owner has exactly the passages `wanted`; `vectors` are those of what {@link missing} gave. Found
   * from now on, stored with the next {@link flush}.
   * @param isAmong Passages that it picks not the owner has as before.
   */
  put(
    owner: { readonly id: string; readonly stamp: string },
    wanted: readonly PassageText[],
    vectors: Float32Array<ArrayBuffer>,
    isAmong?: IsAmong,
  ): void;
  remove(ownerId: string): void;
  /** Lets go of passages that are none of `wanted`; what `wanted` has besides is looked for again. */
  retain(ownerId: string, wanted: readonly PassageText[], isAmong?: IsAmong): void;
  /** What it has is not all that its stamp says: what is missing is looked for among all of its texts. */
  forgetStamp(ownerId: string): void;
  /** How many passages of `wanted` have no vector, and how many vectors stand for none of them. */
  compare(
    ownerId: string,
    wanted: readonly PassageText[],
    isAmong?: IsAmong,
  ): { readonly missingCount: number; readonly leftCount: number };
  /**
   * Reads every stored block once and compares it with what is in memory; of the files, the exact numbers.
   * @returns the ids of blocks that cannot be read, and whether the copy in the files is damaged
   */
  verify(signal: AbortSignal): Promise<DamagedVectors>;
  /**
   * Lets go of what is damaged and of the stamps of these owners, so that whoever follows the stamps makes
   * anew what is missing, and no more.
   */
  distrust(ownerIds: readonly string[], damaged: DamagedVectors): Promise<void>;
  /** Passages whose vectors were not finite: they have a row that is never found. */
  readonly leftOutCount: () => number;
  /** Lets go of those rows, so that their passages are missing. @returns whose they were, without a stamp now */
  forgetLeftOut(): readonly string[];
  /** Rows put since the last {@link flush}. */
  readonly unflushedCount: () => number;
  /** Whether the next {@link flush} has anything to store. */
  readonly isUnflushed: () => boolean;
  /** Stores what was put and removed, in one transaction. @throws OnggiError `db/*` */
  flush(): Promise<void>;
  /**
   * Overwrites what is stored of vectors that do not count any more; see [Note: Expunging].
   * @param goOn Called now and then; what it throws ends the work until the next time.
   * @throws OnggiError `db/*`
   */
  expunge(goOn: () => void): Promise<void>;
  /**
   * Writes tables and files without what is dead in them. Questions are answered meanwhile; nothing may be put.
   * @param isOnlyIfWorth Only when much is dead.
   * @returns by how many bytes the files became smaller
   * @throws OnggiError `db/*`
   */
  compact(isOnlyIfWorth: boolean): Promise<number>;
  /**
   * The owners with the nearest passages, nearest first; at most `limit`. The cosine is exact for the nearest fifty
   * passages; of what lies behind them, where so many owners are wanted, it is that of the scan.
   * @param query A vector of length 1 of the same embedder.
   */
  nearest(query: Float32Array, limit: number): Promise<readonly NearOwner[]>;
  /**
   * The mean of those passages of an owner that `isWanted` picks, of length 1, up to rounding; undefined
   * where there are none.
   */
  meanOf(
    ownerId: string,
    isWanted: (passage: Passage) => boolean,
  ): Float32Array<ArrayBuffer> | undefined;
  /** All owners with the mean of their passages, one vector after the other, up to rounding. */
  means(): { readonly ownerIds: readonly string[]; readonly vectors: Float32Array<ArrayBuffer> };
  /** Lets go of the files. */
  close(): void;
}

export interface VectorIndexDeps {
  readonly db: OnggiDatabase;
  readonly clock: Clock;
  readonly collection: EmbeddingCollection;
  readonly identity: EmbedderIdentity;
  /** Where the copy in files is; without it the table is read. */
  readonly store?: SidecarStore | undefined;
}

/**
 * Reads what is stored into memory. Blocks that cannot be read, and rows that nobody's coverage names,
 * are passed over: their owners are embedded anew.
 */
export async function openVectorIndex(deps: VectorIndexDeps): Promise<VectorIndex> {
  const { db, clock, collection, identity } = deps;
  const { dimension } = identity;
  let { entries, copy, measure } = await hold(deps);
  const { embedder, idOf } = entries;
  /** Blocks of the table that nobody can read and that go with the next step. */
  let lost: readonly string[] = [];
  let isClosed = false;

  /** Brings the files to what the tables were given. */
  async function copyChanges(stamp: string, blocks: readonly OpenBlock[]): Promise<void> {
    const { gone, changed, owners, firstPlaces } = entries;
    const told = [
      ...[...gone].map((id) => [id, null] as const),
      ...[...changed].map((id) => {
        const covered = owners.get(id);
        return [id, covered ? entries.storedStamp(covered) : null] as const;
      }),
    ];
    await copy.write(async (to) => {
      for (const {
        number,
        vectors,
        passages: { length },
      } of blocks) {
        const first = Math.max(0, to.exactCount() - (firstPlaces.get(number) ?? 0));
        if (first < length)
          await to.addExact(vectors.subarray(first * dimension, length * dimension));
      }
      const dead = entries.dead.filter((place) => place < to.rowCount());
      await to.commit({ stamp, owners: told, dead });
    });
    entries.dead = [];
  }

  const isUnflushed = (): boolean => {
    const { unflushed, changed, gone } = entries;
    return unflushed + changed.size + gone.size + lost.length > 0;
  };

  async function flush(): Promise<void> {
    // Another index may have the numbers of its blocks by now.
    if (isClosed) return;
    const { fullBlocks, tail, changed, gone, liveCounts, owners, unflushed } = entries;
    if (!isUnflushed()) return;
    const blocks = [...fullBlocks, ...(tail.passages.length > 0 ? [tail] : [])];
    const emptied = [...liveCounts].filter(([block, live]) => live === 0 && block < tail.number);
    const stamp = crypto.randomUUID();
    await putEmbeddings(db, embedder, {
      collection,
      stamp,
      blocks: unflushed > 0 ? blocks.map((b) => packBlock(b, collection, embedder, clock())) : [],
      covered: [...changed].flatMap((ownerId) => {
        const covered = owners.get(ownerId);
        if (!covered) return [];
        return { collection, ownerId, ...covered, stamp: entries.storedStamp(covered) };
      }),
      uncoveredIds: [...gone],
      emptyBlockIds: [...lost, ...emptied.map(([block]) => idOf(block))],
    });
    await copyChanges(stamp, blocks);
    // What was put while this was written is kept for the next time: nothing is, the caller waits.
    entries.fullBlocks = [];
    lost = [];
    for (const [block] of emptied) liveCounts.delete(block);
    changed.clear();
    gone.clear();
    entries.unflushed = 0;
  }

  /** Reads everything from the tables into other memory and other files, which then take the place of these. */
  async function renew(): Promise<void> {
    // They have the same names. Exact numbers come from the tables meanwhile.
    copy.close();
    const next = await hold(deps);
    try {
      await loadFromTables(db, next.entries, next.copy);
    } catch (error) {
      next.copy.close();
      throw error;
    }
    ({ entries, copy, measure } = next);
    if (isClosed) copy.close();
  }

  await loadVectors(db, entries, copy);
  return {
    identity,
    memoryBytes: () => entries.rows.memoryBytes() + entries.passages.memoryBytes(),
    stampOf: (ownerId) => entries.owners.get(ownerId)?.stamp,
    ownerIds: () => [...entries.owners.keys()],
    missing(ownerId, wanted, isAmong) {
      const known = entries.knownRows(ownerId, isAmong);
      return wanted.filter((passage) => !known.has(passageKey(passage)));
    },
    put({ id, stamp }, wanted, vectors, isAmong) {
      const known = entries.knownRows(id, isAmong);
      const among = new Set(known.values());
      const others = isAmong
        ? (entries.owners.get(id)?.rows.filter((row) => !among.has(row)) ?? [])
        : [];
      let added = 0;
      const numbers = wanted.map((passage) => {
        const number = known.get(passageKey(passage));
        known.delete(passageKey(passage));
        if (number !== undefined) return number;
        const from = added++ * dimension;
        return entries.append(passage, vectors.subarray(from, from + dimension));
      });
      known.forEach((number) => entries.drop(number));
      entries.owners.set(id, { stamp, rows: Uint32Array.from([...others, ...numbers]).sort() });
      entries.changed.add(id);
      entries.gone.delete(id);
    },
    remove: (ownerId) => entries.remove(ownerId),
    retain(ownerId, wanted, isAmong) {
      const known = entries.knownRows(ownerId, isAmong);
      for (const passage of wanted) known.delete(passageKey(passage));
      if (known.size === 0) return;
      const left = new Set(known.values());
      left.forEach(entries.drop);
      const kept = (entries.owners.get(ownerId)?.rows ?? new Uint32Array(0)).filter(
        (row) => !left.has(row),
      );
      entries.owners.set(ownerId, { stamp: NO_STAMP, rows: kept });
      entries.changed.add(ownerId);
    },
    forgetStamp(ownerId) {
      const owner = entries.owners.get(ownerId);
      if (!owner || owner.stamp === NO_STAMP) return;
      entries.owners.set(ownerId, { ...owner, stamp: NO_STAMP });
      entries.changed.add(ownerId);
    },
    compare(ownerId, wanted, isAmong) {
      const known = entries.knownRows(ownerId, isAmong);
      const keys = new Set(wanted.map(passageKey));
      const missingCount = [...keys].filter((key) => !known.has(key)).length;
      return { missingCount, leftCount: [...known.keys()].filter((key) => !keys.has(key)).length };
    },
    verify: (signal) => verifyVectors(db, entries, copy, signal),
    async distrust(ownerIds, { blockIds, isCopyDamaged }) {
      if (isCopyDamaged) {
        // Made anew from the tables when the index is opened the next time.
        await copy.write((to) => to.restart());
        copy.close();
      }
      // The last block is in memory as a whole, and is stored again.
      const last = idOf(entries.tail.number);
      if (blockIds.includes(last)) entries.unflushed += 1;
      lost = blockIds.filter((id) => id !== last);
      const lostIds = new Set(lost);
      const isLost = (row: number): boolean => lostIds.has(idOf(blockOf(row)));
      const doubted = new Set(ownerIds);
      for (const [id, covered] of entries.owners) {
        const kept = covered.rows.filter((row) => !isLost(row));
        if (kept.length === covered.rows.length && !doubted.has(id)) continue;
        covered.rows.filter(isLost).forEach(entries.drop);
        entries.owners.set(id, { stamp: NO_STAMP, rows: kept });
        entries.changed.add(id);
      }
    },
    unflushedCount: () => entries.unflushed,
    isUnflushed,
    leftOutCount: () => entries.unreadable.size,
    forgetLeftOut() {
      const left = new Set(entries.unreadable);
      if (left.size === 0) return [];
      const ownerIds = [...entries.owners].flatMap(([id, { rows }]) =>
        rows.some((row) => left.has(row)) ? [id] : [],
      );
      for (const id of ownerIds) {
        const rows = entries.owners.get(id)?.rows ?? new Uint32Array(0);
        rows.forEach((row) => left.has(row) && entries.drop(row));
        entries.owners.set(id, { stamp: NO_STAMP, rows: rows.filter((row) => !left.has(row)) });
        entries.changed.add(id);
      }
      return ownerIds;
    },
    flush,
    async expunge(goOn) {
      if (entries.unexpunged.size === 0) return;
      await flush();
      await expungeVectors(db, entries, copy, clock, goOn);
    },
    async compact(isOnlyIfWorth) {
      await flush();
      const { isAny, isWorth, sparse } = findDead(entries);
      if (!isAny || (isOnlyIfWorth && !isWorth)) return 0;
      const before = copy.files()?.byteLength() ?? 0;
      await gatherRows(db, entries, sparse, flush, () => isClosed);
      if (!copy.files() || isClosed) return 0;
      await renew();
      return Math.max(0, before - (copy.files()?.byteLength() ?? before));
    },
    nearest: (query, limit) => findNearestOwners(entries, measure, query, limit),
    meanOf: (ownerId, isWanted) => meanOfOwner(entries, ownerId, isWanted),
    means: () => meansOfOwners(entries),
    close() {
      isClosed = true;
      copy.close();
    },
  };
}

/** Vectors in memory, the copy of them in files, and what measures by both. */
interface Held {
  readonly entries: VectorEntries;
  readonly copy: VectorCopy;
  readonly measure: ReturnType<typeof createExactCosines>;
}

/** Nothing in memory yet, and the files opened. */
async function hold({ db, collection, identity, store }: VectorIndexDeps): Promise<Held> {
  const entries = await createVectorEntries(collection, identity);
  const { embedder, rows, passages, readOwners } = entries;
  const copy = await openVectorCopy({ store, collection, embedder, rows, passages, readOwners });
  const measure = createExactCosines({
    db,
    dimension: identity.dimension,
    idOf: entries.idOf,
    inMemory: (block) =>
      [...entries.fullBlocks, entries.tail].find(({ number }) => number === block)?.vectors,
    readRow: async (number, target) =>
      (await copy.files()?.readExact(entries.placeOf(number), target)) ?? false,
  });
  return { entries, copy, measure };
}

/** No conversation has it: what carries it is looked at again. */
const NO_STAMP = '';
