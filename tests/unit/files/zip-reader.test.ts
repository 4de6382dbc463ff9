import { strFromU8, strToU8, zipSync } from 'fflate';
import type { Zippable } from 'fflate';
import { describe, expect, it, vi } from 'vitest';
import { decodeText } from '#files/decode-text.ts';
import { readZipEntries } from '#files/zip-reader.ts';
import type { ZipEntry } from '#files/zip-reader.ts';

const zip = (files: Zippable) => zipSync(files, { level: 6 });
const blobOf = (...parts: Uint8Array[]) => new Blob(parts.map((part) => new Uint8Array(part)));

async function textOf(entry: ZipEntry | undefined): Promise<string> {
  if (!entry) throw new Error('no such entry');
  let text = '';
  for await (const piece of decodeText(entry.stream())) text += piece;
  return text;
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );

/** Calls `change` at every place where the four bytes of a signature stand. */
function patch(
  bytes: Uint8Array,
  signature: number,
  change: (view: DataView, at: number, index: number) => void,
): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  let index = 0;
  for (let at = 0; at + 4 <= copy.length; at += 1) {
    if (view.getUint32(at, true) === signature) change(view, at, index++);
  }
  return copy;
}
const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;

describe('readZipEntries', () => {
  it('reads packed and stored entries, and leaves folders out', async () => {
    const bytes = zip({
      'conversations.json': strToU8('{"옹기":"😀"}'.repeat(1000)),
      folder: { 'stored.txt': [strToU8('stored'), { level: 0 }] },
      'empty/': new Uint8Array(),
    });
    const entries = await readZipEntries(blobOf(bytes));
    expect(entries.map(({ name }) => name)).toEqual(['conversations.json', 'folder/stored.txt']);
    expect(await textOf(entries[0])).toBe('{"옹기":"😀"}'.repeat(1000));
    expect(await textOf(entries[1])).toBe('stored');
    expect(await entries[0]?.slice()).toBeUndefined();
    expect(await (await entries[1]?.slice())?.text()).toBe('stored');
  });

  it('reads an empty archive and one behind other bytes', async () => {
    expect(await readZipEntries(blobOf(zip({})))).toEqual([]);
    const moved = blobOf(strToU8('#!/bin/sh '.repeat(10)), zip({ a: strToU8('moved') }));
    expect(await textOf((await readZipEntries(moved))[0])).toBe('moved');
  });

  it('reads names in UTF-8 with and without the mark, and in code page 437', async () => {
    const utf8 = zip({ '대화.json': strToU8('x') });
    const unmarked = patch(utf8, CENTRAL, (view, at) => view.setUint16(at + 8, 0, true));
    for (const bytes of [utf8, unmarked]) {
      expect((await readZipEntries(blobOf(bytes)))[0]?.name).toBe('대화.json');
    }
    const old = patch(zip({ 'caf_.txt': strToU8('x') }), CENTRAL, (view, at) =>
      view.setUint8(at + 46 + 3, 0x82),
    );
    expect((await readZipEntries(blobOf(old)))[0]?.name).toBe('café.txt');
  });

  it('makes labels of names that climb or are absolute', async () => {
    const names = ['../../etc/passwd', '/root/.ssh/id', 'C:\\Windows\\x.json', 'a/./b/../c.txt'];
    const bytes = zip(Object.fromEntries(names.map((name) => [name, strToU8('x')])));
    expect((await readZipEntries(blobOf(bytes))).map(({ name }) => name)).toEqual([
      'etc/passwd',
      'root/.ssh/id',
      'Windows/x.json',
      'a/b/c.txt',
    ]);
  });

  it('reads ZIP64 directories', async () => {
    const blob = toZip64(zip({ 'a.json': strToU8('[1]') }));
    expect(await textOf((await readZipEntries(blob))[0])).toBe('[1]');
  });

  it('refuses an archive cut anywhere', async () => {
    const bytes = zip({ a: strToU8('first '.repeat(50)), b: strToU8('second') });
    for (let part = 0; part < 7; part += 1) {
      const cut = bytes.slice(0, Math.floor((bytes.length * part) / 7));
      expect(await codeOf(readZipEntries(blobOf(cut)))).toBe('file/damaged');
    }
  });

  it('refuses an encrypted entry alone, and the archive when all are', async () => {
    const bytes = zip({ secret: strToU8('hidden'), open: strToU8('readable') });
    const encrypt = (count: number) =>
      patch(bytes, CENTRAL, (view, at, index) => {
        if (index < count) view.setUint16(at + 8, view.getUint16(at + 8, true) | 1, true);
      });
    const [secret, open] = await readZipEntries(blobOf(encrypt(1)));
    expect(secret?.refusal?.code).toBe('file/encrypted');
    expect(await codeOf(textOf(secret))).toBe('file/encrypted');
    expect(await textOf(open)).toBe('readable');
    expect(await codeOf(readZipEntries(blobOf(encrypt(2))))).toBe('file/encrypted');
  });

  it('refuses methods it does not know, alone', async () => {
    const bytes = patch(zip({ a: strToU8('x'), b: strToU8('y') }), CENTRAL, (view, at, index) => {
      if (index === 0) view.setUint16(at + 10, 93, true);
    });
    const [a, b] = await readZipEntries(blobOf(bytes));
    expect(a?.refusal?.code).toBe('file/unreadable');
    expect(await textOf(b)).toBe('y');
  });

  it('stops at an entry that holds more than it says, and at one that holds less', async () => {
    const bytes = zip({ a: strToU8('spaces '.repeat(100_000)) });
    const saying = (size: number) =>
      blobOf(patch(bytes, CENTRAL, (view, at) => view.setUint32(at + 24, size, true)));
    const [small] = await readZipEntries(saying(1000));
    expect(await codeOf(textOf(small))).toBe('file/expands-too-much');
    const [large] = await readZipEntries(saying(800_000));
    expect(await codeOf(textOf(large))).toBe('file/damaged');
  });

  it('gives small entries at once, the same as their streams, and large ones not', async () => {
    const words = { small: '옹기 '.repeat(1000), none: '', long: 'x'.repeat(70_000) };
    for (const level of [0, 6] as const) {
      const files = Object.entries(words).map(([name, text]) => [name, strToU8(text)]);
      const archive = blobOf(zipSync(Object.fromEntries(files) as Zippable, { level }));
      const [small, none, long] = await readZipEntries(archive);
      expect(strFromU8((await small?.bytes()) ?? new Uint8Array())).toBe(words.small);
      expect(await none?.bytes()).toHaveLength(0);
      expect(await long?.bytes()).toBeUndefined();
      expect(await textOf(long)).toBe(words.long);
    }
  });

  it('stops at a small entry that holds more or less than it says, or is damaged', async () => {
    const bytes = zip({ a: strToU8('spaces '.repeat(5000)) });
    const saying = async (size: number) => {
      const says = patch(bytes, CENTRAL, (view, at) => view.setUint32(at + 24, size, true));
      return (await readZipEntries(blobOf(says)))[0]?.bytes() ?? Promise.resolve();
    };
    expect(await codeOf(saying(35_000))).toBe('none');
    expect(await codeOf(saying(34_999))).toBe('file/expands-too-much');
    expect(await codeOf(saying(1))).toBe('file/expands-too-much');
    expect(await codeOf(saying(35_001))).toBe('file/damaged');
    for (const level of [0, 6] as const) {
      const flipped = zipSync({ a: strToU8('some words that differ, each of them') }, { level });
      flipped[45] = (flipped[45] ?? 0) ^ 0x10;
      const read = async () => (await readZipEntries(blobOf(flipped)))[0]?.bytes();
      expect(await codeOf(read())).toBe('file/damaged');
    }
  });

  it('reads thousands of small entries in a few slices, in any order', async () => {
    const files = Array.from({ length: 3000 }, (_, at) => [`${at}.txt`, strToU8(`text ${at}`)]);
    const archive = blobOf(zip(Object.fromEntries(files) as Zippable));
    const slice = vi.spyOn(archive, 'slice');
    const entries = await readZipEntries(archive);
    let waited = 0;
    for (const entry of entries) {
      const bytes = entry.bytes();
      if (bytes instanceof Promise) waited += 1;
      await bytes;
    }
    expect(slice.mock.calls.length).toBeLessThan(12);
    // What is in memory already comes at once: a promise for each would cost more than its bytes.
    expect(waited).toBeLessThan(12);
    for (const entry of entries.toReversed().slice(0, 50)) {
      const at = entry.name.replace('.txt', '');
      expect(strFromU8((await entry.bytes()) ?? new Uint8Array())).toBe(`text ${at}`);
    }
  });

  it('refuses a bomb before it inflates it', async () => {
    const bytes = zip({ bomb: new Uint8Array(40 * 1024 * 1024) });
    const [bomb] = await readZipEntries(blobOf(bytes));
    expect(bomb?.refusal?.code).toBe('file/expands-far');
    expect(await codeOf(textOf(bomb))).toBe('file/expands-far');
    const lying = patch(bytes, CENTRAL, (view, at) => view.setUint32(at + 24, 1_000_000, true));
    const [hidden] = await readZipEntries(blobOf(lying));
    expect(await codeOf(textOf(hidden))).toBe('file/expands-too-much');
  });

  it('reads an honest entry that says the same again and again', async () => {
    // Thirty times its packed size, and more than is let through whatever the ratio.
    const line = (at: number) => `{"role":"assistant","content":"${(at * 2654435761) >>> 0}"},`;
    const block = Array.from({ length: 24 }, (_, at) => line(at))
      .join('')
      .padEnd(2400, ' ');
    let text = '';
    for (let at = 0; text.length < 20 * 1024 * 1024; at += 1) text += `${at}${block}`;
    const [entry] = await readZipEntries(blobOf(zip({ 'a.json': strToU8(text) })));
    if (!entry) throw new Error('no entry');
    expect(entry.sizeBytes / entry.packedBytes).toBeGreaterThan(20);
    expect(entry.refusal).toBeNull();
    let length = 0;
    for await (const piece of decodeText(entry.stream())) length += piece.length;
    expect(length).toBe(text.length);
  });

  it('takes of entries that inflate far only so many as one file may hold', async () => {
    const MIB = 1024 * 1024;
    // Noise does not pack: what the directory says of its size is all that is dense.
    const noise = new Uint8Array(400_000);
    for (let at = 0; at < noise.length; at += 50_000) {
      crypto.getRandomValues(noise.subarray(at, at + 50_000));
    }
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
    const bytes = zipSync(Object.fromEntries(names.map((name) => [name, noise])), { level: 1 });
    const saying = (sizeBytes: number) =>
      patch(bytes, CENTRAL, (view, at) => view.setUint32(at + 24, sizeBytes, true));
    const refused = async (sizeBytes: number) =>
      (await readZipEntries(blobOf(saying(sizeBytes)))).map(({ refusal }) => refusal?.code ?? '');
    const tooMuch = 'file/expands-too-much';
    expect(await refused(60 * MIB)).toEqual([...Array.from({ length: 8 }, () => ''), tooMuch]);
    // One alone is more than is taken of so dense a file, unless the person allows it.
    expect(await refused(65 * MIB)).toEqual(names.map(() => 'file/expands-far'));
    const allowed = (await readZipEntries(blobOf(saying(65 * MIB)), { isFarAllowed: true })).map(
      ({ refusal }) => refusal?.code ?? '',
    );
    expect(allowed).toEqual([...Array.from({ length: 7 }, () => ''), tooMuch, tooMuch]);
    // And nobody is asked for more than one file may hold.
    expect(await refused(513 * MIB)).toEqual(names.map(() => tooMuch));
  });

  it('finds a flipped bit in packed and in stored bytes', async () => {
    for (const level of [0, 6] as const) {
      const bytes = zipSync({ a: strToU8('some words that differ, each of them') }, { level });
      bytes[45] = (bytes[45] ?? 0) ^ 0x10;
      const [entry] = await readZipEntries(blobOf(bytes));
      expect(await codeOf(textOf(entry))).toBe('file/damaged');
    }
  });

  it('refuses entries that share their bytes', async () => {
    const bytes = zip({ a: strToU8('one'), b: strToU8('two') });
    const overlapping = patch(bytes, CENTRAL, (view, at, index) => {
      if (index === 1) view.setUint32(at + 42, 0, true);
    });
    expect(await codeOf(readZipEntries(blobOf(overlapping)))).toBe('file/damaged');
    // A local header whose name is longer than the directory says reaches into the next entry.
    const longName = patch(bytes, LOCAL, (view, at, index) => {
      if (index === 0) view.setUint16(at + 26, 30, true);
    });
    const [a] = await readZipEntries(blobOf(longName));
    expect(await codeOf(textOf(a))).toBe('file/damaged');
  });

  it('refuses 100,001 entries, whatever the end record says', async () => {
    const bytes = directoryOf(100_001);
    expect(await codeOf(readZipEntries(blobOf(bytes)))).toBe('file/too-many-entries');
  });

  it('refuses 100,001 entries whose copies nobody can name', async () => {
    const tellCopy = () => ({ key: 'a', isCopy: true });
    const bytes = directoryOf(100_001);
    expect(await codeOf(readZipEntries(blobOf(bytes), { tellCopy }))).toBe('file/too-many-entries');
    const originals = () => ({ key: 'a', isCopy: false });
    expect(await codeOf(readZipEntries(blobOf(bytes), { tellCopy: originals }))).toBe(
      'file/too-many-entries',
    );
  });

  it('refuses a directory that counts other entries than there are', async () => {
    const bytes = patch(zip({ a: strToU8('x') }), END, (view, at) =>
      view.setUint16(at + 10, 2, true),
    );
    expect(await codeOf(readZipEntries(blobOf(bytes)))).toBe('file/damaged');
  });

  it('is not led astray by random damage: it reads, or refuses by name', async () => {
    const bytes = zip({ 'a.json': strToU8('[1,2,3]'.repeat(30)), 'b.json': strToU8('{}') });
    for (let seed = 1; seed <= 400; seed += 1) {
      const broken = bytes.slice();
      const at = (seed * 7919) % broken.length;
      broken[at] = (broken[at] ?? 0) ^ (1 << (seed % 8));
      const read = readZipEntries(blobOf(broken)).then(async (entries) => {
        for (const entry of entries) await textOf(entry);
      });
      expect(await codeOf(read)).toMatch(/^(none|file\/[a-z-]+)$/);
    }
  });
});

