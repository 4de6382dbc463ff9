import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FROM_DOCUMENTATION, IMPORT_SOURCES } from '#domain/imported.ts';
import { SOURCE_NAMES } from '#ui/data/source-names.ts';

const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
const rows = readme.split('\n').filter((line) => line.startsWith('|'));

test('the README says of every source that it can be imported', () => {
  const said = rows.join('\n');
  // What onggi and its specification write stands in a row of its own.
  const names = IMPORT_SOURCES.filter((source) => source !== 'seed').map(
    (source) => SOURCE_NAMES[source].split(' (')[0] ?? '',
  );
  expect(names.filter((name) => !said.includes(name))).toEqual([]);
});

test('the README names exactly the readers that were written from documentation', () => {
  const row = rows.find((line) => line.includes('written from documentation')) ?? '';
  const [, named = ''] = row.split('|');
  const isNamed = (source: (typeof IMPORT_SOURCES)[number]): boolean =>
    named
      .split(',')
      .map((name) => name.trim())
      .includes(SOURCE_NAMES[source]);
  expect(IMPORT_SOURCES.filter(isNamed)).toEqual([...FROM_DOCUMENTATION]);
});
