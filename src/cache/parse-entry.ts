import * as v from 'valibot';
import type { CachedResponse } from '#domain/stored-rows.ts';

const time = v.pipe(v.number(), v.finite());
const count = v.pipe(v.number(), v.finite(), v.minValue(0));
const orNull = v.fallback(v.nullable(count), null);

const Entry = v.object({
  cacheKey: v.string(),
  promptHash: v.string(),
  model: v.string(),
  response: v.pipe(v.string(), v.minLength(1)),
  reasoning: v.fallback(v.nullable(v.string()), null),
  promptTokens: orNull,
  completionTokens: orNull,
  isTokenCountEstimated: v.fallback(v.boolean(), true),
  costUsd: orNull,
  createdAt: time,
  expiresAt: time,
  hitCount: v.fallback(count, 0),
});

/**
 * The stored entry of a key; undefined when it is damaged, or stands under a key that is not its own.
 * Figures that are missing or damaged are unknown, and spoil nothing else.
 */
export function parseEntry(value: unknown, cacheKey: string): CachedResponse | undefined {
  const { success, output } = v.safeParse(Entry, value);
  return success && output.cacheKey === cacheKey ? output : undefined;
}
