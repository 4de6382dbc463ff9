import { describe, expect, it } from 'vitest';
import type { ImportNote } from '#domain/imported.ts';
import { buildConversation, readDate } from '#portability/formats/build-conversation.ts';
import type { ConversationDraft, MessageDraft } from '#portability/formats/build-conversation.ts';
import { expectWellFormed, onlyConversation, pathTo } from '../../../support/read-format.ts';

function build(messages: readonly MessageDraft[], fields: Partial<ConversationDraft> = {}) {
  const notes = new Set<ImportNote>();
  const item = buildConversation({
    source: 'jan',
    sourceId: 'c',
    shape: 'chain',
    notes,
    ...fields,
    messages,
  });
  expectWellFormed([item]);
  return item;
}

const said = (content: string, fields: Partial<MessageDraft> = {}): MessageDraft => ({
  role: 'user',
  content,
  ...fields,
});

describe('buildConversation', () => {
  it('makes nothing of a conversation with more messages than are taken', () => {
    const draft: MessageDraft = {
      role: 'user',
      get content(): string {
        throw new Error('looked at');
      },
    };
    const drafts = Array.from({ length: 200_001 }, () => draft);
    expect(build(drafts)).toEqual({ kind: 'skipped', reason: 'too_many_messages', label: 'c' });
  });

  it('derives ids that stay and differ by place, text and date', () => {
    const ids = (...messages: readonly MessageDraft[]) =>
      onlyConversation([build(messages)]).messages.map(({ sourceId }) => sourceId);
    expect(ids(said('a'), said('a'))).toEqual(ids(said('a'), said('a')));
    expect(
      new Set([
        ...ids(said('a'), said('a')),
        ...ids(said('a', { timestamp: 5 })),
        ...ids(said('b')),
      ]).size,
    ).toBe(4);
  });

  it('derives the id of a talk from how it begins, and names those of earlier versions', () => {
    const talk = (texts: string, fields: Partial<ConversationDraft> = {}) =>
      onlyConversation([
        build(
          Array.from(texts, (text, index) =>
            said(text, index % 2 === 0 ? {} : { role: 'assistant' }),
          ),
          { sourceId: null, ...fields },
        ),
      ]);
    const short = talk('ab', { title: 'T' });
    const long = talk('abcd', { title: 'T' });
    expect(long.sourceId).toBe(short.sourceId);
    expect(long.formerSourceIds).toHaveLength(4);
    expect(long.formerSourceIds).toContain(short.formerSourceIds.at(-1));
    expect(talk('ax', { title: 'T' }).sourceId).not.toBe(short.sourceId);
    expect(talk('ab', { title: 'U' }).sourceId).not.toBe(short.sourceId);
    const dated = talk('ab', { title: 'T', createdAt: 5 });
    expect(talk('axc', { title: 'U', createdAt: 5 }).sourceId).toBe(dated.sourceId);
    expect(talk('ab', { title: 'T', createdAt: 6 }).sourceId).not.toBe(dated.sourceId);
    const example = talk('ab', { isExample: true, title: 'T' });
    expect(example).toMatchObject({
      sourceId: short.formerSourceIds.at(-1),
      formerSourceIds: [],
    });
  });

  it('keeps both messages of a chain that share an id', () => {
    const { messages, notes } = onlyConversation([
      build([said('a', { sourceId: '1' }), said('b', { sourceId: '1' })]),
    ]);
    expect(messages.map(({ isSourceIdDerived }) => isSourceIdDerived)).toEqual([false, true]);
    expect(notes).toContain('ids_derived');
  });

  it('leaves out what holds nothing and links over it', () => {
    const tree = [
      said('a', { sourceId: '1', timestamp: 1 }),
      said(' ', { sourceId: '2', parentSourceId: '1', timestamp: 2 }),
      said('c', { sourceId: '3', parentSourceId: '2', timestamp: 3 }),
    ];
    const conversation = onlyConversation([
      build(tree, { shape: 'tree', activeLeafSourceId: '2' }),
    ]);
    expect(pathTo(conversation, '3')).toEqual(['a', 'c']);
    expect(conversation.activeLeafSourceId).toBe('1');
    expect(conversation.notes).toEqual([]);
  });

  it('keeps a failed answer without words', () => {
    expect(
      onlyConversation([build([said('a'), said('', { status: 'error' })])]).messages,
    ).toHaveLength(2);
  });

  it('takes its dates from the messages and says when one is missing', () => {
    const dated = onlyConversation([
      build([said('a', { timestamp: 5 }), said('b', { timestamp: 3 })]),
    ]);
    expect([dated.createdAt, dated.updatedAt]).toEqual([3, 5]);
    expect(dated.notes).not.toContain('date_unknown');
    const undated = onlyConversation([
      build([said('a', { timestamp: 5 }), said('b')], { createdAt: 1 }),
    ]);
    expect([undated.createdAt, undated.notes.includes('date_unknown')]).toEqual([1, true]);
  });

  it('skips a conversation without words, by its name', () => {
    expect(build([said('')], { title: 'T' })).toEqual({
      kind: 'skipped',
      reason: 'empty_conversation',
      label: 'T',
    });
    expect(build([])).toMatchObject({ kind: 'skipped' });
  });

  it('guesses the leaf when the named one is missing or in a circle', () => {
    const circle = [
      said('a', { sourceId: '1', parentSourceId: '2' }),
      said('b', { sourceId: '2', parentSourceId: '1' }),
    ];
    expect(
      onlyConversation([build(circle, { shape: 'tree', activeLeafSourceId: 'x' })]).notes,
    ).toEqual(expect.arrayContaining(['leaf_guessed', 'tree_repaired']));
  });

  it('builds a conversation of 200,000 messages', () => {
    const many = Array.from({ length: 200_000 }, (_, index) =>
      said(String(index), { timestamp: index + 1 }),
    );
    const item = buildConversation({
      source: 'jan',
      sourceId: null,
      shape: 'chain',
      notes: new Set(),
      messages: many,
    });
    expect(item.kind === 'conversation' && item.conversation.updatedAt).toBe(200_000);
  });
});

describe('readDate', () => {
  it.each([
    [1700000000, 1700000000000, []],
    ['2026-03-01T10:00:00Z', Date.UTC(2026, 2, 1, 10), []],
    ['2026-03-01T10:00:00', new Date(2026, 2, 1, 10).getTime(), ['zone_assumed']],
    [null, null, []],
    ['', null, []],
    [0, null, ['date_unknown']],
    ['soon', null, ['date_unknown']],
    [Number.NaN, null, ['date_unknown']],
    [1e300, null, ['date_unknown']],
  ])('%j', (value, at, noted) => {
    const notes = new Set<ImportNote>();
    expect([readDate(value, notes), [...notes]]).toEqual([at, noted]);
  });
});
