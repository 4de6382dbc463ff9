import { readInstant, toIsoInstant } from '#domain/instants.ts';
import type { IdReplacer } from './replace-ids.ts';

const DAY_MS = 86_400_000;
/** Deeper values do not come from any reader (SECURITY section 6). */
const MAX_DEPTH = 64;

/** The last word of a member's name, whichever way it is written: `fileId`, `file_id`, `FILE-ID`. */
const ID_KEY = /(?:^|[_-])(?:ids?|uuid|guid)$/;
/** Members that name a person, a device, a place or a file. */
const PERSONAL_KEY =
  /(?:^|[_-])(?:source[_-]id|user|username|nickname|name|email|phone|ip|ip[_-]address|user[_-]agent|address|account|author|owner|filename|path|location|latitude|longitude|device)$/;
const TIME_KEY = /(?:^|[_-])(?:at|time|date|timestamp|created|updated|modified)$/;
/** What the import notes of itself (import-memory.ts), and other marks by which one thing is known again. */
const MARK_KEY = /^import_|(?:^|[_-])(?:digest|hash|fingerprint|checksum|etag|signature)$/;
/** From 2000 to 2100, in seconds and in milliseconds: a number between them is taken for an instant. */
const INSTANTS = [
  [946_684_800, 4_102_444_800],
  [946_684_800_000, 4_102_444_800_000],
] as const;
/** Bytes of a file within a text: pictures show more than a mask could hide. */
const DATA_URL = /^data:[^,]{0,200},/;

/** Midnight of an instant's day in UTC. */
export function cutToDay(at: number): number {
  return Math.floor(at / DAY_MS) * DAY_MS;
}

/**
 * A JSON value as strangers may see it: texts and names of members masked, ids fresh, what names a
 * person or a file null, files within it emptied, instants cut to their day where asked.
 */
export function anonymiseValue(
  value: unknown,
  ids: IdReplacer,
  cutsTimes: boolean,
  key = '',
  depth = 0,
): unknown {
  if (PERSONAL_KEY.test(key) || MARK_KEY.test(key) || depth > MAX_DEPTH) return null;
  if (Array.isArray(value)) {
    return value.map((one) => anonymiseValue(one, ids, cutsTimes, key, depth + 1));
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([name, member]) => [
      ids.mask(name),
      anonymiseValue(member, ids, cutsTimes, toWords(name), depth + 1),
    ]);
    return Object.fromEntries(entries);
  }
  if (ID_KEY.test(key)) return typeof value === 'string' ? ids.replace(value) : null;
  if (cutsTimes && (TIME_KEY.test(key) || isInstant(value))) return cutValueToDay(value);
  if (typeof value !== 'string') return value;
  const prefix = DATA_URL.exec(value)?.[0];
  return prefix ?? ids.mask(value);
}

/** `createTime` as `create_time`. */
function toWords(name: string): string {
  return name
    .slice(0, 200)
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** Whether a value can hardly be anything but an instant, whatever its name is. */
function isInstant(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('T') && readInstant(value) !== undefined;
  return typeof value === 'number' && INSTANTS.some(([from, to]) => value >= from && value < to);
}

/** What is no instant may still tell one: it goes. */
function cutValueToDay(value: unknown): string | null {
  const instant = readInstant(value);
  return instant ? toIsoInstant(cutToDay(instant.at)) : null;
}
