/**
 * Holds the lockfile to its rules: every entry has a version, none a download address, every optional
 * platform package is there, and package.json names exact versions that the lock agrees with.
 */
import { readFileSync } from 'node:fs';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
/** @type {string[]} */
const problems = [];

for (const [name, entry] of Object.entries(lock.packages)) {
  if (name === '') continue;
  if (!entry.version) problems.push(`${name}: no version`);
  if (entry.resolved) problems.push(`${name}: has a download address ("resolved")`);
  for (const optional of Object.keys(entry.optionalDependencies ?? {})) {
    const isThere = Object.keys(lock.packages).some((key) =>
      key.endsWith(`node_modules/${optional}`),
    );
    if (!isThere) problems.push(`${name}: its optional ${optional} is missing from the lock`);
  }
}

for (const [name, wanted] of Object.entries({
  ...manifest.dependencies,
  ...manifest.devDependencies,
})) {
  const locked = lock.packages[`node_modules/${name}`]?.version;
  if (!locked) problems.push(`${name}: not in the lock`);
  else if (/^\d/.test(wanted) && wanted !== locked) {
    problems.push(`${name}: package.json says ${wanted}, the lock ${locked}`);
  }
}

if (problems.length > 0) {
  console.error(`package-lock.json:\n${problems.join('\n')}`);
  process.exit(1);
}
