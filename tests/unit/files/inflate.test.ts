import { gzipSync, strToU8 } from 'fflate';
import { describe, expect, it } from 'vitest';
import { decodeText } from '#files/decode-text.ts';
import { inflate, readGzipSize } from '#files/inflate.ts';
import type { InflateOptions } from '#files/inflate.ts';

const streamOf = (bytes: Uint8Array) => new Blob([new Uint8Array(bytes)]).stream();

async function gunzip(bytes: Uint8Array, options: Partial<InflateOptions> = {}): Promise<string> {
  const packedBytes = bytes.length;
  const stream = inflate(streamOf(bytes), { packedBytes, format: 'gzip', ...options });
  let text = '';
  for await (const piece of decodeText(stream)) text += piece;
  return text;
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );

describe('inflate', () => {
  it('gives what was packed', async () => {
    const text = '옹기 😀 '.repeat(50_000);
    expect(await gunzip(gzipSync(strToU8(text)))).toBe(text);
  });

  it('stops a bomb where it goes beyond the limits', async () => {
    const bomb = gzipSync(new Uint8Array(40 * 1024 * 1024).fill(0x20));
    expect(await codeOf(gunzip(bomb))).toBe('file/expands-too-much');
  });

  it('stops a bomb that says what it is before it has grown', async () => {
    const bomb = gzipSync(new Uint8Array(40 * 1024 * 1024).fill(0x20));
    const saidBytes = await readGzipSize(new Blob([new Uint8Array(bomb)]));
    expect(saidBytes).toBe(40 * 1024 * 1024);
    const packedBytes = bomb.length;
    const reader = inflate(streamOf(bomb), { packedBytes, saidBytes, format: 'gzip' }).getReader();
    let total = 0;
    const drain = async (): Promise<void> => {
      for (;;) total += (await reader.read()).value?.length ?? 0;
    };
    expect(await codeOf(drain())).toBe('file/expands-too-much');
    // Of the 16 MiB that anything may become.
    expect(total).toBeLessThan(12 * 1024 * 1024);
  });

  it('does not believe the end of a file that is no bomb: where it was cut, that is chance', async () => {
    const text = Array.from({ length: 200_000 }, (_, at) => (at * 2654435761) >>> 0).join('\n');
    const saidBytes = 4_000_000_000;
    expect(await gunzip(gzipSync(strToU8(text)), { saidBytes })).toBe(text);
    expect(await readGzipSize(new Blob(['abc']))).toBe(0);
  });

  it('lets a large file through when the person allowed it', async () => {
    const packed = gzipSync(new Uint8Array(20 * 1024 * 1024).fill(0x20));
    expect(await codeOf(gunzip(packed))).toBe('file/expands-too-much');
    expect((await gunzip(packed, { isLargeAllowed: true })).length).toBe(20 * 1024 * 1024);
    const bounded = { isLargeAllowed: true, maxBytes: 1024 * 1024 };
    expect(await codeOf(gunzip(packed, bounded))).toBe('file/expands-too-much');
  });
});

describe('decodeText', () => {
  it('drops a byte order mark and joins characters that are cut between chunks', async () => {
    const bytes = new Uint8Array([0xef, 0xbb, 0xbf, ...strToU8('{"옹":"😀"}')]);
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
        controller.close();
      },
    });
    let text = '';
    for await (const piece of decodeText(stream)) text += piece;
    expect(text).toBe('{"옹":"😀"}');
  });

  it('replaces bytes that are no UTF-8', async () => {
    let text = '';
    for await (const piece of decodeText(streamOf(new Uint8Array([0x61, 0xff, 0x62]))))
      text += piece;
    expect(text).toBe('a\ufffdb');
  });

  it('cancels the stream when its reader leaves', async () => {
    let isCancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(strToU8('more')),
      cancel: () => void (isCancelled = true),
    });
    for await (const piece of decodeText(stream)) {
      expect(piece).toBe('more');
      break;
    }
    expect(isCancelled).toBe(true);
  });
});
