import type { Attachment } from '#domain/stored-rows.ts';
import { read } from './commit.ts';
import type { OnggiDatabase } from './open-database.ts';

/** The bytes of an attachment; undefined when they are not here. */
export function getAttachment(
  { strict: db }: OnggiDatabase,
  id: string,
): Promise<Attachment | undefined> {
  return read(() => db.attachments.get(id));
}
