/**
 * The log of the index: one frame a step, little-endian: `length u32, checksum u32, body`. The body of the first
 * says as JSON what the file is; that of a step is `jsonLength u32, unitCount u32, JSON, columns`, see
 * packed-step.ts. A frame that does not fit ends the log: what was torn by a crash is as if it had never been
 * written, and the change feed still has it.
 */
import * as v from 'valibot';
import type { FeedPosition } from '#db/feed-reader.ts';
import { wideChecksum } from './checksum.ts';
import { bytesOf, joinBytes } from './columns.ts';
import { keyBytes } from './packed-step.ts';
import type { PackedStep } from './packed-step.ts';
import type { SidecarFile } from './sidecar-store.ts';

/** Another layout, or another way of folding text, is another number: the index is then built anew. */
const LAYOUT_VERSION = 2;
const MAGIC = 'onggi-text';

/** One step as it is logged. */
export interface LoggedStep extends PackedStep {
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
type Told = Omit<LoggedStep, 'unitCount' | 'columns'>;
// The checksum says that it is what this code wrote; the rows in it are not looked at one by one.
const Told = v.custom<Told>((value) =>
  v.is(v.object({ at: v.nullable(Position), groups: v.array(v.any()) }), value),
);

const FRAME_HEAD = 8;
const BODY_HEAD = 8;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function toFrame(...parts: readonly Uint8Array[]): Uint8Array {
  const frame = joinBytes([new Uint8Array(FRAME_HEAD), ...parts]);
  const body = frame.subarray(FRAME_HEAD);
  new Uint32Array(frame.buffer, 0, 2).set([body.length, wideChecksum(body)]);
  return frame;
}

/** The frame that begins a log. */
export const headFrame = (): Uint8Array =>
  toFrame(encoder.encode(JSON.stringify({ magic: MAGIC, version: LAYOUT_VERSION })));

export function stepFrame({ unitCount, columns, ...told }: LoggedStep): Uint8Array {
  const json = encoder.encode(JSON.stringify(told));
  return toFrame(bytesOf(Uint32Array.of(json.length, unitCount)), json, columns);
}

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
  const steps: LoggedStep[] = [];
  let byteLength = 0;
  for (const { body, end } of readFrames(bytes)) {
    if (byteLength === 0) {
      if (!v.is(Head, parse(body))) return undefined;
    } else {
      const step = readStep(body);
      if (!step) break;
      steps.push(step);
    }
    byteLength = end;
  }
  return byteLength === 0 ? undefined : { steps, byteLength };
}

/** @returns undefined when it is none; columns are part of `body` */
function readStep(body: Uint8Array): LoggedStep | undefined {
  const parts = splitBody(body);
  const told = v.safeParse(Told, parts && parse(parts.json));
  if (!parts || !told.success) return undefined;
  const { unitCount, columns } = parts;
  const step = { ...told.output, unitCount, columns };
  return keyBytes(step) < 0 ? undefined : step;
}

/** @returns undefined when it is no step's */
function splitBody(body: Uint8Array):
  | {
      readonly unitCount: number;
      readonly json: Uint8Array;
      readonly columns: Uint8Array;
    }
  | undefined {
  if (body.length < BODY_HEAD) return undefined;
  const view = new DataView(body.buffer, body.byteOffset);
  const end = BODY_HEAD + view.getUint32(0, true);
  if (end > body.length) return undefined;
  const unitCount = view.getUint32(4, true);
  return { unitCount, json: body.subarray(BODY_HEAD, end), columns: body.subarray(end) };
}

/** @returns undefined when it is no JSON */
function parse(json: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(json));
  } catch {
    return undefined;
  }
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
    const body = new Uint8Array(new DataView(head.buffer).getUint32(0, true));
    await file.read(body, at + FRAME_HEAD);
    // The first frame is no step's, and says nothing of groups.
    const json = at === 0 ? undefined : splitBody(body)?.json;
    const blanked = json && blankIn(decoder.decode(json), ids);
    if (blanked !== undefined) {
      // White space behind it is no part of the value.
      json?.fill(0x20).set(encoder.encode(blanked));
      new DataView(head.buffer).setUint32(4, wideChecksum(body), true);
      await file.overwrite(body, at + FRAME_HEAD);
      await file.overwrite(head, at);
    }
    at += FRAME_HEAD + body.length;
    seen += body.length;
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
  // As JSON writes them.
  const isIn = (id: string): boolean => text.includes(JSON.stringify(id));
  if (ids.size <= FEW_IDS && ![...ids].some(isIn)) return undefined;
  const step = v.safeParse(Told, JSON.parse(text));
  if (!step.success || !step.output.groups.some(({ id }) => ids.has(id))) return undefined;
  const groups = step.output.groups.map((group) =>
    ids.has(group.id) ? { ...group, title: '', tags: [], source: '' } : group,
  );
  return JSON.stringify({ ...step.output, groups });
}

function* readFrames(bytes: Uint8Array): Generator<{ body: Uint8Array; end: number }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + FRAME_HEAD <= bytes.length;) {
    const end = at + FRAME_HEAD + view.getUint32(at, true);
    if (end > bytes.length) return;
    const body = bytes.subarray(at + FRAME_HEAD, end);
    if (wideChecksum(body) !== view.getUint32(at + 4, true)) return;
    yield { body, end };
    at = end;
  }
}
