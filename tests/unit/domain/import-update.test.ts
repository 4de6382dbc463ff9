import { describe, expect, it, vi } from 'vitest';
import { toEndpointId, toSessionId } from '#domain/ids.ts';
import { isSameAsImported, withoutImportState } from '#domain/import-memory.ts';
import { planImportUpdate } from '#domain/import-update.ts';
import type { ImportedConversation, ImportedMessage } from '#domain/imported.ts';
import { toConversationRows } from '#domain/imported-rows.ts';
import type { ConversationRows } from '#domain/imported-rows.ts';
import { imported } from './imported-support.ts';

function makers() {
  let count = 0;
  return {
    createId: () => `id-${(count += 1)}`,
    sessionId: toSessionId('s'),
    importId: 'import',
    fileDate: 5000,
    attachments: new Map(),
    now: 7000,
  };
}

const CHAIN = [
  ['a', null],
  ['b', 'a'],
  ['c', 'b'],
] as const;

describe('planImportUpdate', () => {
  const stored = () => toConversationRows(imported(CHAIN), makers());

  it('finds nothing to do for the same export, by its digest or without it', () => {
    const { conversation, messages } = stored();
    expect(isSameAsImported(conversation, imported(CHAIN))).toBe(true);
    expect(planImportUpdate(conversation, messages, imported(CHAIN), makers())).toBeUndefined();
    const forgotten = withoutImportState(conversation);
    expect(isSameAsImported(forgotten, imported(CHAIN))).toBe(false);
  });

  it('adds new messages below those that are here and follows the branch of the source', () => {
    const { conversation, messages } = stored();
    const grown = imported([...CHAIN, ['d', 'c']], { activeLeafSourceId: 'd', updatedAt: 9000 });
    const update = planImportUpdate(conversation, messages, grown, makers());
    expect(update?.added).toMatchObject([{ parentId: messages[2]?.id, seq: 3 }]);
    expect(update?.conversation).toMatchObject({
      messageCount: 4,
      totalTokens: 8,
      lastSeq: 3,
      updatedAt: 9000,
      activeLeafId: update?.added[0]?.id,
    });
  });

  it('links a new message to the nearest ancestor that was not deleted here', () => {
    const { conversation, messages } = stored();
    const left = messages.slice(0, 2);
    const grown = imported([...CHAIN, ['d', 'c']]);
    const update = planImportUpdate(conversation, left, grown, makers());
    expect(update?.added.map(({ metadata }) => metadata['source_id'])).toEqual(['d']);
    expect(update?.added[0]?.parentId).toBe(left[1]?.id);
  });

  it('walks a line of deleted messages once, however many new ones hang below it', () => {
    const line = Array.from({ length: 400 }, (_, index): [string, string | null] => [
      `m${index}`,
      index === 0 ? null : `m${index - 1}`,
    ]);
    const { conversation, messages } = toConversationRows(imported(line), makers());
    const below = Array.from({ length: 400 }, (_, index): [string, string] => [
      `n${index}`,
      index === 0 ? 'm200' : 'm399',
    ]);
    const grown = imported([...line, ...below]);
    const get = vi.spyOn(Map.prototype, 'get');
    const update = planImportUpdate(conversation, messages.slice(0, 1), grown, makers());
    const getCount = get.mock.calls.length;
    get.mockRestore();
    expect(update?.added).toHaveLength(400);
    expect(new Set(update?.added.map(({ parentId }) => parentId))).toEqual(
      new Set([messages[0]?.id]),
    );
    // For each of them it would be 160,000.
    expect(getCount).toBeLessThan(20_000);
  });

  it('takes an edited message that came under another id, with all that follows it', () => {
    const { conversation, messages } = stored();
    const edited = imported(
      [
        ['a2', null],
        ['b2', 'a2'],
        ['c2', 'b2'],
        ['d', 'c2'],
      ],
      { activeLeafSourceId: 'd' },
    );
    const update = planImportUpdate(conversation, messages, edited, makers());
    const added = update?.added ?? [];
    expect(added.map(({ metadata }) => metadata['source_id'])).toEqual(['a2', 'b2', 'c2', 'd']);
    expect(added.map(({ parentId }) => parentId)).toEqual([
      null,
      added[0]?.id,
      added[1]?.id,
      added[2]?.id,
    ]);
  });

  it('takes older messages that an earlier, cut export lacked', () => {
    const cut = imported(CHAIN.slice(1).map(([id]) => [id, id === 'c' ? 'b' : null] as const));
    const { conversation, messages } = toConversationRows(cut, makers());
    // The dates of this helper shift with the place, as they do where a source dates anew.
    const update = planImportUpdate(conversation, messages, imported(CHAIN), makers());
    expect(update?.added.map(({ metadata }) => metadata['source_id'])).toEqual(['a']);
    const shifted = imported(CHAIN);
    const undated = shifted.messages.map((message) => ({ ...message, timestamp: 500 }));
    const again = planImportUpdate(
      conversation,
      messages,
      { ...shifted, messages: undated },
      makers(),
    );
    expect(again?.added.map(({ metadata }) => metadata['source_id'])).toEqual(['a']);
  });

  it('takes more of an answer that has grown, and leaves one that was continued here', () => {
    const { conversation, messages } = stored();
    const grown = imported([
      ['a', null],
      ['b', 'a', 'b and more'],
      ['c', 'b'],
    ]);
    expect(planImportUpdate(conversation, messages, grown, makers())?.changed).toMatchObject([
      { content: 'b and more' },
    ]);
    const continued = messages.map((message) =>
      message.content === 'b' ? { ...message, content: 'b, but otherwise' } : message,
    );
    expect(planImportUpdate(conversation, continued, grown, makers())).toMatchObject({
      isVisible: false,
      added: [],
      changed: [],
    });
  });
});

