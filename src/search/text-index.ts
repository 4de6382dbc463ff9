/**
 * The text index on the disk and in memory: folded text, one unit after the other with a zero byte
 * behind each, in one file that only grows, and a log that says what the units are.
 *
 * [Note: How the index survives] Text is flushed before the log entry that names it, and the change feed
 * is confirmed after both. So whatever a crash leaves, the log's last whole step names a position of the
 * feed from which everything is there to be read again. A position the feed does not know (another
 * database of that name, a feed cut off behind a lost log), a text shorter than its log, another version:
 * the index is built anew from the tables, under the next generation's name. What came last is in memory
 * alone; see [Note: What is written later] in text-tail.ts.
 */
import type { FeedPosition } from '#db/feed-reader.ts';
import { checksum } from './checksum.ts';
import { joinBytes } from './columns.ts';
import { packStep } from './pack-step.ts';
import type { SidecarFile, SidecarStore } from './sidecar-store.ts';
import { blankGroups, stepFrame } from './step-log.ts';
import type { LoggedStep } from './step-log.ts';
import { closeFiles, createGeneration, dropGeneration, openNewest } from './text-generation.ts';
import type { Generation } from './text-generation.ts';
import type { Group, Step, Unit, UnitTable } from './unit-table.ts';

/** A step to be written: units with their folded text. */
export interface NewStep {
  readonly groups?: readonly Group[];
  readonly goneGroupIds?: readonly string[];
  readonly removed?: readonly string[];
  readonly units?: readonly { readonly unit: Unit; readonly text: string }[];
}

export interface TextIndex {
  readonly table: UnitTable;
  /** The change up to which everything is in it; null for one that is empty. */
  readonly at: FeedPosition | null;
  /** False while it is being built. */
  readonly isWhole: boolean;
  readonly storage: SidecarStore['kind'];
  /** Grows with every step and every new beginning. */
  readonly version: number;
  /**
   * Adds a step, which is found from then on. A small one of a whole index is written with others, later.
   * @throws what the storage throws, the index is then as before
   */
  append(step: NewStep, at: FeedPosition, isWhole: boolean): Promise<void>;
  /** Writes what was not written yet; on the disk when it resolves. @throws what the storage throws */
  settle(): Promise<void>;
  /** Reads bytes of the text. */
  readText(target: Uint8Array, at: number): Promise<void> | undefined;
  /** Begins anew with nothing in it; `at` is where the feed stood before anything was read. */
  restart(at: FeedPosition): Promise<void>;
  /** Writes what is alive into new files and drops the old ones. */
  compact(): Promise<void>;
  /** Whether something of rows that are gone is still in the files. */
  readonly isExpungeDue: boolean;
  /**
   * Overwrites what is dead in the files; to be called again until {@link isExpungeDue} is false, so that
   * others are let in between.
   */
  expungeSome(): Promise<void>;
  /** Whether all text is as it was written. Reads all of it. */
  verify(signal?: AbortSignal): Promise<boolean>;
  close(): void;
}

/** A step as it goes into the files. */
interface Written {
  readonly step: LoggedStep;
  readonly bytes: Uint8Array;
}

const encoder = new TextEncoder();
/** Text that is moved or checked at once. */
const COPY_BYTES = 4 * 1024 * 1024;

