import type { Draft } from '#domain/stored-rows.ts';
import { commit, read } from './commit.ts';
import type { OnggiDatabase } from './open-database.ts';

/** What was typed and not sent, by conversation id or `new`; undefined when there is nothing. */
export function getDraft({ relaxed: db }: OnggiDatabase, id: string): Promise<Draft | undefined> {
  return read(() => db.drafts.get(id));
}

/** Keeps what was typed, without waiting for the disk. A draft without text is deleted. */
export async function putDraft({ relaxed: db }: OnggiDatabase, draft: Draft): Promise<void> {
  if (draft.text === '' && draft.pasted.length === 0)
    await commit(() => db.drafts.delete(draft.id));
  else await commit(() => db.drafts.put(draft));
}
