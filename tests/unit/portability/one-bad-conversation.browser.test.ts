/** Whatever goes wrong with one conversation, the others are stored, and the report names that one. */
import { describe, expect, it } from 'vitest';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { ImportPreview } from '#domain/import-report.ts';
import type { ImportFile } from '#portability/open-files.ts';
import { previewImport } from '#portability/preview-import.ts';
import { runImport } from '#portability/run-import.ts';
import { openForTest } from '../db/fresh-database.ts';
import { chatgptConversation, fileOf, importOptions, snapshot } from './import-files.ts';

const told = ({ sources, skipped, refused }: ImportPreview) => ({
  fates: sources.map(({ newCount, updatedCount, unchangedCount }) =>
    [newCount, updatedCount, unchangedCount].join(),
  ),
  skipped: skipped.map(({ reason, count, examples }) => [reason, count, ...examples]),
  refused,
});

async function run(db: OnggiDatabase, file: ImportFile, more = {}) {
  const { report } = await runImport(db, [file], importOptions(more));
  if (!report) throw new Error('no report');
  return told(report);
}

const preview = async (db: OnggiDatabase, file: ImportFile) =>
  told(await previewImport(db, [file], importOptions()));

const three = (count: number) =>
  fileOf(
    'conversations.json',
    ['c1', 'c2', 'c3'].map((id) =>
      chatgptConversation(
        id,
        Array.from({ length: count }, (_, at) => ({ id: `${id}-m${at}` })),
        { update_time: 1_700_001_000 + count },
      ),
    ),
  );

const chats = (count: number) =>
  fileOf(
    'chats.json',
    ['One', 'Two', 'Three'].map((title) => ({
      ...{ title, titleSet: true, config: { model: 'm' } },
      messages: Array.from({ length: count }, (_, at) => ({
        role: at % 2 === 0 ? 'user' : 'assistant',
        content: `${title} ${at}`,
      })),
    })),
  );

describe('a conversation of which', () => {
  it('no rows can be made is left out alone', async () => {
    const db = await openForTest();
    let made = 0;
    // One id for the import, one for each conversation and for each of its two messages.
    const createId = () => {
      made += 1;
      if (made === 6) throw new Error('no id for this one');
      return `id-${made}`;
    };
    expect(await run(db, three(2), { createId })).toEqual({
      fates: ['2,0,0'],
      skipped: [['storage_refused', 1, 'Title of c2']],
      refused: [],
    });
    const { conversations, messages } = await snapshot(db);
    expect(conversations.map(({ sourceId }) => sourceId).sort()).toEqual(['c1', 'c3']);
    expect(messages).toHaveLength(4);
  });

  it('a message here is damaged is compared neither before nor at the import', async () => {
    const db = await openForTest();
    await run(db, three(2));
    const damaged = (await snapshot(db)).messages.find(
      ({ metadata }) => metadata['source_id'] === 'c2-m0',
    );
    if (!damaged) throw new Error('not imported');
    await db.strict.table('messages').put({ ...damaged, metadata: null });
    const expected = {
      fates: ['0,2,0'],
      skipped: [['storage_refused', 1, 'Title of c2']],
      refused: [],
    };
    expect(await preview(db, three(3))).toEqual(expected);
    expect(await run(db, three(3))).toEqual(expected);
    expect((await snapshot(db)).messages).toHaveLength(6 + 2);
  });

  it('the row here is damaged is not taken for new', async () => {
    const db = await openForTest();
    await run(db, chats(2));
    const damaged = (await snapshot(db)).conversations.find(({ title }) => title === 'Two');
    if (!damaged) throw new Error('not imported');
    await db.strict.table('conversations').put({ ...damaged, metadata: null });
    const expected = { fates: ['0,2,0'], skipped: [['storage_refused', 1, 'Two']], refused: [] };
    expect(await preview(db, chats(3))).toEqual(expected);
    expect(await run(db, chats(3))).toEqual(expected);
    const { conversations, messages } = await snapshot(db);
    expect(conversations).toHaveLength(3);
    expect(messages).toHaveLength(6 + 2);
  });
});