/** The same archive with a ZIP64 end record, whose classic one holds only marks. */
function toZip64(bytes: Uint8Array): Blob {
  const end = bytes.length - 22;
  const classic = new DataView(bytes.buffer, bytes.byteOffset + end, 22);
  const [count, size, offset] = [
    classic.getUint16(10, true),
    classic.getUint32(12, true),
    classic.getUint32(16, true),
  ];
  const end64 = new DataView(new ArrayBuffer(56));
  end64.setUint32(0, 0x06064b50, true);
  end64.setBigUint64(4, 44n, true);
  end64.setBigUint64(24, BigInt(count), true);
  end64.setBigUint64(32, BigInt(count), true);
  end64.setBigUint64(40, BigInt(size), true);
  end64.setBigUint64(48, BigInt(offset), true);
  const locator = new DataView(new ArrayBuffer(20));
  locator.setUint32(0, 0x07064b50, true);
  locator.setBigUint64(8, BigInt(end), true);
  locator.setUint32(16, 1, true);
  const last = new DataView(bytes.slice(end).buffer);
  last.setUint16(10, 0xffff, true);
  last.setUint32(12, 0xffffffff, true);
  last.setUint32(16, 0xffffffff, true);
  const views = [end64, locator, last].map((view) => new Uint8Array(view.buffer));
  return blobOf(bytes.slice(0, end), ...views);
}

/** A directory of empty entries without their data; its end record counts 16 bits of them. */
function directoryOf(count: number): Uint8Array {
  const record = new DataView(new ArrayBuffer(47));
  record.setUint32(0, CENTRAL, true);
  record.setUint16(28, 1, true);
  record.setUint8(46, 0x61);
  const bytes = new Uint8Array(count * 47 + 22);
  for (let index = 0; index < count; index += 1) {
    bytes.set(new Uint8Array(record.buffer), index * 47);
  }
  const end = new DataView(bytes.buffer, count * 47);
  end.setUint32(0, END, true);
  end.setUint16(10, count & 0xffff, true);
  end.setUint32(12, count * 47, true);
  return bytes;
}
