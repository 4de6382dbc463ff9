import { describe, expect, it } from 'vitest';
import { decodeDataUrl } from '#portability/collect-attachments.ts';
import { readFileKind, readMediaType } from '#portability/file-kind.ts';
import { createAssetFinder } from '#portability/find-asset.ts';
import type { ImportedFile } from '#portability/open-files.ts';

const fileNamed = (name: string): ImportedFile => ({
  name,
  group: '',
  kind: 'other',
  sizeBytes: 1,
  modifiedAt: 0,
  stream: () => new Blob([name]).stream(),
});

describe('createAssetFinder', () => {
  const names = [
    'x.zip/File-ABC-photo.png',
    'x.zip/a/file_XYZ.dat',
    'x.zip/file-abcd.png',
    'x.zip/b/plain.txt',
  ];
  const find = createAssetFinder(names.map(fileNamed));

  it.each([
    ['file-abc', 'x.zip/File-ABC-photo.png'],
    ['FILE_xyz', 'x.zip/a/file_XYZ.dat'],
    ['plain.txt', 'x.zip/b/plain.txt'],
    ['../b/plain.txt', 'x.zip/b/plain.txt'],
    ['file-ab', undefined],
    ['', undefined],
    ['a', undefined],
  ])('finds %s', (key, name) => {
    expect(find([key])?.name).toBe(name);
  });

  it('takes the first key that finds something', () => {
    expect(find(['nothing', 'file_xyz', 'file-abc'])?.name).toBe('x.zip/a/file_XYZ.dat');
    expect(find([])).toBeUndefined();
  });
});

describe('finding a file by its folder', () => {
  const grok = createAssetFinder(
    [
      'g.zip/ttl/30d/prod-mc-asset-server/aaaa-1/content',
      'g.zip/ttl/30d/prod-mc-asset-server/aaaa-1/preview.png',
      'g.zip/ttl/30d/prod-mc-asset-server/BBBB-2/content',
      'g.zip/uploads/cccc-3/photo.png',
      'g.zip/uploads/dddd-4/one.png',
      'g.zip/uploads/dddd-4/two.png',
    ].map(fileNamed),
  );

  it.each([
    ['aaaa-1', 'g.zip/ttl/30d/prod-mc-asset-server/aaaa-1/content'],
    ['bbbb-2', 'g.zip/ttl/30d/prod-mc-asset-server/BBBB-2/content'],
    ['cccc-3', 'g.zip/uploads/cccc-3/photo.png'],
    ['dddd-4', undefined],
    ['prod-mc-asset-server', undefined],
    ['uploads', undefined],
  ])('%s', (key, name) => {
    expect(grok([key])?.name).toBe(name);
  });
});

describe('readFileKind', () => {
  it.each([
    [[0x50, 0x4b, 3, 4], 'zip'],
    [[0x50, 0x4b, 5, 6], 'zip'],
    [[0x1f, 0x8b, 8], 'gzip'],
    [[0xef, 0xbb, 0xbf, 0x7b, 0x7d], 'text'],
    [[0xff, 0xd8, 0xff, 0xe0], 'other'],
    [[0x61, 0, 0x62], 'other'],
  ])('tells %j by its bytes', async (bytes, kind) => {
    expect(await readFileKind(new Blob([new Uint8Array(bytes)]).stream())).toBe(kind);
  });
});

describe('readMediaType', () => {
  it('knows pictures, sound and film by their signatures, and nothing else', () => {
    const bytes = (text: string) => Uint8Array.from(text, (unit) => unit.charCodeAt(0));
    expect(readMediaType(bytes('RIFF....WEBPVP8 '))).toBe('image/webp');
    expect(readMediaType(bytes('....ftypM4A '))).toBe('audio/mp4');
    expect(readMediaType(bytes('....ftypisom'))).toBe('video/mp4');
    expect(readMediaType(bytes('%PDF-1.7'))).toBe('application/pdf');
    expect(readMediaType(bytes('<svg onload=alert(1)>'))).toBeNull();
    expect(readMediaType(new Uint8Array())).toBeNull();
  });
});

describe('decodeDataUrl', () => {
  it('gives the bytes, and null for what is none', () => {
    expect(decodeDataUrl('data:image/png;base64,iVBO')).toEqual(new Uint8Array([0x89, 0x50, 0x4e]));
    expect(decodeDataUrl('data:,a%20b')).toEqual(new TextEncoder().encode('a b'));
    for (const bad of ['', 'data:', 'https://x/y,z', 'data:image/png;base64,***', 'data:,%zz']) {
      expect(decodeDataUrl(bad)).toBeNull();
    }
  });
});
