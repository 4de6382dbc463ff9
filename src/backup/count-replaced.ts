import { compareKeys, createKeysBeside, getRows } from '#db/staging-rows.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { Replaced } from '#domain/backup-report.ts';
import type { ConversationId } from '#domain/ids.ts';
import type { TableRows } from './read-rows.ts';

/** Titles of conversations that go, which are told. */
const MAX_TITLES = 5;

/** Counts what of the data here a staged database does not have. */
export interface ReplacedCounter {
  /** To be called with all rows of the file, in their order. */
  take(rows: TableRows): Promise<void>;
  /** After the last row, when everything is staged. */
  finish(staging: OnggiDatabase): Promise<Replaced>;
}

/**
 * Our own files have their messages in the order of the database, so that these are compared while they are
 * read; of others, and of several files that follow each other, both sets of keys are read at the end.
 */
export function createReplacedCounter({ strict: live }: OnggiDatabase): ReplacedCounter {
  const messages = createKeysBeside(live.messages);
  let lastId = '';
  let isRising = true;

  async function readGoneTitles(staging: OnggiDatabase['strict']) {
    let newest: readonly { readonly title: string; readonly updatedAt: number }[] = [];
    async function collectTitles(ids: readonly ConversationId[]): Promise<void> {
      const rows = await getRows(live.conversations, ids);
      const named = rows.flatMap((row) => (row?.title ? [{ ...row, title: row.title }] : []));
      newest = [...newest, ...named.map(({ title, updatedAt }) => ({ title, updatedAt }))]
        .sort((a, b) => b.updatedAt - a.updatedAt)
        .slice(0, MAX_TITLES);
    }
    const count = await compareKeys(live.conversations, staging.conversations, collectTitles);
    return { count, goneTitles: newest.map(({ title }) => title) };
  }

  return {
    async take(read) {
      if (!isRising || read.table !== 'messages') return;
      const ids = read.rows.map(({ row }) => row.id);
      for (const id of ids) {
        isRising &&= id > lastId;
        lastId = id;
      }
      if (isRising) await messages.take(ids);
    },
    async finish({ strict: staging }) {
      const { count, goneTitles } = await readGoneTitles(staging);
      return {
        counts: {
          conversations: count,
          messages: isRising
            ? await messages.finish()
            : await compareKeys(live.messages, staging.messages),
          documents: await compareKeys(live.documents, staging.documents),
        },
        goneTitles,
      };
    },
  };
}
