/** Limits of files that come from outside, from SECURITY section 6. Above one: a refusal by name. */

const MIB = 1024 * 1024;

/** Above this a backup asks first, showing its size and the free space. */
export const ASK_ABOVE_BYTES = 64 * MIB;
/** Most bytes that one stream may inflate to, unless the person allowed more. */
export const MAX_INFLATED_BYTES = 512 * MIB;
/** Most times its packed size that a large stream may inflate to (a bomb reaches 1,000). */
const MAX_INFLATE_RATIO = 20;
/**
 * What says the same again and again is denser without being a bomb: tables and logs reach 100. So much
 * of it is taken all the same; a stream that is stopped there has cost 77 ms (SECURITY 6).
 */
const MAX_DENSE_BYTES = 64 * MIB;
const MAX_DENSE_RATIO = 200;
/** Below this many bytes the ratio says nothing: small files of one letter compress well. */
const RATIO_FREE_BYTES = 16 * MIB;

/**
 * Most bytes that so many packed ones may become, unless the person allowed more.
 * @param isFarAllowed The person was shown the sizes and agreed: 512 MiB then, whatever the ratio.
 */
export function mostInflatedBytes(packedBytes: number, isFarAllowed = false): number {
  if (isFarAllowed) return MAX_INFLATED_BYTES;
  const dense = Math.min(MAX_DENSE_BYTES, packedBytes * MAX_DENSE_RATIO);
  const most = Math.max(RATIO_FREE_BYTES, packedBytes * MAX_INFLATE_RATIO, dense);
  return Math.min(MAX_INFLATED_BYTES, most);
}

/** Whether what becomes so much larger counts against what an archive may hold of such entries. */
export function isDense(packedBytes: number, sizeBytes: number): boolean {
  return sizeBytes > packedBytes * MAX_INFLATE_RATIO;
}

/** Below this many bytes one dense stretch says nothing of the rest. */
const DENSE_FREE_BYTES = MIB;

/** Whether so much came of so few bytes that the rest will be no better. */
export function isBombDense(packedBytes: number, sizeBytes: number): boolean {
  return sizeBytes > DENSE_FREE_BYTES && sizeBytes > packedBytes * MAX_DENSE_RATIO;
}

/** Deepest nesting of arrays and objects in what we keep or write: backups, cells, rows. */
export const MAX_JSON_DEPTH = 64;
/**
 * Deepest nesting in files of other products. LibreChat nests two levels a message, so that a chat of
 * 2,000 messages goes in; `JSON.parse` of a text this deep needs no more stack than of a flat one.
 */
export const MAX_IMPORT_DEPTH = 4000;
/** Most rows of one file. */
export const MAX_ROWS = 2_000_000;
/** Most entries of one archive; in one of ours without those that say again what another one says. */
export const MAX_ARCHIVE_ENTRIES = 100_000;
/** Largest file of a message; media are bounded one by one. */
export const MAX_ATTACHMENT_BYTES = 64 * MIB;
/** Archives within archives. */
export const MAX_ARCHIVE_DEPTH = 3;
/** Largest JSON that is parsed at once: V8 holds no longer text than 2^29 - 24 UTF-16 units. */
export const MAX_WHOLE_JSON_BYTES = 256 * MIB;
/** Largest single element (one conversation) of a split JSON, in characters. */
export const MAX_ELEMENT_CHARACTERS = 128 * MIB;
