import { expect, test } from 'vitest';
import { createWritesInFlight } from '#backup/row-sink.ts';

/** Pieces of writing that end when they are told to. */
function createPieces() {
  const begun: string[] = [];
  const pieces = new Map<string, PromiseWithResolvers<undefined>>();
  const make = (name: string) => (): Promise<void> => {
    begun.push(name);
    const piece = Promise.withResolvers<undefined>();
    pieces.set(name, piece);
    return piece.promise.then(() => undefined);
  };
  return { begun, make, end: (name: string) => pieces.get(name)?.resolve(undefined), pieces };
}

const settle = () => new Promise((resolve) => setTimeout(resolve));

test('so many pieces are written at once as were asked for, and one alone waits for all', async () => {
  const { begun, make, end } = createPieces();
  const writing = createWritesInFlight();
  await writing.begin(make('a'), 2);
  await writing.begin(make('b'), 2);
  const third = writing.begin(make('c'), 2);
  await settle();
  expect(begun).toEqual(['a', 'b']);
  end('a');
  await third;
  const alone = writing.begin(make('d'));
  await settle();
  expect(begun).toEqual(['a', 'b', 'c']);
  end('b');
  end('c');
  await alone;
  end('d');
  await writing.end();
  expect(begun).toEqual(['a', 'b', 'c', 'd']);
});

test('what a piece threw is met at a later one or at the end', async () => {
  const { begun, make, pieces } = createPieces();
  const writing = createWritesInFlight();
  await writing.begin(make('a'), 2);
  await writing.begin(make('b'), 2);
  pieces.get('a')?.reject(new Error('no room'));
  await expect(writing.begin(make('c'), 2)).rejects.toThrow('no room');
  await expect(writing.end()).rejects.toThrow('no room');
  expect(begun).toEqual(['a', 'b']);
});
