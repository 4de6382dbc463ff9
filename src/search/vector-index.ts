/**
 * The vectors of one collection and one embedder: bytes in memory for the scan, float32 in the table
 * `embeddings`, and which rows belong to whom. One worker owns it. Where there are files, they hold a copy
 * that is read at once; see [Note: How the vector files are trusted] in vector-sidecar.ts.
 */
import { putEmbeddings } from '#db/embeddings.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { EmbedderIdentity, EmbeddingCollection } from '#domain/embedding.ts';
import type { Clock } from '#domain/ids.ts';
import { packBlock } from './embedding-blocks.ts';
import type { OpenBlock } from './embedding-blocks.ts';
import { createExactCosines } from './exact-cosines.ts';
import { expungeVectors } from './expunge-vectors.ts';
import { loadVectors } from './load-vectors.ts';
import { findNearestOwners, meansOfOwners } from './nearest-owners.ts';
import type { NearOwner } from './nearest-owners.ts';
import type { PassageText } from './passages.ts';
import type { SidecarStore } from './sidecar-store.ts';
import { openVectorCopy } from './vector-copy.ts';
import { blockOf, createVectorEntries, passageKey } from './vector-entries.ts';
import { verifyVectors } from './verify-vectors.ts';
import type { DamagedVectors } from './verify-vectors.ts';

export interface VectorIndex {
  readonly identity: EmbedderIdentity;
  readonly memoryBytes: () => number;
  /** The stamp under which an owner was put; undefined where it was not. */
  stampOf(ownerId: string): string | undefined;
  readonly ownerIds: () => readonly string[];
  /** The passages of `wanted` that have no vector yet. */
  missing(ownerId: string, wanted: readonly PassageText[]): readonly PassageText[];
  /**
   * An owner has exactly the passages `wanted`; `vectors` are those of what {@link missing} gave. Found
   * from now on, stored with the next {@link flush}.
   */
  put(
    owner: { readonly id: string; readonly stamp: string },
    wanted: readonly PassageText[],
    vectors: Float32Array<ArrayBuffer>,
  ): void;
  remove(ownerId: string): void;
  /** Lets go of passages that are none of `wanted`; what `wanted` has besides is looked for again. */
  retain(ownerId: string, wanted: readonly PassageText[]): void;
  /** How many passages of `wanted` have no vector, and how many vectors stand for none of them. */
  compare(
    ownerId: string,
    wanted: readonly PassageText[],
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
  /** Rows put since the last {@link flush}. */
  readonly unflushedCount: () => number;
  /** Stores what was put and removed, in one transaction. @throws OnggiError `db/*` */
  flush(): Promise<void>;
  /**
   * Overwrites what is stored of vectors that do not count any more; see [Note: Expunging].
   * @param goOn Called now and then; what it throws ends the work until the next time.
   * @throws OnggiError `db/*`
   */
  expunge(goOn: () => void): Promise<void>;
  /**
   * The owners with the nearest passages, nearest first, with the exact cosine of each; at most `limit`.
   * @param query A vector of length 1 of the same embedder.
   */
  nearest(query: Float32Array, limit: number): Promise<readonly NearOwner[]>;
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
  const { db, clock, collection, identity, store } = deps;
  const { dimension } = identity;
  const entries = await createVectorEntries(collection, identity);
  const { embedder, rows, passages, owners, changed, gone, liveCounts, firstPlaces } = entries;
  const { idOf, placeOf, knownRows } = entries;
  /** Blocks of the table that nobody can read and that go with the next step. */
  let lost: readonly string[] = [];
  const copy = await openVectorCopy({
    store,
    collection,
    embedder,
    rows,
    passages,
    readOwners: entries.readOwners,
  });
  const measure = createExactCosines({
    db,
    dimension,
    idOf,
    inMemory: (block) =>
      [...entries.fullBlocks, entries.tail].find(({ number }) => number === block)?.vectors,
    readRow: async (number, target) =>
      (await copy.files()?.readExact(placeOf(number), target)) ?? false,
  });

  /** Brings the files to what the tables were given. */
  async function copyChanges(stamp: string, blocks: readonly OpenBlock[]): Promise<void> {
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

  async function flush(): Promise<void> {
    const { unflushed, fullBlocks, tail } = entries;
    if (unflushed + changed.size + gone.size + lost.length === 0) return;
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

  await loadVectors(db, entries, copy);
  return {
    identity,
    memoryBytes: () => rows.memoryBytes() + passages.memoryBytes(),
    stampOf: (ownerId) => owners.get(ownerId)?.stamp,
    ownerIds: () => [...owners.keys()],
    missing(ownerId, wanted) {
      const known = knownRows(ownerId);
      return wanted.filter((passage) => !known.has(passageKey(passage)));
    },
    put({ id, stamp }, wanted, vectors) {
      const known = knownRows(id);
      let added = 0;
      const numbers = wanted.map((passage) => {
        const number = known.get(passageKey(passage));
        known.delete(passageKey(passage));
        if (number !== undefined) return number;
        const from = added++ * dimension;
        return entries.append(passage, vectors.subarray(from, from + dimension));
      });
      known.forEach(entries.drop);
      owners.set(id, { stamp, rows: Uint32Array.from(numbers).sort() });
      changed.add(id);
      gone.delete(id);
    },
    remove: entries.remove,
    retain(ownerId, wanted) {
      const known = knownRows(ownerId);
      for (const passage of wanted) known.delete(passageKey(passage));
      if (known.size === 0) return;
      const left = new Set(known.values());
      left.forEach(entries.drop);
      const kept = (owners.get(ownerId)?.rows ?? new Uint32Array(0)).filter(
        (row) => !left.has(row),
      );
      owners.set(ownerId, { stamp: NO_STAMP, rows: kept });
      changed.add(ownerId);
    },
    compare(ownerId, wanted) {
      const known = knownRows(ownerId);
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
      for (const [id, covered] of owners) {
        const kept = covered.rows.filter((row) => !isLost(row));
        if (kept.length === covered.rows.length && !doubted.has(id)) continue;
        covered.rows.filter(isLost).forEach(entries.drop);
        owners.set(id, { stamp: NO_STAMP, rows: kept });
        changed.add(id);
      }
    },
    unflushedCount: () => entries.unflushed,
    leftOutCount: () => entries.unreadable.size,
    flush,
    async expunge(goOn) {
      if (entries.unexpunged.size === 0) return;
      await flush();
      await expungeVectors(db, entries, copy, clock, goOn);
    },
    nearest: (query, limit) => findNearestOwners(entries, measure, query, limit),
    means: () => meansOfOwners(entries),
    close: copy.close,
  };
}

/** No conversation has it: what carries it is looked at again. */
const NO_STAMP = '';
