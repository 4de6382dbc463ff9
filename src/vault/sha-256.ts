/**
 * SHA-256 (FIPS 180-4) in pieces: WebCrypto has no incremental digest, and what is hashed here may be
 * too large to stand in memory at once. About a fifth of WebCrypto's speed: for the exceptions only.
 */

/** A running digest. */
export interface Sha256 {
  /** Takes bytes; the array may be changed or transferred afterwards. */
  update(bytes: Uint8Array): void;
  /** The 32 bytes. The digest is over then. */
  finish(): Uint8Array;
}

const BLOCK_BYTES = 64;

/** Fractional parts of the cube roots of the first 64 primes, 32 bits each (FIPS 180-4, 4.2.2). */
const ROUND_CONSTANTS = fractionsOfRoots(64, (prime) => Math.cbrt(prime));
/** Fractional parts of the square roots of the first 8 primes (FIPS 180-4, 5.3.3). */
const INITIAL_STATE = fractionsOfRoots(8, (prime) => Math.sqrt(prime));

function fractionsOfRoots(count: number, root: (prime: number) => number): Int32Array {
  const fractions = new Int32Array(count);
  let found = 0;
  for (let candidate = 2; found < count; candidate += 1) {
    let isPrime = true;
    for (let factor = 2; factor * factor <= candidate; factor += 1) {
      if (candidate % factor === 0) isPrime = false;
    }
    if (!isPrime) continue;
    const value = root(candidate);
    fractions[found] = Math.floor((value - Math.floor(value)) * 0x1_0000_0000) | 0;
    found += 1;
  }
  return fractions;
}

export function createSha256(): Sha256 {
  const state = INITIAL_STATE.slice();
  const schedule = new Int32Array(64);
  const block = new Uint8Array(BLOCK_BYTES);
  let filled = 0;
  let length = 0;

  return {
    update(bytes) {
      length += bytes.length;
      let offset = 0;
      if (filled > 0) {
        offset = Math.min(BLOCK_BYTES - filled, bytes.length);
        block.set(bytes.subarray(0, offset), filled);
        filled += offset;
        if (filled < BLOCK_BYTES) return;
        compress(state, schedule, block, 0);
        filled = 0;
      }
      for (; offset + BLOCK_BYTES <= bytes.length; offset += BLOCK_BYTES) {
        compress(state, schedule, bytes, offset);
      }
      block.set(bytes.subarray(offset), 0);
      filled = bytes.length - offset;
    },
    finish() {
      const isLong = filled >= BLOCK_BYTES - 8;
      const tail = new Uint8Array(isLong ? 2 * BLOCK_BYTES : BLOCK_BYTES);
      tail.set(block.subarray(0, filled));
      tail[filled] = 0x80;
      const view = new DataView(tail.buffer);
      view.setUint32(tail.length - 8, Math.floor(length / 0x2000_0000));
      view.setUint32(tail.length - 4, (length * 8) >>> 0);
      compress(state, schedule, tail, 0);
      if (isLong) compress(state, schedule, tail, BLOCK_BYTES);
      const digest = new DataView(new ArrayBuffer(32));
      for (const [index, word] of state.entries()) digest.setInt32(index * 4, word);
      return new Uint8Array(digest.buffer);
    },
  };
}

/** One block of 64 bytes into the state (FIPS 180-4, 6.2.2). */
function compress(state: Int32Array, words: Int32Array, bytes: Uint8Array, offset: number): void {
  expandWords(words, bytes, offset);
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let round = 0; round < 64; round += 1) {
    const mixed = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const chosen = (e & f) ^ (~e & g);
    const first = (h + mixed + chosen + (ROUND_CONSTANTS[round] ?? 0) + (words[round] ?? 0)) | 0;
    const spread = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const second = (spread + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  const sums = [a, b, c, d, e, f, g, h];
  for (let index = 0; index < 8; index += 1) {
    state[index] = ((state[index] ?? 0) + (sums[index] ?? 0)) | 0;
  }
}

function expandWords(words: Int32Array, bytes: Uint8Array, offset: number): void {
  for (let index = 0; index < 16; index += 1) {
    const at = offset + index * 4;
    words[index] =
      ((bytes[at] ?? 0) << 24) |
      ((bytes[at + 1] ?? 0) << 16) |
      ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0);
  }
  for (let index = 16; index < 64; index += 1) {
    const x = words[index - 15] ?? 0;
    const y = words[index - 2] ?? 0;
    const small = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const large = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    words[index] = ((words[index - 16] ?? 0) + small + (words[index - 7] ?? 0) + large) | 0;
  }
}
