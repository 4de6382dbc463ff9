import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitElements, splitJson } from '#files/split-json.ts';
import type { JsonPiece, SplitJsonOptions } from '#files/split-json.ts';

/** The text in chunks that end at the given places. */
async function* inChunks(text: string, cuts: readonly number[]): AsyncGenerator<string> {
  let start = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    const end = Math.min(Math.max(start, cut), text.length);
    yield await Promise.resolve(text.slice(start, end));
    start = end;
  }
  yield text.slice(start);
}

async function split(
  text: string,
  options: SplitJsonOptions = {},
  cuts: readonly number[] = [],
): Promise<JsonPiece[]> {
  const pieces: JsonPiece[] = [];
  for await (const piece of splitJson(inChunks(text, cuts), options)) pieces.push(piece);
  return pieces;
}

/** What was given before the error, and its code. */
async function splitUntilError(text: string, options: SplitJsonOptions = {}, size = 7) {
  const cuts = Array.from({ length: Math.floor(text.length / size) }, (_, i) => (i + 1) * size);
  const pieces: JsonPiece[] = [];
  try {
    for await (const piece of splitJson(inChunks(text, cuts), options)) pieces.push(piece);
  } catch (error) {
    return { pieces, code: (error as { code: string }).code };
  }
  return { pieces, code: null };
}

/** The value that the pieces together stand for. */
function assemble(pieces: readonly JsonPiece[]): unknown {
  let top: unknown;
  const members: [string, unknown][] = [];
  let isObject = true;
  for (const piece of pieces) {
    if (piece.kind === 'refused') continue;
    if (piece.key === null) isObject = false;
    if (piece.kind === 'array') {
      const list: unknown[] = [];
      if (piece.key === null) top = list;
      else members.push([piece.key, list]);
    } else if (piece.kind === 'elements') {
      const elements = JSON.parse(`[${piece.text}]`) as unknown[];
      expect(elements.length).toBe(piece.count);
      const list = piece.key === null ? top : members.at(-1)?.[1];
      (list as unknown[]).push(...elements);
    } else if (piece.key === null) top = JSON.parse(piece.text);
    else members.push([piece.key, JSON.parse(piece.text)]);
  }
  return isObject ? Object.fromEntries(members) : top;
}

const spaced = fc.record({
  value: fc.jsonValue({ maxDepth: 5 }),
  indent: fc.constantFrom(undefined, 1, 2, '\t'),
  cuts: fc.array(fc.nat(400), { maxLength: 40 }),
  maxElements: fc.integer({ min: 1, max: 5 }),
  maxPieceCharacters: fc.integer({ min: 1, max: 60 }),
});

