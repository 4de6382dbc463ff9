/** One line of a SillyTavern chat as the answers that were tried there. */
import { deriveSourceId } from '#domain/imported.ts';
import type { ImportedAttachment, ImportNote, ImportedMessage } from '#domain/imported.ts';
import { readDate, withoutNulls } from './build-conversation.ts';
import type { MessageDraft } from './build-conversation.ts';
import { readDataUrl } from './read-content.ts';
import { readLocaleDate } from './read-locale-date.ts';
import { asArray, asCount, asText, isObject, member } from './read-value.ts';
import type { JsonObject } from './read-value.ts';

/** A tried answer, and whether it is the shown one. */
export interface Swipe {
  readonly draft: MessageDraft & { readonly sourceId: string };
  readonly isShown: boolean;
}

/** The swipes of a line in their order, exactly one of them shown; a line without swipes is its own. */
export function readSillyMessage(
  line: JsonObject,
  position: number,
  parentSourceId: string | null,
  notes: Set<ImportNote>,
): readonly Swipe[] {
  const swipes = asArray(member(line, 'swipes'));
  const active = asCount(member(line, 'swipe_id')) ?? 0;
  const shown = readVariant(
    line,
    asText(member(line, 'mes')) ?? '',
    line,
    position,
    parentSourceId,
    notes,
  );
  if (member(line, 'is_user') === true) return [{ draft: shown, isShown: true }];
  // It may get others later: its id is that of one of several from the beginning.
  if (swipes.length < 2) return [{ draft: withPlaceId(shown, position, 0, 0), isShown: true }];
  const info = asArray(member(line, 'swipe_info'));
  const isValid = active < swipes.length;
  /** How often a text came so far. */
  const counts = new Map<unknown, number>();
  const sameAs = ({ content }: Swipe['draft']): number => counts.get(content) ?? 0;
  const variants = swipes.flatMap((swipe, index): Swipe[] => {
    if (index > 0) counts.set(swipes[index - 1], (counts.get(swipes[index - 1]) ?? 0) + 1);
    if (isValid && index === active) {
      return [{ draft: withPlaceId(shown, position, index, sameAs(shown)), isShown: true }];
    }
    if (typeof swipe !== 'string' || swipe === '') return [];
    const said = isObject(info[index]) ? info[index] : {};
    const draft = readVariant(line, swipe, said, position, parentSourceId, notes);
    return [{ draft: withPlaceId(draft, position, index, sameAs(draft)), isShown: false }];
  });
  if (isValid) return variants;
  const same = swipes.filter((swipe) => swipe === shown.content).length;
  const draft = withPlaceId(shown, position, swipes.length, same);
  return [...variants, { draft, isShown: true }];
}

/**
 * An answer of several with an id that stays when another one is shown, whose date is then that of the
 * line: from its text and place alone. Earlier versions derived it from both; those ids are named too.
 * @param same How many answers of the same text come before it.
 */
function withPlaceId(
  draft: Swipe['draft'],
  position: number,
  index: number,
  same: number,
): Swipe['draft'] {
  const { role, content, timestamp = null } = draft;
  return {
    ...draft,
    sourceId: deriveSourceId('sillytavern', 'swipe', role, content, position, same),
    formerSourceIds: [null, index].map((place) =>
      deriveSourceId('sillytavern', role, content, position, place, timestamp),
    ),
  };
}

