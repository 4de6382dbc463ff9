import { gzipSync, strToU8 } from 'fflate';
import { describe, expect, it } from 'vitest';
import { inflate } from '#files/inflate.ts';

// In a browser, because Node's DecompressionStream takes a second member and an early end.
describe('inflate', () => {
  it('calls a cut, flipped, doubled, empty or foreign file damaged', async () => {
    const packed = gzipSync(strToU8('some text that is packed '.repeat(100)));
    const flipped = packed.slice();
    flipped[30] = (flipped[30] ?? 0) ^ 1;
    const broken = {
      cut: packed.slice(0, 40),
      flipped,
      doubled: new Uint8Array([...packed, ...packed]),
      foreign: strToU8('no gzip'),
      empty: new Uint8Array(),
    };
    for (const [what, bytes] of Object.entries(broken)) {
      const stream = new Blob([new Uint8Array(bytes)]).stream();
      const inflated = inflate(stream, { packedBytes: bytes.length, format: 'gzip' });
      const code = await new Response(inflated).arrayBuffer().then(
        () => 'none',
        () => 'failed',
      );
      expect([what, code]).toEqual([what, 'failed']);
      const again = inflate(new Blob([new Uint8Array(bytes)]).stream(), {
        packedBytes: bytes.length,
        format: 'gzip',
      }).getReader();
      const drain = async (): Promise<void> => {
        while (!(await again.read()).done);
      };
      await expect(drain()).rejects.toMatchObject({ code: 'file/damaged' });
    }
  });
});
