import { describe, expect, it } from 'vitest';
import { createEventAligner } from '#provider/sse-events.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function align(chunks: readonly Uint8Array[], eventBytes = 1000): string[] {
  const aligner = createEventAligner(eventBytes);
  const pieces: string[] = [];
  const keep = (bytes: Uint8Array): void => {
    if (bytes.length > 0) pieces.push(new TextDecoder().decode(bytes));
  };
  for (const chunk of chunks) {
    const { pieces: found, isDone } = aligner.push(chunk);
    found.forEach(keep);
    if (isDone) return pieces;
  }
  keep(aligner.flush());
  return pieces;
}

const EVENTS = 'data: "안녕"\n\n: ping\n\nevent: x\ndata:"👋"\n\n';

describe('createEventAligner', () => {
  it('gives whole events whatever the network cuts', () => {
    const bytes = encode(EVENTS);
    for (let at = 0; at <= bytes.length; at += 1) {
      const pieces = align([bytes.subarray(0, at), bytes.subarray(at)]);
      expect(pieces.join('')).toBe(EVENTS);
      for (const piece of pieces) expect(piece.endsWith('\n\n')).toBe(true);
    }
    expect(align(Array.from(bytes, (byte) => Uint8Array.of(byte))).join('')).toBe(EVENTS);
  });

  it.each(['\r\n', '\r'])('turns line ends %j into \\n, at every cut', (lineEnd) => {
    const bytes = encode(EVENTS.replaceAll('\n', lineEnd));
    for (let at = 0; at <= bytes.length; at += 1) {
      expect(align([bytes.subarray(0, at), bytes.subarray(at)]).join('')).toBe(EVENTS);
    }
  });

  it('sees a blank line in mixed line ends', () => {
    expect(align([encode('data: 1\n\r\ndata: 2')])).toEqual(['data: 1\n\n', 'data: 2\n\n']);
  });

  it.each(['data: [DONE]\n', 'data:[DONE]\r\n', 'data: [DONE]\n\ndata: "more"\n\n'])(
    'ends at %j',
    (end) => {
      expect(align([encode(`data: 1\n\n${end}`)]).join('')).toMatch(
        /^data: 1\n\ndata: ?\[DONE\]\n\n$/,
      );
    },
  );

  it.each([
    ['data: {"a":1}', 'data: {"a":1}\n\n'],
    ['data: {"a":1}\n', 'data: {"a":1}\n\n\n'],
    ['data: {"a":', ''],
    [': ping', ''],
    ['event: x', ''],
    ['', ''],
  ])('at the end of the stream %j leaves %j', (rest, expected) => {
    expect(align([encode(`data: 1\n\n${rest}`)]).join('')).toBe(`data: 1\n\n${expected}`);
  });

  it('takes an event of the limit and not one byte more', () => {
    expect(align([encode('x'.repeat(10) + '\n\n')], 10)).toHaveLength(1);
    expect(() => align([encode('x'.repeat(11) + '\n\n')], 10)).toThrow(
      expect.objectContaining({ code: 'provider/too-large' }),
    );
    expect(() => align([encode('xxxx\n'.repeat(3))], 10)).toThrow();
    expect(createEventAligner(10).push(encode(`x\n\n${'x'.repeat(11)}`)).pieces).toHaveLength(1);
    expect(align([encode('xxxx\n\n'.repeat(300))], 10)).toHaveLength(1);
  });
});
