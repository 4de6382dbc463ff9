/**
 * A copy of the vectors of one collection and embedder in files beside the text index, so that being ready
 * after a reload is two readings: the rows as the scan wants them, straight into its memory, and a log of
 * what they stand for. A third file holds the rows with all their digits, of which a question reads some
 * fifty.
 *
 * [Note: How the vector files are trusted] The tables are written first, with a stamp that is new each
 * time; then rows and digits; then a frame of the log with that stamp. Files whose last frame has another
 * stamp than the tables, that end too early, or in which a check does not fit, are not used: everything is
 * read from the tables, and the files are written anew.
 *
 * A frame, little-endian: {@link HEAD_WORDS} words; of its rows the numbers, passages, scales and checks of
 * the digits; JSON.
 */
import * as v from 'valibot';
import { PASSAGE_FIELDS } from './passage-rows.ts';
import type { PassageRows } from './passage-rows.ts';
import type { SidecarFile, SidecarStore } from './sidecar-store.ts';
import { checksum, wideChecksum } from './checksum.ts';
import { bytesOf, joinBytes } from './columns.ts';
import type { VectorRows } from './vector-rows.ts';

/** Words of a head: magic, layout, rows, bytes of JSON, check of the rows, of the frame, of the head. */
const HEAD_WORDS = 7;
const HEAD_BYTES = HEAD_WORDS * 4;
const MAGIC = 0x7663_6f6e;
/** Another layout, or another way to round vectors, is another number. */
const LAYOUT_VERSION = 2;
/** From so many frames on, those of the newer half of the rows become one. */
const MOST_FRAMES = 64;
/** Bytes of rows that are read at once. */
const STRETCH_BYTES = 1024 * 1024;

const Told = v.object({
  collection: v.string(),
  embedder: v.string(),
  stamp: v.string(),
  /** Owners that get the next numbers. */
  newOwners: v.array(v.string()),
  /** Stamps of owners, by number; null for one that is gone. */
  owners: v.array(v.tuple([v.number(), v.nullable(v.string())])),
  /** Places of earlier rows that do not count any more. */
  dead: v.array(v.number()),
});
type Told = v.InferOutput<typeof Told>;

/** What changed since the last step. */
export interface SidecarStep {
  /** The stamp that the tables have since. */
  readonly stamp: string;
  /** Owners that were put, with their stamps, and that are gone, with null. */
  readonly owners: Iterable<readonly [ownerId: string, stamp: string | null]>;
  /** Places that do not count any more. */
  readonly dead: readonly number[];
}

export interface VectorSidecar {
  /**
   * Fills rows and passages, which are empty, from the files.
   * @returns the stamps of the owners, by id; undefined when the files are not what the tables with
   * `stamp` say, and then rows and passages are of no use
   */
  load(stamp: string): Promise<ReadonlyMap<string, string> | undefined>;
  /** Empties the files. */
  restart(): Promise<void>;
  /** Adds the exact numbers of the next rows; to be followed by {@link commit}. */
  addExact(vectors: Float32Array<ArrayBuffer>): Promise<void>;
  /** Writes all rows that are not in the files yet, whose exact numbers are, and what changed. */
  commit(step: SidecarStep): Promise<void>;
  /** Writes zeros over rows that do not count any more, which `rows` and `passages` have forgotten. */
  expunge(places: readonly number[]): Promise<void>;
  /** Bytes of the three files. */
  readonly byteLength: () => number;
  /** Rows that are in the files, and those of which so far only the exact numbers are. */
  readonly rowCount: () => number;
  readonly exactCount: () => number;
  /**
   * Reads the exact numbers of as many rows as `target` has room for.
   * @returns false when they are not what was written
   */
  readExact(place: number, target: Float32Array<ArrayBuffer>): Promise<boolean>;
  close(): void;
}

export interface VectorSidecarDeps {
  readonly store: SidecarStore;
  readonly collection: string;
  readonly embedder: string;
  readonly rows: VectorRows;
  readonly passages: PassageRows;
  /** All owners with their stamps, as they are now. */
  readonly readOwners: () => Iterable<readonly [ownerId: string, stamp: string]>;
}

