import { describe, expect, it } from 'vitest';
import { createConversation } from '#domain/conversation.ts';
import { toConversationId, toEndpointId, toMessageId, toSessionId } from '#domain/ids.ts';
import { createMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import { toUsageIncrements, withCost, withEarlierRequests } from '#domain/message-requests.ts';
import { copyNative, planNativeUpdate, withKnownSessions } from '#domain/native-rows.ts';
import { readPassingUsage } from '#domain/passing-usage.ts';
import { toUsageIncrement } from '#domain/usage-increment.ts';

const id = toConversationId('c');
const sessionId = toSessionId('s');

function rows(contents: readonly string[], updatedAt = 10) {
  const messages = contents.map((content, seq): Message =>
    createMessage({
      id: toMessageId(`m${seq}`),
      conversationId: id,
      sessionId,
      parentId: seq === 0 ? null : toMessageId(`m${seq - 1}`),
      seq,
      role: 'user',
      content,
      timestamp: seq,
      tokenCount: 1,
    }),
  );
  const conversation = createConversation({
    id,
    sessionId,
    createdAt: 1,
    updatedAt,
    messageCount: messages.length,
    totalTokens: messages.length,
    lastSeq: messages.length - 1,
    activeLeafId: messages.at(-1)?.id ?? null,
  });
  return { conversation, messages };
}

describe('withKnownSessions', () => {
  it('attaches rows of an unknown visit to the present one and keeps its id', () => {
    const present = toSessionId('present');
    const native = { ...rows(['a']), bytesById: {}, notes: [] };
    const placed = withKnownSessions(native, present, () => false);
    for (const row of [placed.conversation, ...placed.messages]) {
      expect(row).toMatchObject({ sessionId: 'present', metadata: { source_session_id: 's' } });
    }
    expect(withKnownSessions(native, present, () => true)).toEqual(rows(['a']));
  });

  it('keeps nothing of a visit that the file does not name', () => {
    const { conversation, messages } = rows(['a']);
    const none = toSessionId('');
    const native = {
      conversation: { ...conversation, sessionId: none },
      messages: messages.map((message) => ({ ...message, sessionId: none })),
      bytesById: {},
      notes: [],
    };
    const placed = withKnownSessions(native, toSessionId('present'), () => false);
    for (const row of [placed.conversation, ...placed.messages]) {
      expect(row).toMatchObject({ sessionId: 'present', metadata: {} });
      expect(row.metadata).toEqual({});
    }
  });
});

describe('copyNative', () => {
  it('gives new ids throughout and keeps the tree', () => {
    let count = 0;
    const copy = copyNative(rows(['a', 'b']), () => `new-${(count += 1)}`);
    expect(copy.conversation).toMatchObject({
      id: 'new-1',
      sourceId: 'new-1',
      activeLeafId: 'new-3',
    });
    expect(copy.conversation.metadata).toEqual({ source_conversation_id: 'c' });
    expect(copy.messages.map((row) => [row.id, row.parentId, row.conversationId])).toEqual([
      ['new-2', null, 'new-1'],
      ['new-3', 'new-2', 'new-1'],
    ]);
  });
});

describe('planNativeUpdate', () => {
  it('takes a name, a rating and a comment that were given later, whatever the dates of the texts', () => {
    const here = rows(['a', 'b']);
    const [a, b] = here.messages;
    if (!a || !b) throw new Error('no messages');
    const file = {
      conversation: {
        ...here.conversation,
        title: 'named there',
        titleOrigin: 'person' as const,
        changedAt: 20,
      },
      messages: [a, { ...b, rating: 5 as const, feedback: 'good', changedAt: 20 }],
    };
    const stored = {
      ...here.conversation,
      title: 'named here',
      titleOrigin: 'person' as const,
      changedAt: 15,
    };
    const plan = planNativeUpdate(stored, [a, { ...b, rating: 1, changedAt: 15 }], file);
    expect(plan?.conversation).toMatchObject({ title: 'named there', changedAt: 20 });
    expect(plan?.changed).toEqual([{ ...b, rating: 5, feedback: 'good', changedAt: 20 }]);
    // The other way round nothing of it changes what is here.
    expect(planNativeUpdate(file.conversation, file.messages, here)).toBeUndefined();
  });

  it('keeps a continued answer under an older copy in a conversation that was renamed later', () => {
    const here = rows(['a', 'the whole long answer']);
    const [a, b] = here.messages;
    if (!a || !b) throw new Error('no messages');
    const cut = { ...b, content: 'the whole', status: 'interrupted' as const };
    const file = {
      conversation: { ...here.conversation, title: 'renamed', changedAt: 30 },
      messages: [a, cut],
    };
    expect(planNativeUpdate(here.conversation, here.messages, file)?.changed).toEqual([]);
    // And where the short one is here, the whole one comes.
    const short = planNativeUpdate(file.conversation, [a, cut], here);
    expect(short?.changed).toMatchObject([{ content: 'the whole long answer' }]);
  });

  it('finds nothing in the same rows, whatever session the file says', () => {
    const { conversation, messages } = rows(['a', 'b']);
    const file = rows(['a', 'b']);
    expect(planNativeUpdate(conversation, messages, file)).toBeUndefined();
    const elsewhere = withKnownSessions(
      { ...file, bytesById: {}, notes: [] },
      toSessionId('other'),
      () => false,
    );
    expect(planNativeUpdate(conversation, messages, elsewhere)).toBeUndefined();
  });

  it('takes a newer file and keeps what only this side has', () => {
    const { conversation, messages } = rows(['a', 'b']);
    const own = rows(['x', 'x', 'own'])
      .messages.slice(2)
      .map((row) => ({ ...row, id: toMessageId('own') }));
    const here = [...messages, ...own];
    const file = rows(['a', 'b changed', 'c', 'd'], 20);
    const update = planNativeUpdate({ ...conversation, lastSeq: 2, messageCount: 3 }, here, file);
    expect(update?.changed.map(({ content }) => content)).toEqual(['b changed']);
    expect(update?.added.map(({ content, seq }) => [content, seq])).toEqual([
      ['c', 3],
      ['d', 4],
    ]);
    expect(update?.conversation).toMatchObject({ messageCount: 5, lastSeq: 4, updatedAt: 20 });
  });

  it('adds messages of an older file and changes nothing that is here', () => {
    const { conversation, messages } = rows(['a', 'b'], 30);
    const file = rows(['old a', 'b', 'c'], 20);
    const update = planNativeUpdate({ ...conversation, title: 'Mine' }, messages, file);
    expect(update?.changed).toEqual([]);
    expect(update?.added.map(({ content }) => content)).toEqual(['c']);
    expect(update?.conversation).toMatchObject({ title: 'Mine', updatedAt: 30 });
  });

  it('changes nothing where the file is as old as what is here, but adds what is missing', () => {
    const { conversation, messages } = rows(['a']);
    const renamed = { ...conversation, title: 'Mine', titleOrigin: 'person' as const, tags: ['x'] };
    const rated = messages.map((message) => ({ ...message, rating: 5 as const }));
    expect(planNativeUpdate(renamed, rated, rows(['a']))).toBeUndefined();
    const update = planNativeUpdate(renamed, rated, rows(['a', 'b']));
    expect(update).toMatchObject({ changed: [], added: [{ content: 'b' }] });
    expect(update?.conversation).toMatchObject({ title: 'Mine', tags: ['x'] });
  });

  it('keeps names, tags, pins and ratings given here under a newer file', () => {
    const { conversation, messages } = rows(['a']);
    const stored = {
      ...conversation,
      title: 'Mine',
      titleOrigin: 'person' as const,
      tags: ['mine'],
      pinned: 1 as const,
    };
    const here = messages.map((row) => ({ ...row, rating: 5 as const, feedback: 'good' }));
    const file = rows(['a changed'], 20);
    const newer = {
      conversation: { ...file.conversation, title: 'Theirs', tags: ['theirs', 'mine'] },
      messages: file.messages.map((row) => ({ ...row, rating: 1 as const, feedback: null })),
    };
    const update = planNativeUpdate(stored, here, newer);
    expect(update?.conversation).toMatchObject({
      title: 'Mine',
      titleOrigin: 'person',
      tags: ['mine', 'theirs'],
      pinned: 1,
      updatedAt: 20,
    });
    expect(update?.changed).toMatchObject([{ content: 'a changed', rating: 5, feedback: 'good' }]);
  });

  it('leaves a conversation in the trash where it is', () => {
    const { conversation, messages } = rows(['a']);
    const trashed = { ...conversation, status: 'deleted' as const, deletedAt: 5 };
    const update = planNativeUpdate(trashed, messages, rows(['a', 'b'], 20));
    expect(update?.conversation).toMatchObject({ status: 'deleted', deletedAt: 5 });
  });

  describe('of an answer that was asked for again in two places', () => {
    const answered = (at: number, changes: Partial<Message> = {}) => {
      const { conversation, messages } = rows(['q', 'a'], at);
      const answer = {
        ...{ role: 'assistant' as const, modelUsed: 'm', endpointId: toEndpointId('e') },
        ...{ promptTokens: 1, completionTokens: 1, costUsd: 1, responseTimeMs: 5 },
      };
      const changed = messages.map((each) =>
        each.role === 'user' && each.seq === 0 ? each : { ...each, ...answer, ...changes },
      );
      return { conversation, messages: changed };
    };
    const again = (first: Message, at: number): Message => {
      const reopened = withEarlierRequests({ ...first, status: 'streaming' }, first);
      const settled = { ...reopened, status: 'complete' as const, content: `at ${at}` };
      const request = { ...toUsageIncrement({ ...settled, costUsd: 2 }), askedAt: at };
      return { ...withCost(settled, request, 'own'), changedAt: at };
    };
    const first = answered(10);
    const [question, answer] = first.messages;
    if (!question || !answer) throw new Error('no answer');
    const at = (time: number) => ({ ...first, messages: [question, again(answer, time)] });
    const askedAt = (message: Message | undefined) =>
      message && toUsageIncrements(message).map((request) => request.askedAt);

    it('keeps the requests of both sides, whichever answer is the later', () => {
      const [here, file] = [at(20), at(30)];
      const update = planNativeUpdate(here.conversation, here.messages, file);
      expect(update?.changed).toMatchObject([{ content: 'at 30', costUsd: 5 }]);
      expect(askedAt(update?.changed[0])).toEqual([1, 20, 30]);
      const other = planNativeUpdate(file.conversation, file.messages, here);
      expect(other?.changed).toMatchObject([{ content: 'at 30', costUsd: 5, changedAt: 30 }]);
      expect(askedAt(other?.changed[0])).toEqual([1, 20, 30]);
      // Once they are there, nothing is left to take.
      for (const each of [here, file]) {
        const known = [question, ...(update?.changed ?? [])];
        expect(planNativeUpdate(here.conversation, known, each)).toBeUndefined();
      }
    });

    it('keeps what was asked for an answer that was cut off with its page', () => {
      const cutRequest = { ...toUsageIncrement(answer), askedAt: 15, totalCostUsd: 0 };
      const stopped = { status: 'interrupted' as const, responseTimeMs: null };
      const cut = { ...answer, ...stopped, metadata: { cutRequest } };
      const file = at(30);
      const update = planNativeUpdate(first.conversation, [question, cut], file);
      expect(askedAt(update?.changed[0])).toEqual([1, 15, 30]);
    });

    it('counts nothing twice of an answer of another product that has grown', () => {
      const imported = (content: string, updatedAt: number) =>
        answered(updatedAt, {
          ...{ endpointId: null, content, completionTokens: content.length, changedAt: updatedAt },
        });
      const [here, file] = [imported('a', 10), imported('a b', 20)];
      const update = planNativeUpdate(here.conversation, here.messages, file);
      expect(update?.changed).toMatchObject([{ content: 'a b' }]);
      expect(askedAt(update?.changed[0])).toEqual([1]);
    });

    it('keeps what was asked in passing, of each day and model the larger record', () => {
      const record = (date: string, requestCount: number) => ({
        ...toUsageIncrement(answer),
        ...{ date, requestCount, askedAt: undefined },
      });
      const withRecords = (updatedAt: number, ...records: readonly unknown[]) => {
        const { conversation, messages } = rows(['q'], updatedAt);
        const metadata = { passingRequests: records };
        return { conversation: { ...conversation, metadata }, messages };
      };
      const here = withRecords(10, record('2026-01-01', 2), record('2026-01-02', 1));
      const file = withRecords(20, record('2026-01-01', 1), record('2026-01-03', 1));
      for (const [one, other] of [
        [here, file],
        [file, here],
      ] as const) {
        const update = planNativeUpdate(one.conversation, one.messages, other);
        const records = update ? readPassingUsage(update.conversation) : [];
        expect(records.map(({ date, requestCount }) => [date, requestCount]).sort()).toEqual([
          ['2026-01-01', 2],
          ['2026-01-02', 1],
          ['2026-01-03', 1],
        ]);
      }
    });
  });
});
