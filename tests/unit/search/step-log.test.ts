import { describe, expect, test } from 'vitest';
import { checksum, wideChecksum } from '#search/checksum.ts';
import { memoryStore } from '#search/sidecar-memory.ts';
import type { SidecarStore } from '#search/sidecar-store.ts';
import { openTextIndex } from '#search/text-index.ts';
import type { NewStep, TextIndex } from '#search/text-index.ts';
import { unitKey } from '#search/unit-table.ts';
import type { Group, Unit, UnitTable } from '#search/unit-table.ts';
import { readFile, writeFile } from './sidecar-files.ts';

const group = (id: string, more: Partial<Group> = {}): Group => ({
  kind: 'conversation',
  id,
  title: `title of ${id}`,
  status: 'active',
  source: 'onggi',
  tags: [],
  isPinned: false,
  createdAt: 1,
  updatedAt: 2,
  ...more,
});

const unit = (id: string, groupId: string, more: Partial<Unit> = {}): Unit => ({
  kind: 'message',
  id,
  groupId,
  role: 'user',
  hasAttachment: false,
  timestamp: 1_750_000_000_000,
  model: null,
  ...more,
});
const withText = (each: Unit, text = `text of ${each.id}`) => ({ unit: each, text });

/** Everything that the table of an index says. */
function told({ table, at, isWhole }: TextIndex) {
  const numbers = Array.from({ length: table.unitCount }, (_, number) => number);
  return {
    at,
    isWhole,
    units: numbers.map((number) => table.unit(number)),
    alive: numbers.filter((number) => table.isAlive(number)),
    groupNumbers: numbers.map((number) => table.groupNumber(number)),
    starts: [...table.starts.subarray(0, table.unitCount + 1)],
    groups: [...table.groups],
    blocks: [...table.blocks],
    counts: [table.byteLength, table.deadBytes, table.aliveCount, table.aliveMessageCount],
    unexpunged: table.unexpungedUnits.toSorted((a, b) => a - b),
    unexpungedGroups: [...table.unexpungedGroups],
    isExpungeDue: table.isExpungeDue,
  };
}

/** An index of these steps, written one by one. */
async function write(store: SidecarStore, steps: readonly NewStep[]): Promise<TextIndex> {
  const index = await openTextIndex(store);
  for (const [at, step] of steps.entries()) {
    await index.append(step, { seq: at + 1, mark: at / 8 }, true);
    await index.settle();
  }
  return index;
}

async function logName(store: SidecarStore): Promise<string> {
  const name = (await store.list()).find((each) => each.startsWith('log-'));
  if (name === undefined) throw new Error('no log');
  return name;
}

const ODD_IDS = [
  '',
  '0b8f4a52-6c1e-4d0f-9a77-0d5b6a1c2e3f',
  'é',
  '옹기 🏺',
  '\ud83c',
  '\udffa',
  '"\\',
  '\0',
];

test('units, groups and models come back as they were, whatever their ids and names', async () => {
  const store = memoryStore();
  const roles = ['user', 'assistant', 'system', 'function', 'tool'] as const;
  const groups = ODD_IDS.map((id) =>
    group(id, { title: `half \ud83c of ${id}`, tags: ['\udffa', id], source: '"' }),
  );
  const units = ODD_IDS.flatMap((id, at) => [
    withText(unit(id, id, { kind: 'title', timestamp: -1.5 })),
    withText(
      unit(id, id, {
        role: roles[at % roles.length] ?? 'user',
        hasAttachment: at % 2 === 0,
        timestamp: 1_750_000_000_000.25 + at,
        model: at % 3 === 0 ? null : `model ${id}`,
      }),
    ),
  ]);
  const index = await write(store, [{ groups, units }]);
  expect(told(index).units).toEqual(units.map((each) => each.unit));
  const again = await openTextIndex(store);
  expect(told(again)).toEqual(told(index));
  expect(again.table.groups).toEqual(groups);
  for (const [number, each] of units.entries()) {
    expect(again.table.find(unitKey(each.unit))).toBe(number);
  }
  expect(again.table.readNames().models).toEqual(index.table.readNames().models);
});

