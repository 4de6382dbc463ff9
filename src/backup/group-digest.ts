import { digestSha256 } from '#vault/digest.ts';
import { createSha256 } from '#vault/sha-256.ts';
import type { Sha256 } from '#vault/sha-256.ts';

/** The name of the digest in a backup (FORMATS 3.4). */
export const DIGEST_ALGORITHM = 'sha-256-groups-1000';
/** Rows of one group. */
export const GROUP_ROWS = 1000;

/** A group that grows beyond this is hashed piece by piece instead of being held. */
const HELD_BYTES = 8 * 1024 * 1024;

/** The digest of the rows of a backup, group by group, as they are written or read. */
export interface GroupDigest {
  /** Rows that the group in the making still takes. */
  readonly room: number;
  /**
   * Takes rows as written: compact JSON joined by commas, UTF-8; at most {@link GroupDigest.room}.
   * The bytes are copied before this returns.
   */
  add(bytes: Uint8Array<ArrayBuffer>, rowCount: number): Promise<void>;
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
  let held: Uint8Array<ArrayBuffer>[] = [];
  let heldBytes = 0;
  let rowCount = 0;
  let running: Sha256 | undefined;
  /** At most one digest is computed beside the work. */
  let pending: Promise<void> = Promise.resolve();

  function closeWith(whole: Uint8Array<ArrayBuffer>): Promise<void> {
    const [digesting, before] = [digestSha256(whole), pending];
    const place = digests.push(new Uint8Array()) - 1;
    pending = digesting.then((digest) => {
      digests[place] = digest;
    });
    pending.catch(() => undefined);
    rowCount = 0;
    return before;
  }

  async function closeGroup(): Promise<void> {
    if (rowCount === 0) return;
    if (running) {
      digests.push(running.finish());
      running = undefined;
      rowCount = 0;
      return;
    }
    const whole = concatenate(held, heldBytes);
    held = [];
    heldBytes = 0;
    await closeWith(whole);
  }

  function hold(bytes: Uint8Array<ArrayBuffer>): void {
    if (running) {
      running.update(bytes);
      return;
    }
    held.push(bytes.slice());
    heldBytes += bytes.length;
    if (heldBytes <= HELD_BYTES) return;
    running = createSha256();
    for (const part of held) running.update(part);
    held = [];
    heldBytes = 0;
  }

  return {
    get room() {
      return GROUP_ROWS - rowCount;
    },
    async add(bytes, added) {
      if (added === 0) return;
      if (rowCount === 0 && added === GROUP_ROWS && bytes.length <= HELD_BYTES) {
        await closeWith(bytes);
        return;
      }
      if (rowCount > 0) hold(COMMA);
      hold(bytes);
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

const COMMA = new TextEncoder().encode(',');

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