/** Opens the newest index that is whole, or the one that was being built; an empty one where there is none. */
export async function openTextIndex(store: SidecarStore): Promise<TextIndex> {
  let current = await openNewest(store);
  let version = 0;
  /** Settles when dead text is not being overwritten any more. */
  let overwriting: Promise<unknown> = Promise.resolve();

  async function writeFrames(
    { text, log, checks }: Generation,
    written: readonly Written[],
    bytes: Uint8Array,
  ): Promise<void> {
    const [textSize, logSize] = [text.size, log.size];
    try {
      if (bytes.length > 0) {
        await text.append(bytes);
        await text.flush();
      }
      await log.append(joinBytes(written.map(({ step }) => stepFrame(step))));
      await log.flush();
    } catch (error) {
      // Half a step must not be followed by a whole one.
      await text.truncate(textSize);
      await log.truncate(logSize);
      throw error;
    }
    let start = textSize;
    for (const { step, bytes: own } of written) {
      checks.push({ start, length: own.length, sum: step.textChecksum });
      start += own.length;
    }
  }

  /** Nothing waits when it is called, or it would be written behind this. */
  async function write(
    into: Generation,
    step: Step,
    bytes: Uint8Array,
    at: FeedPosition | null,
    more: Pick<LoggedStep, 'textChecksums' | 'isExpunged'> = {},
  ): Promise<void> {
    const packed = packStep(into.table, step);
    const textChecksum = checksum(bytes);
    const logged: LoggedStep = { ...packed, at, isWhole: into.isWhole, textChecksum, ...more };
    await writeFrames(into, [{ step: logged, bytes }], bytes);
    into.table.apply(packed);
    into.at = at;
  }

  async function settle(): Promise<void> {
    const { tail } = current;
    if (tail.steps.length === 0) return;
    const written = tail.steps.map(({ step, bytes, at }): Written => {
      return { step: { ...step, at, isWhole: true, textChecksum: checksum(bytes) }, bytes };
    });
    await writeFrames(current, written, tail.bytes);
    tail.clear();
  }

  /** Looks again: dead text may have been overwritten while it was read. */
  async function isSoundNow(check: Generation['checks'][number]): Promise<boolean> {
    await overwriting.catch(() => undefined);
    const { text, checks } = current;
    if (!checks.includes(check)) return true;
    const bytes = new Uint8Array(check.length);
    await text.read(bytes, check.start);
    return checksum(bytes) === check.sum;
  }

  /** Puts new files in the place of these, once they are filled. */
  async function renew(fill: (next: Generation) => Promise<void>): Promise<void> {
    const next = await createGeneration(store, current.number + 1);
    try {
      await fill(next);
    } catch (error) {
      await dropGeneration(store, next).catch(() => undefined);
      throw error;
    }
    const old = current;
    current = next;
    version += 1;
    await dropGeneration(store, old);
  }

  return {
    get table() {
      return current.table;
    },
    get at() {
      return current.at;
    },
    get isWhole() {
      return current.isWhole;
    },
    get version() {
      return version;
    },
    storage: store.kind,
    async append({ groups = [], goneGroupIds = [], removed = [], units = [] }, at, isWhole) {
      const { bytes, lengths } = encodeUnits(units);
      const { isWhole: wasWhole, tail, table } = current;
      const step = { groups, goneGroupIds, removed, units: units.map(({ unit }) => unit), lengths };
      const mayWait = isWhole && wasWhole && tail.takes(bytes.length);
      if (!mayWait || tail.isFullFor(bytes.length)) await settle();
      if (mayWait) {
        const packed = packStep(table, step);
        tail.add({ step: packed, bytes, at });
        table.apply(packed);
        current.at = at;
        version += 1;
        return;
      }
      current.isWhole = isWhole;
      try {
        await write(current, step, bytes, at);
      } catch (error) {
        current.isWhole = wasWhole;
        throw error;
      }
      version += 1;
    },
    settle,
    readText(target, at) {
      const { tail, text, table } = current;
      const inFile = Math.min(target.length, table.byteLength - tail.bytes.length - at);
      if (inFile >= target.length) return text.read(target, at);
      const from = Math.max(0, -inFile);
      target.set(
        tail.bytes.subarray(from, from + target.length - Math.max(0, inFile)),
        Math.max(0, inFile),
      );
      return inFile > 0 ? text.read(target.subarray(0, inFile), at) : undefined;
    },
    restart: (at) => renew((next) => write(next, NOTHING, new Uint8Array(0), at)),
    async compact() {
      await settle();
      await renew(async (next) => {
        const { table, text, at, isWhole } = current;
        for await (const part of readAlive(table, text)) {
          await write(next, part.step, part.bytes, at);
        }
        next.isWhole = isWhole;
        await write(next, NOTHING, new Uint8Array(0), at);
      });
    },
    get isExpungeDue() {
      return current.isWhole && current.table.isExpungeDue;
    },
    async expungeSome() {
      await settle();
      const { table, log, at } = current;
      const overwritten = overwriteDead(current);
      overwriting = overwritten;
      const { textChecksums, rest } = await overwritten;
      if (textChecksums.length > 0) {
        await write(current, NOTHING, new Uint8Array(0), at, { textChecksums });
        // Only now: what the log was not told is done again.
        table.unexpungedUnits = rest;
        return;
      }
      const gone = [...table.unexpungedGroups].filter((id) => !table.group(id));
      if (gone.length > 0) await blankGroups(log, new Set(gone), breathe);
      await write(current, NOTHING, new Uint8Array(0), at, { isExpunged: true });
      table.forgetDead();
    },
    async verify(signal) {
      const { text, checks } = current;
      for (const check of checks) {
        if (signal?.aborted) return true;
        const { start, length, sum } = check;
        const bytes = new Uint8Array(length);
        try {
          if (length > 0) await text.read(bytes, start);
        } catch {
          return false;
        }
        if (checksum(bytes) !== sum && !(await isSoundNow(check))) return false;
        // The worker must be free for questions in between.
        await breathe();
      }
      return true;
    },
    close: () => closeFiles(current),
  };
}

