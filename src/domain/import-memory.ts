/** What a conversation remembers of the import that brought it, so that the next one tells what is new. */
import type { Conversation, ConversationStatus } from './conversation.ts';
import { digestText } from './imported.ts';
import type { ImportedConversation, ImportedMessage } from './imported.ts';
import type { Message } from './message.ts';

/**
 * [Note: What an import remembers] A conversation keeps in `metadata` the import that made it and what
 * its source said last: two digests, how many messages up to which date, and the state (pin, archive,
 * tags …) as the base of a three-way comparison. Equal digests mean: nothing to read, nothing to write.
 * The count tells a message that is new in the source from one that was here and that the person
 * deleted: if the newer export has exactly as many messages up to that date, those that are missing
 * here were deleted here. What was imported before there was a base is treated with care: what is
 * missing here comes, what is here stays. Of a message only a rating has a base, beside it. Messages that
 * an undone import left here, because the person answered them, are named: the counts know nothing of them.
 */
const DIGEST = 'import_digest';
const STATE_DIGEST = 'import_state';
const MESSAGE_COUNT = 'import_message_count';
const LATEST = 'import_latest';
const BASE = 'import_base';
const RATING = 'import_rating';
const WHOLE = 'import_whole';
const LEFT = 'import_left';

/** What a source said of a conversation as a whole, the last time. */
export interface ImportBase {
  /** Undefined where it is not known. */
  readonly status: ConversationStatus | undefined;
  readonly pinned: 0 | 1 | undefined;
  readonly tags: readonly string[] | undefined;
  /** Digests of {@link digestValue}. */
  readonly summary: string | undefined;
  readonly systemPrompt: string | undefined;
  readonly temperature: string | undefined;
  /** Epoch milliseconds of its last change there: an export that says less is an older one. */
  readonly updatedAt: number | null;
}

/** Of two values of a file or a row whether they say the same. */
export function digestValue(value: unknown): string {
  return digestText(JSON.stringify(value ?? null));
}

/**
 * Changes with the messages of a conversation, its title and its dates. The only digest of what was
 * imported before there was {@link digestState}: it must stay as it is.
 */
function digestImported(imported: ImportedConversation): string {
  const { title, createdAt, updatedAt, messages, activeLeafSourceId } = imported;
  const said = messages.map((message) => [
    message.sourceId,
    message.parentSourceId,
    message.timestamp,
    message.status,
    message.content.length,
    digestText(message.content),
    message.reasoning?.length,
    message.attachments.length,
  ]);
  return digestText(JSON.stringify([title, createdAt, updatedAt, activeLeafSourceId, said]));
}

/** Changes with everything else that an update would look at. */
function digestState(imported: ImportedConversation): string {
  const { status, isPinned, tags, summary, systemPrompt, temperature, chatModel, metadata } =
    imported;
  const said = imported.messages.map(digestMessageState);
  const whole = [status, isPinned, tags, summary, systemPrompt, temperature, chatModel, metadata];
  return digestText(JSON.stringify([whole, said]));
}

/** One message at a time: the text of all of them at once could be as large as the file. */
function digestMessageState(message: ImportedMessage): string {
  const { reasoning, parts, metadata, rating, feedback, finishReason, modelUsed } = message;
  const { tokenCount, promptTokens, completionTokens, costUsd, temperature } = message;
  const files = message.attachments.map(({ name, text }) => [name, text]);
  return digestValue([
    [reasoning, parts, metadata, rating, feedback, finishReason, modelUsed, files],
    [tokenCount, promptTokens, completionTokens, costUsd, temperature, message.responseTimeMs],
  ]);
}

/** Whether the source says the same as at the last import. */
export function isSameAsImported(stored: Conversation, imported: ImportedConversation): boolean {
  return (
    stored.metadata[DIGEST] === digestImported(imported) &&
    stored.metadata[STATE_DIGEST] === digestState(imported)
  );
}

/** The conversation as one that was not imported from its source: the next import looks at it anew. */
export function withoutImportState(stored: Conversation): Conversation {
  const forgotten = { [DIGEST]: '', [STATE_DIGEST]: '', [MESSAGE_COUNT]: 0, [LATEST]: null };
  return { ...stored, metadata: { ...stored.metadata, ...forgotten } };
}

