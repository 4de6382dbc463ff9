/** The text scan over bytes: by WebAssembly with SIMD where the browser has it, else in plain TypeScript. */
import { canRun, loadKernel } from './kernel/load-kernel.ts';
import kernel from './kernel/scan.as.ts?kernel';

/** What the kernel exports; see kernel/scan.as.ts. */
interface ScanExports {
  readonly memory: WebAssembly.Memory;
  readonly countPlaces: (
    text: number,
    length: number,
    needle: number,
    needleLength: number,
    starts: number,
    unitCount: number,
    counts: number,
    cap: number,
  ) => number;
  readonly sweep: (text: number, length: number) => number;
}

/** Counting stops at this many places in one unit: more says nothing more about it. */
export const PLACE_CAP = 15;

/** A stretch of text cut into units that are parted by a zero byte. */
export interface ByteScan {
  /** Whether WebAssembly with SIMD does it. */
  readonly isFast: boolean;
  /** Bytes of memory that hold text and working space. */
  readonly memoryBytes: () => number;
  /** Where text of up to `byteLength` bytes is to be put; valid until the next call of this. */
  reserve(byteLength: number): Uint8Array;
  /** What was put there, where it is now; valid until the next call of anything else. */
  bytes(): Uint8Array;
  /**
   * Counts the places of a needle (not empty, no zero byte) in units of what was put there.
   * @param starts `unitCount + 1` rising offsets: where each unit begins, and where the last one ends.
   * @param base What is taken off each offset to get its place among the bytes that were put there.
   * @returns one count a unit, at most {@link PLACE_CAP}; gone with the next call; undefined when there is
   * no place at all.
   */
  count(
    needle: Uint8Array,
    starts: Uint32Array,
    unitCount: number,
    base?: number,
  ): Uint8Array | undefined;
  /** Reads every byte once; for the bench. */
  sweep(byteLength: number): number;
}

/** Whether this browser runs WebAssembly with SIMD. */
export const hasSimd = (): boolean => canRun(kernel);

/** A scan with memory of its own. @param withSimd Only tests say which. */
export async function createByteScan(withSimd = hasSimd()): Promise<ByteScan> {
  const exports = withSimd ? await loadKernel<ScanExports>(kernel) : undefined;
  return exports ? createKernelScan(exports) : createPlainScan();
}

const PAGE_BYTES = 65_536;
/** The kernel reads 128 bytes at a time, past the last one too. */
const PADDING_BYTES = 192;

function createKernelScan({ memory, countPlaces, sweep }: ScanExports): ByteScan {
  // Needle, starts and counts lie before the text, at addresses that move when one of them grows.
  let [needleBytes, unitRoom] = [4096, 8192];
  const counts = (): number => needleBytes;
  const starts = (): number => counts() + unitRoom;
  const text = (): number => starts() + (unitRoom + 1) * 4;
  const grow = (byteLength: number): void => {
    const missing = byteLength - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
  };
  let textBytes = 0;
  grow(text() + PADDING_BYTES);

  /** Makes room before the text, which moves. */
  const widen = (needle: number, units: number): void => {
    const from = text();
    while (needleBytes < needle) needleBytes *= 2;
    while (unitRoom < units) unitRoom *= 2;
    grow(text() + textBytes + PADDING_BYTES);
    new Uint8Array(memory.buffer).copyWithin(text(), from, from + textBytes);
  };

  return {
    isFast: true,
    memoryBytes: () => memory.buffer.byteLength,
    reserve(byteLength) {
      grow(text() + byteLength + PADDING_BYTES);
      textBytes = byteLength;
      return new Uint8Array(memory.buffer, text(), byteLength);
    },
    bytes: () => new Uint8Array(memory.buffer, text(), textBytes),
    count(needle, offsets, unitCount, base = 0) {
      if (needle.length > needleBytes || unitCount > unitRoom) widen(needle.length, unitCount);
      new Uint8Array(memory.buffer).set(needle);
      const result = new Uint8Array(memory.buffer, counts(), unitCount).fill(0);
      const begin = offsets[0] ?? 0;
      const end = offsets[unitCount] ?? begin;
      new Uint32Array(memory.buffer, starts()).set(offsets.subarray(0, unitCount + 1));
      const foundUnits = countPlaces(
        text() + begin - base,
        end - begin,
        0,
        needle.length,
        starts(),
        unitCount,
        counts(),
        PLACE_CAP,
      );
      return foundUnits === 0 ? undefined : result;
    },
    sweep: (byteLength) => sweep(text(), byteLength),
  };
}

function createPlainScan(): ByteScan {
  let bytes = new Uint8Array(0);
  let result = new Uint8Array(0);
  return {
    isFast: false,
    memoryBytes: () => bytes.byteLength,
    reserve(byteLength) {
      if (bytes.length < byteLength) {
        const wider = new Uint8Array(byteLength);
        wider.set(bytes);
        bytes = wider;
      }
      return bytes.subarray(0, byteLength);
    },
    bytes: () => bytes,
    count(needle, starts, unitCount, base = 0) {
      if (result.length < unitCount) result = new Uint8Array(unitCount);
      const counts = result.subarray(0, unitCount).fill(0);
      const end = (starts[unitCount] ?? 0) - base - needle.length;
      const first = needle[0] ?? 0;
      let [unit, isAny] = [0, false];
      let at = (starts[0] ?? 0) - base;
      // What lies behind the units is none of theirs.
      const block = bytes.subarray(0, Math.max(0, end + 1));
      for (;;) {
        at = block.indexOf(first, at);
        if (at < 0) return isAny ? counts : undefined;
        if (isSame(bytes, at, needle)) {
          while (at + base >= (starts[unit + 1] ?? Infinity)) unit += 1;
          const count = counts[unit] ?? 0;
          if (count >= PLACE_CAP) {
            at = (starts[unit + 1] ?? Infinity) - base;
            continue;
          }
          counts[unit] = count + 1;
          isAny = true;
        }
        at += 1;
      }
    },
    sweep: (byteLength) => bytes.subarray(0, byteLength).reduce((sum, byte) => sum + byte, 0),
  };
}

function isSame(bytes: Uint8Array, at: number, needle: Uint8Array): boolean {
  for (let index = 1; index < needle.length; index += 1) {
    if (bytes[at + index] !== needle[index]) return false;
  }
  return true;
}
