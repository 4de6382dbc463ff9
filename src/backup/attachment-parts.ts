/** Bytes of attachments as rows of text, so that none is too long for memory (FORMATS 3.4). */
import { INTEGER, NAME } from '#domain/file-fields.ts';
import { isFileObject } from '#domain/file-object.ts';
import type { FileObject } from '#domain/file-object.ts';

/** Bytes of one part: a multiple of three, so that only the last one ends with `=`. */
const PART_BYTES = 192 * 1024;

/** One part as read from a file. */
export interface AttachmentPart {
  readonly attachmentId: string;
  /** From 0, without gaps. */
  readonly index: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The rows of one attachment, in order; none for an empty one. */
export function* writeParts(id: string, bytes: ArrayBuffer): Generator<FileObject> {
  for (let start = 0, index = 0; start < bytes.byteLength; start += PART_BYTES, index += 1) {
    const part = new Uint8Array(bytes, start, Math.min(PART_BYTES, bytes.byteLength - start));
    yield { attachment_id: id, index, data: toBase64(part) };
  }
}

/** A part, or undefined when it is none: other fields, or text that is no base64. */
export function readPart(value: unknown): AttachmentPart | undefined {
  if (!isFileObject(value)) return undefined;
  const { attachment_id: attachmentId, index, data } = value;
  if (typeof attachmentId !== 'string' || NAME.read(attachmentId) !== attachmentId)
    return undefined;
  if (typeof index !== 'number' || INTEGER.read(index) !== index) return undefined;
  const bytes = typeof data === 'string' ? fromBase64(data) : undefined;
  return bytes && { attachmentId, index, bytes };
}

/** Characters that `String.fromCharCode` takes at once. */
const SPREAD_BYTES = 8192;

function toBase64(bytes: Uint8Array<ArrayBuffer>): string {
  let text = '';
  for (let start = 0; start < bytes.length; start += SPREAD_BYTES) {
    text += String.fromCharCode(...bytes.subarray(start, start + SPREAD_BYTES));
  }
  return btoa(text);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index);
    return bytes;
  } catch {
    return undefined;
  }
}

/** Puts the parts of one attachment together. */
export interface PartCollector {
  /** @returns whether it fits: same attachment, next index. */
  add(part: AttachmentPart): boolean;
  /** The attachment that is being put together; null before the first part. */
  readonly attachmentId: string | null;
  /** Bytes so far. */
  readonly size: number;
  /** All bytes so far; the collector is empty then. */
  take(): ArrayBuffer;
}

export function createPartCollector(): PartCollector {
  let attachmentId: string | null = null;
  let parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  return {
    get attachmentId() {
      return attachmentId;
    },
    get size() {
      return size;
    },
    add(part) {
      const isFirst = attachmentId === null;
      if (!isFirst && part.attachmentId !== attachmentId) return false;
      if (part.index !== parts.length) return false;
      attachmentId = part.attachmentId;
      parts.push(part.bytes);
      size += part.bytes.length;
      return true;
    },
    take() {
      const whole = new Uint8Array(size);
      let offset = 0;
      for (const part of parts) {
        whole.set(part, offset);
        offset += part.length;
      }
      attachmentId = null;
      parts = [];
      size = 0;
      return whole.buffer;
    },
  };
}
