import { describe, expect, it } from 'vitest';
import { toSessionId } from '#domain/ids.ts';
import { createImportedConversation, createImportedMessage, digestText } from '#domain/imported.ts';
import type { ImportedConversation } from '#domain/imported.ts';
import {
  digestImported,
  isImportedMessage,
  isSameAsImported,
  planImportUpdate,
  toConversationRows,
  withoutImportState,
} from '#domain/imported-rows.ts';

function imported(
  ids: readonly (readonly [id: string, parent: string | null, content?: string])[],
  more: Partial<ImportedConversation> = {},
): ImportedConversation {
  return createImportedConversation({
    source: 'chatgpt',
    sourceId: 'c',
    title: 'Title',
    createdAt: 1000,
    messages: ids.map(([sourceId, parentSourceId, content = sourceId], index) =>
      createImportedMessage({
        sourceId,
        parentSourceId,
        role: index % 2 === 0 ? 'user' : 'assistant',
        content,
        timestamp: 1000 + index,
        tokenCount: 2,
      }),
    ),
    ...more,
  });
}

function makers() {
  let count = 0;
  return {
    createId: () => `id-${(count += 1)}`,
    sessionId: toSessionId('s'),
    importId: 'import',
    fileDate: 5000,
    attachments: new Map(),
  };
}

const CHAIN = [
  ['a', null],
  ['b', 'a'],
  ['c', 'b'],
] as const;

describe('toConversationRows', () => {
  it('keeps the tree and counts what it made', () => {
    const tree = [...CHAIN, ['c2', 'b']] as const;
    const { conversation, messages } = toConversationRows(
      imported(tree, { activeLeafSourceId: 'c' }),
      makers(),
    );
    expect(messages.map(({ id, parentId, seq }) => [id, parentId, seq])).toEqual([
      ['id-2', null, 0],
      ['id-3', 'id-2', 1],
      ['id-4', 'id-3', 2],
      ['id-5', 'id-3', 3],
    ]);
    expect(conversation).toMatchObject({
      id: 'id-1',
      messageCount: 4,
      totalTokens: 8,
      lastSeq: 3,
      activeLeafId: 'id-4',
      titleOrigin: 'import',
      chatModel: null,
    });
    expect(messages.every(isImportedMessage)).toBe(true);
  });

  it('takes dates from the conversation, its messages or the file, in this order, never from now', () => {
    const bare = imported(CHAIN, { createdAt: null });
    expect(toConversationRows(bare, makers()).conversation).toMatchObject({
      createdAt: 1000,
      updatedAt: 1002,
    });
    const undated = {
      ...bare,
      messages: bare.messages.map((message) => ({ ...message, timestamp: null })),
    };
    const { conversation, messages } = toConversationRows(undated, makers());
    expect(conversation.createdAt).toBe(5000);
    expect(messages.map(({ timestamp }) => timestamp)).toEqual([5000, 5001, 5002]);
  });

  it('never leaves an imported answer running', () => {
    const base = imported(CHAIN);
    const [first, ...rest] = base.messages;
    if (!first) throw new Error('no message');
    const running = { ...base, messages: [{ ...first, status: 'streaming' as const }, ...rest] };
    expect(toConversationRows(running, makers()).messages[0]?.status).toBe('interrupted');
  });
});

describe('planImportUpdate', () => {
  const stored = () => toConversationRows(imported(CHAIN), makers());

  it('finds nothing to do for the same export, by its digest or without it', () => {
    const { conversation, messages } = stored();
    expect(isSameAsImported(conversation, digestImported(imported(CHAIN)))).toBe(true);
    expect(planImportUpdate(conversation, messages, imported(CHAIN), makers())).toBeUndefined();
    const forgotten = withoutImportState(conversation);
    expect(isSameAsImported(forgotten, digestImported(imported(CHAIN)))).toBe(false);
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
    expect(planImportUpdate(conversation, continued, grown, makers())).toBeUndefined();
  });
});

describe('digestText', () => {
  it('tells texts apart and is the same for the same text', () => {
    expect(digestText('옹기')).toBe(digestText('옹기'));
    expect(digestText('옹기')).not.toBe(digestText('기옹'));
    expect(digestText('')).toMatch(/^[0-9a-f]{16}$/);
  });
});
