/**
 * The page's side of search. One tab runs the worker for all; see [Note: One worker for all tabs] in
 * search-messages.ts.
 */
import { tryHold } from '#db/locks.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { OnggiError } from '#domain/errors.ts';
import type { SearchStatus } from '#domain/search.ts';
import { parseBetweenTabs, parseFromSearchWorker } from './search-messages.ts';
import type {
  BetweenSearchTabs,
  FromSearchWorker,
  SearchAnswer,
  SearchRequest,
  ToSearchWorker,
} from './search-messages.ts';

export interface SearchClientDeps {
  /** A fresh search worker. */
  readonly createWorker: () => Worker;
  readonly db: OnggiDatabase;
  /** Makes ids that no other tab makes. */
  readonly createId: () => string;
}

/** Search as a page asks it. */
export interface SearchClient {
  /**
   * Asks and calls `onAnswer` for every answer; resolves after the last.
   * @throws OnggiError of the worker, `app/worker-failed` when it died twice over one question; the
   * reason of `signal`.
   */
  ask(
    request: SearchRequest,
    onAnswer: (answer: SearchAnswer) => void,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Calls `onStatus` now, if anything is known, and with every change. @returns what stops it */
  watchStatus(onStatus: (status: SearchStatus) => void): () => void;
  /** Ends the worker, if it is this tab's, and lets another tab lead. */
  close(): void;
}

/** A question without its last answer. */
interface Open {
  readonly request: SearchRequest;
  readonly onAnswer: (answer: SearchAnswer) => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** Workers that died over it. */
  deaths: number;
}

/** Workers that may die over one question before it is given up. */
const MOST_DEATHS = 2;

export function createSearchClient(deps: SearchClientDeps): SearchClient {
  const { createWorker, db, createId } = deps;
  const lockName = `onggi-search:${db.name}`;
  const channel = new BroadcastChannel(lockName);
  const open = new Map<string, Open>();
  const watchers = new Set<(status: SearchStatus) => void>();
  const waiting = new AbortController();
  let status: SearchStatus | undefined;
  /** The worker, in the tab that leads. */
  let leading: { readonly worker: Worker; readonly port: MessagePort } | undefined;
  let release: (() => void) | undefined;

  const tell = (message: BetweenSearchTabs): void => channel.postMessage(message);

  /** To the worker, wherever it is. */
  function send(message: ToSearchWorker): void {
    if (leading) leading.port.postMessage(message);
    else tell({ kind: 'to-worker', message });
  }

  function hear(message: FromSearchWorker): void {
    if (message.kind === 'status') {
      status = message.status;
      for (const watcher of watchers) watcher(status);
      return;
    }
    const question = open.get(message.id);
    if (!question) return;
    if (message.kind === 'failed') {
      open.delete(message.id);
      question.reject(new OnggiError(message.code, message.message));
      return;
    }
    question.onAnswer(message.answer);
    if (!message.isLast) return;
    open.delete(message.id);
    question.resolve();
  }

  function startWorker(): void {
    const worker = createWorker();
    const { port1: port, port2 } = new MessageChannel();
    worker.onerror = ({ message }) => restart(message);
    port.onmessage = ({ data }: MessageEvent<unknown>) => {
      const message = parseFromSearchWorker(data);
      hear(message);
      tell({ kind: 'from-worker', message });
    };
    worker.postMessage(db.name, [port2]);
    leading = { worker, port };
    askAgain();
    tell({ kind: 'leading' });
  }

  /** The worker died: another one begins where it was; what killed two is not asked a third time. */
  function restart(reason: string): void {
    endWorker();
    for (const [id, question] of open) {
      question.deaths += 1;
      if (question.deaths < MOST_DEATHS) continue;
      open.delete(id);
      question.reject(new OnggiError('app/worker-failed', reason));
    }
    startWorker();
  }

  function endWorker(): void {
    leading?.port.close();
    leading?.worker.terminate();
    leading = undefined;
  }

  function askAgain(): void {
    for (const [id, { request }] of open) send({ kind: 'ask', id, request });
    send({ kind: 'tell-status' });
  }

  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    const said = parseBetweenTabs(data);
    if (said?.kind === 'to-worker') leading?.port.postMessage(said.message);
    else if (said?.kind === 'from-worker' && !leading) hear(said.message);
    else if (said?.kind === 'leading' && !leading) askAgain();
  };

  async function lead(): Promise<void> {
    release = await tryHold(lockName, { signal: waiting.signal });
    if (waiting.signal.aborted) release?.();
    else if (release) startWorker();
  }
  send({ kind: 'tell-status' });
  void lead();

  return {
    ask(request, onAnswer, signal) {
      signal?.throwIfAborted();
      const id = createId();
      return new Promise<void>((resolve, reject) => {
        open.set(id, { request, onAnswer, resolve, reject, deaths: 0 });
        signal?.addEventListener(
          'abort',
          () => {
            if (!open.delete(id)) return;
            send({ kind: 'cancel', id });
            const reason: unknown = signal.reason;
            reject(reason instanceof Error ? reason : new Error(String(reason)));
          },
          { once: true },
        );
        send({ kind: 'ask', id, request });
      });
    },
    watchStatus(onStatus) {
      watchers.add(onStatus);
      if (status) onStatus(status);
      return () => watchers.delete(onStatus);
    },
    close() {
      waiting.abort();
      endWorker();
      release?.();
      channel.close();
    },
  };
}
