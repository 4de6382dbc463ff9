import { describe, expect, test } from 'vitest';
import {
  MAX_CHUNK_UNITS,
  MAX_NAME_UNITS,
  createDocumentRows,
  cutIntoChunks,
  fileDocumentId,
  readDocumentDetails,
  toDocumentName,
} from '#domain/library.ts';

const texts = (text: string) => cutIntoChunks('d', text).map((chunk) => chunk.text);

describe('a text in chunks', () => {
  test.each([0, 1, MAX_CHUNK_UNITS - 1, MAX_CHUNK_UNITS, MAX_CHUNK_UNITS + 1, 50_000])(
    'is the text to the character, in pieces that are not too long: %i',
    (length) => {
      const line = '항아리에 담근 장은 겨울을 난다. A jar keeps. 🏺 甕は呼吸する。\n';
      const text = line.repeat(Math.ceil(length / line.length)).slice(0, length);
      const parts = texts(text);
      expect(parts.join('')).toBe(text);
      for (const part of parts) expect(part.length).toBeLessThanOrEqual(MAX_CHUNK_UNITS);
      expect(parts.length).toBeLessThanOrEqual(Math.ceil((length * 2) / MAX_CHUNK_UNITS) + 1);
    },
  );

  test('is cut between paragraphs where one ends late enough', () => {
    const paragraph = `${'말이 길다. '.repeat(150).trim()}\n\n`;
    expect(texts(paragraph.repeat(3))).toEqual([paragraph, paragraph, paragraph]);
  });

  test('cuts no character in two where there is no place to cut', () => {
    for (const part of texts('🏺'.repeat(5000))) {
      expect(part).not.toMatch(/^[\udc00-\udfff]|[\ud800-\udbff]$/);
    }
  });

  test('has ids by which a change in the middle changes only what follows it', () => {
    const [first] = cutIntoChunks('d', 'x'.repeat(5000));
    const [same] = cutIntoChunks('d', 'x'.repeat(6000));
    expect(first).toEqual(same);
    expect(first?.id).toBe('d.0');
  });
});

describe('a document', () => {
  const rows = createDocumentRows({
    id: 'd',
    name: '  장독대\n이야기.md ',
    mediaType: 'text/markdown',
    sizeBytes: 9,
    text: '볕이 든다',
    createdAt: 1,
    updatedAt: 2,
    source: 'claude',
    collection: '살림',
    sourceDigest: 'abc',
  });

  test('says in its metadata what the list shows', () => {
    expect(rows.document.name).toBe('장독대 이야기.md');
    expect(readDocumentDetails(rows.document)).toEqual({
      characterCount: 5,
      chunkCount: 1,
      source: 'claude',
      collection: '살림',
      sourceDigest: 'abc',
    });
  });

  test('of which the metadata are of a wrong kind is one of which nothing is known', () => {
    const metadata = { character_count: 'many', chunk_count: -1, source: 7, collection: '' };
    expect(readDocumentDetails({ ...rows.document, metadata })).toEqual({
      characterCount: 0,
      chunkCount: 0,
      source: 'file',
      collection: null,
      sourceDigest: null,
    });
  });

  test('has one id for one name and text', () => {
    expect(fileDocumentId('a.txt', 'x')).toBe(fileDocumentId('a.txt', 'x'));
    const others = [fileDocumentId('b.txt', 'x'), fileDocumentId('a.txt', 'y')];
    expect(new Set([fileDocumentId('a.txt', 'x'), ...others]).size).toBe(3);
  });

  test.each([
    ['   ', '–'],
    ['x'.repeat(300), 'x'.repeat(MAX_NAME_UNITS)],
    [`${'x'.repeat(MAX_NAME_UNITS - 1)}🏺`, 'x'.repeat(MAX_NAME_UNITS - 1)],
  ])('has a name that can be shown: %#', (given, name) => {
    expect(toDocumentName(given)).toBe(name);
  });
});
