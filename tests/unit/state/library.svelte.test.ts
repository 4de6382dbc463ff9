import { flushSync } from 'svelte';
import { expect, onTestFinished, test } from 'vitest';
import { readAllChunks } from '#db/documents.ts';
import type { OnggiError } from '#domain/errors.ts';
import { Library } from '#state/library.svelte.ts';
import { createTestClock, openForTest } from '../db/fresh-database.ts';

async function openLibrary() {
  const db = await openForTest();
  const failures: OnggiError[] = [];
  const storage = {
    fail: (error: OnggiError) => void failures.push(error),
    recover: () => undefined,
  };
  const library = new Library({ db, clock: createTestClock(), storage });
  onTestFinished(library.follow());
  const names = () => library.documents?.map(({ name }) => name);
  await expect.poll(names).toEqual([]);
  return { db, library, names, failures };
}

const file = (name: string, ...parts: BlobPart[]) => new File(parts, name);
const outcomes = ({ outcomes: all }: Library) => all.map(({ name, kind }) => [name, kind]);

test('adds what is text, names what is not, and adds nothing twice', async () => {
  const { library, names } = await openLibrary();
  await library.add([file('a.txt', '옹기'), file('b.pdf', '%PDF-1.7'), file('a.txt', '옹기')]);
  expect(outcomes(library)).toEqual([
    ['a.txt', 'added'],
    ['b.pdf', 'failed'],
    ['a.txt', 'there'],
  ]);
  expect(library.adding).toBeUndefined();
  await expect.poll(names).toEqual(['a.txt']);
});

test('knows a file again whose document has got another name', async () => {
  const { library, names } = await openLibrary();
  await library.add([file('a.txt', '옹기')]);
  await expect.poll(names).toEqual(['a.txt']);
  const [document] = library.documents ?? [];
  if (!document) throw new Error('nothing was added');
  await library.rename(document, '  ');
  await library.rename(document, '장독대');
  await expect.poll(names).toEqual(['장독대']);
  await library.add([file('a.txt', '옹기'), file('a.txt', '다른 글')]);
  expect(library.outcomes).toMatchObject([{ kind: 'there', as: '장독대' }, { kind: 'added' }]);
});

test('stopped, keeps what was added before and nothing of the rest', async () => {
  const { library, names } = await openLibrary();
  const files = [file('a.txt', 'first'), file('b.txt', 'x'.repeat(2_000_000)), file('c.txt', 'z')];
  const adding = library.add(files);
  await expect.poll(() => library.adding?.name, { interval: 0 }).toBe('b.txt');
  library.stop();
  await adding;
  expect(library.isStopped).toBe(true);
  await expect.poll(names).toEqual(['a.txt']);
  await library.add([file('c.txt', 'z')]);
  expect(library.isStopped).toBe(false);
  await expect.poll(names).toEqual(expect.arrayContaining(['a.txt', 'c.txt']));
});

test('files that are given while others are added have their turn', async () => {
  const { library } = await openLibrary();
  const adding = library.add([file('a.txt', 'first')]);
  await library.add([file('b.txt', 'second')]);
  await adding;
  expect(outcomes(library)).toEqual([
    ['a.txt', 'added'],
    ['b.txt', 'added'],
  ]);
});

test('a deleted document comes back whole', async () => {
  const { db, library, names, failures } = await openLibrary();
  const text = '긴 글이다. '.repeat(1000);
  await library.add([file('a.txt', text)]);
  await expect.poll(names).toEqual(['a.txt']);
  const [document] = library.documents ?? [];
  if (!document) throw new Error('nothing was added');
  const undo = await library.remove(document);
  await expect.poll(names).toEqual([]);
  expect(library.outcomes).toEqual([]);
  await undo?.();
  await expect.poll(names).toEqual(['a.txt']);
  const chunks = await readAllChunks(db, document.id);
  expect(chunks.map((chunk) => chunk.text).join('')).toBe(text);
  expect(failures).toEqual([]);
});

test('an open document shows a stretch around what was looked for, and more of both sides', async () => {
  const { db, library, names } = await openLibrary();
  const text = Array.from({ length: 200 }, (_, at) => `문단 ${at}. ${'글 '.repeat(700)}`).join(
    '\n\n',
  );
  await library.add([file('long.txt', text)]);
  await expect.poll(names).toEqual(['long.txt']);
  const [document] = library.documents ?? [];
  if (!document) throw new Error('nothing was added');
  const all = await readAllChunks(db, document.id);
  const middle = all[100];
  const open = library.open(document.id);
  onTestFinished(open.follow());
  await open.show(middle?.id ?? null);
  const shown = () => (open.chunks ?? []).map(({ seq }) => seq);
  expect(shown()).toContain(100);
  expect(shown().length).toBeLessThan(60);
  expect([open.hasEarlier, open.hasMore]).toEqual([true, true]);
  while (open.hasEarlier) await open.earlier();
  while (open.hasMore) await open.more();
  expect(open.chunks?.map((chunk) => chunk.text).join('')).toBe(text);

  await open.show('of another document');
  expect(shown()[0]).toBe(0);
  await library.remove(document);
  await expect.poll(() => open.document).toBeNull();
  flushSync();
});
