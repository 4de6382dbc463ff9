/**
 * From a newer export of a conversation to what has to change in the rows that are here. Pure: the
 * caller reads and writes.
 */
import { lastChangeOfConversation } from './conversation.ts';
import type { Conversation } from './conversation.ts';
import { toEarlierMetadata } from './earlier-version.ts';
import { findEdited } from './edited-texts.ts';
import {
  digestValue,
  importState,
  isSameAsImported,
  ratingState,
  readImportBase,
  readImportedCount,
  readLeftByUndo,
  readRatingBase,
} from './import-memory.ts';
import type { ImportBase } from './import-memory.ts';
import type { ImportedConversation, ImportedMessage } from './imported.ts';
import {
  conversationMetadata,
  idsBySource,
  leafOf,
  messageMetadata,
  placeMessages,
  restingStatus,
  titleOf,
  withMessages,
} from './imported-rows.ts';
import type { ImportMakers } from './imported-rows.ts';
import { toMessageId } from './ids.ts';
import { lastChangeOfMessage } from './message.ts';
import type { Message } from './message.ts';
import { nextChangeAt } from './next-change.ts';

/** What an update needs beside what the file says. */
export interface UpdateMakers extends ImportMakers {
  /** Epoch milliseconds: when what is changed here was changed. */
  readonly now: number;
}

/** What a newer export changes. */
export interface ImportUpdate {
  readonly conversation: Conversation;
  readonly added: readonly Message[];
  readonly changed: readonly Message[];
  /** False: nothing that anybody sees, only what is remembered of the source. */
  readonly isVisible: boolean;
  /** How many texts were edited at their source. What they were before is among `added`. */
  readonly editedCount: number;
  /** Whether so many texts differ that none was taken as edited: another exporter wrote them. */
  readonly isWrittenOtherwise: boolean;
}

/**
 * What a newer export of a conversation changes in the rows that are here; undefined when nothing.
 * New messages come at the end, a title from the import follows its source, dates too; answers that
 * have grown are taken, and texts that were edited at their source ({@link findEdited}), which stay beside as
 * another version of them. Ratings, comments, pin, archive, tags and options come as the source has them
 * now, where the person left what the last import brought (see [Note: What an import remembers]); the
 * trash, own branches and titles given here stay. What a poorer export does not say takes nothing away.
 */
export function planImportUpdate(
  stored: Conversation,
  storedMessages: readonly Message[],
  said: ImportedConversation,
  makers: UpdateMakers,
): ImportUpdate | undefined {
  const known = new Map<string, Message>();
  for (const message of storedMessages) {
    const sourceId = message.metadata['source_id'];
    if (typeof sourceId === 'string') known.set(sourceId, message);
  }
  const imported = withStoredIds(said, known);
  const base = readImportBase(stored);
  const isOlder =
    base.updatedAt !== null && imported.updatedAt !== null && imported.updatedAt < base.updatedAt;
  // Only then a text that differs was edited: the same file, read anew, may say it otherwise.
  const isNewer =
    base.updatedAt !== null && imported.updatedAt !== null && imported.updatedAt > base.updatedAt;
  const missing = findMissing(stored, imported, known, isOlder);
  const added = placeMessages(missing, stored, known, makers);
  const compared = imported.messages.flatMap((message) => {
    const before = known.get(message.sourceId);
    return before ? [{ imported: message, stored: before }] : [];
  });
  const { edited: editedIds, isWrittenOtherwise } = findEdited(isNewer ? compared : []);
  const changes = imported.messages.flatMap((message, index) => {
    const before = known.get(message.sourceId);
    if (!before) return [];
    // References go by the ids of the file.
    const { sourceId } = said.messages[index] ?? message;
    const references = makers.attachments.get(sourceId) ?? [];
    const state = { now: makers.now, references, isOlder, isEdited: editedIds.has(before.id) };
    return changedMessage(message, before, state) ?? [];
  });
  const changed = changes.map(({ message }) => message);
  const edited = changes.filter(({ isEdited }) => isEdited);
  const lastSeq = Math.max(stored.lastSeq, added.at(-1)?.seq ?? -1);
  const kept = withoutSiblings(changes, storedMessages);
  const earlier = kept.map((message, index) => ({
    ...message,
    id: toMessageId(makers.createId()),
    seq: lastSeq + 1 + index,
  }));
  const moved = withMoved(stored, imported, added, { known: [...known.values()], isOlder });
  const state = isOlder ? {} : changedState(stored, imported, base);
  const isChanged = Object.keys(state).length > 0 || moved.title !== stored.title;
  const isVisible =
    added.length > 0 ||
    changes.some((change) => change.isVisible) ||
    isChanged ||
    moved.createdAt !== stored.createdAt ||
    moved.updatedAt !== stored.updatedAt;
  // An older export that brings nothing leaves also what is remembered of the newer one.
  if (!isVisible && (isOlder || isSameAsImported(stored, said))) return undefined;
  const conversation: Conversation = {
    ...withMessages(moved, earlier),
    ...state,
    ...(isChanged && { changedAt: nextChangeAt(lastChangeOfConversation(stored), makers.now) }),
    metadata: {
      ...(state.metadata ?? stored.metadata),
      // Of an older export nothing is remembered: what the newer one said stands.
      ...(!isOlder && importState(said, base)),
    },
  };
  return {
    conversation: countAnew(conversation, known, changed),
    added: [...added, ...earlier],
    changed,
    isVisible,
    editedCount: edited.length,
    isWrittenOtherwise,
  };
}

