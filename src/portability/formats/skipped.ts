import type { ReadItem, SkipReason } from '#domain/imported.ts';

/** Something that was there and is not taken; `label` is shortened to 80 characters. */
export function skipped(reason: SkipReason, label: string | null | undefined): ReadItem {
  const characters = Array.from((label ?? '').slice(0, 200).trim());
  const short =
    characters.length > 80 ? `${characters.slice(0, 79).join('')}…` : characters.join('');
  return { kind: 'skipped', reason, label: short === '' ? null : short };
}
