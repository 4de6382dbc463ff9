/** Kinds of what an anonymised export masks; the catalogs have a name for each. */
export const MASKABLE_KINDS = ['email', 'phone', 'card', 'resident-number', 'key'] as const;
export type MaskableKind = (typeof MASKABLE_KINDS)[number];

/** A place in a text, in UTF-16 units, `end` not counted in. */
export interface Maskable {
  readonly kind: MaskableKind;
  readonly start: number;
  readonly end: number;
}