/** What the edited messages were before, but where a version beside them that no import changes says it. */
function withoutSiblings(
  changes: readonly ChangedMessage[],
  stored: readonly Message[],
): readonly Message[] {
  const placeOf = ({ parentId, role, content }: Message): string =>
    JSON.stringify([parentId, role, content]);
  const edited = changes.flatMap(({ earlier }) => earlier ?? []);
  if (edited.length === 0) return edited;
  const own = stored.filter(({ metadata }) => typeof metadata['source_id'] !== 'string');
  const said = new Set(own.map(placeOf));
  return edited.filter((message) => !said.has(placeOf(message)));
}

/** What is here under an id of an earlier version has that id in the file too. */
function withStoredIds(
  imported: ImportedConversation,
  known: ReadonlyMap<string, Message>,
): ImportedConversation {
  const stored = new Map(
    imported.messages.flatMap(({ sourceId, formerSourceIds }): [string, string][] => {
      const former = known.has(sourceId) ? undefined : formerSourceIds.find((id) => known.has(id));
      return former === undefined ? [] : [[sourceId, former]];
    }),
  );
  if (stored.size === 0) return imported;
  const idOf = <Id extends string | null>(id: Id): Id | string =>
    id === null ? id : (stored.get(id) ?? id);
  return {
    ...imported,
    activeLeafSourceId: idOf(imported.activeLeafSourceId),
    messages: imported.messages.map((message) => ({
      ...message,
      sourceId: idOf(message.sourceId),
      parentSourceId: idOf(message.parentSourceId),
    })),
  };
}

/** Messages that are new in the source, linked to the nearest ancestor that is here or new too. */
function findMissing(
  stored: Conversation,
  { messages }: ImportedConversation,
  known: ReadonlyMap<string, Message>,
  isOlder: boolean,
): readonly ImportedMessage[] {
  const { count, latest } = readImportedCount(stored);
  const left = readLeftByUndo(stored);
  const wasThere = (message: ImportedMessage, index: number): boolean =>
    typeof latest === 'number' && message.timestamp !== null
      ? message.timestamp <= latest
      : typeof count === 'number' && index < count;
  const inFile = new Set(messages.map(({ sourceId }) => sourceId));
  // Ids that are derived from texts change with an edit: then what the file lacks came back under another id.
  const isComplete =
    [...known.keys()].every((sourceId) => inFile.has(sourceId)) &&
    messages.filter(wasThere).length === count &&
    messages.every(
      (message, index) =>
        !known.has(message.sourceId) || left.has(message.sourceId) || wasThere(message, index),
    );
  const parents = new Map(messages.map((message) => [message.sourceId, message.parentSourceId]));
  const added = new Set<string>();
  /** Of those that stay away; parents come first, so that none of them comes later. */
  const nearest = new Map<string, string | null>();
  function nearestPlaced(parent: string | null): string | null {
    const passed: string[] = [];
    let current = parent;
    while (current !== null && !known.has(current) && !added.has(current)) {
      const found = nearest.get(current);
      // Met again before its end is known, it is in a circle.
      if (found === undefined) nearest.set(current, null);
      passed.push(current);
      current = found === undefined ? (parents.get(current) ?? null) : found;
    }
    for (const id of passed) nearest.set(id, current);
    return current;
  }
  return messages.flatMap((message, index) => {
    if (known.has(message.sourceId)) return [];
    // What was there when the newer one was imported, and is not here, was deleted here or at the source.
    if ((isComplete || isOlder) && wasThere(message, index)) return [];
    const parentSourceId = nearestPlaced(message.parentSourceId);
    added.add(message.sourceId);
    return [{ ...message, parentSourceId }];
  });
}

