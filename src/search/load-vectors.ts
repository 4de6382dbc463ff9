/** Reads stored vectors into memory: from the copy in files where it is one, else from the tables. */
import {
  putEmbeddings,
  readEmbeddingBlocks,
  readEmbeddingCoverage,
  readEmbeddingStamp,
} from '#db/embeddings.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { BLOCK_ROWS, NO_PASSAGE, createOpenBlock, unpackBlock } from './embedding-blocks.ts';
import { PASSAGE_FIELDS } from './passage-rows.ts';
import type { VectorCopy } from './vector-copy.ts';
import { blockOf } from './vector-entries.ts';
import type { VectorEntries } from './vector-entries.ts';
import type { VectorSidecar } from './vector-sidecar.ts';

/** When so great a part of the rows in the files is of blocks that are gone, they are written anew. */
const GONE_PART = 0.25;

/**
 * Fills `entries`, which are empty. Blocks that cannot be read, and rows that nobody's coverage names, are
 * passed over: their owners are embedded anew. The files are a copy of the tables afterwards.
 */
export async function loadVectors(
  db: OnggiDatabase,
  entries: VectorEntries,
  copy: VectorCopy,
): Promise<void> {
  const stamp = await readEmbeddingStamp(db, entries.collection, entries.embedder);
  const files = copy.files();
  if (files && stamp !== undefined && (await loadFromFiles(entries, files, stamp))) {
    findRefused(entries);
    return;
  }
  entries.clear();
  await loadFromTables(db, entries, copy);
}

/** The same, without a look at what is in the files: they are written anew. */
export async function loadFromTables(
  db: OnggiDatabase,
  entries: VectorEntries,
  copy: VectorCopy,
): Promise<void> {
  const stamp = await readEmbeddingStamp(db, entries.collection, entries.embedder);
  await copy.write((to) => to.restart());
  await readTables(db, entries, copy);
  findRefused(entries);
  const copied = stamp ?? (entries.passages.rowCount() > 0 ? await writeStamp(db, entries) : null);
  // Nothing of what the files do not have yet is to be told to them.
  entries.dead = [];
  if (copied === null) return;
  await copy.write((to) => to.commit({ stamp: copied, owners: entries.readOwners(), dead: [] }));
}

/**
 * An earlier state of this code stored zeros for what an endpoint refused, and told nobody: they are taken for
 * what it is now. Of the built-in model, zeros say that a text has nothing in it.
 */
function findRefused({ isRemote, rows, passages, unreadable }: VectorEntries): void {
  if (!isRemote) return;
  rows.scales(0, passages.rowCount()).forEach((scale, place) => {
    if (scale === 0 && passages.ownerOf(place) >= 0) unreadable.add(passages.numberOf(place));
  });
}

/** Vectors of an earlier state of this code have none. */
async function writeStamp(
  db: OnggiDatabase,
  { collection, embedder }: VectorEntries,
): Promise<string> {
  const stamp = crypto.randomUUID();
  const nothing = { blocks: [], covered: [], uncoveredIds: [], emptyBlockIds: [] };
  await putEmbeddings(db, embedder, { collection, stamp, ...nothing });
  return stamp;
}

