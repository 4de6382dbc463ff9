import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createZipWriter } from '#portability/write-zip.ts';
import { writeCentralRecord, writeEndOfArchive } from '#portability/zip-records.ts';

const AT = new Date(2026, 10, 22, 7, 30, 24).getTime();
const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

function collect() {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const zip = createZipWriter((bytes) => {
    chunks.push(bytes);
    return Promise.resolve();
  }, AT);
  return { zip, join: () => new Uint8Array(Buffer.concat(chunks)) };
}

const hasTool = (name: string): boolean => spawnSync(name, ['-v']).status === 0;

function saveForTest(bytes: Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'onggi-zip-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'a.zip');
  writeFileSync(path, bytes);
  return path;
}

async function writeThree(): Promise<Uint8Array> {
  const { zip, join: joined } = collect();
  await zip.addFile('json/옹기 🏺.json', [encode('가'.repeat(100_000)), encode('나')]);
  await zip.addFile('attachments/a.png', [Uint8Array.of(1, 2, 3)], { isStored: true });
  await zip.addFile('empty', []);
  await zip.close();
  return joined();
}

describe('ZIP writer', () => {
  it('writes what fflate reads', async () => {
    const bytes = await writeThree();
    const files = unzipSync(bytes);
    expect(Object.keys(files)).toEqual(['json/옹기 🏺.json', 'attachments/a.png', 'empty']);
    expect(new TextDecoder().decode(files['json/옹기 🏺.json'])).toBe(`${'가'.repeat(100_000)}나`);
    expect(files['attachments/a.png']).toEqual(Uint8Array.of(1, 2, 3));
    expect(files['empty']).toEqual(new Uint8Array());
    expect(bytes.length).toBeLessThan(3000);
  });

  it.skipIf(!hasTool('unzip'))('writes what unzip finds whole (needs unzip)', async () => {
    const { status, stdout } = spawnSync('unzip', ['-t', saveForTest(await writeThree())], {
      encoding: 'utf8',
    });
    expect(stdout).toContain('No errors');
    expect(status).toBe(0);
  });

  it.skipIf(!hasTool('unzip'))(
    'holds more files than the old format counts (needs unzip)',
    async () => {
      const { zip, join: joined } = collect();
      const one = encode('x');
      for (let index = 0; index < 65_540; index += 1) {
        await zip.addFile(`f${index}`, [one], { isStored: true });
      }
      await zip.close();
      const { stdout } = spawnSync('unzip', ['-tq', saveForTest(joined())], { encoding: 'utf8' });
      expect(stdout).toContain('No errors');
      const listing = spawnSync('unzip', ['-Z1', saveForTest(joined())], {
        encoding: 'utf8',
        maxBuffer: 10_000_000,
      });
      expect(listing.stdout.trim().split('\n')).toHaveLength(65_540);
    },
    120_000,
  );

  it('says where a file beyond 4 GiB begins in 64 bits', () => {
    const entry = { name: 'a', isStored: true, size: 1, packedSize: 1, crc32: 2, modifiedAt: AT };
    const near = writeCentralRecord({ ...entry, offset: 0xffff_fffe });
    const far = writeCentralRecord({ ...entry, offset: 0x1_0000_0000 });
    expect(far.length).toBe(near.length + 12);
    expect([...far.slice(-12)]).toEqual([1, 0, 8, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
    const plain = writeEndOfArchive({ count: 1, start: 10, size: 10 });
    expect(plain.length).toBe(22);
    expect(writeEndOfArchive({ count: 1, start: 0x1_0000_0000, size: 10 }).length).toBe(22 + 76);
  });

  it('passes on the failure of what it reads', async () => {
    const { zip } = collect();
    async function* broken(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
      yield encode('a');
      await Promise.reject(new Error('gone'));
    }
    await expect(zip.addFile('a', broken())).rejects.toThrow('gone');
  });
});
