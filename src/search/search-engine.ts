/** Text search over one database: the index, what keeps it current, and answers. Lives in the worker. */
import { watchFeed } from '#db/watch-feed.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { Clock } from '#domain/ids.ts';
import type { FoundGroup, FoundPage, SearchStatus } from '#domain/search.ts';
import { parseSearchQuery } from '#domain/search-query.ts';
import type { SearchQuery } from '#domain/search-query.ts';
import { hasSimd } from './byte-scan.ts';
import { checkText } from './check-text.ts';
import type { TextFindings } from './check-text.ts';
import { findUnits } from './find-units.ts';
import type { FoundUnits } from './find-units.ts';
import { readFoundGroups } from './found-page.ts';
import type { SearchRequest } from './search-messages.ts';
import { memoryStore } from './sidecar-memory.ts';
import type { SidecarStore } from './sidecar-store.ts';
import { openTextIndex } from './text-index.ts';
import type { TextIndex } from './text-index.ts';
import { createTextIndexer } from './text-indexer.ts';
import { createTextMemory } from './text-memory.ts';
import type { UnitTable } from './unit-table.ts';

export type FindRequest = Extract<SearchRequest, { kind: 'find' }>;

/** The state of search by words. */
export type TextStatus = Omit<SearchStatus, 'meaning'>;

export interface SearchEngineDeps {
  readonly db: OnggiDatabase;
  readonly clock: Clock;
  readonly onStatus: (status: TextStatus) => void;
  /** Whether scanned text stays in memory. */
  readonly isResident: boolean;
  /** Where the index is kept. */
  readonly store: SidecarStore;
  /** Only tests say. */
  readonly withSimd?: boolean;
  /** Without a search for so long it rests, milliseconds; only tests say. */
  readonly idleMs?: number;
}

/** Conversations and documents that hold the words of a query. */
export interface WordRanking {
  /** Best first. */
  readonly ids: readonly string[];
  /** Some of them as results, in the order given. */
  read(ids: readonly string[]): Promise<readonly FoundGroup[]>;
}

export interface SearchEngine {
  /**
   * Finds. While much is looked through, what is found so far is sent first.
   * @throws OnggiError `db/*`; the reason of `signal`.
   */
  find(request: FindRequest, send: (page: FoundPage) => void, signal: AbortSignal): Promise<void>;
  /** All that the words of a query find, best first. @throws as {@link find} */
  rank(query: string, signal: AbortSignal): Promise<WordRanking>;
  /** Reads all tables anew. */
  rebuild(): Promise<void>;
  /** Compares the index with the stored rows, see `checkText`, and overwrites what is left of those that are gone. */
  check(
    onCount: (added: number, total: number) => void,
    signal: AbortSignal,
  ): Promise<TextFindings>;
  /** Takes in everything that is committed, and writes the index without what is dead: see `TextIndexer.compact`. */
  compact(isOnlyIfWorth: boolean): Promise<number>;
  /** Takes in everything that is committed. */
  catchUp(): Promise<void>;
  /** Models that answered and places conversations came from, of what is there and not in the trash. */
  facets(): { models: string[]; sources: string[] };
  /** Where the index is kept: in memory where the files could not be opened. */
  readonly storage: SidecarStore['kind'];
  /** Bytes of memory for text. */
  readonly memoryBytes: number;
  close(): void;
}

/** After a write the index waits this long, because writes come in groups. */
const QUIET_MS = 250;
/** What was written by the thousand is waited for so long; a few messages are always. */
const CATCH_UP_MS = 100;
/** The first results are shown when a search has taken so long. */
const FIRST_RESULTS_MS = 50;
/** Without a search for so long, memory is given back, and the text is looked over once. */
const IDLE_MS = 3 * 60 * 1000;

/**
 * Opens search by words. Files that cannot be opened, for want of room or because a worker that was ended
 * still has them, are left as they are: the index is then made anew in memory, for as long as this lives.
 */
export async function openSearchEngine(deps: SearchEngineDeps): Promise<SearchEngine> {
  try {
    return createSearchEngine(deps, await openTextIndex(deps.store));
  } catch {
    const store = memoryStore();
    return createSearchEngine({ ...deps, store }, await openTextIndex(store));
  }
}

