import { compareKeys, getRows } from '#db/staging-rows.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { Replaced } from '#domain/backup-report.ts';
import type { ConversationId } from '#domain/ids.ts';

/** Titles of conversations that go, which are told. */
const MAX_TITLES = 5;

/** What of the data here a staged database does not have. */
export async function countReplaced(
  { strict: live }: OnggiDatabase,
  { strict: staging }: OnggiDatabase,
): Promise<Replaced> {
  let newest: readonly { readonly title: string; readonly updatedAt: number }[] = [];
  async function collectTitles(ids: readonly ConversationId[]): Promise<void> {
    const rows = await getRows(live.conversations, ids);
    const named = rows.flatMap((row) => (row?.title ? [{ ...row, title: row.title }] : []));
    newest = [...newest, ...named.map(({ title, updatedAt }) => ({ title, updatedAt }))]
      .sort((a, b) => b.updatedAt - a.updatedAt)
      .slice(0, MAX_TITLES);
  }
  return {
    counts: {
      conversations: await compareKeys(live.conversations, staging.conversations, collectTitles),
      messages: await compareKeys(live.messages, staging.messages),
      documents: await compareKeys(live.documents, staging.documents),
    },
    goneTitles: newest.map(({ title }) => title),
  };
}
