import { expect, it } from 'vitest';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { ImportFile } from '#portability/open-files.ts';
import { previewImport } from '#portability/preview-import.ts';
import { runImport } from '#portability/run-import.ts';
import { openForTest } from '../db/fresh-database.ts';
import { fileOf, importOptions, snapshot } from './import-files.ts';

const PASTED = '긴 글을 붙여 넣었어요 😀\n'.repeat(20);

/** Files as Claude exports them: a long paste without a name, and what was read out of a document. */
const claudeFile = (more: readonly string[] = []): ImportFile =>
  fileOf('conversations.json', [
    {
      uuid: 'c',
      name: 'Pots',
      created_at: '2026-01-01T00:00:00Z',
      updated_at: '2026-01-01T00:00:00Z',
      chat_messages: ['a', ...more].map((uuid) => ({
        uuid,
        sender: 'human',
        text: 'Read these',
        created_at: '2026-01-01T00:00:00Z',
        attachments: [
          { file_name: '', file_type: '', file_size: 9, extracted_content: PASTED },
          { file_name: 'kiln.pdf', file_type: 'pdf', extracted_content: 'Fire at 1,200 °C' },
          { file_name: 'table.csv', file_type: 'text/csv', extracted_content: 'clay,1' },
        ],
        files: [{ file_name: 'photo.png', file_uuid: 'f' }],
      })),
    },
  ]);

/** New, updated and unchanged, as the preview says and as the report says after it. */
async function take(db: OnggiDatabase, file: ImportFile): Promise<string> {
  const preview = await previewImport(db, [file], importOptions());
  const { report } = await runImport(db, [file], importOptions());
  if (!report) throw new Error('no report');
  const [said, done] = [preview, report].map(({ sources: [source] }) =>
    [source?.newCount, source?.updatedCount, source?.unchangedCount].join(),
  );
  expect(done).toBe(said);
  return done ?? '';
}

/** What can be opened, by the name that it is shown under. */
async function textsOf({ strict: db }: OnggiDatabase): Promise<Readonly<Record<string, string>>> {
  const rows = await db.attachments.toArray();
  return Object.fromEntries(
    rows.map(({ name, mediaType, bytes }) => [
      `${name} (${mediaType})`,
      new TextDecoder().decode(bytes),
    ]),
  );
}

const TEXTS = {
  'pasted.txt (text/plain)': PASTED,
  'kiln.pdf.txt (text/plain)': 'Fire at 1,200 °C',
  'table.csv (text/csv)': 'clay,1',
};
const sizeOf = (text: string) => new TextEncoder().encode(text).length;

it('stores the text of a file as what can be opened of it, and once', async () => {
  const db = await openForTest();
  expect(await take(db, claudeFile())).toBe('1,0,0');
  expect(await textsOf(db)).toEqual(TEXTS);
  const before = await snapshot(db);
  expect(before.messages[0]?.attachments.map(({ name, sizeBytes }) => [name, sizeBytes])).toEqual([
    ['pasted.txt', sizeOf(PASTED)],
    ['kiln.pdf.txt', sizeOf('Fire at 1,200 °C')],
    ['table.csv', 6],
    ['photo.png', 0],
  ]);
  // For exports without files.
  expect(before.messages[0]?.metadata).toHaveProperty('attachment_texts');
  expect(await take(db, claudeFile())).toBe('0,0,1');
  expect(await snapshot(db)).toEqual(before);
});

it('gives a message of a newer export the texts of its files', async () => {
  const db = await openForTest();
  await take(db, claudeFile());
  expect(await take(db, claudeFile(['b']))).toBe('0,1,0');
  const { messages } = await snapshot(db);
  const sizes = messages.map(({ attachments }) => attachments.map(({ sizeBytes }) => sizeBytes));
  expect(sizes[1]).toEqual(sizes[0]);
  expect(await db.strict.attachments.count()).toBe(6);
});

it('completes what an earlier version kept apart from its file', async () => {
  const db = await openForTest();
  await take(db, claudeFile());
  await db.strict.attachments.clear();
  await db.strict.messages.toCollection().modify((message) => {
    const bare = message.attachments.map((each, at) => ({
      ...each,
      name: each.name.replace('.pdf.txt', '.pdf'),
      mediaType: 'application/octet-stream',
      sizeBytes: 0,
      id: `old-${at}`,
    }));
    Object.assign(message, { attachments: bare });
  });
  expect(await take(db, claudeFile())).toBe('0,1,0');
  expect(await textsOf(db)).toEqual(TEXTS);
  expect((await snapshot(db)).messages[0]?.attachments.map(({ name }) => name)).toEqual([
    'pasted.txt',
    'kiln.pdf.txt',
    'table.csv',
    'photo.png',
  ]);
  expect(await take(db, claudeFile())).toBe('0,0,1');
});
