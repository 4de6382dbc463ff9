import { read } from '#db/commit.ts';
import { readMessagesBetween } from '#db/messages-between.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { SessionId, UserId } from '#domain/ids.ts';
import { toLocalDate } from '#domain/usage.ts';
import { measuredMs } from '#domain/usage-increments.ts';
import type { RatedDay } from '#domain/usage-summary.ts';

/** The figures of one day (the specification's `calculate_usage_statistics`, 8.1). */
export interface DayStatistics {
  /** Messages of the day, questions and answers: the specification counts both. */
  readonly requestCount: number;
  /** Sum of `tokenCount`. */
  readonly totalTokens: number;
  /** Milliseconds; null when no message of the day was timed. */
  readonly avgResponseTimeMs: number | null;
  readonly ratedCount: number;
}

/**
 * The figures of a person's local calendar day, counted from the messages of that day, of all
 * sessions of the person.
 * @param date `YYYY-MM-DD`.
 */
export async function calculateUsageStatistics(
  db: OnggiDatabase,
  userId: UserId,
  date: string,
): Promise<DayStatistics> {
  const sessions = new Map<SessionId, boolean>();
  let requestCount = 0;
  let totalTokens = 0;
  let ratedCount = 0;
  let timedCount = 0;
  let totalMs = 0;
  for await (const page of readMessagesBetween(db, startOf(date), startOf(date, 1))) {
    await noteSessions(db, userId, sessions, page);
    for (const { sessionId, tokenCount, responseTimeMs, rating } of page) {
      if (!sessions.get(sessionId)) continue;
      requestCount += 1;
      totalTokens += tokenCount ?? 0;
      if (rating !== null) ratedCount += 1;
      const ms = measuredMs(responseTimeMs);
      if (ms === null) continue;
      timedCount += 1;
      totalMs += ms;
    }
  }
  const avgResponseTimeMs = timedCount === 0 ? null : totalMs / timedCount;
  return { requestCount, totalTokens, avgResponseTimeMs, ratedCount };
}

async function noteSessions(
  db: OnggiDatabase,
  userId: UserId,
  known: Map<SessionId, boolean>,
  page: readonly { readonly sessionId: SessionId }[],
): Promise<void> {
  const fresh = [...new Set(page.map(({ sessionId }) => sessionId))].filter((id) => !known.has(id));
  const sessions = await read(() => db.strict.sessions.bulkGet(fresh));
  fresh.forEach((id, index) => known.set(id, sessions[index]?.userId === userId));
}

/**
 * The ratings of the answers of some days, one row for each day and model that has any, counted from
 * the messages of that time: ratings come later than answers and are in no daily row.
 * @param from First day, `YYYY-MM-DD`.
 * @param to Last day, counted in.
 * @returns undefined when it was stopped.
 */
export async function readRatedDays(
  db: OnggiDatabase,
  { from, to }: { readonly from: string; readonly to: string },
  signal: AbortSignal,
): Promise<readonly RatedDay[] | undefined> {
  const days = new Map<string, RatedDay>();
  for await (const page of readMessagesBetween(db, startOf(from), startOf(to, 1))) {
    if (signal.aborted) return undefined;
    for (const { timestamp, modelUsed, rating } of page) {
      if (rating === null) continue;
      const date = toLocalDate(timestamp);
      const model = modelUsed ?? 'unknown';
      const key = JSON.stringify([date, model]);
      const day = days.get(key) ?? { date, model, ratedCount: 0, ratingSum: 0 };
      const { ratedCount, ratingSum } = day;
      days.set(key, { ...day, ratedCount: ratedCount + 1, ratingSum: ratingSum + rating });
    }
  }
  return signal.aborted ? undefined : [...days.values()];
}

/** Epoch milliseconds at which a local day begins, or the one so many days after it. */
function startOf(date: string, laterDays = 0): number {
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number);
  return new Date(year, month - 1, day + laterDays).getTime();
}
