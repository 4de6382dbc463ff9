import { expect, test } from 'vitest';
import { createAttachmentFiller } from '#backup/attachment-filler.ts';
import { createProblemNotes } from '#backup/problems.ts';
import type { Attachment } from '#domain/stored-rows.ts';
import { openHome } from './support.ts';

test('more bytes than an attachment should have are not collected, and that is noted', async () => {
  const { db } = await openHome();
  const notes = createProblemNotes();
  const filler = createAttachmentFiller(db, notes);
  for (const id of ['right', 'overfull']) {
    const row = { id, sizeBytes: 4, bytes: new ArrayBuffer(0) } as unknown as Attachment;
    await db.strict.attachments.put(row);
    filler.expect(row);
  }
  const part = (attachmentId: string, index: number) => ({
    attachmentId,
    index,
    bytes: Uint8Array.of(1, 2),
  });
  await filler.addParts([0, 1].map((index) => part('right', index)));
  await filler.addParts([0, 1, 2, 3].map((index) => part('overfull', index)));
  await filler.finish();
  const rows = await db.strict.attachments.toArray();
  expect(rows.map(({ id, bytes }) => [id, bytes.byteLength])).toEqual([
    ['overfull', 4],
    ['right', 4],
  ]);
  expect(notes.list()).toEqual([
    { code: 'attachments_incomplete', count: 1, examples: ['overfull'] },
  ]);
});
