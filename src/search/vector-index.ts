/**
 * The vectors of one collection and one embedder: bytes in memory for the scan, float32 in the table
 * `embeddings`, and which rows belong to whom. One worker owns it. Where there are files, they hold a copy
 * that is read at once; see [Note: How the vector files are trusted] in vector-sidecar.ts.
 */
import {
  putEmbeddings,
  readEmbeddingBlocks,
  readEmbeddingCoverage,
  readEmbeddingStamp,
} from '#db/embeddings.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { embedderKey } from '#domain/embedding.ts';
import type { EmbedderIdentity, EmbeddingCollection, Passage } from '#domain/embedding.ts';
import type { Clock } from '#domain/ids.ts';
import type { EmbeddingBlock } from '#domain/stored-rows.ts';
import {
  BLOCK_ROWS,
  blockId,
  createOpenBlock,
  packBlock,
  unpackBlock,
} from './embedding-blocks.ts';
import type { OpenBlock } from './embedding-blocks.ts';
import { createExactCosines } from './exact-cosines.ts';
import { createPassageRows } from './passage-rows.ts';
import type { PassageText } from './passages.ts';
import type { SidecarStore } from './sidecar-store.ts';
import { openVectorSidecar } from './vector-sidecar.ts';
import type { VectorSidecar } from './vector-sidecar.ts';
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
  /** Rows put since the last {@link flush}. */
  readonly unflushedCount: () => number;
  /** Stores what was put and removed, in one transaction. @throws OnggiError `db/*` */
  flush(): Promise<void>;
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

/** What of the stored vectors cannot be read. */
export interface DamagedVectors {
  readonly blockIds: readonly string[];
  readonly isCopyDamaged: boolean;
}

/** An owner's state and rows, by their numbers, rising. */
interface Covered {
  readonly stamp: string;
  readonly rows: Uint32Array<ArrayBuffer>;
}

export interface VectorIndexDeps {
  readonly db: OnggiDatabase;
  readonly clock: Clock;
  readonly collection: EmbeddingCollection;
  readonly identity: EmbedderIdentity;
  /** Where the copy in files is; without it the table is read. */
  readonly store?: SidecarStore | undefined;
}

/** When so great a part of the rows in the files is of blocks that are gone, they are written anew. */
const GONE_PART = 0.25;

/**
 * Reads what is stored into memory. Blocks that cannot be read, and rows that nobody's coverage names,
 * are passed over: their owners are embedded anew.
 */