interface ChangedMessage {
  readonly message: Message;
  readonly isVisible: boolean;
  readonly isEdited: boolean;
  /** What it was, where its text was edited. */
  readonly earlier?: Message;
}

/** The stored message with what its source says of it now; undefined when that is what is here. */
function changedMessage(
  imported: ImportedMessage,
  stored: Message,
  {
    now,
    references,
    isOlder,
    isEdited,
  }: {
    readonly now: number;
    readonly references: Message['attachments'];
    readonly isOlder: boolean;
    readonly isEdited: boolean;
  },
): ChangedMessage | undefined {
  if (stored.status === 'streaming') return undefined;
  const { content, timestamp } = imported;
  const isLonger = content.length > stored.content.length && content.startsWith(stored.content);
  const isRedated = timestamp !== null && timestamp !== stored.timestamp;
  // What was continued or asked again here has a text of its own, and its own figures.
  const isItsText = isLonger || isEdited || content === stored.content;
  const kept = stored.attachments.length;
  const state = {
    ...(isRedated && { timestamp }),
    ...((isLonger || isEdited) && { content, status: restingStatus(imported) }),
    ...(isItsText && !isOlder && changedTexts(imported, stored, isEdited)),
    ...(isItsText &&
      imported.attachments.length > kept && {
        attachments: [...stored.attachments, ...references.slice(kept)],
      }),
    ...(!isOlder && changedRating(imported, stored)),
  };
  const isVisible = Object.keys(state).length > 0;
  const metadata = isOlder
    ? stored.metadata
    : { ...stored.metadata, ...state.metadata, ...ratingState(imported) };
  const isRemembered = digestValue(metadata) === digestValue(stored.metadata);
  if (!isVisible && isRemembered) return undefined;
  return {
    message: {
      ...stored,
      ...state,
      metadata,
      ...(isVisible && { changedAt: nextChangeAt(lastChangeOfMessage(stored), now) }),
    },
    isVisible,
    isEdited,
    ...(isEdited && { earlier: toEarlierVersion(stored) }),
  };
}

/** What a message was before it was edited, as another version of it, which no import brings again. */
function toEarlierVersion(stored: Message): Message {
  const figures = { tokenCount: null, promptTokens: null, completionTokens: null, costUsd: null };
  // Bytes belong to the one message that keeps them.
  const metadata = toEarlierMetadata(stored.metadata);
  return { ...stored, ...figures, attachments: [], rating: null, feedback: null, metadata };
}

/** Fields that nobody can change here but with the text. What the file does not say stays. */
function changedTexts(
  imported: ImportedMessage,
  stored: Message,
  isEdited: boolean,
): Partial<Message> {
  // The conversation may go on with another model: what answered before is known.
  const isModelKnown = stored.modelUsed !== null && imported.isModelOfWhole && !isEdited;
  const given = {
    reasoning: imported.reasoning,
    parts: imported.parts.length === 0 ? null : imported.parts,
    status: imported.status === 'complete' ? imported.status : null,
    finishReason: imported.finishReason,
    tokenCount: imported.tokenCount,
    promptTokens: imported.promptTokens,
    completionTokens: imported.completionTokens,
    costUsd: imported.costUsd,
    modelUsed: isModelKnown ? null : imported.modelUsed,
    temperature: imported.temperature,
    responseTimeMs: imported.responseTimeMs,
  };
  return { ...differing(given, stored), ...overlaid(messageMetadata(imported), stored) };
}

/** The rating and the comment of the source, where what is here is what it brought before. */
function changedRating(imported: ImportedMessage, stored: Message): Partial<Message> {
  const base = readRatingBase(stored);
  const given = {
    rating: stored.rating === base.rating ? imported.rating : null,
    feedback: digestValue(stored.feedback) === base.feedback ? imported.feedback : null,
  };
  return differing(given, stored);
}

