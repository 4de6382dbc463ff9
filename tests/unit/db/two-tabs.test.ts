import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createStoredConversations } from '#db/stored-conversations.ts';
import { LOCAL_USER_ID, toConversationId, toMessageId } from '#domain/ids.ts';
import type { MessageId } from '#domain/ids.ts';
import type { RemovedMessages } from '#domain/conversation-store.ts';
import { OnggiError } from '#domain/errors.ts';
import { settleMessage } from '#domain/message.ts';
import type { Message, Rating } from '#domain/message.ts';
import { toUsageIncrement } from '#domain/usage-increment.ts';
import { toLocalDate, usageStatisticId } from '#domain/usage.ts';
import { judgeConversation } from '#maintenance/judge-conversation.ts';
import { makeAnswer, makeConversation, makeMessage } from './conversation-rows.ts';
import { createTestClock, freshNames, openForTest } from './fresh-database.ts';

/** Of all rows that are made here. */
const DATE = toLocalDate(1_700_000_000_000);
/** Interleavings that are promised (SECURITY 10, P8). */
const RUNS = 1000;

type Act = 'ask' | 'finish' | 'again' | 'mark' | 'name' | 'remove' | 'undo';

/** What one of the two tabs does next. */
interface Step {
  readonly tab: 0 | 1;
  readonly act: Act;
  /** Which of the messages that are known by then. */
  readonly target: number;
  /** Turns of the database that the tab waits before. */
  readonly pause: number;
}

const anyStep: fc.Arbitrary<Step> = fc.record({
  tab: fc.constantFrom(0, 1),
  act: fc.constantFrom<Act>(
    ...(['ask', 'finish', 'again', 'mark', 'name'] as const),
    // Where tabs come into each other's way.
    ...(['remove', 'remove', 'undo', 'undo'] as const),
  ),
  target: fc.nat(5),
  pause: fc.nat(2),
});

/**
 * Opens one database twice, as two tabs do. Nothing waits for the disk: what is tried is the order of
 * transactions, and all of it is there to be tried a thousand times.
 */
async function openTwice() {
  const names = freshNames();
  const open = async () => {
    const db = await openForTest({ names });
    const store = createStoredConversations({ ...db, strict: db.relaxed }, createTestClock());
    return { db: db.relaxed, store };
  };
  const tabs = [await open(), await open()] as const;
  let run = 0;
  return { tabs, nextName: () => `run-${(run += 1)}` };
}

type Tabs = Awaited<ReturnType<typeof openTwice>>['tabs'];

