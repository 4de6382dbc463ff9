import { expect, test } from 'vitest';
import { packKeys, UnitKeys } from '#search/unit-keys.ts';

/** Keys whose units are alive until they are taken out of the set. */
function createKeys() {
  const dead = new Set<number>();
  const keys = new UnitKeys((unit) => !dead.has(unit));
  return {
    keys,
    dead,
    add: (...added: readonly string[]): void => {
      const { bytes, lengths } = packKeys(added);
      keys.add(added.length, new Uint8Array(lengths.buffer), bytes);
    },
  };
}

const HIGH = '\ud83d';
const LOW = '\ude00';
const ANY = [
  '',
  'm',
  'm0b8f4a52-6c1e-4d0f-9a77-0d5b6a1c2e3f',
  'M0B8F4A52-6C1E-4D0F-9A77-0D5B6A1C2E3F',
  'm옹기-1',
  'té',
  `m${HIGH}`,
  `m${LOW}`,
  `m${HIGH}${LOW}`,
  `m${LOW}${HIGH}`,
  'm\ufffd',
  'm\uffff',
  'm\0',
  'm\0\0',
  'm\u007f\u0080\u07ff\u0800',
  `m${'x'.repeat(70_000)}`,
  `m${'x'.repeat(70_001)}`,
];

test('any string comes back as it was, and is found by itself alone', () => {
  const { keys, add } = createKeys();
  add(...ANY);
  expect(ANY.map((_key, unit) => keys.key(unit))).toEqual(ANY);
  expect(ANY.map((key) => keys.find(key))).toEqual(ANY.map((_key, unit) => unit));
  for (const other of ['t', 'mx', 'm옹기-2', 'm\0\0\0', `${HIGH}${LOW}`]) {
    expect(keys.find(other)).toBeUndefined();
  }
});

test('nothing is found where there is nothing', () => {
  const { keys } = createKeys();
  expect(keys.count).toBe(0);
  expect(keys.find('')).toBeUndefined();
  expect(keys.find('m1')).toBeUndefined();
});

test.each([1, 767, 768, 769, 5000])(
  '%i keys are found that came after the first was asked for',
  (count) => {
    const { keys, dead, add } = createKeys();
    const all = Array.from({ length: count }, (_, at) => `m${(at * 2_654_435_761) % 1e9}-${at}`);
    expect(keys.find('m1')).toBeUndefined();
    for (const key of all) add(key);
    expect(all.map((key) => keys.find(key))).toEqual(all.map((_key, unit) => unit));
    for (let unit = 0; unit < count; unit += 2) dead.add(unit);
    add('mlast');
    const isThere = (unit: number) => (unit % 2 === 0 ? undefined : unit);
    expect(all.map((key) => keys.find(key))).toEqual(all.map((_key, unit) => isThere(unit)));
    expect(keys.find('mlast')).toBe(count);
  },
);

test('of a key that is written anew again and again the living unit is found', () => {
  const { keys, dead, add } = createKeys();
  add('mother');
  for (let unit = 1; unit <= 3000; unit += 1) {
    expect(keys.find('msame')).toBe(unit === 1 ? undefined : unit - 1);
    // The next comes before the last is dead, as in a step.
    add('msame');
    dead.add(unit - 1 === 0 ? -1 : unit - 1);
  }
  expect(keys.find('msame')).toBe(3000);
  expect(keys.find('mother')).toBe(0);
});
