import type { GroupDigest } from './group-digest.ts';

/** Characters of one text, roughly: V8 keeps strings up to 128 KiB in memory that it has. */
const TEXT_CHARACTERS = 32 * 1024;
/** Rows of the first text, before their length is known. */
const FIRST_ROWS = 8;

/** Rows that were taken into a digest, as compact JSON joined by commas. */
export interface DigestedRows {
  /** UTF-8, in memory that the next piece writes over. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly rowCount: number;
}

/** Takes rows into a digest in small texts: one text of a thousand rows took five times as long. */
export async function* digestRows(
  digest: GroupDigest,
  rows: readonly unknown[],
): AsyncGenerator<DigestedRows> {
  let textRows = FIRST_ROWS;
  for (let first = 0; first < rows.length;) {
    const rowCount = Math.min(textRows, digest.room, rows.length - first);
    const text = JSON.stringify(rows.slice(first, first + rowCount)).slice(1, -1);
    yield { bytes: await digest.add(text, rowCount), rowCount };
    textRows = Math.max(1, Math.floor((TEXT_CHARACTERS * rowCount) / text.length));
    first += rowCount;
  }
}
