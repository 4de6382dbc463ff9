/**
 * Requests about a conversation that no message of it shows: for its title, for its summary. What they
 * added to the usage stands in the metadata of the conversation, one record a day and model, so that
 * counting anew finds them.
 */
import type { Conversation } from './conversation.ts';
import type { UsageIncrement } from './usage.ts';
import { joinIncrements, readUsageIncrements } from './usage-increments.ts';

const KEY = 'passingRequests';
/** Nobody asks on so many days; a file that says more is not believed. */
const MAX_RECORDS = 1000;

/** What the requests about a conversation added to the usage; what is damaged is not there. */
export function readPassingUsage({ metadata }: Conversation): readonly UsageIncrement[] {
  const value = metadata[KEY];
  if (!Array.isArray(value) || value.length > MAX_RECORDS) return [];
  return readUsageIncrements(value).flatMap((record) => record ?? []);
}

/** The conversation after one more request about it. */
export function withPassingUsage(
  conversation: Conversation,
  increment: UsageIncrement,
): Conversation {
  const records = readPassingUsage(conversation);
  const isSame = ({ date, model }: UsageIncrement): boolean =>
    date === increment.date && model === increment.model;
  const same = records.find(isSame);
  const others = records.filter((record) => !isSame(record));
  const joined = [...others, same ? joinIncrements(same, increment) : increment];
  return {
    ...conversation,
    metadata: { ...conversation.metadata, [KEY]: joined.slice(-MAX_RECORDS) },
  };
}

/** The conversation with what another copy of it knows of requests: of one day and model, whichever knows more. */
export function withPassingUsageOf(kept: Conversation, other: Conversation): Conversation {
  const records = readPassingUsage(kept);
  const keyOf = ({ date, model }: UsageIncrement): string => `${date}\n${model}`;
  const all = new Map(records.map((record) => [keyOf(record), record]));
  let isSame = true;
  for (const record of readPassingUsage(other)) {
    if ((all.get(keyOf(record))?.requestCount ?? 0) >= record.requestCount) continue;
    all.set(keyOf(record), record);
    isSame = false;
  }
  if (isSame) return kept;
  const joined = [...all.values()].slice(-MAX_RECORDS);
  return { ...kept, metadata: { ...kept.metadata, [KEY]: joined } };
}
