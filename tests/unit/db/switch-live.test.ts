import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { forgetDatabase, readBootPointers, switchLiveDatabase } from '#db/boot-pointers.ts';
import { holdLive, takeLiveAlone, tryHoldRestoreLock } from '#db/live-lock.ts';
import { tryHoldAnswerLock } from '#db/locks.ts';
import { openDatabase, openNamedDatabase } from '#db/open-database.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { listDatabases } from '#db/origin-storage.ts';
import { UNDO_MS, deleteStaleDatabases, deleteStaging, stagingName } from '#db/staging.ts';
import { isNothingIn, readUndos, switchLive, undoRestore } from '#db/switch-live.ts';
import { toConversationId } from '#domain/ids.ts';
import { createTestClock, freshNames, openForTest, storedVersion } from './fresh-database.ts';
import type { Names } from './fresh-database.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW = 1_700_000_000_000;
const noop = (): undefined => undefined;
const events = { onSuperseded: noop, onBlocked: noop, onLost: noop };

/** A staged database with one draft that tells it from others. */
async function makeStaged({ defaultName }: Names, mark: string): Promise<string> {
  const name = stagingName(defaultName, NOW);
  const db = await openNamedDatabase(name, { clock: () => NOW, events });
  await db.strict.drafts.add({ id: mark, text: '', pasted: [], updatedAt: NOW });
  db.close();
  return name;
}

const marksOf = ({ strict }: OnggiDatabase) => strict.drafts.toCollection().primaryKeys();
const optionsOf = ({ bootName }: Names, now = NOW) => ({ bootName, clock: () => now });

describe('putting a staged database in the place of the live one', () => {
  test('closes this page, and the next start shows the other data', async () => {
    const names = freshNames();
    const db = await openForTest({ names });
    const staged = await makeStaged(names, 'staged');
    await switchLive(db, () => Promise.resolve(staged), optionsOf(names));
    expect(db.strict.isOpen()).toBe(false);
    const next = await openForTest({ names });
    expect(next.name).toBe(staged);
    expect(await marksOf(next)).toEqual(['staged']);
    expect(await readBootPointers(names.bootName)).toEqual({
      live: staged,
      previous: { databaseName: db.name, replacedAt: NOW, ageFrom: NOW },
      retired: [],
    });
  });

  test('tells the data of the last restore from those of an earlier one', async () => {
    const names = freshNames();
    const first = await openForTest({ names });
    const second = await makeStaged(names, 'second');
    await switchLive(first, () => Promise.resolve(second), optionsOf(names));
    const live = await openForTest({ names });
    const third = await makeStaged(names, 'third');
    await switchLive(live, () => Promise.resolve(third), optionsOf(names));
    const roles = new Map(
      (await listDatabases(names.bootName)).map(({ name, role }) => [name, role]),
    );
    expect([first.name, second, third].map((name) => roles.get(name))).toEqual([
      'earlier',
      'undo',
      'live',
    ]);
  });

  test('closes other tabs first and tells them once', async () => {
    const names = freshNames();
    const onReplaced = vi.fn();
    const other = await openDatabase({
      clock: createTestClock(),
      events: { ...events, onReplaced },
      ...names,
    });
    onTestFinished(() => other.close());
    const db = await openForTest({ names });
    const staged = await makeStaged(names, 'staged');
    let wasOtherOpen = true;
    await switchLive(
      db,
      () => {
        wasOtherOpen = other.strict.isOpen();
        return Promise.resolve(staged);
      },
      optionsOf(names),
    );
    expect(wasOtherOpen).toBe(false);
    expect(onReplaced).toHaveBeenCalledOnce();
    expect(db.heard.superseded).toBe(0);
  });

  test('changes nothing when a tab does not let go, and goes on as before', async () => {
    const names = freshNames();
    const db = await openForTest({ names });
    const stubborn = await holdLive(db.name, noop);
    onTestFinished(() => stubborn.release());
    const finish = vi.fn(() => Promise.resolve('x'));
    const options = { ...optionsOf(names), patienceMs: 50 };
    await expect(switchLive(db, finish, options)).rejects.toMatchObject({ code: 'backup/busy' });
    expect(finish).not.toHaveBeenCalled();
    expect(await marksOf(db)).toEqual([]);
    stubborn.release();
    // It still hears of a restore in another tab.
    const release = await takeLiveAlone(db.name, 1000);
    expect(release).toBeDefined();
    release?.();
    expect(db.strict.isOpen()).toBe(false);
  });

  test('is refused while an answer is written', async () => {
    const names = freshNames();
    const db = await openForTest({ names });
    const release = await tryHoldAnswerLock(toConversationId(crypto.randomUUID()));
    const finish = vi.fn(() => Promise.resolve('x'));
    const switching = switchLive(db, finish, optionsOf(names));
    await expect(switching).rejects.toMatchObject({ code: 'backup/busy' });
    release?.();
    expect(finish).not.toHaveBeenCalled();
    expect(db.strict.isOpen()).toBe(true);
  });

  test('that fails before the pointer flips leaves the old data live', async () => {
    const names = freshNames();
    const db = await openForTest({ names });
    await db.strict.drafts.add({ id: 'old', text: '', pasted: [], updatedAt: NOW });
    const failing = switchLive(db, () => Promise.reject(new Error('no')), optionsOf(names));
    await expect(failing).rejects.toThrow();
    const next = await openForTest({ names });
    expect(await marksOf(next)).toEqual(['old']);
  });

  test('does not flip when another tab was first', async () => {
    const names = freshNames();
    const db = await openForTest({ names });
    await switchLiveDatabase(names.bootName, { from: db.name, to: 'elsewhere', now: NOW });
    const switching = switchLive(db, () => Promise.resolve('mine'), optionsOf(names));
    await expect(switching).rejects.toMatchObject({ code: 'db/failed' });
    expect((await readBootPointers(names.bootName)).live).toBe('elsewhere');
  });

  test('makes a tab that opens meanwhile wait and open the new data', async () => {
    const names = freshNames();
    const db = await openForTest({ names });
    const staged = await makeStaged(names, 'staged');
    let opening: Promise<OnggiDatabase> | undefined;
    await switchLive(
      db,
      () => {
        opening = openForTest({ names });
        return Promise.resolve(staged);
      },
      optionsOf(names),
    );
    expect((await opening)?.name).toBe(staged);
  });
});

