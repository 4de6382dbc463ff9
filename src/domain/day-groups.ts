/** Headings of the conversation list, in the order they are shown. */
export type DayGroup =
  | { readonly kind: 'today' | 'yesterday' | 'past-week' | 'past-month' }
  | { readonly kind: 'month'; readonly year: number; /** 1 to 12. */ readonly month: number };

/**
 * Which heading a time belongs under, by the local calendar and not by hours: one minute after
 * midnight everything before is yesterday. A time in the future counts as today.
 */
export function toDayGroup(timestamp: number, now: number): DayGroup {
  const days = calendarDaysBetween(timestamp, now);
  if (days <= 0) return { kind: 'today' };
  if (days === 1) return { kind: 'yesterday' };
  if (days <= 7) return { kind: 'past-week' };
  if (days <= 30) return { kind: 'past-month' };
  const date = new Date(timestamp);
  return { kind: 'month', year: date.getFullYear(), month: date.getMonth() + 1 };
}

function calendarDaysBetween(earlier: number, later: number): number {
  const from = new Date(earlier).setHours(0, 0, 0, 0);
  const to = new Date(later).setHours(0, 0, 0, 0);
  return Math.round((to - from) / 86_400_000);
}

/** One heading with what stands under it. */
export interface DaySection<T> {
  /** Stable over time, for keyed lists. */
  readonly key: string;
  readonly group: DayGroup;
  readonly items: readonly T[];
}

/** `items`, newest first, cut into sections without changing their order. */
export function groupByDay<T extends { readonly updatedAt: number }>(
  items: readonly T[],
  now: number,
): readonly DaySection<T>[] {
  const sections: { key: string; group: DayGroup; items: T[] }[] = [];
  for (const item of items) {
    const group = toDayGroup(item.updatedAt, now);
    const key = group.kind === 'month' ? `${group.year}-${group.month}` : group.kind;
    const last = sections.at(-1);
    if (last?.key === key) last.items.push(item);
    else sections.push({ key, group, items: [item] });
  }
  return sections;
}