/** What the metadata of a conversation keep of the messages of its source. */
function importMarks(imported: ImportedConversation): Readonly<Record<string, unknown>> {
  const dates = imported.messages.flatMap(({ timestamp }) => timestamp ?? []);
  return {
    [DIGEST]: digestImported(imported),
    [STATE_DIGEST]: digestState(imported),
    [MESSAGE_COUNT]: imported.messages.length,
    [LATEST]: dates.reduce<number | null>((high, date) => Math.max(high ?? date, date), null),
    ...(imported.formerSourceIds.length > 0 && { [WHOLE]: imported.formerSourceIds.at(-1) }),
  };
}

/**
 * What they keep of its messages and of the rest.
 * @param before What it said the last time: that stands where it is silent now.
 */
export function importState(
  imported: ImportedConversation,
  before?: ImportBase,
): Readonly<Record<string, unknown>> {
  const { status, isPinned, tags } = imported;
  const said = (value: unknown, last: string | undefined): string | undefined =>
    value === null && before ? last : digestValue(value);
  return {
    ...importMarks(imported),
    [BASE]: {
      status: status ?? (before ? before.status : 'active'),
      pinned: isPinned === null && before ? before.pinned : isPinned === true ? 1 : 0,
      tags: tags === null && before ? before.tags : [...new Set(tags)],
      summary: said(imported.summary, before?.summary),
      system_prompt: said(imported.systemPrompt, before?.systemPrompt),
      temperature: said(imported.temperature, before?.temperature),
      updated: imported.updatedAt ?? before?.updatedAt ?? null,
    },
  };
}

/** Of a conversation with a derived id: the id that derives from all that its source said the last time. */
export function readImportedWhole({ metadata, sourceId }: Conversation): string {
  return textOf(metadata[WHOLE]) ?? sourceId;
}

/** How many messages up to which date the source had the last time. */
export function readImportedCount({ metadata }: Conversation): {
  readonly count: unknown;
  readonly latest: unknown;
} {
  return { count: metadata[MESSAGE_COUNT], latest: metadata[LATEST] };
}

const NO_BASE: ImportBase = {
  status: undefined,
  pinned: undefined,
  tags: undefined,
  summary: undefined,
  systemPrompt: undefined,
  temperature: undefined,
  updatedAt: null,
};

/** Ids in the source of messages that undone imports left here. */
export function readLeftByUndo({ metadata }: Conversation): ReadonlySet<string> {
  const left = metadata[LEFT];
  return new Set(
    Array.isArray(left) ? left.filter((id): id is string => typeof id === 'string') : [],
  );
}

/** The conversation with the knowledge that an undone import left these messages of its source here. */
export function withLeftByUndo(stored: Conversation, sourceIds: readonly string[]): Conversation {
  const left = [...new Set([...readLeftByUndo(stored), ...sourceIds])];
  return { ...stored, metadata: { ...stored.metadata, [LEFT]: left } };
}

/** Whether a field of a row's metadata is what the last import said of it, which undoing gives back. */
export function isImportMemory(key: string): boolean {
  return key.startsWith('import_') && key !== 'import_id' && key !== LEFT;
}

/** The state that the last import brought; unknown throughout where it was brought by an older version. */
export function readImportBase({ metadata }: Conversation): ImportBase {
  const base = metadata[BASE];
  if (typeof base !== 'object' || base === null) return NO_BASE;
  const { status, pinned, tags, ...rest } = base as Readonly<Record<string, unknown>>;
  return {
    status:
      status === 'active' || status === 'archived' || status === 'deleted' ? status : undefined,
    pinned: pinned === 0 || pinned === 1 ? pinned : undefined,
    tags: Array.isArray(tags)
      ? tags.filter((tag: unknown): tag is string => typeof tag === 'string')
      : undefined,
    summary: textOf(rest['summary']),
    systemPrompt: textOf(rest['system_prompt']),
    temperature: textOf(rest['temperature']),
    updatedAt: typeof rest['updated'] === 'number' ? rest['updated'] : null,
  };
}

/** What the metadata of a message keep of the rating its source gave it; nothing where it gave none. */
export function ratingState({
  rating,
  feedback,
}: Pick<ImportedMessage, 'rating' | 'feedback'>): Readonly<Record<string, unknown>> {
  if (rating === null && feedback === null) return {};
  return { [RATING]: { rating, feedback: digestValue(feedback) } };
}

/** The rating and the digest of the comment that the last import brought; null and that of null where none. */
export function readRatingBase({ metadata }: Message): {
  readonly rating: unknown;
  readonly feedback: unknown;
} {
  const base = metadata[RATING];
  if (typeof base !== 'object' || base === null) {
    return { rating: null, feedback: digestValue(null) };
  }
  const { rating, feedback } = base as Readonly<Record<string, unknown>>;
  return { rating, feedback };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