/** Dates, title and shown branch of the conversation with messages at its end. */
function withMoved(
  stored: Conversation,
  imported: ImportedConversation,
  added: readonly Message[],
  { known, isOlder }: { readonly known: readonly Message[]; readonly isOlder: boolean },
): Conversation {
  const title = stored.titleOrigin === 'import' && !isOlder ? titleOf(imported) : null;
  const dates = added.map(({ timestamp }) => timestamp);
  const latest = dates.reduce(
    (high, date) => Math.max(high, date),
    imported.updatedAt ?? -Infinity,
  );
  // Somebody who went on here sees what they wrote; else the branch that the source shows.
  const isOwnBranch =
    stored.activeLeafId !== null && known.every(({ id }) => id !== stored.activeLeafId);
  const leaf = leafOf(imported, idsBySource([...known, ...added])) ?? added.at(-1)?.id ?? null;
  return {
    ...withMessages(stored, added),
    title: title ?? stored.title,
    createdAt: imported.createdAt ?? stored.createdAt,
    updatedAt: Math.max(stored.updatedAt, latest),
    activeLeafId: added.length === 0 || isOwnBranch || isOlder ? stored.activeLeafId : leaf,
  };
}

/** What of the rest of a conversation its source changed and the person did not. */
function changedState(
  stored: Conversation,
  imported: ImportedConversation,
  base: ImportBase,
): Partial<Conversation> {
  // Without a base: a row that nobody touched here is as it was imported.
  const isUntouched = stored.changedAt === undefined;
  const follows = <Value>(here: Value, before: Value | undefined): boolean =>
    before === undefined ? isUntouched : here === before;
  const pinned = imported.isPinned === null ? null : imported.isPinned ? 1 : 0;
  const takesPin =
    pinned !== null &&
    follows(stored.pinned, base.pinned) &&
    (base.pinned !== undefined || pinned > 0);
  const takesStatus =
    imported.status !== 'deleted' &&
    stored.status !== 'deleted' &&
    follows(stored.status, base.status) &&
    (base.status !== undefined || imported.status === 'archived');
  const text = <Value>(here: Value | null, there: Value | null, before: string | undefined) =>
    digestValue(here) === (before ?? digestValue(null)) ? there : null;
  const given = {
    status: takesStatus ? imported.status : null,
    pinned: takesPin ? pinned : null,
    tags:
      imported.tags &&
      mergeTags(stored.tags, imported.tags, base.tags ?? (isUntouched ? [] : imported.tags)),
    summary: text(stored.summary, imported.summary, base.summary),
    systemPrompt: text(stored.systemPrompt, imported.systemPrompt, base.systemPrompt),
    temperature: text(stored.temperature, imported.temperature, base.temperature),
  } as const;
  const { source_id_derived: _derived, ...metadata } = conversationMetadata(imported);
  return { ...differing(given, stored), ...overlaid(metadata, stored) };
}

/** The tags here without those that the source took away, and with those that it added. */
function mergeTags(
  here: readonly string[],
  there: readonly string[],
  before: readonly string[],
): readonly string[] {
  const left = here.filter((tag) => there.includes(tag) || !before.includes(tag));
  const added = there.filter((tag) => !before.includes(tag));
  return [...new Set([...left, ...added])];
}

/** Those of the given fields that say something, and something else than the row. */
function differing<Row extends object>(
  given: { readonly [Key in keyof Row]?: Row[Key] | null },
  row: Row,
): Partial<Row> {
  const entries = Object.entries(given).filter(
    ([key, value]) =>
      value !== null && JSON.stringify(value) !== JSON.stringify(row[key as keyof Row]),
  );
  return Object.fromEntries(entries) as Partial<Row>;
}

/** The metadata of a row with those of the source over them; nothing when they say the same. */
function overlaid(
  given: Readonly<Record<string, unknown>>,
  { metadata }: { readonly metadata: Readonly<Record<string, unknown>> },
): { readonly metadata?: Readonly<Record<string, unknown>> } {
  const changes = differing(given, metadata);
  return Object.keys(changes).length === 0 ? {} : { metadata: { ...metadata, ...changes } };
}

function countAnew(
  conversation: Conversation,
  known: ReadonlyMap<string, Message>,
  changed: readonly Message[],
): Conversation {
  const before = new Map(Array.from(known.values(), ({ id, tokenCount }) => [id, tokenCount ?? 0]));
  const grown = changed.reduce(
    (sum, { id, tokenCount }) => sum + (tokenCount ?? 0) - (before.get(id) ?? 0),
    0,
  );
  return { ...conversation, totalTokens: Math.max(0, conversation.totalTokens + grown) };
}
