import { describe, expect, it } from 'vitest';
import { createImportedMessage } from '#domain/imported.ts';
import type { ImportedMessage } from '#domain/imported.ts';
import { finishConversation } from '#portability/formats/finish-conversation.ts';
import { conversationOf } from '../../../support/import-formats.ts';

function message(
  sourceId: string,
  parentSourceId: string | null,
  timestamp: number | null,
  hidden = false,
): ImportedMessage {
  const metadata = hidden ? { hidden } : {};
  return createImportedMessage({
    sourceId,
    parentSourceId,
    timestamp,
    role: 'user',
    content: sourceId,
    metadata,
  });
}

function finish(
  messages: ImportedMessage[],
  leaf: string | null = null,
  sourceId: string | null = 'c',
) {
  return conversationOf(
    finishConversation({
      fields: { source: 'claude', title: 'T' },
      sourceId,
      messages,
      leaf,
      notes: new Set(),
    }),
  );
}

it('takes its dates from its messages where it says none', () => {
  expect(
    finish([message('a', null, 5), message('b', 'a', 9), message('c', 'b', null)]),
  ).toMatchObject({
    createdAt: 5,
    updatedAt: 9,
    notes: ['date_unknown'],
  });
  expect(finish([message('a', null, null, true), message('b', 'a', 3)]).notes).toEqual([]);
});

describe('the shown branch', () => {
  const forked = [
    message('a', null, 1),
    message('b', 'a', 9),
    message('c', 'a', 2),
    message('d', 'c', null),
  ];
  it('ends where the source says', () => {
    expect(finish(forked, 'd')).toMatchObject({ activeLeafSourceId: 'd', notes: ['date_unknown'] });
  });

  it('else at the newest leaf; one without a date is as old as what it follows', () => {
    expect(finish(forked).activeLeafSourceId).toBe('b');
    expect(finish(forked).notes).toContain('leaf_guessed');
    expect(finish(forked.slice(0, 2)).notes).toEqual([]);
    expect(finish(forked.slice(0, 2), 'gone').notes).toEqual(['leaf_guessed']);
  });
});

it('derives an id that stays when the conversation grows', () => {
  const messages = [message('a', null, 1), message('b', 'a', 2)];
  expect(finish(messages, null, null).sourceId).toBe(
    finish(messages.slice(0, 1), null, null).sourceId,
  );
  expect(finish(messages, null, null).notes).toEqual(['ids_derived']);
});
