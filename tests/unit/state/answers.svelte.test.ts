import { flushSync } from 'svelte';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { AnswerProgress, AnswerRun } from '#chat/run-answer.ts';
import { OnggiError } from '#domain/errors.ts';
import { toConversationId, toEndpointId, toMessageId } from '#domain/ids.ts';
import { settleMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import { Answers, RunningAnswer } from '#state/answers.svelte.ts';
import { StorageHealth } from '#state/storage-health.svelte.ts';
import { toUsageIncrement } from '#domain/usage-increment.ts';
import { makeAnswer } from '../db/conversation-rows.ts';

const endpointId = toEndpointId('endpoint');
const full = new OnggiError('db/quota', 'full');
const row = makeAnswer('c', 'a', 'q', { endpointId, modelUsed: 'model' });
const settled = (fields: Partial<Message> = {}): Message =>
  settleMessage(row, { status: 'complete', content: 'whole', ...fields });
const usage = toUsageIncrement(settled());
const isOver = (message: Message, unsaved: OnggiError | null = null): AnswerProgress => ({
  kind: 'settled',
  message,
  usage,
  unsaved,
});

/** A run that tells what the test hands it. */
function createRun(message = row) {
  const queue: AnswerProgress[] = [];
  let wake = (): void => undefined;
  async function* progress(): AsyncGenerator<AnswerProgress> {
    for (;;) {
      const next = queue.shift();
      if (next) yield next;
      else await new Promise<void>((resolve) => (wake = resolve));
      if (next?.kind === 'settled') return;
    }
  }
  const flush = vi.fn(() => Promise.resolve());
  const stop = vi.fn();
  const run: AnswerRun = { message, progress: progress(), stop, flush };
  const tell = (...told: readonly AnswerProgress[]): void => {
    queue.push(...told);
    wake();
  };
  return { run, tell, stop, flush };
}

function open() {
  const storage = new StorageHealth();
  const saveAgain = vi.fn(() => Promise.resolve());
  const rememberStreamOptionsRefused = vi.fn(() => Promise.resolve());
  const answers = new Answers({ storage, saveAgain, rememberStreamOptionsRefused });
  return { answers, storage, saveAgain, rememberStreamOptionsRefused };
}

/** Resolves when `read` gives true; told by the runes, not by the time. */
function until(read: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    onTestFinished(
      $effect.root(() => {
        $effect(() => {
          if (read()) resolve();
        });
      }),
    );
    flushSync();
  });
}

describe('what the screen shows of a row', () => {
  const shownText = async (answer: RunningAnswer, content: string) => {
    answer.show(content, 'hm');
    await until(() => answer.content === content);
  };

  test('is the text this page has while the answer runs', async () => {
    const answer = new RunningAnswer(createRun().run);
    await shownText(answer, 'so far');
    expect(answer.overlay({ ...row, content: 'so', rating: 4 })).toEqual({
      ...row,
      content: 'so far',
      reasoning: 'hm',
      rating: 4,
    });
  });

  test('is the settled answer until the database has it, then the database’s row', () => {
    const answer = new RunningAnswer(createRun().run);
    answer.settled = settled();
    expect(answer.overlay({ ...row, content: 'checkpoint' })).toBe(answer.settled);
    const stored = settled({ rating: 5 });
    expect(answer.overlay(stored)).toBe(stored);
  });

  test('is the row of another tab that continued it since', async () => {
    const answer = new RunningAnswer(createRun().run);
    await shownText(answer, 'ours');
    const theirs = { ...row, content: 'theirs', streamingSince: (row.streamingSince ?? 0) + 1 };
    expect(answer.overlay(theirs)).toBe(theirs);
    answer.settled = settled();
    expect(answer.overlay(theirs)).toBe(theirs);
  });

  test('begins with what a continued answer had', () => {
    const cut = makeAnswer('c', 'a', 'q', { content: 'One ', reasoning: 'hm' });
    const answer = new RunningAnswer(createRun(cut).run);
    expect(answer.overlay(cut)).toEqual(cut);
  });

  test('is painted at once, then once a frame, the last text winning', async () => {
    const answer = new RunningAnswer(createRun().run);
    const seen: string[] = [];
    onTestFinished(
      $effect.root(() => {
        $effect(() => void seen.push(answer.content));
      }),
    );
    flushSync();
    for (const text of ['a', 'ab', 'abc']) answer.show(text, null);
    expect(answer.content).toBe('a');
    flushSync();
    await until(() => answer.content === 'abc');
    expect(seen).toEqual(['', 'a', 'abc']);
  });
});

