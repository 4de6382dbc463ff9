/** One pair of files of the text index, log and text, with what is known of them in memory. */
import type { FeedPosition } from '#db/feed-reader.ts';
import { keyBytes } from './packed-step.ts';
import type { PackedStep } from './packed-step.ts';
import type { SidecarFile, SidecarStore } from './sidecar-store.ts';
import { headFrame, readLog } from './step-log.ts';
import { TextTail } from './text-tail.ts';
import { UnitTable } from './unit-table.ts';

/** One state of the index; a new one takes its place under the next number. */
export interface Generation {
  readonly number: number;
  readonly text: SidecarFile;
  readonly log: SidecarFile;
  readonly table: UnitTable;
  /** Of the steps that are in the files. */
  readonly checks: { readonly start: number; readonly length: number; sum: number }[];
  readonly tail: TextTail;
  at: FeedPosition | null;
  isWhole: boolean;
}

const textName = (generation: number): string => `text-${generation}`;
const logName = (generation: number): string => `log-${generation}`;

/** Empty files of that number. @throws what the storage throws, nothing is left then */
export async function createGeneration(store: SidecarStore, number: number): Promise<Generation> {
  await removeGeneration(store, number);
  const files = await openFiles(store, number);
  const next = {
    number,
    ...files,
    table: new UnitTable(),
    checks: [],
    tail: new TextTail(),
    at: null,
    isWhole: false,
  };
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
export async function dropGeneration(
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

export function closeFiles({ text, log }: Files): void {
  text.close();
  log.close();
}

/** The newest generation that is whole, or the one that was being built; an empty one where there is none. */
export async function openNewest(store: SidecarStore): Promise<Generation> {
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
      const sum = (of: (step: PackedStep) => number): number =>
        read.steps.reduce((before, step) => before + of(step), 0);
      table.reserve(
        sum(({ unitCount }) => unitCount),
        sum(keyBytes),
      );
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
        return { number, text, log, table, checks, tail: new TextTail(), at, isWhole };
      }
    }
  } catch {
    // Damaged: it is built anew.
  }
  closeFiles({ text, log });
  return undefined;
}
