/** The worker's side of search: questions come in over a port, answers and the status go out. */
import type { OnggiDatabase } from '#db/open-database.ts';
import { OnggiError } from '#domain/errors.ts';
import { toConversationId } from '#domain/ids.ts';
import type { Clock } from '#domain/ids.ts';
import type { MeaningStatus, SearchStatus } from '#domain/search.ts';
import { loadByteScan } from './byte-scan.ts';
import { NO_MEANING } from './meaning.ts';
import type { Meaning } from './meaning.ts';
import { parseToSearchWorker, toSearchFailure } from './search-messages.ts';
import type { FromSearchWorker, SearchAnswer, SearchRequest } from './search-messages.ts';

export interface SearchServerDeps {
  readonly clock: Clock;
  readonly openDatabase: () => Promise<OnggiDatabase>;
  readonly openMeaning: (db: OnggiDatabase, onStatus: (status: MeaningStatus) => void) => Meaning;
}

/** Answers one question; `send` may be called several times. Stops early when `signal` is aborted. */
type Answerer = (
  request: SearchRequest,
  send: (answer: SearchAnswer) => void,
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
  const opening = open(deps, setStatus);
  // A failure is met by whoever asks; here it becomes the status.
  opening.catch(() => setStatus({ phase: 'failed' }));

  async function answer(id: string, request: SearchRequest): Promise<void> {
    const stop = new AbortController();
    running.set(id, stop);
    try {
      let last: SearchAnswer = { kind: 'done' };
      let hasLast = false;
      await (
        await opening
      )(
        request,
        (next) => {
          if (hasLast) post({ kind: 'answer', id, answer: last, isLast: false });
          last = next;
          hasLast = true;
        },
        stop.signal,
      );
      if (!stop.signal.aborted) post({ kind: 'answer', id, answer: last, isLast: true });
    } catch (error) {
      if (!stop.signal.aborted) post(toSearchFailure(id, error));
    } finally {
      running.delete(id);
    }
  }

  port.onmessage = ({ data }: MessageEvent<unknown>) => {
    const message = parseToSearchWorker(data);
    if (message.kind === 'ask') void answer(message.id, message.request);
    else if (message.kind === 'cancel') running.get(message.id)?.abort();
    else post({ kind: 'status', status });
  };
}

async function open(
  { openDatabase, openMeaning }: SearchServerDeps,
  setStatus: (changes: Partial<SearchStatus>) => void,
): Promise<Answerer> {
  const db = await openDatabase();
  const meaning = openMeaning(db, (status) => setStatus({ meaning: status }));
  // A failure is in its status.
  void meaning.resume().catch(() => undefined);
  const { isFast } = await loadByteScan();
  setStatus({ phase: 'ready', isFast });
  return async (request, send) => {
    if (request.kind === 'near') {
      send({ kind: 'near', groups: await meaning.near(request.text, request) });
    } else if (request.kind === 'similar') {
      const groups = await meaning.similar(toConversationId(request.conversationId), request);
      send({ kind: 'near', groups });
    } else throw new OnggiError('app/unexpected', `nothing answers ${request.kind}`);
  };
}