test('passages that go on are joined, over the border of steps too', async () => {
  const store = memoryStore();
  const passage = (document: string, seq: number) =>
    withText(unit(`${document}.${seq}`, document, { kind: 'passage' }));
  const documents = ['d', 'e'].map((id) => group(id, { kind: 'document' }));
  const index = await write(store, [
    { groups: documents, units: [passage('d', 0), passage('d', 1), passage('d', 3)] },
    { units: [passage('d', 4), passage('e', 5), passage('e', 6)] },
  ]);
  expect(index.table.blocks.map(({ joints }) => joints)).toEqual([[1, 3, 5]]);
  expect(told(await openTextIndex(store))).toEqual(told(index));
});

/** Numbers from 0 to below 1, always the same (mulberry32, public domain). */
function createRandom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

test.each([1, 2, 3, 4, 5])('any steps leave what they say, read again too (%i)', async (seed) => {
  const random = createRandom(seed);
  const store = memoryStore();
  let index = await openTextIndex(store);
  const groups = new Map<string, Group>();
  const units = new Map<string, Unit>();
  const pool = Array.from({ length: 12 }, (_, at) => `id-${at}`);
  const isSame = (table: UnitTable): void => {
    for (const id of pool) {
      for (const kind of ['title', 'message'] as const) {
        const key = unitKey({ kind, id });
        const number = table.find(key);
        expect(number === undefined ? undefined : table.unit(number)).toEqual(units.get(key));
      }
      expect(table.group(id)).toEqual(groups.get(id));
    }
    expect(table.aliveCount).toBe(units.size);
  };
  for (let at = 1; at <= 60; at += 1) {
    const goneGroupIds = [...groups.keys()].filter(() => random(12) === 0);
    const added = pool
      .filter((id) => random(6) === 0 && !goneGroupIds.includes(id))
      .map((id) => group(id, { updatedAt: at }));
    const removed = [...units.keys()].filter(() => random(8) === 0);
    for (const each of added) groups.set(each.id, each);
    for (const id of goneGroupIds) groups.delete(id);
    for (const [key, { groupId }] of units) if (!groups.has(groupId)) units.delete(key);
    removed.forEach((key) => units.delete(key));
    const owners = [...groups.keys()];
    // The same may come twice in one step.
    const fresh = Array.from({ length: owners.length === 0 ? 0 : random(6) }, () =>
      withText(
        unit(pool[random(pool.length)] ?? '', owners[random(owners.length)] ?? '', {
          kind: random(2) === 0 ? 'title' : 'message',
          model: `model-${random(9)}`,
          timestamp: at,
        }),
        'x'.repeat(random(40)),
      ),
    );
    for (const each of fresh) units.set(unitKey(each.unit), each.unit);
    const step = { groups: added, goneGroupIds, removed, units: fresh };
    await index.append(step, { seq: at, mark: 0 }, random(4) > 0);
    isSame(index.table);
    if (random(5) > 0) continue;
    await index.settle();
    const again = await openTextIndex(store);
    expect(told(again)).toEqual(told(index));
    isSame(again.table);
    index = again;
  }
  await index.compact();
  isSame(index.table);
  const compacted = await openTextIndex(store);
  isSame(compacted.table);
  expect(compacted.table.deadBytes).toBe(0);
  expect(await compacted.verify()).toBe(true);
});

