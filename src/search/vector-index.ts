/**
 * The vectors of one collection and one embedder: bytes in memory for the scan, float32 in the table
 * `embeddings`, and which rows belong to whom. One worker owns it.
 */
import { putEmbeddings, readEmbeddingBlocks, readEmbeddingCoverage } from '#db/embeddings.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { embedderKey } from '#domain/embedding.ts';
import type { EmbedderIdentity, EmbeddingCollection, Passage } from '#domain/embedding.ts';
import type { Clock } from '#domain/ids.ts';
import type { EmbeddingCoverage } from '#domain/stored-rows.ts';
import {
  BLOCK_ROWS,
  blockId,
  createOpenBlock,
  packBlock,
  unpackBlock,
} from './embedding-blocks.ts';
import type { OpenBlock } from './embedding-blocks.ts';
import { createExactCosines } from './exact-cosines.ts';
import type { PassageText } from './passages.ts';
import { createVectorRows } from './vector-rows.ts';

/** So many rows of the scan are measured again with all their digits (PERFORMANCE section 3). */
const RESCORED_ROWS = 50;
/** More rows are asked of the scan while too few owners are among them, up to this many. */
const MOST_ROWS = 3200;

/** The best passage of one conversation or document. */
export interface NearOwner {
  readonly ownerId: string;
  readonly cosine: number;
  readonly passage: Passage;
}

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
  /** Rows put since the last {@link flush}. */
  readonly unflushedCount: () => number;
  /** Stores what was put and removed, in one transaction. @throws OnggiError `db/*` */
  flush(): Promise<void>;
  /**
   * The owners with the nearest passages, nearest first, with the exact cosine of each; at most `limit`.
   * @param query A vector of length 1 of the same embedder.
   */
  nearest(query: Float32Array, limit: number): Promise<readonly NearOwner[]>;
}

type Covered = Omit<EmbeddingCoverage, 'id'>;

export interface VectorIndexDeps {
  readonly db: OnggiDatabase;
  readonly clock: Clock;
  readonly collection: EmbeddingCollection;
  readonly identity: EmbedderIdentity;
}

/**
 * Reads what is stored into memory. Blocks that cannot be read, and rows that nobody's coverage names,
 * are passed over: their owners are embedded anew.
 */