describe('an answer that is followed', () => {
  const id = toConversationId('c');

  test('goes from asking over waiting and thinking to writing, and ends', async () => {
    const { answers } = open();
    const { run, tell } = createRun();
    const followed = answers.follow(run, true);
    const answer = answers.get(row.id);
    expect(answers.runningIn(id)).toBe(answer);
    expect(answers.isAnyRunning).toBe(true);
    expect(answer?.phase).toBe('asking');
    tell({ kind: 'waiting', retryAt: 77 });
    await until(() => answer?.phase === 'waiting');
    expect(answer?.retryAt).toBe(77);
    tell({ kind: 'writing', content: '', reasoning: 'hm' });
    await until(() => answer?.phase === 'thinking');
    tell({ kind: 'writing', content: 'text', reasoning: 'hm' });
    await until(() => answer?.phase === 'writing');
    tell(isOver(settled()));
    await followed;
    expect(answer?.settled).toEqual(settled());
    expect(answers.runningIn(id)).toBeUndefined();
    expect(answers.isAnyRunning).toBe(false);
    expect(answers.get(row.id)).toBe(answer);
  });

  test('is told apart by its conversation and written down only while it runs', async () => {
    const { answers } = open();
    const first = createRun();
    const second = createRun(makeAnswer('d', 'b', null));
    const followed = answers.follow(first.run, true);
    void answers.follow(second.run, true);
    expect(answers.runningIn(toConversationId('d'))?.run).toBe(second.run);
    expect(answers.runningIn(toConversationId('e'))).toBeUndefined();
    expect(answers.runningIn(null)).toBeUndefined();
    first.tell(isOver(settled()));
    await followed;
    answers.flush();
    expect(first.flush).not.toHaveBeenCalled();
    expect(second.flush).toHaveBeenCalledTimes(1);
    second.tell(isOver(settleMessage(second.run.message, { status: 'stopped' })));
  });

  test('mends the storage when its end was written', async () => {
    const { answers, storage } = open();
    const { run, tell } = createRun();
    const followed = answers.follow(run, true);
    tell({ kind: 'unsaved', error: full });
    await until(() => storage.problem === full);
    tell(isOver(settled()));
    await followed;
    expect(storage.problem).toBeNull();
    expect(storage.unsaved).toEqual([]);
  });

  test('mends nothing when its end was written to memory only', async () => {
    const { answers, storage } = open();
    const { run, tell } = createRun();
    storage.fail(full);
    tell(isOver(settled()));
    await answers.follow(run, false);
    expect(storage.problem).toBe(full);
  });

  test('takes its earlier, unwritten state with it when it is asked for again', async () => {
    const { answers, storage } = open();
    const first = createRun();
    first.tell(isOver(settled(), full));
    await answers.follow(first.run, true);
    expect(storage.unsaved.length).toBe(1);
    const again = createRun();
    const followed = answers.follow(again.run, true);
    expect(storage.unsaved).toEqual([]);
    again.tell(isOver(settled()));
    await followed;
  });

  test('is stopped with its conversation, and no other', () => {
    const { answers } = open();
    const first = createRun();
    const second = createRun(makeAnswer('d', 'b', null));
    void answers.follow(first.run, true);
    void answers.follow(second.run, true);
    answers.stopIn([id, toConversationId('e')]);
    expect(first.stop).toHaveBeenCalledTimes(1);
    expect(second.stop).not.toHaveBeenCalled();
    for (const { run, tell } of [first, second]) tell(isOver(settleMessage(run.message, {})));
  });

  test('is kept, shown and written again when its end could not be written', async () => {
    const { answers, storage, saveAgain } = open();
    const { run, tell } = createRun();
    const followed = answers.follow(run, true);
    tell(isOver(settled(), full));
    await followed;
    const answer = answers.get(row.id);
    expect(answer?.isUnsaved).toBe(true);
    expect(storage.problem).toBe(full);
    expect(storage.unsaved).toMatchObject([{ id: row.id, title: 'model', text: 'whole' }]);
    const other = createRun(makeAnswer('d', 'b', null));
    void answers.follow(other.run, true);
    expect(answers.get(row.id)).toBe(answer);
    await storage.retry();
    expect(saveAgain).toHaveBeenCalledExactlyOnceWith(settled(), usage);
    expect(answer?.isUnsaved).toBe(false);
    expect(storage.unsaved).toEqual([]);
    other.tell(isOver(settleMessage(other.run.message, { status: 'stopped' })));
  });

  test('that is over and stored is forgotten when the next one begins', async () => {
    const { answers } = open();
    const { run, tell } = createRun();
    const followed = answers.follow(run, true);
    tell(isOver(settled()));
    await followed;
    const next = createRun(makeAnswer('d', 'b', null));
    void answers.follow(next.run, true);
    expect(answers.get(row.id)).toBeUndefined();
    expect(answers.get(toMessageId('b'))?.run).toBe(next.run);
    next.tell(isOver(settleMessage(next.run.message, { status: 'stopped' })));
  });

  test('has refused stream options remembered, and ends well when that fails', async () => {
    const { answers, rememberStreamOptionsRefused } = open();
    rememberStreamOptionsRefused.mockRejectedValueOnce(full);
    const { run, tell } = createRun();
    tell({ kind: 'stream-options-refused' }, isOver(settled()));
    await answers.follow(run, true);
    expect(rememberStreamOptionsRefused).toHaveBeenCalledExactlyOnceWith(endpointId);
    expect(answers.get(row.id)?.settled).toEqual(settled());
  });
});
