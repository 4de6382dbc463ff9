import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createChunkBytes } from '#backup/chunk-bytes.ts';
import { decodeText } from '#files/decode-text.ts';
import { splitJson } from '#files/split-json.ts';

const encoder = new TextEncoder();

/** The bytes of a file in chunks of these sizes, over and over. */
function streamOf(bytes: Uint8Array<ArrayBuffer>, sizes: readonly number[]) {
  let [from, turn] = [0, 0];
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const size = sizes[turn % sizes.length] ?? 1;
      turn += 1;
      if (from < bytes.length) controller.enqueue(bytes.slice(from, from + size));
      from += size;
      if (from >= bytes.length) controller.close();
    },
  });
}

async function findAll(text: string, sizes: readonly number[]): Promise<number> {
  const chunkBytes = createChunkBytes();
  const chunks = decodeText(streamOf(encoder.encode(text), sizes), undefined, chunkBytes.see);
  let foundCount = 0;
  for await (const piece of splitJson(chunks, { isParsing: true, maxPieceCharacters: 200 })) {
    if (piece.kind !== 'elements' || piece.from === undefined) continue;
    const bytes = chunkBytes.find(piece.text, piece.from);
    if (bytes === undefined) continue;
    foundCount += 1;
    expect([...bytes]).toEqual([...encoder.encode(piece.text)]);
  }
  return foundCount;
}

const row = fc.record({ id: fc.string({ unit: 'grapheme' }), text: fc.string({ unit: 'binary' }) });
const file = fc.array(row, { minLength: 1, maxLength: 40 });

test('the bytes of rows are those that their text would be encoded to, wherever a file is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      file,
      fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      async (rows, sizes, hasMark) => {
        const text = JSON.stringify({ rows });
        await findAll(hasMark ? `\uFEFF${text}` : text, sizes);
      },
    ),
    { numRuns: 200 },
  );
});

test('most rows of a file of many languages are found', async () => {
  const rows = Array.from({ length: 400 }, (_value, at) => ({
    id: `m${at}`,
    text: '옹기 🏺 é abc',
  }));
  expect(await findAll(JSON.stringify({ rows }), [1000, 777])).toBeGreaterThan(50);
  expect(await findAll(`\uFEFF${JSON.stringify({ rows })}`, [1000, 777])).toBeGreaterThan(50);
});

test('rows of another chunk are not found', () => {
  const chunkBytes = createChunkBytes();
  chunkBytes.see('[{"a":1}]', encoder.encode('[{"a":1}]'));
  expect(chunkBytes.find('{"a":1}', 2)).toBeUndefined();
});