/** Both tabs at once, each one step after the other. @returns what has to be there in the end */
async function runSteps(tabs: Tabs, name: string, steps: readonly Step[]) {
  const id = toConversationId(name);
  const conversation = makeConversation(name);
  const line = [0, 1, 2].map((at) =>
    makeMessage(name, `${name}/${at}`, at === 0 ? null : `${name}/${at - 1}`, { tokenCount: 3 }),
  );
  const known: MessageId[] = line.map((message) => message.id);
  const idAt = (target: number) => known[target % known.length] ?? toMessageId('none');
  await tabs[0].store.addMessages(conversation, line);
  const expected = {
    there: new Set<MessageId>(known),
    /** What each tab wrote last, of what it alone writes. */
    marks: new Map<MessageId, Partial<Message>>(),
    names: {} as { title?: string; tags?: readonly string[] },
    finished: 0,
  };
  let count = 0;

  function runTab(tab: 0 | 1): Promise<void> {
    const { store } = tabs[tab];
    const running: Message[] = [];
    const finished: Message[] = [];
    const removals: RemovedMessages[] = [];
    const acts: Record<Act, (target: MessageId) => Promise<void>> = {
      async ask(target) {
        const number = (count += 1);
        const question = makeMessage(name, `${name}/${number}q`, target, { tokenCount: number });
        const answer = makeAnswer(name, `${name}/${number}a`, question.id, { modelUsed: name });
        const { messages } = await store.addMessages(conversation, [question, answer]);
        for (const message of messages) {
          known.push(message.id);
          expected.there.add(message.id);
        }
        running.push(...messages.slice(1));
      },
      async finish() {
        const answer = running.shift();
        if (!answer) return;
        const figures = { promptTokens: 2, completionTokens: 5, tokenCount: 5, costUsd: 1 };
        const end = settleMessage(answer, { status: 'complete', content: 'whole', ...figures });
        // Each request has a moment of its own, by which a write that is begun again is known.
        const askedAt = end.timestamp + (count += 1);
        await store.finishAnswer(end, toUsageIncrement(end, 0, askedAt));
        expected.finished += 1;
        finished.push(end);
      },
      async again() {
        const answer = finished.shift();
        // As the tab has it: what the other one wrote meanwhile it may not have seen yet.
        if (answer) running.push(await store.reopenAnswer({ ...answer, status: 'streaming' }));
      },
      async mark(target) {
        const number = (count += 1);
        const change =
          tab === 0 ? { rating: ((number % 5) + 1) as Rating } : { feedback: `comment ${number}` };
        await store.updateMessage(target, change);
        expected.marks.set(target, { ...expected.marks.get(target), ...change });
      },
      async name() {
        const number = (count += 1);
        const change = tab === 0 ? { title: `title ${number}` } : { tags: [`tag ${number}`] };
        await store.updateConversation(id, change);
        Object.assign(expected.names, change);
      },
      async remove(target) {
        const removed = await store.removeSubtree(id, target);
        for (const message of removed.messages) expected.there.delete(message.id);
        removals.push(removed);
      },
      async undo() {
        const removed = removals.pop();
        if (!removed) return;
        await store.restoreMessages(id, removed);
        for (const message of removed.messages) expected.there.add(message.id);
      },
    };
    return steps
      .filter((step) => step.tab === tab)
      .reduce(async (before, { act, target, pause }) => {
        await before;
        for (let turn = 0; turn < pause; turn += 1) await tabs[tab].db.drafts.get('none');
        try {
          await acts[act](idAt(target));
        } catch (error) {
          // What the other tab took away cannot be written to, and the person is told.
          if (!(error instanceof OnggiError) || error.code !== 'chat/not-found') throw error;
        }
      }, Promise.resolve());
  }

  await Promise.all([runTab(0), runTab(1)]);
  return expected;
}

describe('two tabs that write to one conversation', () => {
  test('lose nothing of each other, and count right, however their writes fall', async () => {
    const { tabs, nextName } = await openTwice();
    let overlaps = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 2, maxLength: 12 }), async (steps) => {
        const name = nextName();
        const expected = await runSteps(tabs, name, steps);
        const { db } = tabs[1];
        const conversation = await db.conversations.get(toConversationId(name));
        const messages = await db.messages
          .where('[conversationId+seq]')
          .between([name, -Infinity], [name, Infinity])
          .toArray();
        expect(new Set(messages.map((message) => message.id))).toEqual(expected.there);
        expect(judgeConversation(conversation, messages)?.problems).toBeUndefined();
        expect(conversation).toMatchObject(expected.names);
        for (const message of messages) {
          expect(message).toMatchObject(expected.marks.get(message.id) ?? {});
        }
        const usage = await db.usageStatistics.get(
          usageStatisticId(LOCAL_USER_ID, { date: DATE, model: name }),
        );
        expect(usage?.requestCount ?? 0).toBe(expected.finished);
        expect(usage?.totalTokens ?? 0).toBe(expected.finished * 7);
        if (new Set(steps.map(({ tab }) => tab)).size > 1) overlaps += 1;
      }),
      { numRuns: RUNS },
    );
    // Runs in which one tab did nothing prove nothing.
    expect(overlaps).toBeGreaterThan(RUNS / 2);
  }, 180_000);
});
