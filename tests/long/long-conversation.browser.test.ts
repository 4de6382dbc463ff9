import { expect, it } from 'vitest';
import { runImport } from '#portability/run-import.ts';
import { openForTest } from '../unit/db/fresh-database.ts';
import { chatgptConversation, fileOf, importOptions } from '../unit/portability/import-files.ts';

it('takes a conversation of 100,000 messages whole', { timeout: 240_000 }, async () => {
  const db = await openForTest();
  const said = Array.from({ length: 100_000 }, (_, index) => ({ id: `m${index}`, text: 'x' }));
  const files = [fileOf('long.json', [chatgptConversation('long', said)])];
  const { report } = await runImport(db, files, importOptions({}));
  expect(report).toMatchObject({ addedMessageCount: 100_000, refused: [], skipped: [] });
  expect(await db.strict.messages.count()).toBe(100_000);
});
