/**
 * The log of the index: one frame a step, `length u32, checksum u32, JSON`, little-endian. The first
 * frame says what the file is. A frame that does not fit ends the log: what was torn by a crash is as
 * if it had never been written, and the change feed still has it.
 */
import * as v from 'valibot';
import type { FeedPosition } from '#db/feed-reader.ts';
import type { SidecarFile } from './sidecar-store.ts';
import type { Step } from './unit-table.ts';

/** Another layout, or another way of folding text, is another number: the index is then built anew. */
const LAYOUT_VERSION = 1;
const MAGIC = 'onggi-text';

/** One step as it is logged. */
export interface LoggedStep extends Step {
  /** The step takes in every change up to here; null while an index is built whose beginning it is. */
  readonly at: FeedPosition | null;
  /** Whether the index is whole with this step: false while it is being built. */
  readonly isWhole: boolean;
  /** Of the text that came with the step. */
  readonly textChecksum: number;
  /** New checksums of the text of earlier steps, by their number: parts of it were overwritten. */
  readonly textChecksums?: readonly (readonly [step: number, checksum: number])[];
  /** Whether nothing is left of what was dead when the step was written. */
  readonly isExpunged?: true;
}

const Position = v.object({ seq: v.number(), mark: v.number() });
const Head = v.object({ magic: v.literal(MAGIC), version: v.literal(LAYOUT_VERSION) });
// The checksum says that it is what this code wrote; the rows in it are not looked at one by one.
const Logged = v.custom<LoggedStep>((value) =>
  v.is(v.object({ at: v.nullable(Position), units: v.array(v.any()) }), value),
);

const FRAME_HEAD = 8;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A 32-bit checksum; not against malice, only against damage. */
export function checksum(bytes: Uint8Array): number {
  let hash = bytes.length | 0;
  const words = bytes.length >> 2;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let word = 0; word < words; word += 1) {
    hash = Math.imul(hash ^ view.getInt32(word * 4, true), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (let at = words * 4; at < bytes.length; at += 1) {
    hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x85ebca77);
    hash ^= hash >>> 13;
  }
  return hash >>> 0;
}

function toFrame(value: unknown): Uint8Array {
  const json = encoder.encode(JSON.stringify(value));
  const frame = new Uint8Array(FRAME_HEAD + json.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, json.length, true);
  view.setUint32(4, checksum(json), true);
  frame.set(json, FRAME_HEAD);
  return frame;
}

/** The frame that begins a log. */
export const headFrame = (): Uint8Array => toFrame({ magic: MAGIC, version: LAYOUT_VERSION });

export const stepFrame = (step: LoggedStep): Uint8Array => toFrame(step);

/** What a log holds. */
export interface ReadLog {
  readonly steps: readonly LoggedStep[];
  /** Bytes of the log up to the end of the last whole frame. */
  readonly byteLength: number;
}

/** Reads a whole log. @returns undefined when it does not begin as one of this version does */
export async function readLog(file: SidecarFile): Promise<ReadLog | undefined> {
  const bytes = new Uint8Array(file.size);
  if (bytes.length > 0) await file.read(bytes, 0);
  const frames = [...readFrames(bytes)];
  const [head, ...rest] = frames;
  if (!head || !v.is(Head, head.value)) return undefined;
  const steps: LoggedStep[] = [];
  let byteLength = head.end;
  for (const { value, end } of rest) {
    const step = v.safeParse(Logged, value);
    if (!step.success) break;
    steps.push(step.output);
    byteLength = end;
  }
  return { steps, byteLength };
}

/** Bytes of frames that are looked at before others are let in. */
const BREATH_BYTES = 1024 * 1024;

/**
 * Blanks the names of groups in all frames that tell them, where they lie: a frame keeps its length. One
 * that is torn by a crash ends the log, like any other.
 * @param breathe Called now and then.
 */
export async function blankGroups(
  file: SidecarFile,
  ids: ReadonlySet<string>,
  breathe: () => Promise<void>,
): Promise<void> {
  const head = new Uint8Array(FRAME_HEAD);
  let seen = 0;
  for (let at = 0; at + FRAME_HEAD <= file.size;) {
    await file.read(head, at);
    const json = new Uint8Array(new DataView(head.buffer).getUint32(0, true));
    await file.read(json, at + FRAME_HEAD);
    const blanked = blankIn(decoder.decode(json), ids);
    if (blanked !== undefined) {
      // White space behind it is no part of the value.
      json.fill(0x20).set(encoder.encode(blanked));
      new DataView(head.buffer).setUint32(4, checksum(json), true);
      await file.overwrite(json, at + FRAME_HEAD);
      await file.overwrite(head, at);
    }
    at += FRAME_HEAD + json.length;
    seen += json.length;
    if (seen < BREATH_BYTES) continue;
    seen = 0;
    await breathe();
  }
  await file.flush();
}

/** So few ids are looked for in a frame before it is parsed. */
const FEW_IDS = 8;

/** @returns the step without the names of groups; undefined when it tells none of them */
function blankIn(text: string, ids: ReadonlySet<string>): string | undefined {
  if (ids.size <= FEW_IDS && ![...ids].some((id) => text.includes(id))) return undefined;
  const step = v.safeParse(Logged, JSON.parse(text));
  if (!step.success || !step.output.groups.some(({ id }) => ids.has(id))) return undefined;
  const groups = step.output.groups.map((group) =>
    ids.has(group.id) ? { ...group, title: '', tags: [], source: '' } : group,
  );
  return JSON.stringify({ ...step.output, groups });
}

function* readFrames(bytes: Uint8Array): Generator<{ value: unknown; end: number }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + FRAME_HEAD <= bytes.length;) {
    const end = at + FRAME_HEAD + view.getUint32(at, true);
    if (end > bytes.length) return;
    const json = bytes.subarray(at + FRAME_HEAD, end);
    if (checksum(json) !== view.getUint32(at + 4, true)) return;
    let value: unknown;
    try {
      value = JSON.parse(decoder.decode(json));
    } catch {
      return;
    }
    yield { value, end };
    at = end;
  }
}
