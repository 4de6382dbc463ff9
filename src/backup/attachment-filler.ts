import { getRows, putRows } from '#db/staging-rows.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { Attachment } from '#domain/stored-rows.ts';
import { MAX_ATTACHMENT_BYTES } from '#files/limits.ts';
import { createPartCollector } from './attachment-parts.ts';
import type { AttachmentPart } from './attachment-parts.ts';
import type { ProblemNotes } from './problems.ts';

/** Gives stored attachments their bytes, part after part; one whole file is in memory at a time. */
export interface AttachmentFiller {
  /** The row is stored, and its bytes are to come. */
  expect(row: Attachment): void;
  addParts(parts: readonly AttachmentPart[]): Promise<void>;
  /** Stores the last one and notes those whose bytes never came. */
  finish(): Promise<void>;
}

export function createAttachmentFiller(db: OnggiDatabase, notes: ProblemNotes): AttachmentFiller {
  const collector = createPartCollector();
  /** Attachments without all their bytes, with the size they should have. */
  const expected = new Map<string, number>();
  /** Attachments whose parts have more bytes than they should: no more of them is taken. */
  const overfull = new Set<string>();

  async function store(): Promise<void> {
    const id = collector.attachmentId;
    if (id === null) return;
    const bytes = collector.take();
    const [row] = await getRows(db.relaxed.attachments, [id]);
    if (!row) return;
    if (expected.get(id) === bytes.byteLength && !overfull.has(id)) expected.delete(id);
    // A merge may have more of it here than the file, which is cut too.
    if (bytes.byteLength <= row.bytes.byteLength) return;
    await putRows(db.relaxed.attachments, [{ ...row, bytes }]);
  }

  /** Whether the part still fits into what its attachment may have. */
  function hasRoom({ attachmentId, bytes }: AttachmentPart, sizeBytes: number): boolean {
    const before = collector.attachmentId === attachmentId ? collector.size : 0;
    return before + bytes.byteLength <= Math.min(sizeBytes, MAX_ATTACHMENT_BYTES);
  }

  return {
    expect({ id, sizeBytes }) {
      if (sizeBytes > 0) expected.set(id, sizeBytes);
    },
    async addParts(parts) {
      for (const part of parts) {
        // Not wanted, whole already, or of an attachment that is not in the file.
        const sizeBytes = expected.get(part.attachmentId);
        if (sizeBytes === undefined || overfull.has(part.attachmentId)) continue;
        if (!hasRoom(part, sizeBytes)) {
          overfull.add(part.attachmentId);
          continue;
        }
        if (collector.add(part)) continue;
        if (collector.attachmentId !== part.attachmentId) {
          await store();
          collector.add(part);
        }
      }
    },
    async finish() {
      await store();
      for (const id of expected.keys()) notes.note('attachments_incomplete', id);
    },
  };
}
