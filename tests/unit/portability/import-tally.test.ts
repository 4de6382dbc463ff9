import { expect, it } from 'vitest';
import { createImportTally } from '#portability/import-tally.ts';
import { openFiles } from '#portability/open-files.ts';
import { recognizeFiles } from '#portability/recognize-files.ts';
import { fileOf, zipOf } from './import-files.ts';

/** What a report says of an archive with so many files that are no exports. */
async function refusalsOf(count: number) {
  const files = Array.from({ length: count }, (_, at) => [`${at}.json`, { nobody: at }] as const);
  const opened = await openFiles([fileOf('others.zip', zipOf(Object.fromEntries(files)))]);
  const tally = createImportTally();
  for (const refused of (await recognizeFiles(opened)).refused) tally.refuse(refused);
  return tally;
}

it.each([
  { count: 1, named: 1, unnamed: undefined },
  { count: 200, named: 200, unnamed: undefined },
  { count: 201, named: 200, unnamed: 1 },
  { count: 1000, named: 200, unnamed: 800 },
])('names at most 200 refused files and counts the rest of $count', async (expected) => {
  const { refused, unnamedRefusedCount } = (await refusalsOf(expected.count)).toPreview([]);
  expect(refused).toHaveLength(expected.named);
  expect(unnamedRefusedCount).toBe(expected.unnamed);
});

it('always tells what ended the import', async () => {
  const tally = await refusalsOf(250);
  tally.refuse({ name: '', code: 'db/quota', detail: null });
  const { refused, unnamedRefusedCount } = tally.toPreview([]);
  expect(refused.at(-1)?.code).toBe('db/quota');
  expect(unnamedRefusedCount).toBe(50);
});