const breathe = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** Steps whose text is overwritten at once, and text of theirs; one step alone may have more. */
const [EXPUNGED_STEPS, EXPUNGED_BYTES] = [64, 4 * 1024 * 1024];

/**
 * Writes zeros over the text of some dead units, those of whole steps.
 * @returns the new checksums of these steps, none when no dead text is left, and the units that are left
 */
async function overwriteDead({ text, table, checks }: Generation): Promise<{
  readonly textChecksums: readonly (readonly [number, number])[];
  readonly rest: number[];
}> {
  const { starts } = table;
  const units = table.unexpungedUnits.sort((a, b) => a - b);
  const sums: [number, number][] = [];
  let done = 0;
  let size = 0;
  for (const [step, check] of checks.entries()) {
    const end = check.start + check.length;
    const before = done;
    while (done < units.length && (starts[units[done] ?? 0] ?? 0) < end) done += 1;
    if (done === before) continue;
    const bytes = new Uint8Array(check.length);
    await text.read(bytes, check.start);
    const dead = units.slice(before, done);
    for (const unit of dead) {
      const start = (starts[unit] ?? 0) - check.start;
      bytes.fill(0, start, start + table.byteLengthOf(unit));
    }
    check.sum = checksum(bytes);
    // In one piece: in a table each is a row that is read and written.
    const from = (starts[dead[0] ?? 0] ?? 0) - check.start;
    const to = (starts[(dead.at(-1) ?? 0) + 1] ?? 0) - check.start;
    await text.overwrite(bytes.subarray(from, to), check.start + from);
    sums.push([step, check.sum]);
    size += check.length;
    if (sums.length === EXPUNGED_STEPS || size >= EXPUNGED_BYTES) break;
  }
  await text.flush();
  return { textChecksums: sums, rest: units.slice(done) };
}

const NOTHING: Step = { groups: [], goneGroupIds: [], removed: [], units: [], lengths: [] };

function encodeUnits(units: readonly { readonly text: string }[]): {
  bytes: Uint8Array;
  lengths: number[];
} {
  const parts = units.map(({ text }) => encoder.encode(`${text}\0`));
  const lengths = parts.map(({ length }) => length);
  return { bytes: joinBytes(parts), lengths };
}

/** The living units with their groups, in stretches of text that fit into memory. */
async function* readAlive(
  table: UnitTable,
  text: SidecarFile,
): AsyncGenerator<{ step: Step; bytes: Uint8Array }> {
  const told = new Set<string>();
  let numbers: number[] = [];
  let size = 0;
  async function take(): Promise<{ step: Step; bytes: Uint8Array }> {
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const number of numbers) {
      const length = table.byteLengthOf(number);
      await text.read(bytes.subarray(at, at + length), table.starts[number] ?? 0);
      at += length;
    }
    const units = numbers.map((number) => table.unit(number));
    const groups = units.flatMap(({ groupId }) => {
      const group = told.has(groupId) ? undefined : table.group(groupId);
      told.add(groupId);
      return group ?? [];
    });
    const lengths = numbers.map((number) => table.byteLengthOf(number));
    [numbers, size] = [[], 0];
    return { step: { ...NOTHING, groups, units, lengths }, bytes };
  }
  for (let number = 0; number < table.unitCount; number += 1) {
    if (!table.isAlive(number)) continue;
    numbers.push(number);
    size += table.byteLengthOf(number);
    if (size >= COPY_BYTES) yield await take();
  }
  if (numbers.length > 0) yield await take();
  // A conversation without a title in which nobody has written yet.
  const groups = table.groups.filter(
    (group) => table.group(group.id) === group && !told.has(group.id),
  );
  if (groups.length > 0) yield { step: { ...NOTHING, groups }, bytes: new Uint8Array(0) };
}
