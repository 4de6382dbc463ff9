/**
 * Whether the needle stands over the border of two texts: begins in the one and ends in the other.
 * @param end One past the last byte of the text before; what lies before that text is not in the needle.
 * @param start The first byte of the text behind; what lies behind it is not in the needle either.
 */
export function spansBorder(
  before: Uint8Array,
  end: number,
  after: Uint8Array,
  start: number,
  needle: Uint8Array,
): boolean {
  for (let length = Math.min(needle.length - 1, end); length > 0; length -= 1) {
    if (before[end - length] !== needle[0]) continue;
    let at = 1;
    while (at < length && before[end - length + at] === needle[at]) at += 1;
    if (at < length) continue;
    while (at < needle.length && after[start + at - length] === needle[at]) at += 1;
    if (at === needle.length) return true;
  }
  return false;
}