/** @param details What is said of this variant: the line itself, or its row in `swipe_info`. */
function readVariant(
  line: JsonObject,
  content: string,
  details: JsonObject,
  position: number,
  parentSourceId: string | null,
  notes: Set<ImportNote>,
): MessageDraft & { readonly sourceId: string } {
  const extra = member(details, 'extra');
  const role = readSillyRole(line, extra);
  const timestamp = readSillyDate(member(details, 'send_date'), notes);
  const name = asText(member(line, 'name'));
  const isAnswer = role === 'assistant';
  return {
    role,
    content,
    reasoning: asText(member(extra, 'reasoning')),
    attachments: readMedia(extra, notes),
    sourceId: deriveSourceId('sillytavern', role, content, position, null, timestamp),
    isSourceIdDerived: true,
    parentSourceId,
    timestamp,
    tokenCount: asCount(member(extra, 'token_count')),
    modelUsed: isAnswer ? asText(member(extra, 'model')) : null,
    responseTimeMs: isAnswer ? durationOf(details) : null,
    metadata: withoutNulls({
      name,
      provider: asText(member(extra, 'api')),
      // Shown there, but not sent to the model.
      excluded_from_prompt: member(line, 'is_system') === true ? true : null,
    }),
  };
}

const SYSTEM_KINDS: ReadonlySet<unknown> = new Set([
  'narrator',
  'comment',
  'help',
  'welcome',
  'generic',
]);

function readSillyRole(line: JsonObject, extra: unknown): ImportedMessage['role'] {
  if (SYSTEM_KINDS.has(member(extra, 'type'))) return 'system';
  if (member(line, 'is_user') === true) return 'user';
  return member(line, 'name') === 'SillyTavern System' ? 'system' : 'assistant';
}

/** ISO 8601, milliseconds, `2024-3-5@12h30m45s`, or as English clocks write: `March 5, 2024 12:30pm`. */
export function readSillyDate(value: unknown, notes: Set<ImportNote>): number | null {
  const text = asText(value)?.trim();
  if (text === undefined || text.length > 80) return readDate(value, notes);
  const human =
    /^@?\s*(\d{4})-(\d{1,2})-(\d{1,2})\s*@\s*(\d{1,2})h\s*(\d{1,2})m\s*(\d{1,2})s\s*(?:(\d{1,3})ms)?$/.exec(
      text,
    );
  if (human) {
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0] = human
      .slice(1)
      // The last group is missing where there are no milliseconds.
      .map((part: string | undefined) => Number(part ?? 0));
    const date = new Date(year, month - 1, day, hour, minute, second, ms);
    const isDate = date.getMonth() === month - 1 && date.getDate() === day;
    notes.add(isDate ? 'zone_assumed' : 'date_unknown');
    return isDate ? date.getTime() : null;
  }
  const written = readLocaleDate(text);
  if (!written) return readDate(text, notes);
  if (written.isZoneAssumed) notes.add('zone_assumed');
  return written.at;
}

function durationOf(details: JsonObject): number | null {
  const unsaid = new Set<ImportNote>();
  const started = readDate(member(details, 'gen_started'), unsaid);
  const finished = readDate(member(details, 'gen_finished'), unsaid);
  return started !== null && finished !== null && finished >= started ? finished - started : null;
}

function readMedia(extra: unknown, notes: Set<ImportNote>): readonly ImportedAttachment[] {
  const files = [member(extra, 'file'), ...asArray(member(extra, 'files'))];
  const media = asArray(member(extra, 'media'));
  const paths = [
    member(extra, 'image'),
    member(extra, 'video'),
    ...asArray(member(extra, 'image_swipes')),
  ];
  const addresses = [
    ...paths.map((path) => ({ url: path, name: null })),
    ...[...files, ...media].map((file) => ({
      url: member(file, 'url'),
      name: asText(member(file, 'name')),
    })),
  ];
  const found = new Map<string, ImportedAttachment>();
  for (const { url, name } of addresses) {
    const address = asText(url);
    if (address === null || found.has(address)) continue;
    const inline = readDataUrl(address, name);
    if (!inline) notes.add('asset_missing');
    const base = address.split(/[\\/]/).pop() ?? 'file';
    // Given without their folders they are known by their names, which SillyTavern makes of the time.
    const assetKeys = [...new Set([address, base])];
    found.set(
      address,
      inline ?? { name: name ?? base, mediaType: null, sizeBytes: null, assetKeys },
    );
  }
  return [...found.values()];
}