function createSearchEngine(deps: SearchEngineDeps, index: TextIndex): SearchEngine {
  const { db, store, clock, onStatus, isResident } = deps;
  const closing = new AbortController();
  const memory = createTextMemory(index, isResident, deps.withSimd);
  let status: TextStatus = {
    phase: 'starting',
    indexedCount: index.table.aliveMessageCount,
    totalCount: index.table.aliveMessageCount,
    version: index.version,
    storage: store.kind,
    isFast: deps.withSimd ?? hasSimd(),
  };
  /** Called when there is more to take in than somebody who asks should wait for. */
  const hurried = new Set<() => void>();
  const setStatus = (changes: Partial<TextStatus>): void => {
    status = { ...status, ...changes };
    onStatus(status);
    if (changes.phase === 'catching-up') hurried.forEach((hurry) => hurry());
  };
  const indexer = createTextIndexer(db, index, setStatus, closing.signal);
  let quiet: ReturnType<typeof setTimeout> | undefined;
  let idle: ReturnType<typeof setTimeout> | undefined;
  let isVerified = false;
  /** The last search, for the pages behind its first. */
  let last: { key: string; version: number; found: readonly FoundUnits[] } | undefined;
  let scanning: Promise<unknown> = Promise.resolve();

  async function catchUp(): Promise<void> {
    try {
      await indexer.catchUp();
    } catch (error) {
      if (!closing.signal.aborted) setStatus({ phase: 'failed' });
      throw error;
    }
  }

  /** Waits until everything is taken in, or for a while where that turns out to be much. */
  async function catchUpForAWhile(): Promise<void> {
    let hurry: () => void = () => undefined;
    const isMuch = new Promise<void>((resolve) => {
      hurry = () => setTimeout(resolve, CATCH_UP_MS);
    });
    hurried.add(hurry);
    await Promise.race([catchUp().catch(() => undefined), isMuch]);
    hurried.delete(hurry);
  }

  const catchUpQuietly = (): void =>
    void catchUp()
      .then(() => indexer.expunge())
      .catch(() => undefined);
  const stopWatching = watchFeed(db, () => {
    clearTimeout(quiet);
    quiet = setTimeout(catchUpQuietly, QUIET_MS);
  });

  function restartIdle(): void {
    clearTimeout(idle);
    idle = setTimeout(() => void beIdle().catch(() => undefined), deps.idleMs ?? IDLE_MS);
  }

  async function beIdle(): Promise<void> {
    memory.release();
    await indexer.compact(true);
    if (isVerified) return;
    isVerified = true;
    if (!(await index.verify(closing.signal))) await indexer.rebuild();
  }

  async function search(
    request: FindRequest,
    send: (page: FoundPage) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const begunAt = performance.now();
    const query = parseSearchQuery(request.query);
    let hasShown = false;

    async function show(
      found: readonly FoundUnits[],
      scannedUnits: number,
      isWhole: boolean,
    ): Promise<void> {
      const { offset, limit } = request;
      const { table } = index;
      const part = isWhole || table.unitCount === 0 ? 1 : scannedUnits / table.unitCount;
      const searchedCount = Math.floor(table.aliveMessageCount * part);
      const shown = found.slice(offset, offset + limit);
      const groups = await readFoundGroups(db, table, shown, query);
      signal.throwIfAborted();
      send({
        groups,
        groupCount: found.length,
        placeCount: found.reduce((sum, { unitCount }) => sum + unitCount, 0),
        searchedCount,
        totalCount: Math.max(status.totalCount, searchedCount),
        isWhole,
        isQueryCut: query.isCut,
        tookMs: performance.now() - begunAt,
      });
    }

    async function onPause(
      soFar: ReadonlyMap<number, FoundUnits>,
      scanned: number,
      table: UnitTable,
    ): Promise<void> {
      await breathe();
      if (hasShown || soFar.size === 0 || performance.now() - begunAt < FIRST_RESULTS_MS) return;
      if (index.table !== table) return;
      hasShown = true;
      await show(inOrder(soFar, request.order), scanned, false);
    }
    const ordered = await rankAll(request, query, onPause, signal);
    await show(ordered, index.table.unitCount, true);
  }

  /** Everything that fits, in order; what was asked last is not looked for again. */
  async function rankAll(
    { query: text, order }: Pick<FindRequest, 'query' | 'order'>,
    query: SearchQuery,
    onPause: (
      soFar: ReadonlyMap<number, FoundUnits>,
      scanned: number,
      table: UnitTable,
    ) => Promise<void>,
    signal: AbortSignal,
  ): Promise<readonly FoundUnits[]> {
    const key = JSON.stringify([text, order]);
    if (last?.key === key && last.version === index.version) return last.found;
    async function findAll(): Promise<Omit<NonNullable<typeof last>, 'key'>> {
      // What is written while this looks may be in the part it has behind it.
      const { table, version } = index;
      const { scan, loadBlock } = await memory.begin();
      try {
        const options = {
          now: clock(),
          signal,
          onPause: (soFar: ReadonlyMap<number, FoundUnits>, scanned: number) =>
            onPause(soFar, scanned, table),
        };
        const found = await findUnits(index, scan, loadBlock, query, options);
        if (index.table === table) return { version, found: inOrder(found, order) };
      } catch (error) {
        if (signal.aborted || index.table === table) throw error;
      }
      // The files were written anew meanwhile: the new ones are looked through.
      return findAll();
    }
    const found = await findAll();
    last = { key, ...found };
    return found.found;
  }

  /** One scan at a time: they share the memory. A newer question has ended the older one. */
  async function inTurn<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    restartIdle();
    // What was written a moment ago is found; while much is taken in, what there is. What cannot be taken
    // in, on a full disk, is no reason to find nothing: the status says it.
    if (status.phase === 'ready') await catchUpForAWhile();
    const turn = scanning.then(() => {
      signal.throwIfAborted();
      return work();
    });
    scanning = turn.catch(() => undefined);
    return turn;
  }

  catchUpQuietly();
  restartIdle();

  return {
    find: (request, send, signal) => inTurn(() => search(request, send, signal), signal),
    rank: (text, signal) =>
      inTurn(async () => {
        const query = parseSearchQuery(text);
        const request = { query: text, order: 'best' } as const;
        const found = await rankAll(request, query, breathe, signal);
        const { table } = index;
        const byId = new Map(found.map((units) => [table.groups[units.group]?.id ?? '', units]));
        return {
          ids: [...byId.keys()],
          read: (ids) =>
            readFoundGroups(
              db,
              table,
              ids.flatMap((id) => byId.get(id) ?? []),
              query,
            ),
        };
      }, signal),
    rebuild: () => indexer.rebuild(),
    async compact(isOnlyIfWorth) {
      await catchUp();
      return indexer.compact(isOnlyIfWorth);
    },
    async check(onCount, signal) {
      const findings = await checkText({ db, index, indexer }, onCount, signal);
      // What cannot be overwritten now, on a full disk, is tried with the next check.
      await indexer.expunge().catch(() => undefined);
      return findings;
    },
    catchUp,
    facets() {
      const { models, sources } = index.table.readNames();
      return { models: [...models].sort(), sources: [...sources].sort() };
    },
    storage: store.kind,
    get memoryBytes() {
      return memory.byteLength;
    },
    close() {
      closing.abort();
      clearTimeout(quiet);
      clearTimeout(idle);
      stopWatching();
      memory.release();
      index.close();
    },
  };
}

function inOrder(
  found: ReadonlyMap<number, FoundUnits>,
  order: FindRequest['order'],
): readonly FoundUnits[] {
  const all = [...found.values()];
  if (order === 'newest') return all.sort((a, b) => b.newestAt - a.newestAt);
  return all.sort((a, b) => groupScore(b) - groupScore(a) || b.newestAt - a.newestAt);
}

/** The best place counts most; many places a little. */
const groupScore = ({ bestScore, unitCount }: FoundUnits): number =>
  bestScore * (1 + 0.1 * Math.log2(unitCount));

/** Lets messages in: a timer of a worker would be held up for milliseconds. */
function breathe(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
