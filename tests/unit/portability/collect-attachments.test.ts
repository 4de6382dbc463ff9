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

describe('bytes that stand in the export and may lie in its archive too', () => {
  const stored = new File(['from the archive'], 'kiln.mp4');
  const asset = {
    name: 'kiln.mp4',
    group: '',
    kind: 'other' as const,
    sizeBytes: stored.size,
    modifiedAt: 0,
    stream: () => stored.stream(),
  };
  const read = async (dataUrl: string, isInArchive: boolean) => {
    const attachment = {
      name: 'kiln.mp4',
      mediaType: null,
      sizeBytes: null,
      assetKeys: [],
      dataUrl,
    };
    const findAsset = () => (isInArchive ? asset : undefined);
    const { bytes, isTooLarge: isRefused } = await readAttachmentBytes(attachment, findAsset);
    expect(isTooLarge(attachment, findAsset)).toBe(isRefused);
    return { text: bytes && new TextDecoder().decode(bytes), isRefused };
  };
  const tooLong = `data:video/mp4;base64,${'A'.repeat(MAX_ATTACHMENT_BYTES * 1.5)}`;

  it.each([
    ['whole', 'data:video/mp4;base64,b3du', true, { text: 'own', isRefused: false }],
    ['damaged', 'data:video/mp4;base64,%', true, { text: 'from the archive', isRefused: false }],
    ['too long', tooLong, true, { text: 'from the archive', isRefused: false }],
    [
      'damaged and nowhere else',
      'data:video/mp4;base64,%',
      false,
      { text: null, isRefused: false },
    ],
    ['too long and nowhere else', tooLong, false, { text: null, isRefused: true }],
  ])(
    'are those of the export unless they are of no use: %s',
    async (_, url, isInArchive, found) => {
      expect(await read(url, isInArchive)).toEqual(found);
    },
  );
});
