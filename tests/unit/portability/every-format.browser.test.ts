import { expect, it } from 'vitest';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { ImportPreview } from '#domain/import-report.ts';
import type { ImportFile } from '#portability/open-files.ts';
import { previewImport } from '#portability/preview-import.ts';
import { runImport } from '#portability/run-import.ts';
import { FORMAT_SAMPLES, contentOf, conversationOf } from '../../support/every-format.ts';
import type { Talk } from '../../support/every-format.ts';
import { openForTest } from '../db/fresh-database.ts';
import { fileOf, importOptions, snapshot } from './import-files.ts';

const DAY_MS = 86_400_000;

/** @param count How much of it was said so far. */
function talkOf(id: string, day: number, count: number): Talk {
  const texts = [`물김치가 뭐야, ${id}?`, `A cold kimchi, ${id}.`, `And then, ${id}?`];
  const startsAt = Date.UTC(2026, 0, 1) + day * DAY_MS;
  return { id, title: `물김치 ${id}`, texts: texts.slice(0, count), startsAt };
}

/** What the preview says and then the report: new, updated, unchanged and added messages. */
async function take(db: OnggiDatabase, file: ImportFile) {
  const preview = await previewImport(db, [file], importOptions());
  const { report } = await runImport(db, [file], importOptions());
  if (!report) throw new Error('no report');
  const fatesOf = ({ sources }: ImportPreview) =>
    sources.map((each) => [each.newCount, each.updatedCount, each.unchangedCount]);
  expect(fatesOf(report)).toEqual(fatesOf(preview));
  expect([report.refused, report.skipped]).toEqual([[], []]);
  return { fates: fatesOf(report), addedMessageCount: report.addedMessageCount };
}

it.each(FORMAT_SAMPLES)('adds nothing twice of $id, and of what grew the rest', async (sample) => {
  const db = await openForTest();
  const fileWith = (count: number): ImportFile => {
    const first = talkOf('a1', 0, count);
    const others = sample.isAlone ? [] : [talkOf('b2', 1, 2), talkOf('c3', 2, 2)];
    const conversations = [first, ...others].map((talk) => conversationOf(sample, talk));
    return fileOf(sample.path(first), contentOf(sample, conversations));
  };
  const all = sample.isAlone ? 1 : 3;

  expect(await take(db, fileWith(2))).toEqual({ fates: [[all, 0, 0]], addedMessageCount: 2 * all });
  const first = await snapshot(db);
  expect([first.conversations.length, first.messages.length]).toEqual([all, 2 * all]);

  expect(await take(db, fileWith(2))).toEqual({ fates: [[0, 0, all]], addedMessageCount: 0 });
  expect(await snapshot(db)).toEqual(first);

  expect(await take(db, fileWith(3))).toEqual({ fates: [[0, 1, all - 1]], addedMessageCount: 1 });
  const grown = await snapshot(db);
  expect(grown.conversations).toHaveLength(all);
  const before = new Map(first.messages.map((message) => [message.id, message]));
  const [added, ...more] = grown.messages.filter(({ id }) => !before.has(id));
  expect(more).toEqual([]);
  expect(added?.content).toBe('And then, a1?');
  const parent = grown.messages.find(({ id }) => id === added?.parentId);
  expect(parent?.content).toBe('A cold kimchi, a1.');
  const kept = grown.messages.filter(({ id }) => before.has(id));
  expect(kept).toEqual(first.messages);
  const owner = grown.conversations.find(({ id }) => id === added?.conversationId);
  expect(owner).toMatchObject({ messageCount: 3, activeLeafId: added?.id });

  expect(await take(db, fileWith(3))).toEqual({ fates: [[0, 0, all]], addedMessageCount: 0 });
  expect(await snapshot(db)).toEqual(grown);
});
