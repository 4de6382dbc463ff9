/** The ways in which the files of a browser's database are damaged (SECURITY 9). */
import {
  closeSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';

/** Where Chromium keeps the databases of an origin. */
function findFolder(/** @type {string} */ profile) {
  const parent = path.join(profile, 'Default', 'IndexedDB');
  const name = readdirSync(parent).find((each) => each.endsWith('.leveldb'));
  if (name === undefined) throw new Error('there is no database to damage');
  return path.join(parent, name);
}

/** The largest file that fits. */
function findFile(/** @type {string} */ profile, /** @type {RegExp} */ pattern) {
  const folder = findFolder(profile);
  const files = readdirSync(folder)
    .filter((name) => pattern.test(name))
    .map((name) => path.join(folder, name))
    .sort((a, b) => statSync(b).size - statSync(a).size);
  if (files[0] === undefined) throw new Error(`there is no ${pattern.source} to damage`);
  return files[0];
}

/** Turns all bits of `count` bytes somewhere in the file. */
function turnBytes(
  /** @type {string} */ file,
  /** @type {() => number} */ random,
  /** @type {number} */ count,
) {
  const { size } = statSync(file);
  const at = Math.floor(random() * Math.max(1, size - count));
  const handle = openSync(file, 'r+');
  const bytes = Buffer.alloc(Math.min(count, size));
  readSync(handle, bytes, 0, bytes.length, at);
  writeSync(
    handle,
    bytes.map((byte) => byte ^ 0xff),
    0,
    bytes.length,
    at,
  );
  closeSync(handle);
  return `${path.basename(file)} at ${at} of ${size}`;
}

const LOG = /^\d+\.log$/;
const TABLE = /^\d+\.ldb$/;

/**
 * Each does its damage in a profile whose browser is closed and says what it did.
 * @type {Record<string, (profile: string, random: () => number) => string>}
 */
export const DAMAGES = {
  'a byte of the log turned': (profile, random) => turnBytes(findFile(profile, LOG), random, 1),
  'the log cut off': (profile, random) => {
    const file = findFile(profile, LOG);
    const { size } = statSync(file);
    const kept = Math.floor(size * random());
    truncateSync(file, kept);
    return `${path.basename(file)} to ${kept} of ${size}`;
  },
  'the log’s end cut off': (profile, random) => {
    const file = findFile(profile, LOG);
    const { size } = statSync(file);
    const kept = size - 1 - Math.floor(random() * 40_000);
    truncateSync(file, kept);
    return `${path.basename(file)} to ${kept} of ${size}`;
  },
  'the manifest damaged': (profile, random) =>
    turnBytes(findFile(profile, /^MANIFEST-/), random, 8),
  'a table file damaged': (profile, random) => turnBytes(findFile(profile, TABLE), random, 64),
  'a table file deleted': (profile) => {
    const file = findFile(profile, TABLE);
    rmSync(file);
    return path.basename(file);
  },
  'CURRENT deleted': (profile) => {
    rmSync(path.join(findFolder(profile), 'CURRENT'));
    return 'CURRENT';
  },
  'the whole folder deleted': (profile) => {
    rmSync(findFolder(profile), { recursive: true });
    return 'all';
  },
};