/** What the rows are after a newer export of their source. */
function updated(rows: ConversationRows, newer: ImportedConversation): ConversationRows {
  const plan = planImportUpdate(rows.conversation, rows.messages, newer, makers());
  if (!plan) return rows;
  const changed = new Map(plan.changed.map((row) => [row.id, row]));
  const messages = rows.messages.map((row) => changed.get(row.id) ?? row);
  return { conversation: plan.conversation, messages: [...messages, ...plan.added] };
}

function isVisible({ conversation, messages }: ConversationRows, newer: ImportedConversation) {
  return planImportUpdate(conversation, messages, newer, makers())?.isVisible ?? false;
}

/** The export with fields of its answer `b` changed. */
function withAnswer(
  fields: Partial<ImportedMessage>,
  more: Partial<ImportedConversation> = {},
): ImportedConversation {
  const { messages, ...rest } = imported(CHAIN);
  const changed = messages.map((each) => (each.sourceId === 'b' ? { ...each, ...fields } : each));
  return { ...rest, messages: changed, ...more };
}

const answerOf = ({ messages }: ConversationRows) =>
  messages.find(({ metadata }) => metadata['source_id'] === 'b');

/** The rows as a version wrote them that remembered neither a state nor a base. */
function ofOlderVersion({ conversation, messages }: ConversationRows): ConversationRows {
  const { import_state: _state, import_base: _base, ...metadata } = conversation.metadata;
  const bare = messages.map((message) => {
    const { import_rating: _rating, ...kept } = message.metadata;
    return { ...message, metadata: kept };
  });
  return { conversation: { ...conversation, metadata }, messages: bare };
}

