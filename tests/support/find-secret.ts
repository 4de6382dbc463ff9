/** Looking for a secret in files that may hold it in any common writing, packed or not. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { unzipSync } from 'fflate';

/** Long enough that no file holds it by chance; a secret that is cut in two leaves one in a half. */
const PIECE = 12;

/** Every writing of a piece of a text that a file could hold, as bytes. */
function writingsOf(piece: string): Buffer[] {
  const bytes = Buffer.from(piece);
  // In base64 a text looks different at each of three places; its ends depend on what stands beside.
  const encoded = [0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .slice(before === 0 ? 0 : before + 1, -4),
  );
  return [
    bytes,
    Buffer.from(piece, 'utf16le'),
    Buffer.from(bytes.toString('hex')),
    Buffer.from(bytes.toString('hex').toUpperCase()),
    ...encoded.map((text) => Buffer.from(text)),
  ];
}

/** The bytes themselves and what is packed in them. */
function unpack(bytes: Buffer): Buffer[] {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    try {
      return [bytes, ...unpack(gunzipSync(bytes))];
    } catch {
      return [bytes];
    }
  }
  if (bytes.subarray(0, 4).equals(Buffer.from('PK\u0003\u0004'))) {
    return [bytes, ...Object.values(unzipSync(bytes)).map((entry) => Buffer.from(entry))];
  }
  return [bytes];
}

/** Whether any piece of the secret stands in the bytes, in clear, encoded, or within a gzip or ZIP. */
export function holdsSecret(bytes: Buffer, secret: string): boolean {
  const pieces = [];
  for (let at = 0; at + PIECE <= secret.length; at += PIECE) {
    pieces.push(secret.slice(at, at + PIECE));
  }
  const writings = pieces.flatMap(writingsOf);
  return unpack(bytes).some((each) => writings.some((writing) => each.includes(writing)));
}

/** Every file below a folder. */
export function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

/** The files below a folder that hold a secret. */
export function findInFiles(folder: string, secret: string): string[] {
  return listFiles(folder).filter((file) => holdsSecret(readFileSync(file), secret));
}