describe('undoing a restore', () => {
  test('brings the old data back, and can be undone itself', async () => {
    const names = freshNames();
    const db = await openForTest({ names });
    await db.strict.drafts.add({ id: 'old', text: '', pasted: [], updatedAt: NOW });
    const staged = await makeStaged(names, 'new');
    await switchLive(db, () => Promise.resolve(staged), optionsOf(names));
    const shown: IDBValidKey[][] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      const next = await openForTest({ names });
      shown.push(await marksOf(next));
      await undoRestore(next, optionsOf(names, NOW + turn));
    }
    expect(shown).toEqual([['new'], ['old'], ['new']]);
  });

  test('is offered for seven days', async () => {
    const names = freshNames();
    const db = await openForTest({ names });
    expect(await readUndos(optionsOf(names))).toEqual([]);
    const staged = await makeStaged(names, 'new');
    await switchLive(db, () => Promise.resolve(staged), optionsOf(names));
    expect(await readUndos(optionsOf(names, NOW + UNDO_MS))).toEqual([
      { databaseName: db.name, replacedAt: NOW, until: NOW + UNDO_MS },
    ]);
    expect(await readUndos(optionsOf(names, NOW + UNDO_MS + 1))).toEqual([]);
    const next = await openForTest({ names });
    await expect(undoRestore(next, optionsOf(names, NOW + UNDO_MS + 1))).rejects.toMatchObject({
      code: 'backup/nothing-to-undo',
    });
    expect(next.strict.isOpen()).toBe(true);
  });

  test('reaches the data from before each restore of seven days, the last one first', async () => {
    const names = freshNames();
    const first = await openForTest({ names });
    await first.strict.drafts.add({ id: 'first', text: '', pasted: [], updatedAt: NOW });
    const live = [first.name];
    for (const [turn, mark] of ['second', 'third', 'fourth'].entries()) {
      const staged = await makeStaged(names, mark);
      const db = await openForTest({ names });
      await switchLive(db, () => Promise.resolve(staged), optionsOf(names, NOW + turn * DAY_MS));
      live.unshift(staged);
    }
    const [fourth, ...earlier] = live;
    const undosAt = async (now: number) =>
      (await readUndos(optionsOf(names, now))).map(({ databaseName }) => databaseName);
    expect(await undosAt(NOW + 2 * DAY_MS)).toEqual(earlier);
    expect(await undosAt(NOW + UNDO_MS + 1)).toEqual(earlier.slice(0, 2));

    const db = await openForTest({ names });
    await undoRestore(db, optionsOf(names, NOW + 3 * DAY_MS), first.name);
    const back = await openForTest({ names });
    expect(back.name).toBe(first.name);
    expect(await marksOf(back)).toEqual(['first']);
    // What it took the place of is the first to go back to; the others are still there.
    expect(await undosAt(NOW + 3 * DAY_MS)).toEqual([fourth, ...earlier.slice(0, 2)]);
    const toGone = undoRestore(back, optionsOf(names, NOW + 3 * DAY_MS), `${first.name}-gone`);
    await expect(toGone).rejects.toMatchObject({ code: 'backup/nothing-to-undo' });
  });

  test('says whether there was anything before, and makes nothing by looking', async () => {
    const names = freshNames();
    const db = await openForTest({ names });
    expect(await isNothingIn(db.name)).toBe(true);
    await db.strict.documents.add({ id: 'd' } as never);
    expect(await isNothingIn(db.name)).toBe(false);
    expect(await isNothingIn(`${db.name}-gone`)).toBe(false);
    expect(await storedVersion(`${db.name}-gone`)).toBeUndefined();
  });

  test('is refused while a restore is under way', async () => {
    const names = freshNames();
    const db = await openForTest({ names });
    const release = await tryHoldRestoreLock();
    await expect(undoRestore(db, optionsOf(names))).rejects.toMatchObject({ code: 'backup/busy' });
    release?.();
  });
});

