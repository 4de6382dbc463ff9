import type { CreateId } from '#domain/ids.ts';
import { findMaskable, UUID } from './find-maskable.ts';

/** Puts fresh ids in the place of ids, the same for the same. */
export interface IdReplacer {
  /** The fresh id for an id; an empty one, which names nothing, stays. */
  readonly replace: (id: string) => string;
  /** The fresh id, where this replacer or the one around it has met the id. */
  readonly find: (id: string) => string | undefined;
  /**
   * The text with its ids replaced and everything maskable as its kind in brackets: `[email]`. Ids are
   * UUIDs and derived ones wherever they stand, any id that is known where it is the whole text.
   */
  readonly mask: (text: string) => string;
  readonly maskOrNull: (text: string | null) => string | null;
}

const IDS = new RegExp(`${UUID.source}|derived-[0-9a-f]{16}`, 'gi');

/** Longer texts are no ids: no need to look them up. */
const MAX_ID_LENGTH = 1000;

interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * A replacer that has met no id yet but those of `outer`, whose fresh ids it gives too. It holds every
 * id it meets, some hundred bytes each: one for each conversation keeps that small.
 */
export function createIdReplacer(createId: CreateId, outer?: IdReplacer): IdReplacer {
  const freshById = new Map<string, string>();

  // One UUID may be written in capitals and small letters.
  function find(id: string): string | undefined {
    return outer?.find(id) ?? freshById.get(id.toLowerCase());
  }

  function replace(id: string): string {
    if (id === '') return id;
    const known = find(id);
    if (known !== undefined) return known;
    const fresh = createId();
    freshById.set(id.toLowerCase(), fresh);
    return fresh;
  }

  function mask(text: string): string {
    const whole = text.length <= MAX_ID_LENGTH ? find(text) : undefined;
    if (whole !== undefined) return whole;
    const places: Replacement[] = findMaskable(text).map(({ kind, start, end }) => ({
      start,
      end,
      text: `[${kind}]`,
    }));
    for (const { index, 0: id } of text.matchAll(IDS)) {
      places.push({ start: index, end: index + id.length, text: replace(id) });
    }
    return applyReplacements(text, places);
  }

  return { replace, find, mask, maskOrNull: (text) => (text === null ? null : mask(text)) };
}

/** Where two overlap the one that begins first counts, of two that begin together the longer. */
function applyReplacements(text: string, places: Replacement[]): string {
  if (places.length === 0) return text;
  places.sort((a, b) => a.start - b.start || b.end - a.end);
  const pieces: string[] = [];
  let from = 0;
  for (const place of places) {
    if (place.start < from) continue;
    pieces.push(text.slice(from, place.start), place.text);
    from = place.end;
  }
  return pieces.join('') + text.slice(from);
}