describe('a log that is not what was written', () => {
  const STEPS: readonly NewStep[] = [
    { groups: [group('a')], units: [withText(unit('a-1', 'a')), withText(unit('a-2', 'a'))] },
    {
      groups: [group('b', { title: '옹기 \ud83c' })],
      removed: ['ma-1'],
      units: [withText(unit('b-1', 'b', { model: 'm' })), withText(unit('b-2', 'b'))],
    },
  ];

  /** The log of both steps, and where its last frame begins. */
  async function writeBoth() {
    const store = memoryStore();
    const name = await logName(await writeIn(store, STEPS.slice(0, 1)));
    const { length: lastAt } = await readFile(store, name);
    const before = told(await openTextIndex(store));
    const whole = memoryStore();
    await writeIn(whole, STEPS);
    const log = await readFile(whole, name);
    const text = await readFile(whole, name.replace('log', 'text'));
    /** What the index says when its log is this. */
    const openWith = async (bytes: Uint8Array) => {
      const damaged = memoryStore();
      await writeFile(damaged, name, bytes);
      await writeFile(damaged, name.replace('log', 'text'), text);
      return told(await openTextIndex(damaged));
    };
    return { log, lastAt, before, openWith, after: told(await openTextIndex(whole)) };
  }
  async function writeIn(store: SidecarStore, steps: readonly NewStep[]) {
    (await write(store, steps)).close();
    return store;
  }

  test('ends before a frame that is torn anywhere', async () => {
    const { log, lastAt, before, after, openWith } = await writeBoth();
    expect(await openWith(log)).toEqual(after);
    for (let length = lastAt; length < log.length; length += 1) {
      expect(await openWith(log.subarray(0, length)), `${length}`).toEqual(before);
    }
  });

  test('ends before a frame with a flipped bit in any of its bytes', async () => {
    const { log, lastAt, before, openWith } = await writeBoth();
    for (let at = lastAt; at < log.length; at += 1) {
      const damaged = log.slice();
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
      expect(await openWith(damaged), `${at}`).toEqual(before);
    }
  });
});

describe('a log of another layout', () => {
  const step = {
    ...{ groups: [group('a')], goneGroupIds: [], removed: [], lengths: [2] },
    ...{ units: [unit('a-1', 'a')], at: { seq: 1, mark: 0.5 }, isWhole: true, textChecksum: 0 },
  };
  const frameWith = (value: unknown, check: (bytes: Uint8Array) => number): Uint8Array => {
    const json = new TextEncoder().encode(JSON.stringify(value));
    return Uint8Array.of(
      ...new Uint8Array(Uint32Array.of(json.length, check(json)).buffer),
      ...json,
    );
  };
  const head = (version: number) => ({ magic: 'onggi-text', version });

  test.each([
    ['the first, of rows of JSON', [frameWith(head(1), checksum), frameWith(step, checksum)]],
    ['one that is not known yet', [frameWith(head(3), wideChecksum)]],
  ])('%s, is built anew', async (_what, frames) => {
    const store = memoryStore();
    await writeFile(store, 'log-4', Uint8Array.from(frames.flatMap((frame) => [...frame])));
    await writeFile(store, 'text-4', Uint8Array.of(97, 0));
    const index = await openTextIndex(store);
    expect([index.at, index.isWhole, index.table.unitCount]).toEqual([null, false, 0]);
    expect((await store.list()).toSorted()).toEqual(['log-5', 'text-5']);
    await index.append({ groups: [group('a')] }, { seq: 1, mark: 1 }, true);
    expect((await openTextIndex(store)).table.group('a')).toEqual(group('a'));
  });
});

test.each(['plain', '"\\', '\ud83c'])(
  'names of a group that is gone are overwritten where they lie (%j)',
  async (id) => {
    const store = memoryStore();
    const secret = group(id, { title: 'undercover title', tags: ['hush'] });
    const index = await write(store, [
      {
        groups: [group('kept'), secret],
        units: [withText(unit('k', 'kept')), withText(unit('s', id))],
      },
      { groups: [{ ...secret, title: 'undercover again' }] },
      { goneGroupIds: [id] },
    ]);
    const name = await logName(store);
    const sizes = (await readFile(store, name)).length;
    const holds = async (text: string): Promise<boolean> =>
      new TextDecoder().decode(await readFile(store, name)).includes(text);
    expect(await holds('undercover')).toBe(true);
    while (index.isExpungeDue) await index.expungeSome();
    expect([await holds('undercover'), await holds('hush'), await holds('title of kept')]).toEqual([
      false,
      false,
      true,
    ]);
    expect((await readFile(store, name)).length).toBeGreaterThan(sizes);
    const again = await openTextIndex(store);
    expect([again.at, again.isExpungeDue, again.table.aliveCount]).toEqual([index.at, false, 1]);
    expect(again.table.group('kept')).toEqual(group('kept'));
    expect(again.table.group(id)).toBeUndefined();
    expect(await again.verify()).toBe(true);
  },
);
