/** The worker's side of search: questions come in over a port, answers and the status go out. */
import type { OnggiDatabase } from '#db/open-database.ts';
import { beginSearchEpoch } from '#db/search-epoch.ts';
import { toConversationId } from '#domain/ids.ts';
import type { Clock } from '#domain/ids.ts';
import type { MeaningStatus, SearchStatus } from '#domain/search.ts';
import { checkSearch, mendSearch } from './check-search.ts';
import { findFused } from './fused-search.ts';
import type { Meaning } from './meaning.ts';
import { NO_MEANING } from './meaning-run.ts';
import { openSidecarStore } from './open-sidecar-store.ts';
import { openSearchEngine } from './search-engine.ts';
import type { SearchEngine } from './search-engine.ts';
import { readToSearchWorker, toSearchFailure } from './search-messages.ts';
import type { FromSearchWorker, SearchAnswer, SearchRequest } from './search-messages.ts';
import { removeLostFolders } from './sidecar-opfs.ts';
import type { SidecarStore } from './sidecar-store.ts';
import { waitForFiles } from './wait-for-files.ts';

export interface SearchServerDeps {
  readonly clock: Clock;
  readonly openDatabase: () => Promise<OnggiDatabase>;
  /** @param askPage Gives a port at whose other end the page embeds. */
  readonly openMeaning: (
    db: OnggiDatabase,
    store: SidecarStore,
    askPage: () => MessagePort,
    onStatus: (status: MeaningStatus) => void,
  ) => Meaning;
  /** Whether this machine has memory to spare. */
  readonly isResident: boolean;
}

/** Answers one question; `send` may be called several times, the last time saying so. */
type Answerer = (
  request: SearchRequest,
  send: (answer: SearchAnswer, isLast: boolean) => void,
  signal: AbortSignal,
) => Promise<void>;

/** Serves the port until its worker ends. */
export function serveSearch(port: MessagePort, deps: SearchServerDeps): void {
  const post = (message: FromSearchWorker): void => port.postMessage(message);
  const running = new Map<string, AbortController>();
  let status: SearchStatus = {
    phase: 'starting',
    indexedCount: 0,
    totalCount: 0,
    storage: 'memory',
    isFast: false,
    meaning: NO_MEANING,
  };
  const setStatus = (changes: Partial<SearchStatus>): void => {
    status = { ...status, ...changes };
    post({ kind: 'status', status });
  };
  const askPage = (): MessagePort => {
    const { port1, port2 } = new MessageChannel();
    port.postMessage({ kind: 'serve-embedding' } satisfies FromSearchWorker, [port2]);
    return port1;
  };
  let opening: Promise<Answerer> | undefined;
  /** What could not be opened is opened anew by whoever asks next. */
  function opened(): Promise<Answerer> {
    const beginAnew = (): void => post({ kind: 'begin-anew' });
    opening ??= open(deps, { askPage, setStatus, beginAnew }).catch((error: unknown) => {
      opening = undefined;
      setStatus({ phase: 'failed' });
      throw error;
    });
    return opening;
  }
  // A failure is in the status.
  opened().catch(() => undefined);

  async function answer(id: string, request: SearchRequest): Promise<void> {
    const stop = new AbortController();
    const { signal } = stop;
    running.set(id, stop);
    const send = (next: SearchAnswer, isLast: boolean): void => {
      if (!signal.aborted) post({ kind: 'answer', id, answer: next, isLast });
    };
    try {
      const answerer = await opened();
      await answerer(request, send, signal);
    } catch (error) {
      if (!signal.aborted) post(toSearchFailure(id, error));
    } finally {
      running.delete(id);
    }
  }

  port.onmessage = ({ data }: MessageEvent<unknown>) => {
    const message = readToSearchWorker(data);
    if (!message) return;
    if (message.kind === 'failed') post(message);
    else if (message.kind === 'ask') void answer(message.id, message.request);
    else if (message.kind === 'cancel') running.get(message.id)?.abort();
    else post({ kind: 'status', status });
  };
}

/** What a worker may want of its page. */
interface ToPage {
  /** Gives a port at whose other end the page embeds. */
  readonly askPage: () => MessagePort;
  readonly setStatus: (changes: Partial<SearchStatus>) => void;
  /** Has another worker take this one's place. */
  readonly beginAnew: () => void;
}

async function open(
  { openDatabase, openMeaning, clock, isResident }: SearchServerDeps,
  { askPage, setStatus, beginAnew }: ToPage,
): Promise<Answerer> {
  const db = await openDatabase();
  await beginSearchEpoch(db, beginAnew);
  const store = await openSidecarStore(db);
  // What cannot be removed now is tried again with the next worker.
  if (store.kind === 'opfs') void removeLostFolders().catch(() => undefined);
  const meaning = openMeaning(db, store, askPage, (status) => setStatus({ meaning: status }));
  // A failure is in its status.
  void meaning.resume().catch(() => undefined);
  const engine = await openSearchEngine({ db, store, clock, onStatus: setStatus, isResident });
  if (engine.storage !== store.kind) void waitForFiles(store).then(beginAnew);
  return (request, send, signal) => answerWith({ engine, meaning }, request, send, signal);
}

async function answerWith(
  parts: { readonly engine: SearchEngine; readonly meaning: Meaning },
  request: SearchRequest,
  send: (answer: SearchAnswer, isLast: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  const { engine, meaning } = parts;
  if (request.kind === 'find') {
    await engine.find(request, (page) => send({ kind: 'found', page }, page.isWhole), signal);
  } else if (request.kind === 'near' && request.words !== undefined) {
    send({ kind: 'fused', ...(await findFused(parts, request, request.words, signal)) }, true);
  } else if (request.kind === 'near') {
    send({ kind: 'near', groups: await meaning.near(request.text, request, signal) }, true);
  } else if (request.kind === 'near-vector') {
    const groups = await meaning.nearVector(request.embedding, request, signal);
    send({ kind: 'near', groups }, true);
  } else if (request.kind === 'similar') {
    const id = toConversationId(request.conversationId);
    const groups = await meaning.similar(id, request, signal);
    send({ kind: 'near', groups }, true);
  } else if (request.kind === 'map') {
    send({ kind: 'map', points: await meaning.map(signal) }, true);
  } else if (request.kind === 'rechoose') {
    await meaning.rechoose();
    send({ kind: 'done' }, true);
  } else if (request.kind === 'retry-left-out') {
    meaning.retryLeftOut();
    send({ kind: 'done' }, true);
  } else if (request.kind === 'evict') {
    send({ kind: 'evicted', byteLength: await meaning.evict() }, true);
  } else if (request.kind === 'facets') {
    send({ kind: 'facets', ...engine.facets() }, true);
  } else if (request.kind === 'compact') {
    const ofTexts = await engine.compact(request.isOnlyIfWorth);
    const ofVectors = await meaning.compact(request.isOnlyIfWorth);
    send({ kind: 'compacted', byteLength: ofTexts + ofVectors }, true);
  } else if (request.kind === 'check' || request.kind === 'mend') {
    const tell = (doneCount: number, totalCount: number): void =>
      send({ kind: 'checking', doneCount, totalCount }, false);
    const found =
      request.kind === 'mend'
        ? await mendSearch(parts, tell, signal, request.isByItself === true)
        : { check: await checkSearch(parts, tell, signal), isRemade: false };
    send({ kind: 'checked', ...found }, true);
  } else {
    await engine.rebuild();
    send({ kind: 'done' }, true);
  }
}
