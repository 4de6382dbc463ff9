/**
 * From what a reader found to what {@link ImportedConversation} promises: ids for what has none, parents
 * before children, dates of the whole, and the notes that say what was uncertain (FORMATS 1).
 */
import {
  MAX_CONVERSATION_MESSAGES,
  createImportedConversation,
  deriveSourceId,
  placeImportedMessage,
} from '#domain/imported.ts';
import type {
  ImportedConversation,
  ImportedMessage,
  ImportNote,
  ImportSource,
  ReadItem,
} from '#domain/imported.ts';
import { readInstant } from '#domain/instants.ts';
import { earliestOf, latestOf } from './date-bounds.ts';
import { chain, orderTree } from './read-value.ts';
import { skipped } from './skipped.ts';

/** What a reader knows of one message; without a `sourceId` one is derived from text, place and date. */
export type MessageDraft = Partial<ImportedMessage> & Pick<ImportedMessage, 'role' | 'content'>;

/** What a reader knows of one conversation. */
export interface ConversationDraft extends Partial<
  Omit<ImportedConversation, 'source' | 'sourceId' | 'messages' | 'notes'>
> {
  readonly source: ImportSource;
  /** Null: the file has none, and one is derived from how the talk begins. */
  readonly sourceId: string | null;
  /**
   * What tells a talk without an id from others with the same first messages, where its title and date
   * are not that: they may come from the name of the file or from the export.
   */
  readonly derivedFrom?: string | null;
  /** Examples and not talks: many begin alike, and each is what it says as a whole. */
  readonly isExample?: boolean;
  readonly messages: readonly MessageDraft[];
  /** `chain`: each message follows the one before it. `tree`: `parentSourceId` says what it follows. */
  readonly shape: 'chain' | 'tree';
  readonly notes: Set<ImportNote>;
}

/**
 * The finished conversation, or what is skipped when no message of it holds anything. Messages without
 * any content are left out, and what followed them follows the message before.
 */
export function buildConversation(draft: ConversationDraft): ReadItem {
  const {
    notes,
    shape,
    messages: drafts,
    sourceId,
    derivedFrom: _from,
    isExample,
    ...fields
  } = draft;
  // Before anything is made of them: a hundred times as many must not take a hundred times as long.
  if (drafts.length > MAX_CONVERSATION_MESSAGES) {
    return skipped('too_many_messages', draft.title ?? sourceId);
  }
  const all = withIds(drafts, draft);
  const kept = all.some(isBlank) ? all.filter((message) => !isBlank(message)) : all;
  if (kept.length === 0) return skipped('empty_conversation', draft.title ?? sourceId);
  const messages = shape === 'chain' ? chain(kept) : plantTree(all, kept, notes);
  const dates: number[] = [];
  for (const { timestamp } of messages) if (timestamp !== null) dates.push(timestamp);
  if (dates.length < messages.length) notes.add('date_unknown');
  const isSourceIdDerived = sourceId === null || draft.isSourceIdDerived === true;
  if (isSourceIdDerived) notes.add('ids_derived');
  const formerSourceIds = sourceId === null ? foldIds(draft) : [];
  const derived = isExample === true ? formerSourceIds.at(-1) : undefined;
  return {
    kind: 'conversation',
    conversation: createImportedConversation({
      ...fields,
      sourceId: sourceId ?? derived ?? deriveConversationId(draft),
      isSourceIdDerived,
      formerSourceIds: isExample === true ? [] : formerSourceIds,
      createdAt: draft.createdAt ?? earliestOf(dates),
      updatedAt: draft.updatedAt ?? latestOf(dates),
      activeLeafSourceId: findLeaf(draft, all, messages),
      messages,
      notes: [...notes],
    }),
  };
}

/**
 * A date of a file as epoch milliseconds, with its doubts noted. Null where there is none; 0 and less
 * are what programs write for "none".
 */
