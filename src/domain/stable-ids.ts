/** Where the four sums begin: any four odd constants that differ. */
const SEEDS = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f] as const;

/**
 * The same UUID for the same texts, on every device: what is copied twice gets the same id twice.
 * Spread well enough that texts met by chance get different ids; it keeps no secret and proves nothing.
 * @returns a UUID of version 8 (RFC 9562, 5.8: made in a way of one's own).
 */
export function toStableId(...texts: readonly string[]): string {
  // Lengths first: ('ab', 'c') and ('a', 'bc') are different texts.
  const text = `${texts.map(({ length }) => length).join(' ')}\n${texts.join('')}`;
  const hex = SEEDS.map((seed) => sumOf(text, seed).toString(16).padStart(8, '0')).join('');
  const variant = ((parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join('-');
}

/** 32 bits: FNV-1a's step over UTF-16 units, then MurmurHash3's last mixing. */
function sumOf(text: string, seed: number): number {
  let sum = seed;
  for (let index = 0; index < text.length; index += 1) {
    sum = Math.imul(sum ^ text.charCodeAt(index), 0x01000193);
    sum ^= sum >>> 15;
  }
  sum = Math.imul(sum ^ (sum >>> 16), 0x85ebca6b);
  sum = Math.imul(sum ^ (sum >>> 13), 0xc2b2ae35);
  return (sum ^ (sum >>> 16)) >>> 0;
}
