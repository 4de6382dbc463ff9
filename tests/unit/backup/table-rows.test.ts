import { expect, test } from 'vitest';
import { createMoment, createTableReaders } from '#backup/table-rows.ts';
import { makeConversation, makeMessage } from '../db/conversation-rows.ts';
import { addWhole, openHome, wholeConversation } from './support.ts';

const STARTED_AT = 1_700_000_000_000;

test('a backup holds the messages of the conversations it read, and asks of the others', () => {
  const moment = createMoment(STARTED_AT);
  moment.note(makeConversation('known', { lastSeq: 1 }));
  const holds = (conversationId: string, seq: number, timestamp: number) =>
    moment.holds(makeMessage(conversationId, 'm', null, { seq, timestamp }));
  expect(holds('known', 1, STARTED_AT + 5)).toBe(true);
  expect(holds('known', 2, STARTED_AT + 5)).toBe(false);
  // Its counter is wrong; the message is no newer for that.
  expect(holds('known', 2, STARTED_AT - 5)).toBe(true);
  expect(holds('imported-meanwhile', 0, STARTED_AT - 5)).toBeUndefined();
});

test('messages of a conversation that came meanwhile are left out, those that lost theirs are not', async () => {
  const { db } = await openHome();
  await addWhole(db, wholeConversation('known', 2), wholeConversation('lost', 2));
  await db.strict.conversations.delete(wholeConversation('lost').conversation.id);
  const readers = createTableReaders(db, createMoment(STARTED_AT));
  for await (const _ of readers.conversations());
  // As of an import, whose messages are old.
  await addWhole(db, wholeConversation('imported', 2));
  const ids: unknown[] = [];
  for await (const page of readers.messages()) {
    for (const row of page) ids.push(row['message_id']);
  }
  expect(ids).toEqual(['known-m0', 'known-m1', 'lost-m0', 'lost-m1']);
});