describe('clearing away', () => {
  const staleOf = ({ bootName, defaultName }: Names, now: number) =>
    deleteStaleDatabases({ bootName, baseName: defaultName, now });

  test('takes what never became live, and nothing else', async () => {
    const names = freshNames();
    const db = await openForTest({ names });
    const staged = await makeStaged(names, 'unfinished');
    const foreign = `${names.defaultName}-restore-notes`;
    (await openNamedDatabase(foreign, { clock: () => NOW, events })).close();
    expect(await staleOf(names, NOW)).toEqual([staged]);
    expect(await storedVersion(staged)).toBeUndefined();
    expect(await storedVersion(foreign)).toBeDefined();
    expect(await storedVersion(db.name)).toBeDefined();
  });

  test('keeps the data of before a restore for seven days, then takes them', async () => {
    const names = freshNames();
    const first = await openForTest({ names });
    const staged = await makeStaged(names, 'new');
    await switchLive(first, () => Promise.resolve(staged), optionsOf(names));
    expect(await staleOf(names, NOW + UNDO_MS)).toEqual([]);
    expect(await staleOf(names, NOW - UNDO_MS)).toEqual([]);
    expect(await staleOf(names, NOW + UNDO_MS + 1)).toEqual([first.name]);
    expect(await readBootPointers(names.bootName)).toEqual({
      live: staged,
      previous: null,
      retired: [],
    });
    const next = await openForTest({ names });
    expect(await marksOf(next)).toEqual(['new']);
  });

  test('remembers every database that was live, not only the last', async () => {
    const names = freshNames();
    const first = await openForTest({ names });
    const [second, third] = [await makeStaged(names, '2'), await makeStaged(names, '3')];
    await switchLive(first, () => Promise.resolve(second), optionsOf(names));
    const next = await openForTest({ names });
    await switchLive(next, () => Promise.resolve(third), optionsOf(names, NOW + 1));
    expect(await readBootPointers(names.bootName)).toEqual({
      live: third,
      previous: { databaseName: second, replacedAt: NOW + 1, ageFrom: NOW + 1 },
      retired: [{ databaseName: first.name, replacedAt: NOW, ageFrom: NOW }],
    });
    for (let day = 0; day < 7; day += 1) {
      expect(await staleOf(names, NOW + day * DAY_MS)).toEqual([]);
    }
    expect(await staleOf(names, NOW + UNDO_MS + 1)).toEqual([]);
    expect(await staleOf(names, NOW + UNDO_MS + DAY_MS + 1)).toEqual([second, first.name]);
  });

  test('keeps them while the clock is ten years ahead, and when it comes back', async () => {
    const names = freshNames();
    const first = await openForTest({ names });
    const staged = await makeStaged(names, 'new');
    await switchLive(first, () => Promise.resolve(staged), optionsOf(names));
    expect(await staleOf(names, NOW)).toEqual([]);
    const ahead = NOW + 3650 * DAY_MS;
    expect(await staleOf(names, ahead)).toEqual([]);
    expect(await staleOf(names, ahead + DAY_MS)).toEqual([]);
    expect(await staleOf(names, NOW + DAY_MS)).toEqual([]);
    expect(await readUndos(optionsOf(names, NOW + DAY_MS))).toMatchObject([{ replacedAt: NOW }]);
    // The two days that onggi was open count.
    for (let day = 2; day <= 6; day += 1) {
      expect(await staleOf(names, NOW + day * DAY_MS)).toEqual([]);
    }
    expect(await staleOf(names, NOW + 7 * DAY_MS)).toEqual([first.name]);
  });

  test('never takes the live one, whatever the pointers say', async () => {
    const names = freshNames();
    const db = await openForTest({ names });
    const staged = await makeStaged(names, 'new');
    await switchLive(db, () => Promise.resolve(staged), optionsOf(names));
    const next = await openForTest({ names });
    await undoRestore(next, optionsOf(names, NOW));
    expect(await staleOf(names, NOW + 10 * UNDO_MS)).toEqual([staged]);
    expect(await storedVersion(db.name)).toBeDefined();
  });

  test('waits for a restore that is under way', async () => {
    const names = freshNames();
    await openForTest({ names });
    const staged = await makeStaged(names, 'unfinished');
    const release = await tryHoldRestoreLock();
    expect(await staleOf(names, NOW)).toEqual([]);
    release?.();
    expect(await staleOf(names, NOW)).toEqual([staged]);
    await deleteStaging(staged);
    await forgetDatabase(names.bootName, staged);
  });
});
