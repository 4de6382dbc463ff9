/** Names of files that every system takes, from titles that hold anything. */

/** What some system forbids in a name, controls, and marks that turn the direction of writing. */
const FORBIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\\/:*?"<>|]+/gu;
/** Windows keeps these for devices, whatever follows a dot. */
const RESERVED = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;
/** Systems allow 255 bytes; the rest is for date, number and ending. Korean has three bytes a letter. */
const MAX_BYTES = 150;

/**
 * A title as the base of a file's name: NFC, letters of every script kept, what is forbidden anywhere
 * replaced by a space, cut at 150 bytes of UTF-8 between characters. `fallback` when nothing is left.
 */
export function toSafeName(title: string, fallback: string): string {
  const text = title
    .slice(0, 1000)
    .normalize('NFC')
    // An emoji of several keeps its joiners: they turn nothing.
    .replace(FORBIDDEN, (found) => (/^\u200d$/.test(found) ? found : ' '))
    .replace(/\s+/g, ' ');
  const name = trimEnds(cutToBytes(trimEnds(text)));
  if (name === '') return fallback;
  return RESERVED.test(name) ? `_${name}` : name;
}

/** Windows drops dots and spaces at the end, and a dot in front hides a file. */
function trimEnds(text: string): string {
  return text.replace(/^[. ]+/, '').replace(/[. ]+$/, '');
}

function cutToBytes(text: string): string {
  const encoder = new TextEncoder();
  let name = '';
  let bytes = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    bytes += encoder.encode(segment).length;
    if (bytes > MAX_BYTES) return name;
    name += segment;
  }
  return name;
}

/** Where an archive of ours has the files of messages. */
export const ATTACHMENT_FOLDER = 'attachments/';

/** The name of an attachment's entry in an archive of ours: its id first, because the import finds it by that. */
export function attachmentEntryName({ id, name }: { id: string; name: string }): string {
  return `${toSafeName(id, 'file')}-${toSafeName(name, 'file')}`;
}

/** Gives each name once: a second gets ` (2)`. Names that differ in case or normalisation are the same. */
export function createUniqueNames(): (name: string) => string {
  const countByKey = new Map<string, number>();
  const taken = new Set<string>();
  const toKey = (name: string): string => name.normalize('NFC').toLowerCase();
  return (name) => {
    const key = toKey(name);
    let count = countByKey.get(key) ?? 1;
    let unique = count === 1 ? name : `${name} (${count})`;
    while (taken.has(toKey(unique))) {
      count += 1;
      unique = `${name} (${count})`;
    }
    countByKey.set(key, count + 1);
    taken.add(toKey(unique));
    return unique;
  };
}

/** `2026-11-22` of an instant, in this device's zone or another. */
export function toDayText(at: number, timeZone?: string): string {
  const options = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
  const zone = timeZone === undefined ? {} : { timeZone };
  const bounded = Math.min(Math.max(at, 0), 253_402_300_799_999);
  const parts = new Intl.DateTimeFormat('en', { ...options, ...zone }).formatToParts(bounded);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`;
}
