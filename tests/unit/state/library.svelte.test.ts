import { flushSync } from 'svelte';
import { expect, onTestFinished, test } from 'vitest';
import { readAllChunks, replaceDocument } from '#db/documents.ts';
import { OnggiError } from '#domain/errors.ts';
import { createDocumentRows } from '#domain/library.ts';
import { Library } from '#state/library.svelte.ts';
import { createTestClock, openForTest } from '../db/fresh-database.ts';

async function openLibrary() {
  const db = await openForTest();
  const failures: OnggiError[] = [];
  let recovered = 0;
  const storage = {
    fail: (error: OnggiError) => void failures.push(error),
    recover: () => void (recovered += 1),
  };
  const library = new Library({ db, clock: createTestClock(), storage });
  onTestFinished(library.follow());
  const names = () => library.documents?.map(({ name }) => name);
  await expect.poll(names).toEqual([]);
  return { db, library, names, failures, recoveredCount: () => recovered };
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

test('files that are given after a stop are added, and are not told as stopped', async () => {
  const { library, names } = await openLibrary();
  const adding = library.add([file('b.txt', 'x'.repeat(2_000_000))]);
  await expect.poll(() => library.adding?.name, { interval: 0 }).toBe('b.txt');
  library.stop();
  await library.add([file('c.txt', 'z')]);
  await adding;
  expect(outcomes(library)).toEqual([['c.txt', 'added']]);
  expect(library.isStopped).toBe(false);
  await expect.poll(names).toEqual(['c.txt']);
});

test('a stop that came too late to leave anything out is not told', async () => {
  const { db, library } = await openLibrary();
  db.strict.documents.hook('creating', () => library.stop());
  await library.add([file('a.txt', 'first')]);
  expect(outcomes(library)).toEqual([['a.txt', 'added']]);
  expect(library.isStopped).toBe(false);
});

test('names each file that could not be added because the disk is full, and what a drop could not give', async () => {
  const { db, library, failures } = await openLibrary();
  db.strict.documents.hook('creating', () => {
    throw new DOMException('no room', 'QuotaExceededError');
  });
  const files = ['a.txt', 'b.txt', 'c.txt'].map((name) => file(name, `text of ${name}`));
  await library.add(files, [{ name: 'deep/folder', code: 'file/too-deep', detail: null }]);
  expect(library.outcomes).toMatchObject([
    { name: 'deep/folder', kind: 'failed', code: 'file/too-deep' },
    ...files.map(({ name }) => ({ name, kind: 'failed', code: 'db/quota' })),
  ]);
  expect(failures).toMatchObject([{ code: 'db/quota' }]);
});

test('a file that is there already says nothing of the disk', async () => {
  const { library, recoveredCount } = await openLibrary();
  await library.add([file('a.txt', 'first')]);
  expect(recoveredCount()).toBe(1);
  await library.add([file('a.txt', 'first')]);
  expect(recoveredCount()).toBe(1);
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

test('what could not be brought back can be asked for again', async () => {
  const { db, library, names } = await openLibrary();
  await library.add([file('a.txt', '옹기')]);
  await expect.poll(names).toEqual(['a.txt']);
  const [document] = library.documents ?? [];
  const undo = document && (await library.remove(document));
  const refuse = (): never => {
    throw new DOMException('no room', 'QuotaExceededError');
  };
  db.strict.documents.hook('creating', refuse);
  expect(await undo?.()).toBe(false);
  db.strict.documents.hook('creating').unsubscribe(refuse);
  expect(await undo?.()).toBe(true);
  await expect.poll(names).toEqual(['a.txt']);
});

test('an open document shows another text that came meanwhile, however short', async () => {
  const { db, library, names } = await openLibrary();
  const text = Array.from({ length: 200 }, (_, at) => `문단 ${at}. ${'글 '.repeat(700)}`).join('');
  await library.add([file('long.txt', text)]);
  await expect.poll(names).toEqual(['long.txt']);
  const [document] = library.documents ?? [];
  if (!document) throw new Error('nothing was added');
  const open = library.open(document.id);
  onTestFinished(open.follow());
  await expect.poll(() => open.document?.id).toBe(document.id);
  const middle = (await readAllChunks(db, document.id))[100];
  await open.show(middle?.id ?? null);
  // What is read while another text comes has no place in that one.
  const more = open.more();
  await replaceDocument(
    db,
    createDocumentRows({ ...document, text: '짧은 글', source: 'file', updatedAt: 9 }),
  );
  await more;
  await expect.poll(() => open.chunks?.map((chunk) => chunk.text)).toEqual(['짧은 글']);
  expect([open.hasEarlier, open.hasMore]).toEqual([false, false]);
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
  await library.rename(document, '새 이름');
  await expect.poll(() => open.document?.name).toBe('새 이름');
  expect(open.chunks?.map((chunk) => chunk.text).join('')).toBe(text);

  await open.show('of another document');
  expect(shown()[0]).toBe(0);
  await library.remove(document);
  await expect.poll(() => open.document).toBeNull();
  flushSync();
});