describe('the state of a newer export', () => {
  const first = (fields: Partial<ImportedMessage> = {}, more: Partial<ImportedConversation> = {}) =>
    toConversationRows(withAnswer(fields, more), makers());

  it('is taken: ratings, comments, pin, archive, tags, reasoning, sources and figures', () => {
    const rows = first(
      { rating: 5, metadata: { kept: 1, citations: [] } },
      { tags: ['old', 'both'], summary: 'before', temperature: 1 },
    );
    const newer = withAnswer(
      {
        rating: 1,
        feedback: 'wrong',
        reasoning: 'thought',
        parts: [{ type: 'x' }],
        tokenCount: 9,
        finishReason: 'stop',
        modelUsed: 'model',
        metadata: { citations: [{ url: 'https://example.com/' }] },
      },
      {
        status: 'archived',
        isPinned: true,
        tags: ['both', 'new'],
        summary: 'after',
        systemPrompt: 'be brief',
        temperature: 0.5,
        metadata: { folder: 'x' },
      },
    );
    const after = updated(rows, newer);
    expect(after.conversation).toMatchObject({
      status: 'archived',
      pinned: 1,
      tags: ['both', 'new'],
      summary: 'after',
      systemPrompt: 'be brief',
      temperature: 0.5,
      totalTokens: 13,
      changedAt: 7000,
      metadata: { folder: 'x' },
    });
    expect(answerOf(after)).toMatchObject({
      content: 'b',
      rating: 1,
      feedback: 'wrong',
      reasoning: 'thought',
      parts: [{ type: 'x' }],
      tokenCount: 9,
      finishReason: 'stop',
      modelUsed: 'model',
      changedAt: 7000,
      metadata: { kept: 1, citations: [{ url: 'https://example.com/' }] },
    });
    expect(planImportUpdate(after.conversation, after.messages, newer, makers())).toBeUndefined();
    const back = { status: 'active', isPinned: false, tags: ['old'] } as const;
    const undone = updated(after, withAnswer({ rating: 5 }, back));
    expect(undone.conversation).toMatchObject({ status: 'active', pinned: 0, tags: ['old'] });
    expect(answerOf(undone)?.rating).toBe(5);
  });

  it('leaves what the person changed here, and says that nothing changed', () => {
    const rows = first({ rating: 5, feedback: 'good' }, { isPinned: true, tags: ['old'] });
    const own: ConversationRows = {
      conversation: {
        ...rows.conversation,
        status: 'deleted',
        pinned: 0,
        tags: ['mine'],
        summary: 'mine',
        temperature: 2,
        title: 'Mine',
        titleOrigin: 'person',
      },
      messages: rows.messages.map((row) => ({ ...row, rating: 3 as const, feedback: null })),
    };
    const newer = withAnswer(
      { rating: 1, feedback: 'bad' },
      {
        status: 'archived',
        isPinned: true,
        tags: [],
        summary: 'theirs',
        temperature: 1,
        title: 'T',
      },
    );
    expect(isVisible(own, newer)).toBe(false);
    const after = updated(own, newer);
    expect(after.conversation).toEqual({
      ...own.conversation,
      metadata: after.conversation.metadata,
    });
    expect(answerOf(after)).toMatchObject({ rating: 3, feedback: null });
    // What the source said is remembered: the same file again is not even compared.
    expect(isSameAsImported(after.conversation, newer)).toBe(true);
    expect(planImportUpdate(after.conversation, after.messages, newer, makers())).toBeUndefined();
  });

  it('lets the person take back what source and person had changed alike', () => {
    const rows = first();
    const alike: ConversationRows = {
      conversation: { ...rows.conversation, pinned: 1 },
      messages: rows.messages.map((row) => ({ ...row, rating: 5 as const })),
    };
    const newer = withAnswer({ rating: 5 }, { isPinned: true });
    expect(isVisible(alike, newer)).toBe(false);
    const { conversation, messages } = updated(alike, newer);
    const back: ConversationRows = {
      conversation: { ...conversation, pinned: 0 },
      messages: messages.map((row) => ({ ...row, rating: null })),
    };
    const later = updated(back, withAnswer({ rating: 5 }, { isPinned: true, summary: 'new' }));
    expect(later.conversation).toMatchObject({ pinned: 0, summary: 'new' });
    expect(answerOf(later)?.rating).toBeNull();
  });

  it('takes nothing away where a poorer export is silent, nor the figures of what was asked again here', () => {
    const rows = first({ rating: 5, feedback: 'good', reasoning: 'thought', parts: [1] });
    expect(isVisible(rows, withAnswer({}))).toBe(false);
    const own = rows.messages.map((row) => ({ ...row, content: 'asked again', tokenCount: 40 }));
    const newer = withAnswer({ reasoning: 'other', tokenCount: 3 });
    expect(isVisible({ ...rows, messages: own }, newer)).toBe(false);
  });

  it('is not taken out of an older export, which still brings what is missing', () => {
    const rows = first({ rating: 5 }, { updatedAt: 5000, isPinned: true });
    const older = withAnswer({ rating: 1 }, { updatedAt: 4000, isPinned: false });
    expect(planImportUpdate(rows.conversation, rows.messages, older, makers())).toBeUndefined();
    const more = imported([...CHAIN, ['d', 'c']]).messages.slice(3);
    const after = updated(rows, { ...older, messages: [...older.messages, ...more] });
    expect(after.messages).toHaveLength(4);
    expect(after.conversation.pinned).toBe(1);
    // The base is still that of the newer one.
    const newest = withAnswer({}, { updatedAt: 6000, isPinned: false });
    expect(updated(after, newest).conversation.pinned).toBe(0);
  });

  it('of an older export brings back nothing that was deleted here, nor its title and branch', () => {
    const rows = first({}, { updatedAt: 5000, title: 'new' });
    const left = rows.messages.slice(0, -1);
    const older = withAnswer({}, { updatedAt: 4000, title: 'old' });
    const here = { conversation: rows.conversation, messages: left };
    expect(planImportUpdate(here.conversation, left, older, makers())).toBeUndefined();
    // And the newer one brings nothing back either.
    const newer = withAnswer({}, { updatedAt: 5000, title: 'new' });
    expect(planImportUpdate(here.conversation, left, newer, makers())).toBeUndefined();
  });

  it('of what an older version imported, unchanged files count as such and new ones bring what is missing', () => {
    const file = withAnswer({ rating: 5 }, { isPinned: true, tags: ['a'] });
    const old = ofOlderVersion(toConversationRows(file, makers()));
    expect(isVisible(old, file)).toBe(false);
    const remembered = updated(old, file);
    expect(isSameAsImported(remembered.conversation, file)).toBe(true);
    const newer = withAnswer(
      { rating: 1, feedback: 'new', reasoning: 'thought' },
      { status: 'archived', tags: ['a', 'b'] },
    );
    const after = updated(old, newer);
    expect(after.conversation).toMatchObject({ status: 'archived', pinned: 1, tags: ['a', 'b'] });
    expect(answerOf(after)).toMatchObject({ rating: 5, feedback: 'new', reasoning: 'thought' });
    const touched = { ...old, conversation: { ...old.conversation, tags: [], changedAt: 1 } };
    expect(updated(touched, newer).conversation).toMatchObject({ status: 'active', tags: [] });
  });
});