describe('splitJson', () => {
  it('gives what JSON.parse gives, at any chunk boundary', async () => {
    await fc.assert(
      fc.asyncProperty(spaced, async ({ value, indent, cuts, ...options }) => {
        const text = JSON.stringify(value, null, indent);
        expect(assemble(await split(text, options, cuts))).toEqual(JSON.parse(text));
      }),
      { numRuns: 1000 },
    );
  });

  it('gives what JSON.parse gives for long texts with escapes, quotes and surrogates', async () => {
    const unit = fc.constantFrom(
      '\\',
      '"',
      '옹',
      '😀',
      '\ud800',
      'a'.repeat(40),
      '{',
      ']',
      ',',
      '\n',
    );
    const text = fc.array(unit, { maxLength: 60 }).map((units) => units.join(''));
    await fc.assert(
      fc.asyncProperty(fc.array(text), fc.array(fc.nat(3000)), async (texts, cuts) => {
        const json = JSON.stringify({ texts, [texts[0] ?? '']: texts });
        const pieces = await split(json, { maxElements: 2 }, cuts);
        expect(assemble(pieces)).toEqual(JSON.parse(json));
      }),
      { numRuns: 500 },
    );
  });

  it('takes nothing that JSON.parse refuses', async () => {
    const broken = fc
      .tuple(
        fc.jsonValue({ maxDepth: 3 }),
        fc.nat(),
        fc.constantFrom(...Array.from('[]{}",:1\\ x')),
      )
      .map(([value, at, unit]) => {
        const text = JSON.stringify(value);
        const place = at % (text.length + 1);
        return text.slice(0, place) + unit + text.slice(place + 1);
      });
    await fc.assert(
      fc.asyncProperty(broken, async (text) => {
        const whole = attempt(() => JSON.parse(text) as unknown);
        const pieces = await split(text, {}, [3, 5, 8])
          .then(assemble)
          .then(
            (value) => ({ value }),
            () => null,
          );
        if (whole === null) expect(pieces).toBeNull();
        else expect(pieces).toEqual(whole);
      }),
      { numRuns: 2000 },
    );
  });

  it('says which array begins, also an empty one, and gives other members whole', async () => {
    const text = '\ufeff{"a": [ ], "b" : {"c":[1,2]} ,"d":[3], "e": "x,]}" }';
    expect(await split(text)).toEqual([
      { kind: 'array', key: 'a' },
      { kind: 'value', key: 'b', text: '{"c":[1,2]} ' },
      { kind: 'array', key: 'd' },
      { kind: 'elements', key: 'd', text: '3', count: 1 },
      { kind: 'value', key: 'e', text: '"x,]}" ' },
    ]);
  });

  it('ends a piece at a thousand elements or at the wanted length', async () => {
    const numbers = JSON.stringify(Array.from({ length: 2500 }, (_, index) => index));
    const counts = (pieces: JsonPiece[]) =>
      pieces.flatMap((piece) => (piece.kind === 'elements' ? [piece.count] : []));
    expect(counts(await split(numbers))).toEqual([1000, 1000, 500]);
    expect(counts(await split('["aaaa","bb","c"]', { maxPieceCharacters: 8 }))).toEqual([2, 1]);
  });

  it.each(['[1,2', '{"a":[1,{"b":"c', '{"a"', '{"a":', '"abc', '"abc\\"', '{"a":1,', '[[1]'])(
    'calls %s damaged',
    async (text) => {
      expect((await splitUntilError(text)).code).toBe('file/damaged');
    },
  );

  it.each(['', '  ', 'hello', '[1] x', '{} {}', '[1}', '[1,]', '[,1]', '{"a":1]', '{a:1}', 'nul'])(
    'calls %j no JSON',
    async (text) => {
      expect((await splitUntilError(text)).code).toBe('file/not-json');
    },
  );

  it('gives the whole elements before the text was cut', async () => {
    const text = '[{"id":1},{"id":2},{"id":3}]';
    for (const size of [1, 4, 7, 100]) {
      const { pieces, code } = await splitUntilError(text.slice(0, 22), {}, size);
      expect(code).toBe('file/damaged');
      expect(assemble(pieces)).toEqual([{ id: 1 }, { id: 2 }]);
    }
    const broken = await splitUntilError('{"a":[1,2},"b":[]}');
    expect(assemble(broken.pieces)).toEqual({ a: [1] });
  });

  it('refuses what is too deep, without recursion, and passes over it when asked', async () => {
    const deep = '['.repeat(1_000_000) + ']'.repeat(1_000_000);
    const text = `[1,${deep},2]`;
    const refused = await splitUntilError(text, {}, 100_000);
    expect(refused.code).toBe('file/too-deep');
    expect(assemble(refused.pieces)).toEqual([1]);
    const skipping = await splitUntilError(text, { onDeepElement: 'skip' }, 100_000);
    expect(skipping.code).toBeNull();
    const head = '['.repeat(2048);
    expect(skipping.pieces).toContainEqual({
      kind: 'refused',
      key: null,
      reason: 'too_deep',
      head,
    });
    expect(assemble(skipping.pieces)).toEqual([1, 2]);
  });

  it('takes depth 64, the brackets of the file among them, and no more', async () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect((await splitUntilError(nested(64))).code).toBeNull();
    expect((await splitUntilError(nested(65))).code).toBe('file/too-deep');
    expect((await splitUntilError(`{"a":${nested(63)}}`)).code).toBeNull();
    expect((await splitUntilError(`{"a":${nested(64)}}`)).code).toBe('file/too-deep');
  });

  it('refuses an element that is too large, alone', async () => {
    const text = `{"a":["${'x'.repeat(50)}","ok","${'y'.repeat(50)}"],"b":"${'z'.repeat(50)}","c":1}`;
    const options = { maxElementCharacters: 30 };
    expect((await splitUntilError(text, options)).code).toBe('file/too-large');
    for (const size of [3, 1000]) {
      const { pieces, code } = await splitUntilError(
        text,
        { ...options, onDeepElement: 'skip' },
        size,
      );
      expect(code).toBeNull();
      expect(pieces.filter((piece) => piece.kind === 'refused').map(({ key }) => key)).toEqual([
        'a',
        'a',
        'b',
      ]);
      expect(assemble(pieces)).toEqual({ a: ['ok'], c: 1 });
    }
  });

  it('keeps nothing of the space in front of an element', async () => {
    const space = ' '.repeat(90);
    const text = `[1,${space}${space}{"a":2}${space}${space},${space}3]`;
    const cuts = [50, 100, 150, 200, 250, 300, 350];
    const pieces = await split(text, { maxElementCharacters: 250 }, cuts);
    expect(assemble(pieces)).toEqual([1, { a: 2 }, 3]);
    const alone = await split(
      `[${space.repeat(5)}1]`,
      { maxElementCharacters: 100 },
      [90, 180, 270, 360],
    );
    expect(assemble(alone)).toEqual([1]);
  });

  it('keeps __proto__ and constructor as names', async () => {
    expect(await split('{"__proto__":1,"constructor":[2]}')).toEqual([
      { kind: 'value', key: '__proto__', text: '1' },
      { kind: 'array', key: 'constructor' },
      { kind: 'elements', key: 'constructor', text: '2', count: 1 },
    ]);
  });
});

