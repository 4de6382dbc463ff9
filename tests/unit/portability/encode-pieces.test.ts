import { describe, expect, it } from 'vitest';
import { encodePieces } from '#portability/encode-pieces.ts';

async function encode(pieces: Iterable<string>): Promise<readonly Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of encodePieces(pieces)) chunks.push(chunk);
  return chunks;
}

describe('text as chunks of bytes', () => {
  it('gathers small pieces and loses none', async () => {
    const pieces = Array.from({ length: 30_000 }, (_, index) => `옹기${index}`);
    const chunks = await encode(pieces);
    expect(chunks.length).toBeLessThan(10);
    expect(Buffer.concat(chunks).toString('utf8')).toBe(pieces.join(''));
  });

  it('gives nothing for nothing', async () => {
    expect(await encode([])).toEqual([]);
    expect(await encode(['', ''])).toEqual([]);
  });
});