describe('a poorer export', () => {
  const rich: Partial<ImportedConversation> = {
    ...{ status: 'archived', isPinned: true, tags: ['a'], summary: 's', temperature: 1 },
    updatedAt: 1000,
  };
  const silent = { summary: null, temperature: null, updatedAt: 2000 };

  it('that is silent takes no pin, archive or tag away, and is no word of the source', () => {
    const rows = toConversationRows(imported(CHAIN, rich), makers());
    const after = updated(rows, imported(CHAIN, silent));
    expect(after.conversation).toMatchObject({ status: 'archived', pinned: 1, tags: ['a'] });
    // The next one that says them is compared with the last one that did.
    const said = { status: 'active', isPinned: false, tags: [], summary: 't' } as const;
    const later = updated(after, imported(CHAIN, { ...silent, ...said, updatedAt: 3000 }));
    const expected = { status: 'active', pinned: 0, tags: [], summary: 't' };
    expect(later.conversation).toMatchObject(expected);
  });

  it('that came first lets a richer one say it', () => {
    const rows = toConversationRows(imported(CHAIN, { ...silent, updatedAt: 1 }), makers());
    expect(rows.conversation).toMatchObject({ status: 'active', pinned: 0, tags: [] });
    const after = updated(rows, imported(CHAIN, rich));
    expect(after.conversation).toMatchObject({ status: 'archived', pinned: 1, tags: ['a'] });
  });
});