async function readTables(
  db: OnggiDatabase,
  entries: VectorEntries,
  copy: VectorCopy,
): Promise<void> {
  const { collection, embedder, dimension, rows } = entries;
  const named = new Map<number, string>();
  for (const coverage of await readEmbeddingCoverage(db, embedder)) {
    if (coverage.collection !== collection) continue;
    entries.cover(coverage.ownerId, coverage.stamp, coverage.rows);
    for (const number of coverage.rows) named.set(number, coverage.ownerId);
  }
  for await (const block of readEmbeddingBlocks(db, collection, embedder)) {
    entries.tail = createOpenBlock(block.number + 1, dimension);
    const content = unpackBlock(block, dimension);
    if (!content) continue;
    const passages = content.passages.map((passage, at) => {
      const isNamed = named.get(block.number * BLOCK_ROWS + at) === passage.ownerId;
      if (isNamed || passage.ownerId === '') return passage;
      // Of an owner that went, and with it this code, before it was expunged.
      entries.unexpunged.add(entries.passages.rowCount() + at);
      content.vectors.fill(0, at * dimension, (at + 1) * dimension);
      return NO_PASSAGE;
    });
    rows.add(content.vectors);
    passages.forEach((passage, at) => {
      const number = block.number * BLOCK_ROWS + at;
      entries.addPassage(number, passage === NO_PASSAGE || passage.ownerId === '' ? null : passage);
      named.delete(number);
    });
    await copy.write((to) => to.addExact(content.vectors));
    if (passages.length === BLOCK_ROWS) continue;
    entries.tail = createOpenBlock(block.number, dimension);
    entries.tail.passages.push(...passages);
    entries.tail.vectors.set(content.vectors);
  }
  // What is covered by rows that are not there is not covered.
  new Set(named.values()).forEach(entries.remove);
}

/** @returns whether the files are a copy of what the tables hold */
async function loadFromFiles(
  entries: VectorEntries,
  from: VectorSidecar,
  stamp: string,
): Promise<boolean> {
  const { passages, firstPlaces, liveCounts } = entries;
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
      else if (passages.hasRest(place)) entries.unexpunged.add(place);
    }
    if (live > 0) liveCounts.set(block, live);
    if (live > 0) liveBlocks += 1;
  }
  if (firstPlaces.size - liveBlocks > firstPlaces.size * GONE_PART) return false;
  const rowsByOwner = groupRows(entries);
  for (const [ownerId, ownerStamp] of stamps) {
    const own = rowsByOwner[passages.numberOwner(ownerId)] ?? new Uint32Array(0);
    entries.cover(ownerId, ownerStamp, own);
  }
  return readTail(entries, from);
}

/** Numbers of the rows of each owner, by the owner's number. */
function groupRows({ passages }: VectorEntries): readonly Uint32Array<ArrayBuffer>[] {
  const count = passages.rowCount();
  const { numbers, fields } = passages.columns(0, count);
  const ends = new Uint32Array(passages.ownerIds.length + 1);
  for (let at = 0; at < fields.length; at += PASSAGE_FIELDS) {
    const after = (fields[at] ?? 0) + 1;
    if (after > 0) ends[after] = (ends[after] ?? 0) + 1;
  }
  for (let at = 1; at < ends.length; at++) ends[at] = (ends[at] ?? 0) + (ends[at - 1] ?? 0);
  const next = ends.slice();
  const all = new Uint32Array(ends.at(-1) ?? 0);
  for (let place = 0; place < count; place++) {
    const owner = fields[place * PASSAGE_FIELDS] ?? -1;
    if (owner < 0) continue;
    const at = next[owner] ?? 0;
    all[at] = numbers[place] ?? 0;
    next[owner] = at + 1;
  }
  return passages.ownerIds.map((_id, owner) => all.subarray(ends[owner], ends[owner + 1]));
}

/** Takes the last block up again, which is not full. @returns false when its numbers are damaged */
async function readTail(entries: VectorEntries, from: VectorSidecar): Promise<boolean> {
  const { passages, dimension } = entries;
  const last = passages.numberOf(passages.rowCount() - 1);
  if (Number.isNaN(last)) return true;
  entries.tail = createOpenBlock(blockOf(last) + 1, dimension);
  if (last % BLOCK_ROWS === BLOCK_ROWS - 1) return true;
  const tail = createOpenBlock(blockOf(last), dimension);
  entries.tail = tail;
  const first = entries.firstPlaces.get(blockOf(last)) ?? 0;
  for (let place = first; place < passages.rowCount(); place++) {
    tail.passages.push(passages.at(place) ?? NO_PASSAGE);
  }
  return from.readExact(first, tail.vectors.subarray(0, tail.passages.length * dimension));
}
