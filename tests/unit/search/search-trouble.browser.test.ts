import { afterEach, describe, expect, test, vi } from 'vitest';
import { toConversationId } from '#domain/ids.ts';
import { createByteScan, hasSimd } from '#search/byte-scan.ts';
import { bestSpeed, createRowBytes } from '#search/row-bytes.ts';
import { memoryStore } from '#search/sidecar-memory.ts';
import type { SidecarFile, SidecarStore } from '#search/sidecar-store.ts';
import { openForTest } from '../db/fresh-database.ts';
import { findIds, openEngine, store as storeConversation } from './engine-support.ts';

afterEach(() => void vi.unstubAllGlobals());

interface TroubledStore extends SidecarStore {
  isFull: boolean;
  /** Called before something is read. */
  beforeRead: () => Promise<void>;
}

const held = (): DOMException => new DOMException('in use', 'NoModificationAllowedError');

/** Files in memory that one user at a time has, as those of the origin's file system, on a disk that fills up. */
function troubledStore(): TroubledStore {
  const files = memoryStore();
  const open = new Set<string>();
  const wrap = (name: string, file: SidecarFile): SidecarFile => ({
    get size() {
      return file.size;
    },
    async read(target, at) {
      await troubled.beforeRead();
      await file.read(target, at);
    },
    append(bytes) {
      if (troubled.isFull) throw new DOMException('full', 'QuotaExceededError');
      return file.append(bytes);
    },
    overwrite: (bytes, at) => file.overwrite(bytes, at),
    truncate: (size) => file.truncate(size),
    flush: () => file.flush(),
    close: () => void open.delete(name),
  });
  const troubled: TroubledStore = {
    isFull: false,
    beforeRead: () => Promise.resolve(),
    kind: 'opfs',
    list: () => files.list(),
    async open(name) {
      if (open.has(name)) throw held();
      open.add(name);
      return wrap(name, await files.open(name));
    },
    async remove(name) {
      if (open.has(name)) throw held();
      await files.remove(name);
    },
  };
  return troubled;
}

describe('files of search that cannot be opened', () => {
  test('are not needed: another worker still has them', async () => {
    const db = await openForTest();
    await storeConversation(db, 'a', ['찾을 말']);
    const files = troubledStore();
    const first = await openEngine(db, { store: files });
    const second = await openEngine(db, { store: files });
    expect(await findIds(second, '찾을')).toEqual(['a']);
    expect(second.statuses.at(-1)).toMatchObject({ phase: 'ready', storage: 'memory' });
    // The other one's files are as they were.
    expect(await findIds(first, '찾을')).toEqual(['a']);
  });

  test('are not needed: there was no room for them from the beginning', async () => {
    const db = await openForTest();
    await storeConversation(db, 'a', ['찾을 말']);
    const files = troubledStore();
    files.isFull = true;
    const engine = await openEngine(db, { store: files });
    expect(await findIds(engine, '찾을')).toEqual(['a']);
    engine.close();
    files.isFull = false;
    const next = await openEngine(db, { store: files });
    expect(await findIds(next, '찾을')).toEqual(['a']);
    expect(next.statuses.at(-1)).toMatchObject({ phase: 'ready', storage: 'opfs' });
  });
});

test('without room what was indexed is found, and after it everything, made anew too', async () => {
  const db = await openForTest();
  await storeConversation(db, 'a', ['찾을 말']);
  const files = troubledStore();
  const engine = await openEngine(db, { store: files });
  files.isFull = true;
  await storeConversation(db, 'small', ['작은 말']);
  expect(await findIds(engine, '작은')).toEqual(['small']);
  // More than waits in memory until it is written.
  await storeConversation(db, 'b', [`찾을 다른 말 ${'나머지 '.repeat(50_000)}`]);
  expect(await findIds(engine, '찾을')).toEqual(['a']);
  expect(engine.statuses.at(-1)?.phase).toBe('failed');
  await expect(engine.rebuild()).rejects.toThrow('full');
  expect(await findIds(engine, '찾을')).toEqual(['a']);

  files.isFull = false;
  await engine.rebuild();
  expect((await findIds(engine, '찾을')).sort()).toEqual(['a', 'b']);
  expect(engine.statuses.at(-1)?.phase).toBe('ready');
  expect(await files.list()).toHaveLength(2);
});

test('a search during which the index is made anew looks through the new one', async () => {
  const db = await openForTest();
  const files = troubledStore();
  await storeConversation(db, 'a', ['첫째']);
  const engine = await openEngine(db, { store: files });
  // A new index begins with the newest: the same places hold other texts.
  await storeConversation(db, 'b', ['둘째'], { updatedAt: 2_000_000_000_000 });
  await engine.catchUp();
  let isFirst = true;
  files.beforeRead = async () => {
    if (!isFirst) return;
    isFirst = false;
    await engine.rebuild();
  };
  expect(await findIds(engine, '첫째')).toEqual(['a']);
  expect(isFirst).toBe(false);
  expect(await findIds(engine, '첫째')).toEqual(['a']);
});

describe('without WebAssembly', () => {
  test('switched off, words are found all the same', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    expect([hasSimd(), bestSpeed()]).toEqual([false, 'plain']);
    const db = await openForTest();
    await storeConversation(db, 'a', ['찾을 말']);
    expect(await findIds(await openEngine(db), '찾을')).toEqual(['a']);
  });

  test('forbidden by the host’s policy, the plain ways are taken', async () => {
    const { validate, CompileError } = WebAssembly;
    const instantiate = (): Promise<never> => Promise.reject(new CompileError('policy'));
    vi.stubGlobal('WebAssembly', { validate, CompileError, instantiate });
    expect((await createByteScan()).isFast).toBe(false);
    const rows = await createRowBytes(16, 'product', bestSpeed());
    rows.view(0, 1).fill(2);
    const results: number[] = [];
    rows.compare(new Uint8Array(16).fill(3), 0, 1, (_from, found) => results.push(...found));
    expect(results).toEqual([96]);
  });
});

test('rows wider than the kernel reads are refused, and not compared wrongly', async () => {
  await expect(createRowBytes(32_768, 'product', bestSpeed())).rejects.toThrow(RangeError);
});

test.each([
  ['a filter alone', 'role:user'],
  ['a title alone', '항아리'],
])('a damaged row that is to be shown for %s keeps nothing from being found', async (_w, query) => {
  const db = await openForTest();
  const damaged = { content: 7 as never, feedback: 8 as never, attachments: [null] as never };
  await storeConversation(db, 'a', [damaged], { title: '항아리 이야기' });
  await storeConversation(db, 'b', ['멀쩡한 글'], { title: '항아리 둘' });
  expect((await findIds(await openEngine(db), query)).sort()).toEqual(['a', 'b']);
});

test('a title counts by when its conversation was used last, not by when it got the name', async () => {
  const db = await openForTest();
  const day = (iso: string): number => new Date(`${iso}T12:00:00`).getTime();
  const january = { updatedAt: day('2026-01-10'), createdAt: day('2026-01-10') };
  await storeConversation(db, 'old', [{ content: '글', timestamp: day('2026-01-10') }], {
    ...january,
    title: 'Kubernetes notes',
  });
  const engine = await openEngine(db);
  const used = { updatedAt: day('2026-11-20') };
  await db.strict.conversations.update(toConversationId('old'), used);
  expect(await findIds(engine, 'kubernetes after:2026-11-01')).toEqual(['old']);
  expect(await findIds(engine, 'kubernetes before:2026-02-01')).toEqual([]);
});