describe('a text that was edited at its source', () => {
  const at = (content: string, updatedAt: number | null, more: Partial<ImportedMessage> = {}) =>
    withAnswer({ content, ...more }, { updatedAt });
  const rows = () => toConversationRows(at('first text', 1000), makers());

  it('is taken, and the earlier one stays beside it as another version', () => {
    const before = rows();
    const newer = at('edited text', 2000);
    const plan = planImportUpdate(before.conversation, before.messages, newer, makers());
    expect(plan).toMatchObject({ isVisible: true, editedCount: 1 });
    const after = updated(before, newer);
    expect(answerOf(after)).toMatchObject({ content: 'edited text', id: answerOf(before)?.id });
    const [earlier] = after.messages.slice(3);
    const { parentId } = answerOf(before) ?? {};
    expect(earlier).toMatchObject({ content: 'first text', role: 'assistant', parentId, seq: 3 });
    expect(earlier?.metadata).toHaveProperty('earlier_of', answerOf(before)?.metadata['source_id']);
    expect(earlier?.metadata).not.toHaveProperty('source_id');
    expect(after.conversation).toMatchObject({ messageCount: 4, lastSeq: 3 });
    expect(after.conversation.activeLeafId).toBe(before.conversation.activeLeafId);
    // Neither the same file nor the next one brings the other text or another version.
    expect(updated(after, newer)).toEqual(after);
    expect(updated(after, at('edited text', 3000)).messages).toEqual(after.messages);
  });

  it.each([
    ['of an export that is no newer', 'edited text', 1000],
    ['of an export without a date', 'edited text', null],
    ['that is only spaced otherwise', 'first\n text ', 2000],
    ['that is only marked otherwise', '> **“first”** — `text`!', 2000],
    ['that is cut', 'first', 2000],
    ['that is empty', '', 2000],
  ])('is not one %s', (_name, content, updatedAt) => {
    const before = rows();
    const after = updated(before, at(content, updatedAt));
    expect(after.messages).toEqual(before.messages);
  });

  it('is taken where there are no letters in it', () => {
    const before = toConversationRows(at('👍', 1000), makers());
    expect(answerOf(updated(before, at('👎', 2000)))?.content).toBe('👎');
    expect(updated(before, at(' 👍\n', 2000)).messages).toEqual(before.messages);
  });

  it('is none where most of the conversation differs: another exporter wrote it', () => {
    const before = rows();
    const more = { rating: 5 } as const;
    const other = at('[1] first text', 2000, more);
    const messages = other.messages.map((each) =>
      each.sourceId === 'c' ? { ...each, content: `USER: ${each.content}` } : each,
    );
    const newer = { ...other, messages };
    const plan = planImportUpdate(before.conversation, before.messages, newer, makers());
    expect(plan).toMatchObject({ editedCount: 0, isWrittenOtherwise: true });
    const after = updated(before, newer);
    const contents = ({ messages: list }: ConversationRows) => list.map(({ content }) => content);
    expect(contents(after)).toEqual(contents(before));
    expect(answerOf(after)).toMatchObject(more);
    // What is edited later, in an export like the first one, is.
    expect(answerOf(updated(after, at('edited text', 3000)))?.content).toBe('edited text');
  });

  it('leaves no second copy of a version that is beside it', () => {
    const contents = ({ messages }: ConversationRows) =>
      messages.slice(3).map(({ content }) => content);
    const there = updated(rows(), at('edited text', 2000));
    const back = updated(there, at('first text', 3000));
    expect(contents(back)).toEqual(['first text', 'edited text']);
    const again = updated(back, at('edited text', 4000));
    expect(answerOf(again)?.content).toBe('edited text');
    expect(contents(again)).toEqual(['first text', 'edited text']);
    expect(again.conversation).toMatchObject({ messageCount: 5, lastSeq: 4 });
  });

  it('does not take the place of what the person asked for again', () => {
    const before = rows();
    const own = before.messages.map((row) =>
      row === answerOf(before) ? { ...row, content: 'mine', endpointId: toEndpointId('e') } : row,
    );
    const after = updated({ ...before, messages: own }, at('edited text', 2000));
    expect(after.messages).toEqual(own);
  });
});

