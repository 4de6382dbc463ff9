/**
 * Readers that also remember what was uncertain. Each conversation has one set of notes; every
 * function here adds to it what the person should be told.
 */
import { deriveSourceId } from '#domain/imported.ts';
import type { ImportedMessage, ImportNote } from '#domain/imported.ts';
import { readInstant } from '#domain/instants.ts';
import type { Rating, Role } from '#domain/message.ts';
import { asArray, readRole } from './read-value.ts';

/** What one conversation's report has to say, each thing once. */
export type NoteSet = Set<ImportNote>;

/**
 * Epoch milliseconds of the first value that is a date; null when none is. Zero is no date: products
 * write it where they know none. Notes an assumed zone, and a value that is there but says nothing.
 */
export function readDate(notes: NoteSet, ...values: readonly unknown[]): number | null {
  let isUnreadable = false;
  for (const value of values) {
    if (value === undefined || value === null || value === '') continue;
    const instant = value === 0 ? undefined : readInstant(value);
    if (instant) {
      if (instant.isZoneAssumed) notes.add('zone_assumed');
      return instant.at;
    }
    isUnreadable = true;
  }
  if (isUnreadable) notes.add('date_unknown');
  return null;
}

/** The role, and `source_role` for the metadata where the product's own word is another. */
export function readSaidRole(
  notes: NoteSet,
  value: unknown,
): { readonly role: Role; readonly source_role: string | null } {
  const { role, sourceRole, isKnown } = readRole(value);
  if (!isKnown) notes.add('role_unknown');
  return { role, source_role: sourceRole };
}

/** The id fields of a message: the source's id, or one derived from `parts` and noted. */
export function identify(
  notes: NoteSet,
  sourceId: string | null,
  ...parts: readonly (string | number | null)[]
): Pick<ImportedMessage, 'sourceId' | 'isSourceIdDerived'> {
  if (sourceId !== null) return { sourceId, isSourceIdDerived: false };
  notes.add('ids_derived');
  return { sourceId: deriveSourceId(...parts), isSourceIdDerived: true };
}

const THUMBS: ReadonlyMap<unknown, Rating> = new Map<unknown, Rating>([
  [1, 5],
  ['1', 5],
  ['up', 5],
  ['like', 5],
  ['thumbsup', 5],
  ['thumbs_up', 5],
  ['positive', 5],
  [-1, 1],
  ['-1', 1],
  ['down', 1],
  ['dislike', 1],
  ['thumbsdown', 1],
  ['thumbs_down', 1],
  ['negative', 1],
]);

/** Thumbs as a rating: up is 5, down is 1 (FORMATS 1, rule 16); null for anything else. */
export function readThumb(value: unknown): Rating | null {
  return THUMBS.get(typeof value === 'string' ? value.toLowerCase() : value) ?? null;
}

/**
 * The members that say something: without null, undefined, false, empty texts, empty lists and empty
 * objects. For metadata, where an absent key and an empty one mean the same.
 */
export function onlySaid(
  fields: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => isSaying(value)));
}

/**
 * What a product keeps beside an answer, in lists, as parts of it: `{ type, items }` by the name of each
 * list that is not empty. A part is shown folded; in the metadata nobody would see it.
 */
export function listedParts(
  lists: Readonly<Record<string, unknown>>,
): readonly { readonly type: string; readonly items: readonly unknown[] }[] {
  return Object.entries(lists).flatMap(([type, list]) => {
    const items = asArray(list);
    return items.length === 0 ? [] : [{ type, items }];
  });
}

function isSaying(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
