/**
 * Text in WebAssembly memory. On a machine with much memory all blocks that were scanned once stay
 * there; else one window holds the block that is being scanned. Either way it is let go when nobody has
 * searched for a while.
 */
import { createByteScan } from './byte-scan.ts';
import type { ByteScan } from './byte-scan.ts';
import type { LoadBlock } from './find-units.ts';
import type { TextIndex } from './text-index.ts';

export interface TextMemory {
  /** The scan and what fills it, for one search; nothing else may use them meanwhile. */
  begin(): Promise<{ readonly scan: ByteScan; readonly loadBlock: LoadBlock }>;
  /** Gives the memory back. */
  release(): void;
  readonly byteLength: number;
}

/** Above this much text nothing stays: memory is for other things too. */
const MOST_RESIDENT_BYTES = 400 * 1024 * 1024;

/**
 * @param isResident Whether text stays between searches; see `deviceMemory`.
 * @param withSimd Only tests say.
 */
export function createTextMemory(
  index: TextIndex,
  isResident: boolean,
  withSimd?: boolean,
): TextMemory {
  let scan: ByteScan | undefined;
  /** Bytes of each block that are in memory, by its first unit; of one state of the index. */
  let loaded = new Map<number, number>();
  let table = index.table;
  /** Whether memory for all of the text was asked for and not to be had. */
  let isRefused = false;

  async function begin() {
    scan ??= await createByteScan(withSimd);
    if (index.table !== table) {
      table = index.table;
      loaded = new Map();
    }
    const into = scan;
    const mayStay = isResident && table.byteLength <= MOST_RESIDENT_BYTES;
    const [stay, pass] = [loadToStay(into), loadToPass(into)];
    const loadBlock: LoadBlock = async (number) => {
      if (!mayStay || isRefused) return pass(number);
      try {
        return await stay(number);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        // There is not so much memory: nothing stays, and what did is written over.
        isRefused = true;
        loaded = new Map();
        return pass(number);
      }
    };
    return { scan, loadBlock };
  }

  const loadToPass =
    (into: ByteScan): LoadBlock =>
    async (number) => {
      const block = table.blocks[number];
      if (!block) throw new RangeError(`no block ${number}`);
      await index.readText(into.reserve(block.length), block.start);
      return block.start;
    };

  const loadToStay =
    (into: ByteScan): LoadBlock =>
    async (number) => {
      const block = table.blocks[number];
      if (!block) throw new RangeError(`no block ${number}`);
      const { firstUnit, start, length } = block;
      const there = loaded.get(firstUnit) ?? 0;
      if (there < length) {
        const memory = into.reserve(table.byteLength);
        await index.readText(memory.subarray(start + there, start + length), start + there);
        loaded.set(firstUnit, length);
      }
      return 0;
    };

  return {
    begin,
    release() {
      scan = undefined;
      loaded = new Map();
      isRefused = false;
    },
    get byteLength() {
      return scan?.memoryBytes() ?? 0;
    },
  };
}
