import { describe, expect, it } from 'vitest';
import { MAX_ATTACHMENT_BYTES } from '#files/limits.ts';
import { isReadable, isTooLarge, readAttachmentBytes } from '#portability/collect-attachments.ts';

describe('text that stands for a file', () => {
  /** Three bytes each in UTF-8, one unit in UTF-16. */
  const most = Math.floor(MAX_ATTACHMENT_BYTES / 3);

  it.each([
    ['the most that is taken', '가'.repeat(most) + 'a', false],
    ['one byte more', '가'.repeat(most) + 'aa', true],
    ['more letters of one byte', 'a'.repeat(MAX_ATTACHMENT_BYTES + 1), true],
    ['as many letters of one byte as are taken', 'a'.repeat(MAX_ATTACHMENT_BYTES), false],
    ['an empty one', '', false],
  ])('is foreseen as too large just where it is not stored: %s', async (_, text, isRefused) => {
    const attachment = { name: 'a.txt', mediaType: null, sizeBytes: null, assetKeys: [], text };
    const findAsset = () => undefined;
    const read = await readAttachmentBytes(attachment, findAsset);
    expect(read.isTooLarge).toBe(isRefused);
    expect(read.bytes === null).toBe(isRefused);
    expect(isTooLarge(attachment, findAsset)).toBe(isRefused);
    expect(isReadable(attachment, findAsset)).toBe(!isRefused);
  });
});
