import { describe, expect, test } from 'vitest';
import { createGroupDigest } from '#backup/group-digest.ts';

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

async function sha256(...parts: readonly Uint8Array[]): Promise<Uint8Array> {
  const whole = await new Blob([...parts] as BlobPart[]).arrayBuffer();
  return new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
}

const toHex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

describe('the digest of groups', () => {
  test('of nothing is that of no bytes', async () => {
    const digest = createGroupDigest();
    await digest.endTable();
    expect(await digest.finish()).toBe(toHex(await sha256()));
  });

  test('is the same however the rows of a group come', async () => {
    const wanted = toHex(await sha256(await sha256(encode('1,2,3')), await sha256(encode('4'))));
    for (const pieces of [['1,2,3'], ['1', '2', '3'], ['1,2', '3']]) {
      const digest = createGroupDigest();
      for (const piece of pieces) await digest.add(piece, piece.split(',').length);
      await digest.endTable();
      await digest.add('4', 1);
      expect(await digest.finish()).toBe(wanted);
    }
  });

  test('is the same of bytes as of their text', async () => {
    const rows = ['"옹기"', '"🏺"', JSON.stringify('한'.repeat(3_000_000)), '1'];
    const [texts, bytes] = [createGroupDigest(), createGroupDigest()];
    for (const text of rows) {
      await texts.add(text, 1);
      await bytes.addBytes(encode(text), 1);
    }
    expect(await bytes.finish()).toBe(await texts.finish());
  });

  test('of a group too large to be held is the same', async () => {
    const text = JSON.stringify('한'.repeat(1_000_000));
    const row = encode(text);
    const comma = encode(',');
    const digest = createGroupDigest();
    for (let count = 0; count < 5; count += 1) await digest.add(text, 1);
    const group = [row, comma, row, comma, row, comma, row, comma, row];
    expect(await digest.finish()).toBe(toHex(await sha256(await sha256(...group))));
  });

  test('ends a group after a thousand rows', async () => {
    const rows = (count: number) => Array.from({ length: count }, () => '0').join(',');
    const digest = createGroupDigest();
    expect(digest.room).toBe(1000);
    await digest.add(rows(400), 400);
    expect(digest.room).toBe(600);
    await digest.add(rows(600), 600);
    expect(digest.room).toBe(1000);
    await digest.add(rows(1000), 1000);
    const [whole, other] = [await sha256(encode(rows(1000))), await sha256(encode(rows(1000)))];
    expect(await digest.finish()).toBe(toHex(await sha256(whole, other)));
  });

  test('hands the bytes on, also of one row larger than what is held, and of the next group', async () => {
    const huge = JSON.stringify('한'.repeat(3_000_000));
    const digest = createGroupDigest();
    for (const text of ['"가"', huge, '"나"']) {
      // Digests, because a deep comparison of nine million bytes takes minutes.
      const bytes = await digest.add(text, 1);
      expect(toHex(await sha256(bytes))).toBe(toHex(await sha256(encode(text))));
    }
    await digest.endTable();
    expect(await digest.add('"다"', 1)).toEqual(encode('"다"'));
    const first = await sha256(encode(`"가",${huge},"나"`));
    expect(await digest.finish()).toBe(toHex(await sha256(first, await sha256(encode('"다"')))));
  });
});
