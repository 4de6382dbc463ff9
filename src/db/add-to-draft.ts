import type { Draft } from '#domain/stored-rows.ts';
import { commit } from './commit.ts';
import type { OnggiDatabase } from './open-database.ts';

/** Puts a text behind what was typed and not sent. */
export async function addToDraft(
  { relaxed: db }: OnggiDatabase,
  { id, text, updatedAt }: Omit<Draft, 'pasted'>,
): Promise<void> {
  await commit(() =>
    db.transaction('rw', db.drafts, async () => {
      const { text: before = '', pasted = [] } = (await db.drafts.get(id)) ?? {};
      const both = [before, text].filter((part) => part !== '').join('\n\n');
      await db.drafts.put({ id, text: both, pasted, updatedAt });
    }),
  );
}
