/**
 * What in a text may name a person or open a door: found by shape, so names and addresses in words
 * are not found, and the dialog says so. Every search is linear in the text, whatever stands in it.
 */
import { findKeys } from './find-keys.ts';
import { findNumbers } from './find-numbers.ts';
import type { Maskable } from './maskable.ts';

/** RFC 9562, in any case. */
export const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/** Everything to mask, in order, without overlaps: what overlaps becomes one place. */
export function findMaskable(text: string): readonly Maskable[] {
  // The digits of a UUID are no number of a person.
  const withoutUuids = text.replace(UUID, (uuid) => 'x'.repeat(uuid.length));
  const found = [...findKeys(text), ...findEmails(text), ...findNumbers(withoutUuids)];
  found.sort((a, b) => a.start - b.start || b.end - a.end);
  const places: Maskable[] = [];
  for (const place of found) {
    const last = places.at(-1);
    if (!last || place.start >= last.end) places.push(place);
    else if (place.end > last.end) places[places.length - 1] = { ...last, end: place.end };
  }
  return places;
}

/** RFC 5321, 4.5.3.1. */
const MAX_LOCAL = 64;
const MAX_DOMAIN = 255;
/** ASCII first: in Korean, Japanese and Chinese text words stand against an address without a space. */
const LOCALS = [/[A-Za-z0-9._%+-]/, /[\p{L}\p{N}._%+-]/u];
const DOMAINS = [
  /^(?:[A-Za-z0-9-]{1,63}\.){1,8}(?:xn--[A-Za-z0-9-]{2,59}|[A-Za-z]{2,63})/,
  /^(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,63}/u,
];

/** Outwards from each `@`: a search from the left would try every letter of a long word. */
function* findEmails(text: string): Generator<Maskable> {
  for (const { index } of text.matchAll(/[@＠]/g)) {
    const start = LOCALS.map((allowed) => findLocalStart(text, index, allowed)).find(
      (found) => found < index,
    );
    const behind = text.slice(index + 1, index + 1 + MAX_DOMAIN);
    const domain = DOMAINS.map((pattern) => pattern.exec(behind)?.[0]).find(Boolean);
    if (start !== undefined && domain !== undefined) {
      yield { kind: 'email', start, end: index + 1 + domain.length };
    }
  }
}

function findLocalStart(text: string, at: number, allowed: RegExp): number {
  let start = at;
  while (at - start < MAX_LOCAL && allowed.test(text[start - 1] ?? '')) start -= 1;
  return start;
}
