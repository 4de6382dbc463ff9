/** The page of the bench: the runner asks it for one row after the other. */
import type { BenchOptions, BenchPage } from './bench-line.ts';
import type { BenchRow } from './bench-row.ts';
import { collectGarbage } from './bench-row.ts';
import { installWriteCounter } from './count-idb.ts';
import { createFixtures } from './fixtures.ts';
import type { Fixtures } from './fixtures.ts';
import { bulkInsert } from './row-1-bulk-insert.ts';
import { pointRead } from './row-3-point-read.ts';
import { openConversation } from './row-4-open-conversation.ts';
import { newestConversations } from './row-5-newest-conversations.ts';
import { counts } from './row-6-counts.ts';
import { stream } from './row-7-stream.ts';
import { vectors } from './row-8-vectors.ts';
import { smallVectors } from './row-9-small-vectors.ts';
import { vectorsReady } from './row-10-vectors-ready.ts';
import { textSearch } from './row-11-text-search.ts';
import { indexLibrary } from './row-12-index-library.ts';
import { indexUpdate } from './row-13-index-update.ts';
import { backup } from './row-14-backup.ts';
import { restore } from './row-15-restore.ts';
import { parseBackup } from './row-16-parse.ts';
import { idleMemory } from './row-20-idle-memory.ts';
import { cacheHit } from './row-21-cache-hit.ts';
import { embedMessages } from './row-22-embed-messages.ts';
import { quality } from './row-23-quality.ts';
import { asYouType } from './row-24-as-you-type.ts';
import { usageRebuild } from './row-27-usage-rebuild.ts';
import { integrityCheck } from './row-28-integrity-check.ts';

/** In the order they run: the first one fills the table the others read. */
const ROWS: readonly BenchRow[] = [
  bulkInsert,
  pointRead,
  openConversation,
  newestConversations,
  counts,
  stream,
  vectors,
  smallVectors,
  vectorsReady,
  textSearch,
  indexLibrary,
  indexUpdate,
  idleMemory,
  asYouType,
  backup,
  restore,
  parseBackup,
  cacheHit,
  usageRebuild,
  integrityCheck,
  embedMessages,
  quality,
];

const readWrites = installWriteCounter();
let fixtures: Fixtures | undefined;

Object.assign(window, {
  bench: {
    rowNumbers: ROWS.map(({ number }) => number),
    async runRow(number: number, options: BenchOptions) {
      const row = ROWS.find((candidate) => candidate.number === number);
      if (!row) throw new Error(`no row ${number}`);
      fixtures ??= createFixtures(options);
      collectGarbage();
      const readCpu = () => window.readCpu();
      const readMemory = () => window.readMemory();
      return row.run({ ...options, fixtures, readWrites, readCpu, readMemory });
    },
  } satisfies BenchPage,
});