interface Frame {
  readonly at: number;
  readonly firstRow: number;
  readonly rowCount: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const fileName = (collection: string, embedder: string): string =>
  `vectors-${collection}-${checksum(encoder.encode(embedder)).toString(16)}`;
const rowsName = (name: string): string => `${name}-rows`;
const digitsName = (name: string): string => `${name}-digits`;

/** Deletes the vector files of an embedder. @returns how many bytes they had */
export async function removeVectorFiles(
  store: SidecarStore,
  collection: string,
  embedder: string,
): Promise<number> {
  const name = fileName(collection, embedder);
  const stored = await store.list();
  let byteLength = 0;
  for (const each of [name, rowsName(name), digitsName(name)]) {
    if (!stored.includes(each)) continue;
    const file = await store.open(each);
    byteLength += file.size;
    await file.truncate(0);
    file.close();
    await store.remove(each);
  }
  return byteLength;
}

/** Deletes the vector files of a collection that belong to other embedders. */
export async function removeOtherVectorFiles(
  store: SidecarStore,
  collection: string,
  embedder: string,
): Promise<void> {
  const own = fileName(collection, embedder);
  for (const name of await store.list()) {
    const isOther = name !== own && name !== rowsName(own) && name !== digitsName(own);
    if (isOther && name.startsWith(`vectors-${collection}-`)) await store.remove(name);
  }
}

/** Opens three files or none. @throws what the storage throws */
async function openAll(
  store: SidecarStore,
  names: readonly [string, string, string],
): Promise<readonly [SidecarFile, SidecarFile, SidecarFile]> {
  const [first, second, third] = names;
  const opening = [store.open(first), store.open(second), store.open(third)] as const;
  try {
    return await Promise.all(opening);
  } catch (error) {
    // A file that stays open cannot be opened again, nor removed.
    for (const each of await Promise.allSettled(opening)) {
      if (each.status === 'fulfilled') each.value.close();
    }
    throw error;
  }
}

/** Opens the files, which it then owns. @throws what the storage throws */
export async function openVectorSidecar(deps: VectorSidecarDeps): Promise<VectorSidecar> {
  const { store, collection, embedder, rows, passages, readOwners } = deps;
  const { dimension, width } = rows;
  const name = fileName(collection, embedder);
  const [log, rowFile, digits] = await openAll(store, [name, rowsName(name), digitsName(name)]);
  let frames: Frame[] = [];
  let rowCount = 0;
  /** Owners whose ids are in the log. */
  let toldOwners = 0;
  /** Checks of the exact numbers, by place. */
  let checks = new Uint32Array(0);
  let exactCount = 0;

  function reserveChecks(count: number, isExact: boolean): void {
    if (count <= checks.length) return;
    const wider = new Uint32Array(isExact ? count : Math.ceil(count * 1.25));
    wider.set(checks);
    checks = wider;
  }

  /** The columns of some rows as bytes, in the order in which they lie in a frame. */
  function columnsOf(from: number, count: number): readonly Uint8Array[] {
    const { numbers, fields } = passages.columns(from, count);
    const scales = rows.scales(from, count);
    return [numbers, fields, scales, checks.subarray(from, from + count)].map(bytesOf);
  }

  async function load(stamp: string): Promise<ReadonlyMap<string, string> | undefined> {
    const bytes = new Uint8Array(log.size);
    if (bytes.length > 0) await log.read(bytes, 0);
    const found = readFrames(bytes);
    const last = found?.at(-1);
    if (!found || last?.told.stamp !== stamp) return undefined;
    const count = last.firstRow + last.rowCount;
    if (rowFile.size < count * width || digits.size < count * dimension * 4) return undefined;
    passages.reserve(count);
    passages.extend(count);
    reserveChecks(count, true);
    // Memory that is fresh is dear: the bytes go from the file to where the scan wants them.
    rows.extend(count);
    const stamps = new Map<string, string>();
    for (const { firstRow, rowCount: added, rowsCheck, columns, told } of found) {
      if (told.collection !== collection || told.embedder !== embedder) return undefined;
      if ((await readRows(firstRow, added)) !== rowsCheck) return undefined;
      let from = 0;
      for (const column of columnsOf(firstRow, added)) {
        column.set(columns.subarray(from, from + column.length));
        from += column.length;
      }
      follow(told, stamps);
    }
    // Cut what was written ahead of a frame that never came.
    await rowFile.truncate(count * width);
    await digits.truncate(count * dimension * 4);
    [frames, rowCount, exactCount] = [found, count, count];
    toldOwners = passages.ownerIds.length;
    return stamps;
  }

  /** Reads rows into memory, digested while the processor still has them at hand. @returns their digest */
  async function readRows(firstRow: number, count: number): Promise<number> {
    const digest = rows.createDigest();
    const stretch = Math.max(4, Math.floor(STRETCH_BYTES / width / 4) * 4);
    for (let from = firstRow; from < firstRow + count; from += stretch) {
      const some = Math.min(stretch, firstRow + count - from);
      await rowFile.read(rows.bytes(from, some), from * width);
      digest.add(from, some);
    }
    return digest.value();
  }

  function follow({ newOwners, owners, dead }: Told, stamps: Map<string, string>): void {
    for (const ownerId of newOwners) passages.numberOwner(ownerId);
    for (const [number, stamp] of owners) {
      const ownerId = passages.ownerIds[number] ?? '';
      if (stamp === null) stamps.delete(ownerId);
      else stamps.set(ownerId, stamp);
    }
    for (const place of dead) {
      passages.remove(place);
      rows.remove(place);
    }
  }

  /** Ends the log with one frame of all rows from `firstRow` on. */
  async function write(firstRow: number, told: Told): Promise<void> {
    const count = passages.rowCount() - firstRow;
    const added = passages.rowCount() - rowCount;
    if (added > 0) await rowFile.append(rows.bytes(rowCount, added));
    await rowFile.flush();
    await digits.flush();
    const json = encoder.encode(JSON.stringify(told));
    const body = joinBytes([...columnsOf(firstRow, count), json]);
    const rowsCheck = rows.digest(firstRow, count);
    const words = [MAGIC, LAYOUT_VERSION, count, json.length, rowsCheck, wideChecksum(body)];
    const head = Uint32Array.of(...words, checksum(bytesOf(Uint32Array.from(words))));
    const at = log.size;
    await log.append(joinBytes([bytesOf(head), body]));
    await log.flush();
    frames.push({ at, firstRow, rowCount: count });
    rowCount = passages.rowCount();
    toldOwners = passages.ownerIds.length;
  }

  /** Brings columns of rows of a frame, which end before `to`, to what is in memory; see {@link seal}. */
  async function rewriteColumns(frame: Frame, from: number, to: number): Promise<void> {
    let at = frame.at + HEAD_BYTES;
    for (const column of columnsOf(from, to - from)) {
      const rowBytes = column.length / (to - from);
      await log.overwrite(column, at + (from - frame.firstRow) * rowBytes);
      at += frame.rowCount * rowBytes;
    }
  }

  /** Makes the head of a frame fit its rows and its body. */
  async function seal({ at, firstRow, rowCount: count }: Frame): Promise<void> {
    const head = new Uint32Array(HEAD_WORDS);
    await log.read(bytesOf(head), at);
    const body = new Uint8Array(count * (1 + PASSAGE_FIELDS + 2) * 4 + (head[3] ?? 0));
    await log.read(body, at + HEAD_BYTES);
    head.set([rows.digest(firstRow, count), wideChecksum(body)], 4);
    head[HEAD_WORDS - 1] = checksum(bytesOf(head.subarray(0, HEAD_WORDS - 1)));
    await log.overwrite(bytesOf(head), at);
  }

  return {
    async expunge(places) {
      const runs = toRuns(places.filter((place) => place < rowCount));
      const zeros = new Float32Array(dimension);
      const check = wideChecksum(bytesOf(zeros));
      for (const [from, to] of runs) {
        await rowFile.overwrite(rows.bytes(from, to - from), from * width);
        for (let place = from; place < to; place++) {
          await digits.overwrite(bytesOf(zeros), place * dimension * 4);
          checks[place] = check;
        }
      }
      await rowFile.flush();
      await digits.flush();
      for (const frame of frames) {
        const end = frame.firstRow + frame.rowCount;
        const own = runs.filter(([from, to]) => from < end && to > frame.firstRow);
        for (const [from, to] of own) {
          await rewriteColumns(frame, Math.max(from, frame.firstRow), Math.min(to, end));
        }
        if (own.length > 0) await seal(frame);
      }
      await log.flush();
    },
    byteLength: () => log.size + rowFile.size + digits.size,
    rowCount: () => rowCount,
    exactCount: () => exactCount,
    load,
    async restart() {
      for (const file of [log, rowFile, digits]) await file.truncate(0);
      frames = [];
      rowCount = toldOwners = exactCount = 0;
    },
    async addExact(vectors) {
      const count = vectors.length / dimension;
      reserveChecks(exactCount + count, false);
      for (let row = 0; row < count; row++) {
        const vector = vectors.subarray(row * dimension, (row + 1) * dimension);
        checks[exactCount + row] = wideChecksum(bytesOf(vector));
      }
      await digits.append(bytesOf(vectors));
      exactCount += count;
    },
    async commit({ stamp, owners, dead }) {
      const numbered = (
        all: Iterable<readonly [string, string | null]>,
      ): [number, string | null][] =>
        [...all].map(([id, ownerStamp]) => [passages.numberOwner(id), ownerStamp]);
      if (frames.length < MOST_FRAMES) {
        const changed = numbered(owners);
        const newOwners = passages.ownerIds.slice(toldOwners);
        const told = { collection, embedder, stamp, newOwners, owners: changed, dead: [...dead] };
        await write(rowCount, told);
        return;
      }
      const half = frames.findIndex(({ firstRow }) => firstRow * 2 >= passages.rowCount());
      const kept = half > MOST_FRAMES / 2 ? 0 : Math.max(0, half);
      const { at = 0, firstRow = 0 } = frames[kept] ?? {};
      await log.truncate(at);
      frames = frames.slice(0, kept);
      // All owners are told again, the present and those that are gone, and all dead rows before.
      const all = new Map<string, string | null>(passages.ownerIds.map((id) => [id, null]));
      for (const [id, ownerStamp] of readOwners()) all.set(id, ownerStamp);
      const deadBefore: number[] = [];
      for (let place = 0; place < firstRow; place++) {
        if (passages.ownerOf(place) < 0) deadBefore.push(place);
      }
      const changed = numbered(all);
      const newOwners = [...passages.ownerIds];
      const told = { collection, embedder, stamp, newOwners, owners: changed, dead: deadBefore };
      await write(firstRow, told);
    },
    async readExact(place, target) {
      try {
        await digits.read(bytesOf(target), place * dimension * 4);
      } catch {
        return false;
      }
      for (let row = 0; row * dimension < target.length; row++) {
        const vector = target.subarray(row * dimension, (row + 1) * dimension);
        if (wideChecksum(bytesOf(vector)) !== checks[place + row]) return false;
      }
      return true;
    },
    close() {
      for (const file of [log, rowFile, digits]) file.close();
    },
  };
}

/** Stretches `[from, to)` of numbers that rise. */
function toRuns(numbers: readonly number[]): readonly (readonly [from: number, to: number])[] {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last?.[1] === number) last[1] += 1;
    else runs.push([number, number + 1]);
  }
  return runs;
}

