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

const READING = fileNamed('x.zip/conversations.json');

describe('createAssetFinder', () => {
  const names = [
    'x.zip/File-ABC-photo.png',
    'x.zip/a/file_XYZ.dat',
    'x.zip/file-abcd.png',
    'x.zip/b/plain.txt',
    'x.zip/chat-1-files/screenshot.png',
    'x.zip/chat-2-files/screenshot.png',
    'x.zip/pots-1.png',
    'x.zip/pots-2.png',
    'x.zip/\u1106\u1166\u1106\u1169.pdf',
  ];
  const find = createAssetFinder(names.map(fileNamed))(READING);

  it.each([
    ['file-abc', 'x.zip/File-ABC-photo.png'],
    ['FILE_xyz', 'x.zip/a/file_XYZ.dat'],
    ['plain.txt', 'x.zip/b/plain.txt'],
    ['../b/plain.txt', 'x.zip/b/plain.txt'],
    ['B\\plain.txt', 'x.zip/b/plain.txt'],
    ['c/plain.txt', undefined],
    ['chat-2-files/Screenshot.png', 'x.zip/chat-2-files/screenshot.png'],
    ['2-files/screenshot.png', undefined],
    ['screenshot.png', undefined],
    ['screenshot', undefined],
    ['pots', undefined],
    ['메모.pdf', names[8]],
    ['file-ab', undefined],
    ['', undefined],
    ['a', undefined],
  ])('finds %s', (key, name) => {
    expect(find([key])?.name).toBe(name);
  });

  it('takes the first key that finds something', () => {
    expect(find(['nothing', 'file_xyz', 'file-abc'])?.name).toBe('x.zip/a/file_XYZ.dat');
    expect(find(['screenshot.png', 'file-abc'])?.name).toBe('x.zip/File-ABC-photo.png');
    expect(find([])).toBeUndefined();
  });

  it('takes of two exports in one folder the file of the one that is read', () => {
    const finder = createAssetFinder(
      ['2025', '2026'].flatMap((year) => [
        fileNamed(`old/${year}/dalle/file-abc-pot.png`),
        fileNamed(`old/${year}/aaaa-1/content`),
      ]),
    );
    for (const year of ['2025', '2026']) {
      const inYear = finder(fileNamed(`old/${year}/conversations.json`));
      expect(inYear(['file-abc'])?.name).toBe(`old/${year}/dalle/file-abc-pot.png`);
      expect(inYear(['aaaa-1'])?.name).toBe(`old/${year}/aaaa-1/content`);
    }
    expect(finder(fileNamed('old/conversations.json'))(['file-abc'])).toBeUndefined();
  });

  it('does not look through a hundred files of one name', () => {
    const many = Array.from({ length: 101 }, (_, index) => fileNamed(`x.zip/${index}/pot.png`));
    const finder = createAssetFinder([...many, fileNamed('x.zip/near/pot.png')]);
    expect(finder(fileNamed('x.zip/near/a.json'))(['pot.png'])).toBeUndefined();
    expect(finder(READING)(['near/pot.png'])?.name).toBe('x.zip/near/pot.png');
  });
});

describe('the files of the export itself', () => {
  const id = '0b7d2c1e-0000-4000-8000-00000000c0de';
  const [users, chat, attached, other] = [
    'x.zip/user.json',
    'x.zip/conversations.json',
    `x.zip/attachments/${id}-conversations.json`,
    'x.zip/users/picture.png',
  ].map(fileNamed) as [ImportedFile, ImportedFile, ImportedFile, ImportedFile];
  const own = new Set([users, chat, attached]);
  const find = createAssetFinder([...own, other], own)(chat);

  it.each(['user', 'user.json', 'conversations', 'conversations.json', 'x.zip'])(
    'are no attachment called %s',
    (key) => {
      expect(find([key])).not.toBe(users);
      expect(find([key])).not.toBe(chat);
    },
  );

  it('are found where a message names such a file by its id or by its place', () => {
    expect(find([id])).toBe(attached);
    expect(find([`attachments/${id}-conversations.json`])).toBe(attached);
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
  )(fileNamed('g.zip/prod-grok-backend.json'));

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