describe('splitElements', () => {
  it('cuts a piece into its elements, broken ones among them', () => {
    expect(splitElements('{"a":[1,2]}, "b,]", {"c":nope} ,4')).toEqual([
      '{"a":[1,2]}',
      ' "b,]"',
      ' {"c":nope} ',
      '4',
    ]);
  });
});

function attempt(work: () => unknown): { value: unknown } | null {
  try {
    return { value: work() };
  } catch {
    return null;
  }
}

describe('with isParsing', () => {
  const parsing = { isParsing: true, maxPieceCharacters: 120 };
  const rowsOf = (pieces: readonly JsonPiece[]) =>
    pieces.flatMap((piece) => (piece.kind === 'elements' ? [piece] : []));

  it('gives rows of one kind parsed, several at once, and none twice', async () => {
    const rows = Array.from({ length: 40 }, (_, id) => ({
      id,
      text: `},{"id"${'\\'.repeat(id % 3)}`,
    }));
    const pieces = rowsOf(await split(JSON.stringify({ rows }), parsing, [333, 700]));
    expect(pieces.flatMap(({ text }) => JSON.parse(`[${text}]`) as unknown[])).toEqual(rows);
    expect(pieces.filter(({ values }) => values !== undefined).length).toBeGreaterThan(5);
    for (const { text, values, count } of pieces) {
      expect(values ?? JSON.parse(`[${text}]`)).toEqual(JSON.parse(`[${text}]`));
      expect(values?.length ?? count).toBe(count);
    }
  });

  it('is not led astray by rows within rows that begin alike', async () => {
    const rows = Array.from({ length: 30 }, (_, id) => ({ id, inner: [{ id: 1 }, { id: 2 }] }));
    const pieces = await split(JSON.stringify(rows), parsing, [100, 101]);
    expect(assemble(pieces)).toEqual(rows);
  });

  it('holds the depth, and gives the rows before the one that is too deep', async () => {
    const deep = `{"id":9,"in":${'['.repeat(12)}${']'.repeat(12)}}`;
    const text = `[{"id":1,"in":[]},{"id":2,"in":[]},${deep},{"id":3,"in":[]}]`;
    const refused = await splitUntilError(text, { ...parsing, maxDepth: 10 }, 1000);
    expect(refused.code).toBe('file/too-deep');
    expect(assemble(refused.pieces)).toEqual([
      { id: 1, in: [] },
      { id: 2, in: [] },
    ]);
    const skipped = await split(text, { ...parsing, maxDepth: 10, onDeepElement: 'skip' });
    expect(skipped.filter(({ kind }) => kind === 'refused')).toHaveLength(1);
    expect(assemble(skipped)).toEqual([1, 2, 3].map((id) => ({ id, in: [] })));
  });

  it('stands for the same value as the text, whatever the rows and the chunks', async () => {
    const row = fc.record({ id: fc.jsonValue({ maxDepth: 2 }), text: fc.string() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 30 }),
        fc.array(fc.nat(2000), { maxLength: 6 }),
        fc.integer({ min: 1, max: 300 }),
        async (rows, cuts, maxPieceCharacters) => {
          const text = JSON.stringify({ rows });
          const pieces = await split(text, { isParsing: true, maxPieceCharacters }, cuts);
          expect(assemble(pieces)).toEqual(JSON.parse(text));
          for (const { values, text: piece } of rowsOf(pieces)) {
            if (values) expect(values).toEqual(JSON.parse(`[${piece}]`));
          }
        },
      ),
    );
  });
});
