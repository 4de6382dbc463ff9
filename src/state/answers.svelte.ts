import type { AnswerRun } from '#chat/run-answer.ts';
import type { ConversationId, EndpointId, MessageId } from '#domain/ids.ts';
import type { Message } from '#domain/message.ts';
import type { UsageIncrement } from '#domain/usage.ts';
import type { StorageHealth } from './storage-health.svelte.ts';

/** What an answer is doing: nothing came yet, a pause the endpoint wants, reasoning, or text. */
export type AnswerPhase = 'asking' | 'waiting' | 'thinking' | 'writing';

/** Painting that takes longer than this leaves the page time for other things, in milliseconds. */
const SLOW_PAINT_MS = 24;

/** One answer on its way, as the screen sees it. */
export class RunningAnswer {
  readonly run: AnswerRun;
  content = $state('');
  reasoning = $state<string | null>(null);
  phase = $state<AnswerPhase>('asking');
  /** Epoch milliseconds of the next try while the phase is `waiting`. */
  retryAt = $state<number | null>(null);
  /** The finished row, shown until the database's own row arrives. */
  settled = $state.raw<Message | null>(null);
  /** The finished row could not be written: it exists here only. */
  isUnsaved = $state(false);

  #next: { content: string; reasoning: string | null } | undefined;
  #isPainting = false;
  /** How long the last painting took, in milliseconds: the next one waits as long again. */
  #paintMs = 0;

  constructor(run: AnswerRun) {
    this.run = run;
    this.content = run.message.content;
    this.reasoning = run.message.reasoning;
  }

  /** Shows text at the next frame: pieces may come faster than a screen is painted. */
  show(content: string, reasoning: string | null): void {
    const isFirst = this.#next === undefined;
    this.#next = { content, reasoning };
    // The first piece waits for no frame: it may be all there is, from the cache.
    if (isFirst) this.#paint();
    if (isFirst || this.#isPainting) return;
    this.#isPainting = true;
    const paint = (): number => requestAnimationFrame(() => this.#paint());
    if (this.#paintMs > SLOW_PAINT_MS) setTimeout(paint, this.#paintMs);
    else paint();
  }

  /** `row` with what this page knows better than the database. */
  overlay(row: Message): Message {
    // Another tab may have continued it since: then its row knows better.
    const isOurs = row.streamingSince === this.run.message.streamingSince;
    if (!isOurs) return row;
    if (this.settled) return row.status === 'streaming' ? this.settled : row;
    return { ...row, content: this.content, reasoning: this.reasoning };
  }

  #paint(): void {
    this.#isPainting = false;
    const startedAt = performance.now();
    // The task after this frame begins when style and layout are done.
    setTimeout(() => (this.#paintMs = performance.now() - startedAt));
    if (!this.#next) return;
    this.content = this.#next.content;
    this.reasoning = this.#next.reasoning;
    this.phase = this.content === '' ? 'thinking' : 'writing';
  }
}

/** What happens around the answers that is not theirs to know. */
export interface AnswersDeps {
  readonly storage: StorageHealth;
  /** @param usage What the answer adds to the usage. */
  readonly saveAgain: (settled: Message, usage: UsageIncrement | null) => Promise<void>;
  readonly rememberStreamOptionsRefused: (id: EndpointId) => Promise<void>;
}

/** All answers that run in this page. They go on while other conversations are looked at. */
export class Answers {
  #byMessage = $state.raw<ReadonlyMap<MessageId, RunningAnswer>>(new Map());
  readonly #deps: AnswersDeps;

  constructor(deps: AnswersDeps) {
    this.#deps = deps;
  }

  /** The answer for a row, running or just settled. */
  get(id: MessageId): RunningAnswer | undefined {
    return this.#byMessage.get(id);
  }

  /** The answer that runs in a conversation. */
  runningIn(id: ConversationId | null): RunningAnswer | undefined {
    for (const answer of this.#byMessage.values()) {
      if (!answer.settled && answer.run.message.conversationId === id) return answer;
    }
    return undefined;
  }

  get isAnyRunning(): boolean {
    return [...this.#byMessage.values()].some((answer) => !answer.settled);
  }

  /** Writes everything that arrived, for a page that is about to be hidden. */
  readonly flush = (): void => {
    for (const answer of this.#byMessage.values()) {
      if (!answer.settled) void answer.run.flush();
    }
  };

  /** Stops what runs in conversations that go. */
  stopIn(ids: readonly ConversationId[]): void {
    for (const id of ids) this.runningIn(id)?.run.stop();
  }

  /**
   * Reads a run to its end. Never throws.
   * @param isPersistent Whether its end is a write to the database.
   */
  async follow(run: AnswerRun, isPersistent: boolean): Promise<void> {
    // An earlier, unwritten state of the same answer is part of this one now.
    this.#deps.storage.release(run.message.id);
    const answer = new RunningAnswer(run);
    const others = [...this.#byMessage].filter(([, other]) => !other.settled || other.isUnsaved);
    this.#byMessage = new Map(others).set(run.message.id, answer);
    for await (const progress of run.progress) {
      switch (progress.kind) {
        case 'asking':
          answer.phase = 'asking';
          break;
        case 'waiting':
          answer.phase = 'waiting';
          answer.retryAt = progress.retryAt;
          break;
        case 'writing':
          answer.show(progress.content, progress.reasoning);
          break;
        case 'unsaved':
          this.#deps.storage.fail(progress.error);
          break;
        case 'stream-options-refused':
          if (run.message.endpointId) {
            void this.#deps
              .rememberStreamOptionsRefused(run.message.endpointId)
              // Not remembered: it is found out again with the next answer.
              .catch(() => undefined);
          }
          break;
        case 'settled':
          answer.settled = progress.message;
          if (progress.unsaved) this.#keepUnsaved(answer, progress, progress.unsaved);
          else if (isPersistent) this.#deps.storage.recover();
      }
    }
  }

  #keepUnsaved(
    answer: RunningAnswer,
    { message: settled, usage }: { message: Message; usage: UsageIncrement | null },
    error: Parameters<StorageHealth['fail']>[0],
  ): void {
    const { storage, saveAgain } = this.#deps;
    answer.isUnsaved = true;
    storage.fail(error);
    storage.keep({
      id: answer.run.message.id,
      title: settled.modelUsed ?? 'onggi',
      text: settled.content,
      retry: async () => {
        await saveAgain(settled, usage);
        answer.isUnsaved = false;
      },
    });
  }
}
