import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { AGE_HEADER_BYTES, decryptAge, encryptAge } from '#backup/age-file.ts';

const PASSPHRASE = '마당의 김칫독 3개';
const PLAIN = gzipSync(JSON.stringify({ messages: ['안녕하세요', '🫙', 'x'.repeat(200_000)] }));

/** age asks for its passphrase at a terminal and nowhere else: `script` lends it one. */
const hasAge = ['age', 'script'].every(
  (program) => spawnSync(program, ['--version']).error === undefined,
);

/** Runs age in a folder of its own and answers its questions. @returns what it wrote. */
function runAge(args: string, input: Uint8Array, answers: number): Uint8Array<ArrayBuffer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'onggi-age-'));
  try {
    writeFileSync(path.join(folder, 'in'), input);
    const { status, stdout } = spawnSync('script', ['-qec', `age ${args} -o out in`, '/dev/null'], {
      cwd: folder,
      input: `${PASSPHRASE}\n`.repeat(answers),
      encoding: 'utf8',
    });
    expect(status, stdout).toBe(0);
    return new Uint8Array(readFileSync(path.join(folder, 'out')));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const streamOf = (bytes: Uint8Array): ReadableStream<Uint8Array<ArrayBuffer>> =>
  new Blob([new Uint8Array(bytes)]).stream();
const bytesOf = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array> =>
  new Uint8Array(await new Response(stream).arrayBuffer());

describe.skipIf(!hasAge)('the age program (needs age and script)', () => {
  it('opens what onggi encrypts', async () => {
    const encrypted = await bytesOf(await encryptAge(streamOf(PLAIN), PASSPHRASE));
    const opened = runAge('-d', encrypted, 1);
    expect(Buffer.from(opened).equals(PLAIN)).toBe(true);
    expect(gunzipSync(opened).toString()).toContain('🫙');
  }, 120_000);

  it('encrypts what onggi opens', async () => {
    const encrypted = runAge('-p', PLAIN, 2);
    const head = encrypted.subarray(0, AGE_HEADER_BYTES);
    const opened = await bytesOf(await decryptAge(streamOf(encrypted), head, PASSPHRASE));
    expect(Buffer.from(opened).equals(PLAIN)).toBe(true);
  }, 120_000);
});
