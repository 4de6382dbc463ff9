import { describe, expect, it } from 'vitest';
import { readDroppedFiles } from '#ui/data/dropped-files.ts';

interface Tree {
  /** An error: the browser does not let it be read. */
  readonly [name: string]: Tree | File | Error;
}

/** Entries as a drop gives them: a folder lists two at a time, then nothing. */
function entryOf(name: string, node: Tree | File | Error, parent = ''): FileSystemEntry {
  const fullPath = `${parent}/${name}`;
  const isFile = node instanceof File || node instanceof Error;
  const entry = { name, fullPath, isFile, isDirectory: !isFile, filesystem: null };
  if (isFile) {
    const file = (take: FileCallback, fail: ErrorCallback) =>
      node instanceof File ? take(node) : fail(node as DOMException);
    return { ...entry, file } as never;
  }
  const left = Object.entries(node).map(([inner, child]) => entryOf(inner, child, fullPath));
  const createReader = () => ({
    readEntries: (take: FileSystemEntriesCallback) => take(left.splice(0, 2)),
  });
  return { ...entry, createReader } as never;
}

function drop(tree: Tree): DataTransfer {
  const entries = Object.entries(tree).map(([name, node]) => entryOf(name, node));
  const files = Object.values(tree).filter((node) => node instanceof File);
  return { files, items: entries.map((entry) => ({ webkitGetAsEntry: () => entry })) } as never;
}

const file = (name: string) => new File(['{}'], name);

describe('readDroppedFiles', () => {
  it('gives every file of a folder with its path', async () => {
    const { files, refused } = await readDroppedFiles(
      drop({
        jan: {
          threads: {
            t1: { 'messages.jsonl': file('messages.jsonl'), 'thread.json': file('thread.json') },
            t2: { 'thread.json': file('thread.json') },
            t3: {},
          },
        },
        'single.json': file('single.json'),
      }),
    );
    expect(refused).toEqual([]);
    expect(files.map((each) => (each instanceof File ? each.name : each.path))).toEqual([
      'jan/threads/t1/messages.jsonl',
      'jan/threads/t1/thread.json',
      'jan/threads/t2/thread.json',
      'single.json',
    ]);
  });

  it('gives files that were dropped without a folder as they are', async () => {
    const plain = file('a.json');
    const { files } = await readDroppedFiles(drop({ 'a.json': plain }));
    expect(files).toEqual([plain]);
  });

  it('names what cannot be read, and goes on with the rest', async () => {
    const { files, refused } = await readDroppedFiles(
      drop({
        export: {
          'a.json': file('a.json'),
          'locked.json': new DOMException('no', 'NotReadableError'),
          'b.json': file('b.json'),
        },
      }),
    );
    expect(files.map((each) => (each instanceof File ? each.name : each.path))).toEqual([
      'export/a.json',
      'export/b.json',
    ]);
    expect(refused).toEqual([
      { name: 'export/locked.json', code: 'file/unreadable', detail: 'NotReadableError' },
    ]);
  });

  it('names a folder that lies too deep, and one that cannot be listed', async () => {
    let deep: Tree = { 'a.json': file('a.json') };
    for (let depth = 12; depth > 0; depth -= 1) deep = { [`d${depth}`]: deep };
    const data = drop({ top: deep });
    const locked = entryOf('locked', {});
    Object.assign(locked, {
      createReader: () => ({
        readEntries: (_: unknown, fail: ErrorCallback) => fail(new DOMException('no', 'NotFound')),
      }),
    });
    const items = [...data.items, { webkitGetAsEntry: () => locked }];
    const { files, refused } = await readDroppedFiles({ files: [], items } as never);
    expect(files).toEqual([]);
    expect(refused.map(({ name, code }) => [name.split('/').at(-1), code])).toEqual([
      ['d12', 'file/too-deep'],
      ['locked', 'file/unreadable'],
    ]);
  });
});