describe('what an earlier version stored under another id', () => {
  it('is found by it and is not added again', () => {
    const { conversation, messages } = toConversationRows(imported(CHAIN), makers());
    const renamed = imported([
      ['a', null],
      ['b-new', 'a', 'b and more'],
      ['c', 'b-new'],
      ['d', 'b-new'],
    ]);
    const newer = {
      ...renamed,
      sourceId: 'today',
      formerSourceIds: ['one', 'c'],
      messages: renamed.messages.map((each) =>
        each.sourceId === 'b-new' ? { ...each, formerSourceIds: ['x', 'b'] } : each,
      ),
    };
    const update = planImportUpdate(conversation, messages, newer, makers());
    expect(update?.added).toMatchObject([{ content: 'd', parentId: messages[1]?.id }]);
    expect(update?.changed).toMatchObject([{ id: messages[1]?.id, content: 'b and more' }]);
    expect(update?.changed[0]?.metadata['source_id']).toBe('b');
    expect(update?.conversation).toMatchObject({ metadata: { import_whole: 'c' } });
    expect(isSameAsImported(update?.conversation ?? conversation, newer)).toBe(true);
  });
});

describe('what an earlier version read otherwise', () => {
  /** Rows as they came when this was read so. */
  const storedAs = (was: ImportedConversation) => toConversationRows(was, makers());
  const withAnswer = (
    { messages, ...rest }: ImportedConversation,
    fields: Partial<ImportedMessage>,
  ): ImportedConversation => ({
    ...rest,
    messages: messages.map((message) =>
      message.role === 'assistant' ? { ...message, ...fields } : message,
    ),
  });

  it('gets its blocks with the next import, once, and no message twice', () => {
    const steps = [{ text: 'look' }];
    const { conversation, messages } = storedAs(
      withAnswer(imported(CHAIN), { metadata: { steps } }),
    );
    const now = withAnswer(imported(CHAIN), { parts: [{ type: 'steps', items: steps }] });
    const update = planImportUpdate(conversation, messages, now, makers());
    expect(update).toMatchObject({ added: [], isVisible: true, editedCount: 0 });
    expect(update?.changed).toMatchObject([
      { id: messages[1]?.id, parts: [{ type: 'steps', items: steps }] },
    ]);
    expect(isSameAsImported(update?.conversation ?? conversation, now)).toBe(true);
  });

  it('gets the model of its conversation with the next import, once', () => {
    const now = imported(CHAIN, { chatModel: 'model-1' });
    const { conversation, messages } = storedAs(withAnswer(now, { modelUsed: null }));
    expect(messages.map(({ modelUsed }) => modelUsed)).toEqual([null, null, null]);
    const update = planImportUpdate(conversation, messages, now, makers());
    expect(update).toMatchObject({ added: [], editedCount: 0 });
    expect(update?.changed).toMatchObject([{ id: messages[1]?.id, modelUsed: 'model-1' }]);
    expect(isSameAsImported(update?.conversation ?? conversation, now)).toBe(true);
  });
});

describe('a conversation that goes on with another model', () => {
  const stored = () => toConversationRows(imported(CHAIN, { chatModel: 'first' }), makers());

  it('keeps the one that answered before', () => {
    const { conversation, messages } = stored();
    expect(messages.map(({ modelUsed }) => modelUsed)).toEqual([null, 'first', null]);
    const grown = imported([...CHAIN, ['d', 'c']], { chatModel: 'second' });
    const update = planImportUpdate(conversation, messages, grown, makers());
    expect(update?.changed).toEqual([]);
    expect(update?.added).toMatchObject([{ modelUsed: 'second' }]);
  });

  it('has another one where the answer itself names it', () => {
    const { conversation, messages } = stored();
    const said = imported(CHAIN);
    const update = planImportUpdate(
      conversation,
      messages,
      {
        ...said,
        messages: said.messages.map((message) =>
          message.role === 'assistant' ? { ...message, modelUsed: 'named' } : message,
        ),
      },
      makers(),
    );
    expect(update?.changed).toMatchObject([{ id: messages[1]?.id, modelUsed: 'named' }]);
  });
});
