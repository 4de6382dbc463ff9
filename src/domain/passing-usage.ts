/**
 * Requests about a conversation that no message of it shows: for its title, for its summary. What they
 * added to the usage stands in the metadata of the conversation, one record a request, so that counting anew
 * finds them, and tells those that came with an import from those that were made after it. Older versions kept
 * one record a day and model, with the time of its first request.
 */
import type { Conversation } from './conversation.ts';
import type { UsageIncrement } from './usage.ts';
import { joinIncrements, readUsageIncrements } from './usage-increments.ts';

const KEY = 'passingRequests';
/** Nobody asks so often; a file that says more is not believed. */
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
  const records = [...readPassingUsage(conversation), increment];
  return { ...conversation, metadata: { ...conversation.metadata, [KEY]: cutToMost(records) } };
}

/**
 * The conversation with what another copy of it knows of requests: of one time, day and model, whichever knows
 * more.
 */
export function withPassingUsageOf(kept: Conversation, other: Conversation): Conversation {
  const records = readPassingUsage(kept);
  const keyOf = ({ askedAt, date, model }: UsageIncrement): string =>
    JSON.stringify([askedAt ?? null, date, model]);
  const all = new Map(records.map((record) => [keyOf(record), record]));
  let isSame = true;
  for (const record of readPassingUsage(other)) {
    if ((all.get(keyOf(record))?.requestCount ?? 0) >= record.requestCount) continue;
    all.set(keyOf(record), record);
    isSame = false;
  }
  if (isSame) return kept;
  const joined = cutToMost([...all.values()]);
  return { ...kept, metadata: { ...kept.metadata, [KEY]: joined } };
}

/** So many records at most: what is oldest goes into the next one of its day and model, or is let go. */
function cutToMost(records: readonly UsageIncrement[]): readonly UsageIncrement[] {
  const left = [...records];
  while (left.length > MAX_RECORDS) {
    const oldest = left.shift();
    if (!oldest) break;
    const next = left.findIndex(
      ({ date, model }) => date === oldest.date && model === oldest.model,
    );
    const into = left[next];
    if (into) left[next] = joinIncrements(oldest, into);
  }
  return left;
}