export async function openVectorIndex(deps: VectorIndexDeps): Promise<VectorIndex> {
  const { db, clock, collection, identity } = deps;
  const { dimension } = identity;
  const embedder = embedderKey(identity);
  const rows = await createVectorRows(dimension);
  /** By place in `rows`; null for what does not count. */
  const passageAt: (Passage | null)[] = [];
  /** Numbers of the rows, by place. */
  const numberAt: number[] = [];
  /** Place of a block's first row. Blocks lie in memory in the order of their numbers. */
  const firstPlaces = new Map<number, number>();
  /** Rows that count, by block. */
  const liveCounts = new Map<number, number>();
  const owners = new Map<string, Covered>();
  const changed = new Set<string>();
  const gone = new Set<string>();
  /** Full blocks that are not stored yet. */
  let fullBlocks: OpenBlock[] = [];
  let tail = createOpenBlock(0, dimension);
  let unflushed = 0;

  const blockOf = (number: number): number => Math.floor(number / BLOCK_ROWS);
  const placeOf = (number: number): number =>
    (firstPlaces.get(blockOf(number)) ?? NaN) + (number % BLOCK_ROWS);
  const exact = createExactCosines({
    db,
    dimension,
    idOf: (block) => blockId(collection, embedder, block),
    inMemory: (block) => [...fullBlocks, tail].find(({ number }) => number === block)?.vectors,
  });

  function addPassage(number: number, passage: Passage | null): void {
    const block = blockOf(number);
    if (!firstPlaces.has(block)) firstPlaces.set(block, passageAt.length);
    passageAt.push(passage);
    numberAt.push(number);
    if (passage) liveCounts.set(block, (liveCounts.get(block) ?? 0) + 1);
    else rows.remove(passageAt.length - 1);
  }

  function drop(number: number): void {
    const place = placeOf(number);
    if (!passageAt[place]) return;
    passageAt[place] = null;
    rows.remove(place);
    liveCounts.set(blockOf(number), (liveCounts.get(blockOf(number)) ?? 0) - 1);
  }

  function append(passage: PassageText, vector: Float32Array): number {
    const { text: _text, ...stored } = passage;
    const number = tail.number * BLOCK_ROWS + tail.passages.length;
    tail.vectors.set(vector, tail.passages.length * dimension);
    tail.passages.push(stored);
    rows.add(vector);
    addPassage(number, stored);
    unflushed += 1;
    if (tail.passages.length === BLOCK_ROWS) {
      fullBlocks.push(tail);
      tail = createOpenBlock(tail.number + 1, dimension);
    }
    return number;
  }

  function remove(ownerId: string): void {
    const known = owners.get(ownerId);
    if (!known) return;
    known.rows.forEach(drop);
    owners.delete(ownerId);
    changed.delete(ownerId);
    gone.add(ownerId);
  }

  async function load(): Promise<void> {
    const named = new Map<number, string>();
    for (const coverage of await readEmbeddingCoverage(db, embedder)) {
      if (coverage.collection !== collection) continue;
      const { id: _id, ...covered } = coverage;
      owners.set(coverage.ownerId, covered);
      for (const number of coverage.rows) named.set(number, coverage.ownerId);
    }
    for await (const block of readEmbeddingBlocks(db, collection, embedder)) {
      tail = createOpenBlock(block.number + 1, dimension);
      const content = unpackBlock(block, dimension);
      if (!content) continue;
      rows.add(content.vectors);
      content.passages.forEach((passage, at) => {
        const number = block.number * BLOCK_ROWS + at;
        addPassage(number, named.get(number) === passage.ownerId ? passage : null);
        named.delete(number);
      });
      if (content.passages.length === BLOCK_ROWS) continue;
      tail = createOpenBlock(block.number, dimension);
      tail.passages.push(...content.passages);
      tail.vectors.set(content.vectors);
    }
    // What is covered by rows that are not there is not covered.
    new Set(named.values()).forEach(remove);
  }

  /** Stored rows of an owner, by what they stand for. */
  function knownRows(ownerId: string): Map<string, number> {
    const known = new Map<string, number>();
    for (const number of owners.get(ownerId)?.rows ?? []) {
      const passage = passageAt[placeOf(number)];
      if (passage) known.set(passageKey(passage), number);
    }
    return known;
  }

  await load();
  return {
    identity,
    memoryBytes: rows.memoryBytes,
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
        return append(passage, vectors.subarray(from, from + dimension));
      });
      known.forEach(drop);
      const sorted = Uint32Array.from(numbers).sort();
      owners.set(id, { collection, ownerId: id, stamp, rows: sorted });
      changed.add(id);
      gone.delete(id);
    },
    remove,
    unflushedCount: () => unflushed,
    async flush() {
      const blocks = [...fullBlocks, ...(tail.passages.length > 0 ? [tail] : [])];
      const emptied = [...liveCounts].filter(([block, live]) => live === 0 && block < tail.number);
      await putEmbeddings(db, embedder, {
        blocks: unflushed > 0 ? blocks.map((b) => packBlock(b, collection, embedder, clock())) : [],
        covered: [...changed].flatMap((ownerId) => owners.get(ownerId) ?? []),
        uncoveredIds: [...gone],
        emptyBlockIds: emptied.map(([block]) => blockId(collection, embedder, block)),
      });
      // What was put while this was written is kept for the next time: nothing is, the caller waits.
      fullBlocks = [];
      for (const [block] of emptied) liveCounts.delete(block);
      changed.clear();
      gone.clear();
      unflushed = 0;
    },
    async nearest(query, limit) {
      for (let wanted = RESCORED_ROWS; ; wanted *= 4) {
        const near = rows.nearest(query, wanted);
        const found = new Set(near.map(({ row }) => passageAt[row]?.ownerId));
        const isAll = near.length < wanted || wanted * 4 > MOST_ROWS;
        if (found.size < limit && !isAll) continue;
        const chosen = near.slice(0, RESCORED_ROWS).map(({ row }) => numberAt[row] ?? NaN);
        const cosines = await exact(query, chosen);
        return toOwners(near, cosines).slice(0, limit);
      }
    },
  };

  function toOwners(
    near: readonly { readonly row: number; readonly cosine: number }[],
    exactCosines: ReadonlyMap<number, number>,
  ): readonly NearOwner[] {
    const found = new Map<string, NearOwner>();
    for (const { row, cosine } of near) {
      const passage = passageAt[row];
      if (!passage) continue;
      const measured = exactCosines.get(numberAt[row] ?? NaN) ?? cosine;
      const before = found.get(passage.ownerId);
      if (before && before.cosine >= measured) continue;
      found.set(passage.ownerId, { ownerId: passage.ownerId, cosine: measured, passage });
    }
    return [...found.values()].sort((a, b) => b.cosine - a.cosine);
  }
}

function passageKey({ kind, seq, start, end, textHash }: Passage): string {
  return `${kind}.${seq}.${start}.${end}.${textHash}`;
}
