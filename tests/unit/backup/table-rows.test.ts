import { expect, test } from 'vitest';
import { createMoment } from '#backup/table-rows.ts';
import { makeConversation, makeMessage } from '../db/conversation-rows.ts';

const STARTED_AT = 1_700_000_000_000;

test('a backup holds the messages of the conversations it read, and of no others', () => {
  const moment = createMoment(STARTED_AT);
  moment.note(makeConversation('known', { lastSeq: 1 }));
  const holds = (conversationId: string, seq: number, timestamp: number) =>
    moment.holds(makeMessage(conversationId, 'm', null, { seq, timestamp }));
  expect(holds('known', 1, STARTED_AT + 5)).toBe(true);
  expect(holds('known', 2, STARTED_AT + 5)).toBe(false);
  // Its counter is wrong; the message is no newer for that.
  expect(holds('known', 2, STARTED_AT - 5)).toBe(true);
  expect(holds('imported-meanwhile', 0, STARTED_AT - 5)).toBe(false);
});