export function readDate(value: unknown, notes: Set<ImportNote>): number | null {
  if (value === null || value === undefined || value === '') return null;
  const instant = readInstant(value);
  if (!instant || instant.at <= 0) {
    notes.add('date_unknown');
    return null;
  }
  if (instant.isZoneAssumed) notes.add('zone_assumed');
  return instant.at;
}

/** The fields that say something: those that are null or undefined are left out. */
export function withoutNulls(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  );
}

/** Drafts as messages that all have an id; in a chain no two have the same. */
function withIds(
  drafts: readonly MessageDraft[],
  { source, shape, notes }: ConversationDraft,
): readonly ImportedMessage[] {
  const seen = new Set<string>();
  let before: string | null = null;
  return drafts.map((draft, position) => {
    const given = draft.sourceId ?? '';
    const isTaken = shape === 'chain' && seen.has(given);
    const derives = given === '' || isTaken;
    if (derives || draft.isSourceIdDerived === true) notes.add('ids_derived');
    const sourceId = derives
      ? deriveSourceId(source, draft.role, draft.content, position, draft.timestamp ?? null)
      : given;
    seen.add(sourceId);
    const isSourceIdDerived = derives || draft.isSourceIdDerived === true;
    const parentSourceId = shape === 'chain' ? before : (draft.parentSourceId ?? null);
    before = sourceId;
    return placeImportedMessage(draft, { parentSourceId, sourceId, isSourceIdDerived });
  });
}

function isBlank(message: ImportedMessage): boolean {
  return (
    message.status !== 'error' &&
    message.content.trim() === '' &&
    message.reasoning === null &&
    message.parts.length === 0 &&
    message.attachments.length === 0
  );
}

function plantTree(
  all: readonly ImportedMessage[],
  kept: readonly ImportedMessage[],
  notes: Set<ImportNote>,
): readonly ImportedMessage[] {
  const parents = new Map(all.map((message) => [message.sourceId, message.parentSourceId]));
  const tree = orderTree(kept, (id) => parents.get(id));
  if (tree.isRepaired) notes.add('tree_repaired');
  return tree.messages;
}

/** The named leaf, or the nearest kept message above it when it held nothing. */
function findLeaf(
  draft: ConversationDraft,
  all: readonly ImportedMessage[],
  messages: readonly ImportedMessage[],
): string | null {
  const named = draft.activeLeafSourceId ?? null;
  if (named === null) return null;
  const kept = new Set(messages.map(({ sourceId }) => sourceId));
  const parents = new Map(all.map((message) => [message.sourceId, message.parentSourceId]));
  const seen = new Set<string>();
  let current: string | null = named;
  while (current !== null && !kept.has(current) && !seen.has(current)) {
    seen.add(current);
    current = parents.get(current) ?? null;
  }
  if (current !== null && kept.has(current)) return current;
  draft.notes.add('leaf_guessed');
  return null;
}

/**
 * Stays the same when the talk grows: from its date, its title where it has no date, and its messages
 * up to the first question; without a date also the first answer, because many begin with a greeting.
 */
function deriveConversationId(draft: ConversationDraft): string {
  const { source, title = null, createdAt = null, derivedFrom, messages } = draft;
  const date = derivedFrom === undefined ? (createdAt ?? messages[0]?.timestamp ?? null) : null;
  const name = derivedFrom === undefined ? title : derivedFrom;
  const end = messages.findIndex(({ role }) => role === (date === null ? 'assistant' : 'user'));
  const lead = messages.slice(0, end === -1 ? 1 : end + 1);
  return deriveSourceId(
    source,
    'conversation',
    date === null ? name : null,
    date,
    ...lead.flatMap(({ role, content }) => [role, content]),
  );
}

/** What earlier versions derived, from title, date and all messages: of each beginning of the talk. */
function foldIds({ source, title = null, createdAt = null, messages }: ConversationDraft) {
  let id = deriveSourceId(source, title, createdAt);
  return messages.map(({ role, content, timestamp = null }) => {
    id = deriveSourceId(id, role, content, timestamp);
    return id;
  });
}
