/**
 * The text index on the disk and in memory: folded text, one unit after the other with a zero byte
 * behind each, in one file that only grows, and a log that says what the units are.
 *
 * [Note: How the index survives] Text is flushed before the log entry that names it, and the change feed
 * is confirmed after both. So whatever a crash leaves, the log's last whole step names a position of the
 * feed from which everything is there to be read again. A position the feed does not know (another
 * database of that name, a feed cut off behind a lost log), a text shorter than its log, another version:
 * the index is built anew from the tables, under the next generation's name.
 */
import type { FeedPosition } from '#db/feed-reader.ts';
import type { SidecarFile, SidecarStore } from './sidecar-store.ts';
import { blankGroups, checksum, headFrame, readLog, stepFrame } from './step-log.ts';
import type { LoggedStep } from './step-log.ts';
import { UnitTable } from './unit-table.ts';
import type { Group, Step, Unit } from './unit-table.ts';

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
  /** Adds a step; on the disk when it resolves. @throws what the storage throws, the index is then as before */
  append(step: NewStep, at: FeedPosition, isWhole: boolean): Promise<void>;
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

interface Generation {
  readonly number: number;
  readonly text: SidecarFile;
  readonly log: SidecarFile;
  readonly table: UnitTable;
  readonly checks: { readonly start: number; readonly length: number; sum: number }[];
  at: FeedPosition | null;
  isWhole: boolean;
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

  async function write(
    into: Generation,
    step: Step,
    bytes: Uint8Array,
    at: FeedPosition | null,
    more: Pick<LoggedStep, 'textChecksums' | 'isExpunged'> = {},
  ): Promise<void> {
    const { text, log, table } = into;
    const [textSize, logSize] = [text.size, log.size];
    try {
      if (bytes.length > 0) {
        await text.append(bytes);
        await text.flush();
      }
      const sum = checksum(bytes);
      const logged: LoggedStep = { ...step, at, isWhole: into.isWhole, textChecksum: sum, ...more };
      await log.append(stepFrame(logged));
      await log.flush();
      into.checks.push({ start: textSize, length: bytes.length, sum });
    } catch (error) {
      // Half a step must not be followed by a whole one.
      await text.truncate(textSize);
      await log.truncate(logSize);
      throw error;
    }
    table.apply(step);
    into.at = at;
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
      const wasWhole = current.isWhole;
      current.isWhole = isWhole;
      const step = { groups, goneGroupIds, removed, units: units.map(({ unit }) => unit), lengths };
      try {
        await write(current, step, bytes, at);
      } catch (error) {
        current.isWhole = wasWhole;
        throw error;
      }
      version += 1;
    },
    readText: (target, at) => current.text.read(target, at),
    restart: (at) => renew((next) => write(next, NOTHING, new Uint8Array(0), at)),
    compact: () =>
      renew(async (next) => {
        const { table, text, at, isWhole } = current;
        for await (const part of readAlive(table, text)) {
          await write(next, part.step, part.bytes, at);
        }
        next.isWhole = isWhole;
        await write(next, NOTHING, new Uint8Array(0), at);
      }),
    get isExpungeDue() {
      return current.isWhole && current.table.isExpungeDue;
    },
    async expungeSome() {
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
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { bytes, lengths };
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
}

const textName = (generation: number): string => `text-${generation}`;
const logName = (generation: number): string => `log-${generation}`;

async function createGeneration(store: SidecarStore, number: number): Promise<Generation> {
  await removeGeneration(store, number);
  const files = await openFiles(store, number);
  const next = { number, ...files, table: new UnitTable(), checks: [], at: null, isWhole: false };
  try {
    await files.log.append(headFrame());
  } catch (error) {
    await dropGeneration(store, next).catch(() => undefined);
    throw error;
  }
  return next;
}

type Files = Pick<Generation, 'text' | 'log'>;

async function openFiles(store: SidecarStore, number: number): Promise<Files> {
  const text = await store.open(textName(number));
  try {
    return { text, log: await store.open(logName(number)) };
  } catch (error) {
    text.close();
    throw error;
  }
}

/** Closes the files and deletes them: one that stays open could never be made again. */
async function dropGeneration(
  store: SidecarStore,
  generation: Files & Pick<Generation, 'number'>,
): Promise<void> {
  closeFiles(generation);
  await removeGeneration(store, generation.number);
}

async function removeGeneration(store: SidecarStore, number: number): Promise<void> {
  await store.remove(textName(number));
  await store.remove(logName(number));
}

function closeFiles({ text, log }: Files): void {
  text.close();
  log.close();
}

async function openNewest(store: SidecarStore): Promise<Generation> {
  const names = await store.list();
  const numbers = names.flatMap((name) => Number(/^log-(\d+)$/.exec(name)?.[1] ?? NaN) || []);
  const found: Generation[] = [];
  try {
    for (const number of numbers.toSorted((a, b) => b - a)) {
      const generation = await openGeneration(store, number);
      if (generation) found.push(generation);
    }
  } catch (error) {
    found.forEach(closeFiles);
    throw error;
  }
  const best = found.find(({ isWhole }) => isWhole) ?? found[0];
  for (const other of found) if (other !== best) closeFiles(other);
  for (const number of numbers) if (number !== best?.number) await removeGeneration(store, number);
  return best ?? createGeneration(store, Math.max(0, ...numbers) + 1);
}

/** @returns undefined when it cannot be trusted */
async function openGeneration(
  store: SidecarStore,
  number: number,
): Promise<Generation | undefined> {
  const { text, log } = await openFiles(store, number);
  try {
    const read = await readLog(log);
    const last = read?.steps.at(-1);
    if (read && last?.at) {
      const table = new UnitTable();
      const checks: Generation['checks'] = [];
      for (const step of read.steps) {
        const start = table.byteLength;
        table.apply(step);
        checks.push({ start, length: table.byteLength - start, sum: step.textChecksum });
        for (const [number, sum] of step.textChecksums ?? []) {
          const check = checks[number];
          if (check) check.sum = sum;
        }
        if (step.isExpunged) table.forgetDead();
      }
      if (text.size >= table.byteLength) {
        await log.truncate(read.byteLength);
        await text.truncate(table.byteLength);
        const { at, isWhole } = last;
        return { number, text, log, table, checks, at, isWhole };
      }
    }
  } catch {
    // Damaged: it is built anew.
  }
  closeFiles({ text, log });
  return undefined;
}
