import type { Draft } from '#domain/stored-rows.ts';
import { commit, read } from './commit.ts';
import type { OnggiDatabase } from './open-database.ts';

/** What was typed and not sent, by conversation id or `new`; undefined when there is nothing. */
export function getDraft({ relaxed: db }: OnggiDatabase, id: string): Promise<Draft | undefined> {
  return read(() => db.drafts.get(id));
}

/** Keeps what was typed, without waiting for the disk. */
export async function putDraft({ relaxed: db }: OnggiDatabase, draft: Draft): Promise<void> {
  await commit(() => db.drafts.put(draft));
}

/**
 * Deletes a draft that was sent or emptied.
 * @param known What the caller put or read last, and before. Anything else was typed in another tab, and stays.
 */
export async function deleteDraft(
  { relaxed: db }: OnggiDatabase,
  id: string,
  known: readonly Pick<Draft, 'text' | 'pasted'>[],
): Promise<void> {
  await commit(() =>
    db.transaction('rw', db.drafts, async () => {
      const stored = await db.drafts.get(id);
      const isStored = ({ text, pasted }: Pick<Draft, 'text' | 'pasted'>): boolean =>
        stored?.text === text && stored.pasted.join('\0') === pasted.join('\0');
      if (known.some(isStored)) await db.drafts.delete(id);
    }),
  );
}