export async function openVectorIndex(deps: VectorIndexDeps): Promise<VectorIndex> {
  const { db, clock, collection, identity, store } = deps;
  const { dimension } = identity;
  const embedder = embedderKey(identity);
  const rows = await createVectorRows(dimension);
  const passages = createPassageRows();
  /** Place of a block's first row. Blocks lie in memory in the order of their numbers. */
  const firstPlaces = new Map<number, number>();
  /** Rows that count, by block. */
  const liveCounts = new Map<number, number>();
  const owners = new Map<string, Covered>();
  const changed = new Set<string>();
  const gone = new Set<string>();
  /** Blocks of the table that nobody can read and that go with the next step. */
  let lost: readonly string[] = [];
  /** Places that are in the files and have ceased to count. */
  let dead: number[] = [];
  /** Full blocks that are not stored yet. */
  let fullBlocks: OpenBlock[] = [];
  let tail = createOpenBlock(0, dimension);
  let unflushed = 0;
  let sidecar: VectorSidecar | undefined;

  const placeOf = (number: number): number =>
    (firstPlaces.get(blockOf(number)) ?? NaN) + (number % BLOCK_ROWS);
  const exact = createExactCosines({
    db,
    dimension,
    idOf: (block) => blockId(collection, embedder, block),
    inMemory: (block) => [...fullBlocks, tail].find(({ number }) => number === block)?.vectors,
    readRow: async (number, target) => (await sidecar?.readExact(placeOf(number), target)) ?? false,
  });

  function addPassage(number: number, passage: Passage | null): void {
    const block = blockOf(number);
    if (!firstPlaces.has(block)) firstPlaces.set(block, passages.rowCount());
    passages.add(number, passage);
    if (passage) liveCounts.set(block, (liveCounts.get(block) ?? 0) + 1);
    else rows.remove(passages.rowCount() - 1);
  }

  function drop(number: number): void {
    const place = placeOf(number);
    if (!(passages.ownerOf(place) >= 0)) return;
    passages.remove(place);
    rows.remove(place);
    if (place < (sidecar?.rowCount() ?? 0)) dead.push(place);
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

  async function loadFromTables(): Promise<void> {
    const named = new Map<number, string>();
    for (const coverage of await readEmbeddingCoverage(db, embedder)) {
      if (coverage.collection !== collection) continue;
      owners.set(coverage.ownerId, { stamp: coverage.stamp, rows: coverage.rows });
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
      await copy((to) => to.addExact(content.vectors));
      if (content.passages.length === BLOCK_ROWS) continue;
      tail = createOpenBlock(block.number, dimension);
      tail.passages.push(...content.passages);
      tail.vectors.set(content.vectors);
    }
    // What is covered by rows that are not there is not covered.
    new Set(named.values()).forEach(remove);
  }

  /** @returns whether the files are a copy of what the tables hold */
  async function loadFromFiles(from: VectorSidecar, stamp: string): Promise<boolean> {
    const stamps = await from.load(stamp).catch(() => undefined);
    if (!stamps) return false;
    const count = passages.rowCount();
    let liveBlocks = 0;
    for (let place = 0; place < count;) {
      const block = blockOf(passages.numberOf(place));
      firstPlaces.set(block, place);
      let live = 0;
      for (; place < count && blockOf(passages.numberOf(place)) === block; place++) {
        if (passages.ownerOf(place) >= 0) live += 1;
      }
      if (live > 0) liveCounts.set(block, live);
      if (live > 0) liveBlocks += 1;
    }
    if (firstPlaces.size - liveBlocks > firstPlaces.size * GONE_PART) return false;
    const rowsByOwner = groupRows();
    for (const [ownerId, ownerStamp] of stamps) {
      const own = rowsByOwner[passages.numberOwner(ownerId)] ?? new Uint32Array(0);
      owners.set(ownerId, { stamp: ownerStamp, rows: own });
    }
    return readTail(from);
  }

  /** Numbers of the rows of each owner, by the owner's number. */
  function groupRows(): readonly Uint32Array<ArrayBuffer>[] {
    const count = passages.rowCount();
    const ends = new Uint32Array(passages.ownerIds.length + 1);
    for (let place = 0; place < count; place++) {
      const after = passages.ownerOf(place) + 1;
      if (after > 0) ends[after] = (ends[after] ?? 0) + 1;
    }
    for (let at = 1; at < ends.length; at++) ends[at] = (ends[at] ?? 0) + (ends[at - 1] ?? 0);
    const next = ends.slice();
    const all = new Uint32Array(ends.at(-1) ?? 0);
    for (let place = 0; place < count; place++) {
      const owner = passages.ownerOf(place);
      if (owner < 0) continue;
      const at = next[owner] ?? 0;
      all[at] = passages.numberOf(place);
      next[owner] = at + 1;
    }
    return passages.ownerIds.map((_id, owner) => all.subarray(ends[owner], ends[owner + 1]));
  }

  /** Takes the last block up again, which is not full. @returns false when its numbers are damaged */
  async function readTail(from: VectorSidecar): Promise<boolean> {
    const last = passages.numberOf(passages.rowCount() - 1);
    if (Number.isNaN(last)) return true;
    tail = createOpenBlock(blockOf(last) + 1, dimension);
    if (last % BLOCK_ROWS === BLOCK_ROWS - 1) return true;
    tail = createOpenBlock(blockOf(last), dimension);
    const first = firstPlaces.get(blockOf(last)) ?? 0;
    for (let place = first; place < passages.rowCount(); place++) {
      tail.passages.push(passages.at(place) ?? NO_PASSAGE);
    }
    return from.readExact(first, tail.vectors.subarray(0, tail.passages.length * dimension));
  }

  async function load(): Promise<void> {
    const stamp = await readEmbeddingStamp(db, collection, embedder);
    const opened = store && (await openSidecar(store).catch(() => undefined));
    if (opened && stamp !== undefined && (await loadFromFiles(opened, stamp))) {
      sidecar = opened;
      return;
    }
    for (const known of [rows, passages, firstPlaces, liveCounts, owners]) known.clear();
    tail = createOpenBlock(0, dimension);
    sidecar = opened;
    await copy((to) => to.restart());
    await loadFromTables();
    const copied = stamp ?? (passages.rowCount() > 0 ? await writeStamp() : undefined);
    if (copied === undefined) return;
    await copy((to) => to.commit({ stamp: copied, owners: readOwners(), dead: [] }));
  }

  /** Vectors of an earlier state of this code have none. */
  async function writeStamp(): Promise<string> {
    const stamp = crypto.randomUUID();
    const nothing = { blocks: [], covered: [], uncoveredIds: [], emptyBlockIds: [] };
    await putEmbeddings(db, embedder, { collection, stamp, ...nothing });
    return stamp;
  }

  function openSidecar(into: SidecarStore): Promise<VectorSidecar> {
    return openVectorSidecar({
      store: into,
      collection,
      embedder,
      rows,
      passages,
      readOwners,
    });
  }

  function readOwners(): readonly (readonly [string, string])[] {
    return [...owners].map(([id, { stamp }]) => [id, stamp]);
  }

  /** Does something to the files; where that fails (a full disk), work goes on without them. */
  async function copy(work: (to: VectorSidecar) => Promise<void>): Promise<void> {
    if (!sidecar) return;
    try {
      await work(sidecar);
    } catch {
      sidecar.close();
      sidecar = undefined;
    }
  }

  /** Stored rows of an owner, by what they stand for. */
  function knownRows(ownerId: string): Map<string, number> {
    const known = new Map<string, number>();
    for (const number of owners.get(ownerId)?.rows ?? []) {
      const passage = passages.at(placeOf(number));
      if (passage) known.set(passageKey(passage), number);
    }
    return known;
  }

  /** Brings the files to what the tables were given. */
  async function copyChanges(stamp: string, blocks: readonly OpenBlock[]): Promise<void> {
    const told = [
      ...[...gone].map((id) => [id, null] as const),
      ...[...changed].map((id) => [id, owners.get(id)?.stamp ?? null] as const),
    ];
    await copy(async (to) => {
      for (const {
        number,
        vectors,
        passages: { length },
      } of blocks) {
        const first = Math.max(0, to.exactCount() - (firstPlaces.get(number) ?? 0));
        if (first < length)
          await to.addExact(vectors.subarray(first * dimension, length * dimension));
      }
      await to.commit({ stamp, owners: told, dead });
    });
    dead = [];
  }

  /** Whether the files have the same exact numbers as they were given for a block. */
  async function isCopySound(block: number): Promise<boolean> {
    const first = firstPlaces.get(block);
    if (!sidecar || first === undefined) return true;
    let count = 0;
    const end = Math.min(first + BLOCK_ROWS, sidecar.rowCount());
    while (first + count < end && blockOf(passages.numberOf(first + count)) === block) count += 1;
    return count === 0 || sidecar.readExact(first, new Float32Array(count * dimension));
  }

  /** Whether a stored block has all rows that count of those in memory. */
  function isBlockSound(block: EmbeddingBlock): boolean {
    const content = unpackBlock(block, dimension);
    if (!content) return false;
    const first = firstPlaces.get(block.number);
    if (first === undefined) return true;
    for (let place = first; blockOf(passages.numberOf(place)) === block.number; place += 1) {
      const passage = passages.at(place);
      if (!passage) continue;
      const row = place - first;
      const stored = content.passages[row];
      if (stored?.ownerId !== passage.ownerId) return false;
      if (passageKey(stored) !== passageKey(passage)) return false;
      const vector = content.vectors.subarray(row * dimension, (row + 1) * dimension);
      if (!vector.every(Number.isFinite)) return false;
    }
    return true;
  }

  await load();
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
        return append(passage, vectors.subarray(from, from + dimension));
      });
      known.forEach(drop);
      owners.set(id, { stamp, rows: Uint32Array.from(numbers).sort() });
      changed.add(id);
      gone.delete(id);
    },
    remove,
    compare(ownerId, wanted) {
      const known = knownRows(ownerId);
      const keys = new Set(wanted.map(passageKey));
      const missingCount = [...keys].filter((key) => !known.has(key)).length;
      return { missingCount, leftCount: [...known.keys()].filter((key) => !keys.has(key)).length };
    },
    async verify(signal) {
      const blockIds: string[] = [];
      let isCopyDamaged = false;
      const unseen = new Set([...liveCounts].flatMap(([block, live]) => (live > 0 ? block : [])));
      for await (const block of readEmbeddingBlocks(db, collection, embedder)) {
        signal.throwIfAborted();
        unseen.delete(block.number);
        if (!isBlockSound(block)) blockIds.push(block.id);
        if (!(await isCopySound(block.number))) isCopyDamaged = true;
      }
      blockIds.push(...[...unseen].map((block) => blockId(collection, embedder, block)));
      return { blockIds, isCopyDamaged };
    },
    async distrust(ownerIds, { blockIds, isCopyDamaged }) {
      if (isCopyDamaged) {
        // Made anew from the tables when the index is opened the next time.
        await copy((to) => to.restart());
        sidecar?.close();
        sidecar = undefined;
        dead = [];
      }
      const idOf = (block: number): string => blockId(collection, embedder, block);
      // The last block is in memory as a whole, and is stored again.
      if (blockIds.includes(idOf(tail.number))) unflushed += 1;
      lost = blockIds.filter((id) => id !== idOf(tail.number));
      const lostIds = new Set(lost);
      const isLost = (row: number): boolean => lostIds.has(idOf(blockOf(row)));
      const doubted = new Set(ownerIds);
      for (const [id, covered] of owners) {
        const kept = covered.rows.filter((row) => !isLost(row));
        if (kept.length === covered.rows.length && !doubted.has(id)) continue;
        covered.rows.filter(isLost).forEach(drop);
        owners.set(id, { stamp: NO_STAMP, rows: kept });
        changed.add(id);
      }
    },
    unflushedCount: () => unflushed,
    async flush() {
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
          return covered ? { collection, ownerId, ...covered } : [];
        }),
        uncoveredIds: [...gone],
        emptyBlockIds: [...lost, ...emptied.map(([block]) => blockId(collection, embedder, block))],
      });
      await copyChanges(stamp, blocks);
      // What was put while this was written is kept for the next time: nothing is, the caller waits.
      fullBlocks = [];
      lost = [];
      for (const [block] of emptied) liveCounts.delete(block);
      changed.clear();
      gone.clear();
      unflushed = 0;
    },
    async nearest(query, limit) {
      for (let wanted = RESCORED_ROWS; ; wanted *= 4) {
        const near = rows.nearest(query, wanted);
        const found = new Set(near.map(({ row }) => passages.ownerOf(row)));
        const isAll = near.length < wanted || wanted * 4 > MOST_ROWS;
        if (found.size < limit && !isAll) continue;
        const chosen = near.slice(0, RESCORED_ROWS).map(({ row }) => passages.numberOf(row));
        const cosines = await exact(query, chosen);
        return toOwners(near, cosines).slice(0, limit);
      }
    },
    means() {
      const ownerIds = [...owners.keys()];
      const vectors = new Float32Array(ownerIds.length * dimension);
      ownerIds.forEach((ownerId, at) => {
        const mean = vectors.subarray(at * dimension, (at + 1) * dimension);
        for (const number of owners.get(ownerId)?.rows ?? []) rows.addTo(mean, placeOf(number));
        const length = Math.hypot(...mean);
        if (length > 0) mean.forEach((value, i) => (mean[i] = value / length));
      });
      return { ownerIds, vectors };
    },
    close: () => sidecar?.close(),
  };

  function toOwners(
    near: readonly { readonly row: number; readonly cosine: number }[],
    exactCosines: ReadonlyMap<number, number>,
  ): readonly NearOwner[] {
    const found = new Map<string, NearOwner>();
    for (const { row, cosine } of near) {
      const passage = passages.at(row);
      if (!passage) continue;
      const measured = exactCosines.get(passages.numberOf(row)) ?? cosine;
      const before = found.get(passage.ownerId);
      if (before && before.cosine >= measured) continue;
      found.set(passage.ownerId, { ownerId: passage.ownerId, cosine: measured, passage });
    }
    return [...found.values()].sort((a, b) => b.cosine - a.cosine);
  }
}

const blockOf = (number: number): number => Math.floor(number / BLOCK_ROWS);

/** No conversation has it: what carries it is looked at again. */
const NO_STAMP = '';

/** What stands in a block for a row that does not count any more. */
const NO_PASSAGE: Passage = {
  ownerId: '',
  kind: 'message',
  seq: -1,
  start: 0,
  end: 0,
  textHash: 0,
};

function passageKey({ kind, seq, start, end, textHash }: Passage): string {
  return `${kind}.${seq}.${start}.${end}.${textHash}`;
}
