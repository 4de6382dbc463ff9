import { digestSha256 } from '#vault/digest.ts';
import { createSha256 } from '#vault/sha-256.ts';
import type { Sha256 } from '#vault/sha-256.ts';

/** The name of the digest in a backup (FORMATS 3.4). */
export const DIGEST_ALGORITHM = 'sha-256-groups-1000';
/** Rows of one group. */
export const GROUP_ROWS = 1000;

/** A group that grows beyond this is hashed piece by piece instead of being held. */
const HELD_BYTES = 8 * 1024 * 1024;
/** The first size of the memory that a group is held in. */
const FIRST_BYTES = 256 * 1024;

/** The digest of the rows of a backup, group by group, as they are written or read. */
export interface GroupDigest {
  /** Rows that the group in the making still takes. */
  readonly room: number;
  /**
   * Takes rows as written: compact JSON joined by commas; at most {@link GroupDigest.room}.
   * @returns their UTF-8, in memory that the next call writes over.
   */
  add(rows: string, rowCount: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Takes the same as bytes. */
  addBytes(rows: Uint8Array, rowCount: number): Promise<void>;
  /** The table is over: the next row begins a new group. */
  endTable(): Promise<void>;
  /** The digest in hexadecimal, after the last table. */
  finish(): Promise<string>;
}

/**
 * SHA-256 of the SHA-256 digests of all groups, one after another: WebCrypto has no incremental
 * digest. It finds damage, not forgery: anyone can compute it.
 */
export function createGroupDigest(): GroupDigest {
  const digests: Uint8Array[] = [];
  /** Kept from group to group: fresh memory costs more than the hashing. */
  let held = new Uint8Array(FIRST_BYTES);
  let heldBytes = 0;
  let rowCount = 0;
  let running: Sha256 | undefined;
  /** At most one digest is computed beside the work. */
  let pending: Promise<void> = Promise.resolve();

  async function closeGroup(): Promise<void> {
    if (rowCount === 0) return;
    rowCount = 0;
    if (running) {
      digests.push(running.finish());
      running = undefined;
      return;
    }
    const before = pending;
    const place = digests.push(new Uint8Array()) - 1;
    pending = digestSha256(held.subarray(0, heldBytes)).then((digest) => {
      digests[place] = digest;
    });
    pending.catch(() => undefined);
    heldBytes = 0;
    await before;
  }

  /** From now on the group is hashed as it comes. */
  function beginRunning(): Sha256 {
    running = createSha256();
    running.update(held.subarray(0, heldBytes));
    heldBytes = 0;
    return running;
  }

  function reserve(byteCount: number): void {
    if (held.length - heldBytes >= byteCount) return;
    const larger = new Uint8Array(Math.max(held.length * 2, heldBytes + byteCount));
    larger.set(held.subarray(0, heldBytes));
    held = larger;
  }

  function takeBytes(bytes: Uint8Array): void {
    if (!running && heldBytes + bytes.length > HELD_BYTES) beginRunning();
    if (running) {
      running.update(bytes);
      return;
    }
    reserve(bytes.length);
    held.set(bytes, heldBytes);
    heldBytes += bytes.length;
  }

  function take(text: string): Uint8Array<ArrayBuffer> {
    // UTF-8 takes at most three bytes for a UTF-16 unit.
    const mostBytes = text.length * 3;
    if (!running && heldBytes + mostBytes > HELD_BYTES) beginRunning();
    if (running && mostBytes > HELD_BYTES) {
      const bytes = encoder.encode(text);
      running.update(bytes);
      return bytes;
    }
    reserve(mostBytes);
    const start = heldBytes;
    const { written } = encoder.encodeInto(text, held.subarray(start));
    const bytes = held.subarray(start, start + written);
    if (running) running.update(bytes);
    else heldBytes += written;
    return bytes;
  }

  return {
    get room() {
      return GROUP_ROWS - rowCount;
    },
    async add(rows, added) {
      if (added === 0) return new Uint8Array();
      if (rowCount > 0) take(',');
      const bytes = take(rows);
      rowCount += added;
      if (rowCount >= GROUP_ROWS) await closeGroup();
      return bytes;
    },
    async addBytes(rows, added) {
      if (rowCount > 0) takeBytes(COMMA);
      takeBytes(rows);
      rowCount += added;
      if (rowCount >= GROUP_ROWS) await closeGroup();
    },
    endTable: closeGroup,
    async finish() {
      await closeGroup();
      await pending;
      const size = digests.reduce((sum, { length }) => sum + length, 0);
      return toHex(await digestSha256(concatenate(digests, size)));
    },
  };
}

const COMMA = Uint8Array.of(0x2c);
const encoder = new TextEncoder();

function concatenate(parts: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
