import type { OnggiDatabase } from '#db/open-database.ts';
import { readTablePages } from '#db/table-pages.ts';

/** An anchor: reads all messages page by page. @throws Error when there are not `expected` of them */
export async function readAllMessages({ strict }: OnggiDatabase, expected: number): Promise<void> {
  let count = 0;
  for await (const page of readTablePages(strict.messages, ({ id }) => id)) count += page.length;
  if (count !== expected) throw new Error(`${count} messages read`);
}