interface ReadFrame extends Frame {
  readonly rowsCheck: number;
  readonly columns: Uint8Array;
  readonly told: Told;
}

/** @returns undefined where the bytes are not whole frames */
function readFrames(bytes: Uint8Array): ReadFrame[] | undefined {
  const frames: ReadFrame[] = [];
  let firstRow = 0;
  for (let at = 0; at < bytes.length;) {
    const head = Uint32Array.from({ length: HEAD_WORDS }, (_, word) =>
      wordAt(bytes, at + word * 4),
    );
    const [magic, version, rowCount = 0, jsonBytes = 0, rowsCheck = 0, bodyCheck, headCheck] = head;
    const isWhole = checksum(bytesOf(head.subarray(0, HEAD_WORDS - 1))) === headCheck;
    if (magic !== MAGIC || version !== LAYOUT_VERSION || !isWhole) return undefined;
    const jsonAt = at + HEAD_BYTES + rowCount * (1 + PASSAGE_FIELDS + 2) * 4;
    const end = jsonAt + jsonBytes;
    if (end > bytes.length) return undefined;
    if (wideChecksum(bytes.subarray(at + HEAD_BYTES, end)) !== bodyCheck) return undefined;
    const told = v.safeParse(Told, JSON.parse(decoder.decode(bytes.subarray(jsonAt, end))));
    if (!told.success) return undefined;
    const columns = bytes.subarray(at + HEAD_BYTES, jsonAt);
    frames.push({ at, firstRow, rowCount, rowsCheck, columns, told: told.output });
    at = end;
    firstRow += rowCount;
  }
  return frames;
}

/** The word that begins at a byte; 0 past the end. */
function wordAt(bytes: Uint8Array, at: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return at + 4 > bytes.length ? 0 : view.getUint32(at, true);
}
