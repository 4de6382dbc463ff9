import { describe, expect, it } from 'vitest';
import { readDroppedFiles } from '#ui/data/dropped-files.ts';

interface Tree {
  readonly [name: string]: Tree | File;
}

/** Entries as a drop gives them: a folder lists two at a time, then nothing. */
function entryOf(name: string, node: Tree | File, parent = ''): FileSystemEntry {
  const fullPath = `${parent}/${name}`;
  const isFile = node instanceof File;
  const entry = { name, fullPath, isFile, isDirectory: !isFile, filesystem: null };
  if (isFile) return { ...entry, file: (take: FileCallback) => take(node) } as never;
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
    const given = await readDroppedFiles(
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
    expect(given.map((each) => (each instanceof File ? each.name : each.path))).toEqual([
      'jan/threads/t1/messages.jsonl',
      'jan/threads/t1/thread.json',
      'jan/threads/t2/thread.json',
      'single.json',
    ]);
  });

  it('gives files that were dropped without a folder as they are', async () => {
    const plain = file('a.json');
    expect(await readDroppedFiles(drop({ 'a.json': plain }))).toEqual([plain]);
  });
});
