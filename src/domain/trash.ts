/** How long deleted conversations stay. Pure: the caller has the clock. */
import type { Conversation } from './conversation.ts';
import type { ConversationId } from './ids.ts';
import type { Noticed } from './maintenance.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** A conversation stays in the trash for this long at least. */
export const TRASH_TTL_MS = 30 * DAY_MS;
/**
 * Nothing leaves the trash that was not announced for this long, counted by days on which onggi was
 * open: see `carryNotices` of the maintenance.
 */
export const TRASH_NOTICE_MS = 7 * DAY_MS;

/**
 * What of the trash goes now and what is announced. A conversation goes after
 * {@link TRASH_TTL_MS} in the trash and {@link TRASH_NOTICE_MS} of notice: a clock that jumps ten
 * years ahead, or a trash that came in with an import, only begins the notice.
 * @param before What was announced at the last run; what lies in the future is of a wrong clock.
 */
export function sortTrash(
  trash: readonly Pick<Conversation, 'id' | 'deletedAt' | 'updatedAt'>[],
  before: readonly Noticed[],
  now: number,
): { readonly purge: readonly ConversationId[]; readonly announced: readonly Noticed[] } {
  const sinceById = new Map(
    before.flatMap(({ id, since }) => (since <= now ? [[id, since] as const] : [])),
  );
  const purge: ConversationId[] = [];
  const announced: Noticed[] = [];
  for (const { id, deletedAt, updatedAt } of trash) {
    const age = now - (deletedAt ?? updatedAt);
    if (age < TRASH_TTL_MS - TRASH_NOTICE_MS) continue;
    const since = sinceById.get(id) ?? now;
    if (age >= TRASH_TTL_MS && now - since >= TRASH_NOTICE_MS) purge.push(id);
    else announced.push({ id, since });
  }
  return { purge, announced };
}

/**
 * Whole days until a conversation may leave the trash at the earliest, begun ones counted, never more
 * than {@link TRASH_TTL_MS} even where the clock went back; null outside of the trash.
 */
export function trashDaysLeft(
  { status, deletedAt, updatedAt }: Pick<Conversation, 'status' | 'deletedAt' | 'updatedAt'>,
  now: number,
): number | null {
  if (status !== 'deleted') return null;
  const left = (deletedAt ?? updatedAt) + TRASH_TTL_MS - now;
  return Math.ceil(Math.min(Math.max(left, 0), TRASH_TTL_MS) / DAY_MS);
}

/** When an announced conversation goes at the earliest, epoch milliseconds. */
export function purgeTime(
  { deletedAt, updatedAt }: Pick<Conversation, 'deletedAt' | 'updatedAt'>,
  since: number,
): number {
  return Math.max((deletedAt ?? updatedAt) + TRASH_TTL_MS, since + TRASH_NOTICE_MS);
}
