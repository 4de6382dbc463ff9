/** `npm run size`: holds what the build weighs to the budgets of docs/architecture.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const dist = new URL('../dist/', import.meta.url);
const read = (/** @type {string} */ file) => readFileSync(new URL(file, dist));
const gzipped = (/** @type {string} */ file) => gzipSync(read(file), { level: 9 }).length;
const sum = (/** @type {number[]} */ sizes) => sizes.reduce((total, size) => total + size, 0);

/** First groups of all matches. @returns {string[]} */
const captures = (/** @type {string} */ text, /** @type {RegExp} */ pattern) =>
  [...text.matchAll(pattern)].flatMap(([, found]) => found ?? []);

/** A script and everything it imports before it runs, added to `found`. */
function addStatic(/** @type {string} */ file, /** @type {Set<string>} */ found) {
  if (found.has(file)) return found;
  found.add(file);
  const imports = /\b(?:import|export)\s*(?:[\w$*{}\s,]+?from\s*)?["'](\.[^"']+\.js)["']/g;
  for (const path of captures(read(file).toString(), imports)) {
    addStatic(new URL(path, new URL(file, 'https://x/')).pathname.slice(1), found);
  }
  return found;
}

const html = read('index.html').toString();
const initial = captures(html, /<(?:script|link)\b[^>]*?(?:src|href)="\/([^"]+\.js)"/g).reduce(
  (found, file) => addStatic(file, found),
  /** @type {Set<string>} */ (new Set()),
);
/** Of the texts of the first view one language is fetched; the largest counts. */
const firstTexts = Math.max(
  ...readdirSync(new URL('assets/', dist))
    .filter((name) => /^\w\w-first-.*\.js$/.test(name))
    .map((name) => gzipped(`assets/${name}`)),
);
const styles = captures(html, /<link\b[^>]*?href="\/([^"]+\.css)"/g);
const lazy = readdirSync(new URL('assets/', dist))
  .map((name) => `assets/${name}`)
  .filter((file) => file.endsWith('.js') && !initial.has(file))
  .map((file) => ({ file, bytes: gzipped(file) }))
  .sort((a, b) => b.bytes - a.bytes);
/** A pattern of the service worker, which says what is fetched when. */
function patternOf(/** @type {string} */ name) {
  const worker = readFileSync(new URL('../src/sw.ts', import.meta.url), 'utf8');
  const source = new RegExp(`const ${name} =\\s+/(.+)/;`).exec(worker)?.[1];
  if (source === undefined) throw new Error(`src/sw.ts has no ${name}`);
  return new RegExp(source);
}
const usedByFew = patternOf('USED_BY_FEW');
const listed = captures(read('sw.js').toString(), /["']?\burl["']?:\s*["']([^"']+)["']/g).filter(
  (file) => !usedByFew.test(file),
);
const later = patternOf('LATER');
const precached = listed.filter((file) => !later.test(file));
const fetchedLater = listed.filter((file) => later.test(file));

/** Name, bytes, limit in kilobytes of 1000 bytes. @type {[string, number, number][]} */
const rows = [
  [
    `initial JavaScript with its texts, gzip (${initial.size + 1} files)`,
    sum([...initial].map(gzipped)) + firstTexts,
    120,
  ],
  [`CSS of the first view, gzip (${styles.length} files)`, sum(styles.map(gzipped)), 20],
  [`largest lazy chunk, gzip (${lazy[0]?.file ?? 'none'})`, lazy[0]?.bytes ?? 0, 150],
  [`precache, raw (${precached.length} files)`, sum(precached.map((f) => read(f).length)), 1000],
  [
    `fetched when idle, raw (${fetchedLater.length} files)`,
    sum(fetchedLater.map((f) => read(f).length)),
    2000,
  ],
];
for (const [name, bytes, limit] of rows) {
  const isOver = bytes > limit * 1000;
  console.log(
    `${isOver ? 'OVER' : 'ok  '} ${(bytes / 1000).toFixed(1).padStart(7)} / ${limit} kB  ${name}`,
  );
  if (isOver) process.exitCode = 1;
}
for (const file of precached.filter((name) => name.endsWith('.js') && name !== 'sw.js')) {
  const missing = [...addStatic(file, new Set())].filter((name) => later.test(name));
  if (missing.length === 0) continue;
  // Offline after the first visit it could not run.
  console.log(
    `OVER ${file} is kept from the first visit on, and needs ${missing.join(', ')} before it runs`,
  );
  process.exitCode = 1;
}
for (const [name, found] of /** @type {const} */ ([
  ['script', initial.size],
  ['precache entry', precached.length],
])) {
  if (found > 0) continue;
  console.log(`OVER no ${name} found: the build is not what this script reads`);
  process.exitCode = 1;
}
for (const url of captures(
  html,
  /<(?:script|link|img)\b[^>]*?(?:src|href)="((?:https?:)?\/\/[^"]+)"/g,
)) {
  console.log(`OVER index.html loads ${url}`);
  process.exitCode = 1;
}
