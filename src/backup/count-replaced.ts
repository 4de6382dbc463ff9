import { readKeyPages } from '#db/staging-rows.ts';
import { read } from '#db/commit.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { REPLACED_TABLES } from '#domain/backup-report.ts';
import type { ReplaceCount, Replaced } from '#domain/backup-report.ts';
import type { Table } from 'dexie';

/** Titles of conversations that go, which are told. */
const MAX_TITLES = 5;

/** What of the data here a staged database does not have. Keys alone are read, a page at a time. */
export async function countReplaced(
  live: OnggiDatabase,
  staging: OnggiDatabase,
): Promise<Replaced> {
  const counts = {} as Record<(typeof REPLACED_TABLES)[number], ReplaceCount>;
  let titles: { readonly title: string; readonly updatedAt: number }[] = [];
  for (const name of REPLACED_TABLES) {
    const [here, after] = [live.strict[name], staging.strict[name]] as [AnyTable, AnyTable];
    let gone = 0;
    for await (const keys of readKeyPages(here)) {
      const kept = new Set(await read(() => after.where(':id').anyOf(keys).primaryKeys()));
      const lost = keys.filter((key) => !kept.has(key));
      gone += lost.length;
      if (name !== 'conversations' || lost.length === 0) continue;
      const rows = await read(() => live.strict.conversations.where(':id').anyOf(lost).toArray());
      titles = [
        ...titles,
        ...rows.flatMap(({ title, updatedAt }) => (title ? { title, updatedAt } : [])),
      ]
        .sort((a, b) => b.updatedAt - a.updatedAt)
        .slice(0, MAX_TITLES);
    }
    counts[name] = {
      here: await read(() => here.count()),
      after: await read(() => after.count()),
      gone,
    };
  }
  return { counts, goneTitles: titles.map(({ title }) => title) };
}

type AnyTable = Table<unknown, string>;
