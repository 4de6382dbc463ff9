/**
 * The page's side of search. One tab runs the worker for all; see [Note: One worker for all tabs] in
 * search-messages.ts.
 */
import { tryHold } from '#db/locks.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { EmbedTexts } from '#domain/embedding.ts';
import { OnggiError } from '#domain/errors.ts';
import type { SearchStatus } from '#domain/search.ts';
import { serveEndpointEmbedding } from '#inference/serve-endpoint-embedding.ts';
import { parseBetweenTabs, readFromSearchWorker } from './search-messages.ts';
import type {
  BetweenSearchTabs,
  SearchAnswer,
  SearchRequest,
  ToSearchPages,
  ToSearchWorker,
} from './search-messages.ts';

export interface SearchClientDeps {
  /** A fresh search worker. */
  readonly createWorker: () => Worker;
  readonly db: OnggiDatabase;
  /** Makes ids that no other tab makes. */
  readonly createId: () => string;
  /** Calls `onTurn` again and again until the returned function is called; every five seconds by default. */
  readonly watchClock?: (onTurn: () => void) => () => void;
  /** Asks endpoints for vectors, if one was chosen for that; left out where none can be. */
  readonly embedTexts?: EmbedTexts;
}

/** Search as a page asks it. */
export interface SearchClient {
  /**
   * Asks and calls `onAnswer` for every answer; resolves after the last.
   * @throws OnggiError of the worker, `app/worker-failed` when it died or fell silent twice over one
   * question; the reason of `signal`.
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
/** See [Note: A worker that falls silent]. After a sleep of the machine one turn comes at once, not three. */
const [TURN_MS, SILENT_TURNS] = [5000, 3];
/** Turns in which a leading tab that was told so has to say that it leads; see [Note: A tab that is frozen]. */
const FROZEN_TURNS = 2;
/** One that has said nothing at all may still be on its way over a slow line. */
const FIRST_TURNS = 12;

/** Whether a question is answered piece by piece, so that hearing nothing new means something. */
const isHeardOften = ({ kind }: SearchRequest): boolean => kind === 'find' || kind === 'check';
/** Whether it may take as long as a model takes: then only hearing nothing at all means something. */
const isLong = ({ kind }: SearchRequest): boolean =>
  kind === 'near' || kind === 'near-vector' || kind === 'similar' || kind === 'map';

function watchInterval(onTurn: () => void): () => void {
  const interval = setInterval(onTurn, TURN_MS);
  return () => clearInterval(interval);
}

export function createSearchClient(deps: SearchClientDeps): SearchClient {
  const { createWorker, db, createId, embedTexts, watchClock = watchInterval } = deps;
  const lockName = `onggi-search:${db.name}`;
  const channel = new BroadcastChannel(lockName);
  const open = new Map<string, Open>();
  const watchers = new Set<(status: SearchStatus) => void>();
  const waiting = new AbortController();
  let status: SearchStatus | undefined;
  /** The worker, in the tab that leads. */
  let leading: { readonly worker: Worker; readonly port: MessagePort } | undefined;
  let release: (() => void) | undefined;
  let restartCount = 0;
  /** Turns of the clock in which questions for words were open and nothing new was heard. */
  let silentTurns = 0;
  /** Turns in which any question was open that is watched over, and nothing was heard at all. */
  let muteTurns = 0;
  let stopClock: (() => void) | undefined;
  /** Whether the worker that runs now has said anything. */
  let hasSpoken = false;
  /** Whether the leading tab was told that its worker is silent, and nothing was heard from there since. */
  let isLeaderAsked = false;
  /** Whether this tab waits in the queue for the lock. */
  let isQueued = false;

  const tell = (message: BetweenSearchTabs): void => channel.postMessage(message);

  /** To the worker, wherever it is. */
  function send(message: ToSearchWorker): void {
    if (leading) leading.port.postMessage(message);
    else tell({ kind: 'to-worker', message });
  }

  function hear(message: ToSearchPages): void {
    hasSpoken = true;
    muteTurns = 0;
    if (message.kind === 'status') {
      if (isNews(message.status)) silentTurns = 0;
      setStatus(message.status);
      return;
    }
    silentTurns = 0;
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

  function setStatus(next: SearchStatus): void {
    status = { ...next, restartCount };
    for (const watcher of watchers) watcher(status);
  }

  /** A hanging worker may still say the same again and again. */
  const isNews = (next: SearchStatus): boolean =>
    JSON.stringify({ ...next, restartCount }) !== JSON.stringify(status);

  /** Looks at the clock while a question is open that is watched over. */
  function onTurn(): void {
    const requests = [...open.values()].map(({ request }) => request);
    const isWaiting = requests.some(isHeardOften);
    const isAsking = requests.some(isLong);
    if (!isWaiting && !isAsking) {
      stopClock?.();
      stopClock = undefined;
      return;
    }
    silentTurns = isWaiting ? silentTurns + 1 : 0;
    muteTurns += 1;
    const turns = isWaiting ? Math.max(silentTurns, muteTurns) : muteTurns;
    if (!leading && isLeaderAsked && turns >= FROZEN_TURNS) {
      isLeaderAsked = false;
      void steal();
      return;
    }
    if (turns < (hasSpoken ? SILENT_TURNS : FIRST_TURNS)) {
      if (isAsking) send({ kind: 'tell-status' });
      return;
    }
    restart('the worker of search fell silent');
    if (leading) return;
    tell({ kind: 'silent' });
    isLeaderAsked = true;
  }

  function startWorker(): void {
    const worker = createWorker();
    const { port1: port, port2 } = new MessageChannel();
    worker.onerror = ({ message }) => restart(message);
    worker.onmessageerror = port.onmessageerror = () => restart('an unreadable message');
    port.onmessage = ({ data, ports: [wanting] }: MessageEvent<unknown>) => {
      const message = readFromSearchWorker(data);
      if (!message) {
        restart('a message of search of an unknown shape');
        return;
      }
      if (message.kind === 'serve-embedding') {
        if (wanting && embedTexts) serveEndpointEmbedding(wanting, embedTexts);
        return;
      }
      if (message.kind === 'begin-anew') {
        beginAnew();
        return;
      }
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
    for (const [id, question] of open) {
      question.deaths += 1;
      if (question.deaths < MOST_DEATHS) continue;
      open.delete(id);
      question.reject(new OnggiError('app/worker-failed', reason));
    }
    beginAnew();
  }

  /** Another worker, if it is this tab's; in other tabs the questions that are open wait for it. */
  function beginAnew(): void {
    silentTurns = muteTurns = 0;
    hasSpoken = false;
    restartCount += 1;
    if (status) setStatus(status);
    if (!leading) return;
    endWorker();
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
    if (said?.kind === 'from-worker' || said?.kind === 'leading') isLeaderAsked = false;
    if (said?.kind === 'to-worker') leading?.port.postMessage(said.message);
    else if (said?.kind === 'from-worker' && !leading) hear(said.message);
    else if (said?.kind === 'leading' && !leading) askAgain();
    else if (said?.kind === 'silent' && leading) beginAnew();
  };

  /** Waits for the lock, then leads. */
  async function lead(): Promise<void> {
    isQueued = true;
    const held = await tryHold(lockName, { signal: waiting.signal }, onStolen);
    isQueued = false;
    takeOver(held);
  }

  /** Takes the lock away from a tab that does not answer. */
  async function steal(): Promise<void> {
    if (!waiting.signal.aborted) takeOver(await tryHold(lockName, { steal: true }, onStolen));
  }

  function takeOver(held: (() => void) | undefined): void {
    if (waiting.signal.aborted || leading) held?.();
    else if (held) {
      release = held;
      startWorker();
    }
  }

  /** This tab slept, and another one leads now. */
  function onStolen(): void {
    release = undefined;
    endWorker();
    if (waiting.signal.aborted) return;
    askAgain();
    if (!isQueued) void lead();
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
        if ((isHeardOften(request) || isLong(request)) && !stopClock) {
          silentTurns = muteTurns = 0;
          stopClock = watchClock(onTurn);
        }
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
      stopClock?.();
      endWorker();
      release?.();
      channel.close();
    },
  };
}
