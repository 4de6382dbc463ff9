import { describe, expect, it } from 'vitest';
import { createConversation } from '#domain/conversation.ts';
import type { Conversation } from '#domain/conversation.ts';
import { toConversationId, toMessageId, toSessionId } from '#domain/ids.ts';
import { toImportChange, withoutImportChange } from '#domain/import-changes.ts';
import { createMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';

const place = { sessionId: toSessionId('s'), conversationId: toConversationId('c') };

const conversation = (more: Partial<Conversation>): Conversation =>
  createConversation({ id: place.conversationId, ...place, createdAt: 1, ...more });

const message = (more: Partial<Message>): Message =>
  createMessage({
    ...{ id: toMessageId('m'), ...place, parentId: null, seq: 0, role: 'assistant' },
    ...{ content: 'text', timestamp: 1, ...more },
  });

describe('undoing what an import changed', () => {
  it.each<[string, Partial<Conversation>, Partial<Conversation>, Partial<Conversation>]>([
    [
      'a name without saying who gave it',
      { title: 'old', titleOrigin: 'model' },
      { title: 'new', titleOrigin: 'person' },
      { title: 'mine', titleOrigin: 'person' },
    ],
    [
      'a name that was given here too',
      { title: 'old', titleOrigin: 'import' },
      { title: 'new', titleOrigin: 'import' },
      { title: 'new', titleOrigin: 'person' },
    ],
    [
      'the place of what was moved since',
      { status: 'active', deletedAt: null },
      { status: 'deleted', deletedAt: 5 },
      { status: 'deleted', deletedAt: 9 },
    ],
  ])('does not change %s', (_name, before, after, since) => {
    const change = toImportChange('conversations', conversation(before), conversation(after));
    const undo = (row: Conversation) =>
      change && withoutImportChange({ ...row, pinned: 1 }, change, 7);
    expect(undo(conversation(after))).toMatchObject({ ...before, pinned: 1 });
    expect(undo(conversation(since))).toMatchObject(since);
  });

  it('leaves a text of which anything was changed since', () => {
    const before = message({ content: 'old', modelUsed: 'one', tokenCount: 3 });
    const after = message({ content: 'new', modelUsed: 'two', tokenCount: 4 });
    const change = toImportChange('messages', before, after);
    if (!change) expect.fail();
    expect(withoutImportChange(after, change, 7)).toEqual(before);
    const since = { ...after, content: 'mine' };
    expect(withoutImportChange(since, change, 7)).toEqual(since);
  });

  it('gives the date of the last change back with everything, and else dates the undoing', () => {
    const before = message({ rating: 1, changedAt: 3 });
    const after = message({ rating: 5, feedback: 'good', changedAt: 5 });
    const change = toImportChange('messages', before, after);
    if (!change) expect.fail();
    expect(withoutImportChange(after, change, 7)).toEqual(before);
    const rated = { ...after, rating: 2 as const, changedAt: 6 };
    expect(withoutImportChange(rated, change, 7)).toEqual({
      ...rated,
      feedback: null,
      changedAt: 7,
    });
    const grown = toImportChange('messages', before, { ...after, content: 'text and more' });
    if (!grown) expect.fail();
    expect(withoutImportChange(after, grown, 7)).toMatchObject({ rating: 1, changedAt: 7 });
    const fresh = message({});
    const first = toImportChange('messages', fresh, after);
    if (!first) expect.fail();
    expect(withoutImportChange(after, first, 7)).toEqual(fresh);
    expect(withoutImportChange(after, first, 7)).not.toHaveProperty('changedAt');
  });

  it('leaves files as they are now, and takes only those away that came', () => {
    const file = (id: string, sizeBytes: number) => ({
      ...{ id, sizeBytes, name: id, mediaType: 'image/png' },
    });
    const before = message({ content: 'old', attachments: [file('a', 0)] });
    const after = message({ content: 'new', attachments: [file('a', 0), file('b', 0)] });
    const change = toImportChange('messages', before, after);
    if (!change) expect.fail();
    const filled = { ...after, attachments: [file('a', 7), file('b', 8)] };
    expect(withoutImportChange(filled, change, 7)).toMatchObject({
      content: 'old',
      attachments: [file('a', 7)],
    });
  });
});
