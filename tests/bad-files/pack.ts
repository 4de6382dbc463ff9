/** Packing as it should not be: ZIP files that lie, gzip files that grow. */
import { createGzip } from 'node:zlib';
import { strToU8, zipSync } from 'fflate';

const MIB = 1024 * 1024;

/** A gzip file of so many MiB of spaces behind a beginning, in about a thousandth of that. */
export async function gzipSpaces(mebibytes: number, beginning: string): Promise<Buffer> {
  const gzip = createGzip({ level: 9 });
  const parts: Buffer[] = [];
  gzip.on('data', (part: Buffer) => parts.push(part));
  const ended = new Promise((resolve, reject) => gzip.on('end', resolve).on('error', reject));
  const spaces = Buffer.alloc(MIB, 0x20);
  gzip.write(beginning);
  for (let at = 0; at < mebibytes; at += 1) {
    if (!gzip.write(spaces)) await new Promise((resolve) => gzip.once('drain', resolve));
  }
  gzip.end();
  await ended;
  return Buffer.concat(parts);
}

export const SPACES = (mebibytes: number): Uint8Array => new Uint8Array(mebibytes * MIB).fill(0x20);

/** Texts and bytes as a ZIP. */
export function zipOf(
  files: Readonly<Record<string, string | Uint8Array>>,
  level: 0 | 6 | 9 = 6,
): Uint8Array {
  const entries = Object.entries(files).map(([name, content]) => [
    name,
    typeof content === 'string' ? strToU8(content) : content,
  ]);
  return zipSync(Object.fromEntries(entries) as Record<string, Uint8Array>, { level });
}

const DIRECTORY_ENTRY = 0x02014b50;

/** Changes every entry of a ZIP's directory. */
export function withDirectory(
  bytes: Uint8Array,
  change: (view: DataView, at: number) => void,
): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  for (let at = 0; at + 46 <= copy.length; at += 1) {
    if (view.getUint32(at, true) === DIRECTORY_ENTRY) change(view, at);
  }
  return copy;
}

/** The same with one bit turned in the middle. */
export function withTurnedBit(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const at = copy.length >> 1;
  copy[at] = (copy[at] ?? 0) ^ 4;
  return copy;
}

/** Arrays, or objects, in each other. */
export function nested(kind: 'arrays' | 'objects', depth: number): string {
  return kind === 'arrays'
    ? '['.repeat(depth) + ']'.repeat(depth)
    : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
}
