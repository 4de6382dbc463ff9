import { createImportedConversation, deriveSourceId } from '#domain/imported.ts';
import type { ImportedConversation, ImportedMessage, ReadItem } from '#domain/imported.ts';
import { earliestOf, latestOf } from './date-bounds.ts';
import type { NoteSet } from './read-said.ts';
import { orderTree } from './read-value.ts';
import { skipped } from './skipped.ts';

type Fields = Omit<
  Partial<ImportedConversation>,
  'sourceId' | 'isSourceIdDerived' | 'messages' | 'notes' | 'activeLeafSourceId'
> &
  Pick<ImportedConversation, 'source'>;

/** A conversation whose fields and messages are read, before its tree is mended and its ends are known. */
export interface ConversationDraft {
  readonly fields: Fields;
  /** Its id in the source; null derives one. */
  readonly sourceId: string | null;
  /** In the source's order; parents may be missing or in a circle. */
  readonly messages: readonly ImportedMessage[];
  /** What the source names as the end of the shown branch; null when it names none. */
  readonly leaf: string | null;
  readonly notes: NoteSet;
}

/**
 * The conversation with its tree in order, its shown branch known and its dates filled from its
 * messages; skipped as `empty_conversation` when it has no message. A named end that does not exist,
 * and several ends of which none is named, give the newest end and the note `leaf_guessed`.
 */
export function finishConversation(draft: ConversationDraft): ReadItem {
  const { fields, notes } = draft;
  const { messages, isRepaired } = orderTree(draft.messages);
  if (messages.length === 0) {
    return skipped('empty_conversation', fields.title ?? draft.sourceId);
  }
  if (isRepaired) notes.add('tree_repaired');
  if (messages.some(({ timestamp, metadata }) => timestamp === null && !metadata['hidden'])) {
    notes.add('date_unknown');
  }
  if (draft.sourceId === null) notes.add('ids_derived');
  const dates = messages.flatMap(({ timestamp }) => timestamp ?? []);
  const conversation = createImportedConversation({
    ...fields,
    sourceId: draft.sourceId ?? deriveConversationId(fields, messages),
    isSourceIdDerived: draft.sourceId === null,
    createdAt: fields.createdAt ?? earliestOf(dates),
    updatedAt: fields.updatedAt ?? latestOf(dates) ?? fields.createdAt ?? null,
    activeLeafSourceId: chooseLeaf(draft, messages),
    messages,
    notes: [...notes],
  });
  return { kind: 'conversation', conversation };
}

/** Stays the same when the conversation grows, and where it has a date also when its title changes. */
function deriveConversationId(fields: Fields, messages: readonly ImportedMessage[]): string {
  const first = messages[0];
  const date = fields.createdAt ?? first?.timestamp ?? null;
  const title = date === null ? (fields.title ?? null) : null;
  return deriveSourceId(
    fields.source,
    'conversation',
    title,
    first?.role ?? null,
    first?.content ?? null,
    date,
  );
}

function chooseLeaf(draft: ConversationDraft, messages: readonly ImportedMessage[]): string | null {
  const { leaf, notes } = draft;
  if (leaf !== null && messages.some(({ sourceId }) => sourceId === leaf)) return leaf;
  const { newest, count } = newestLeaf(messages);
  if (leaf !== null || count > 1) notes.add('leaf_guessed');
  return newest;
}

/** A leaf without a date is as old as its nearest dated ancestor; of two equals the later one counts. */
function newestLeaf(messages: readonly ImportedMessage[]): {
  newest: string | null;
  count: number;
} {
  const parents = new Set(messages.map(({ parentSourceId }) => parentSourceId));
  const dateById = new Map<string | null, number>();
  let newest: string | null = null;
  let newestDate = -Infinity;
  let count = 0;
  for (const { sourceId, parentSourceId, timestamp } of messages) {
    const date = timestamp ?? dateById.get(parentSourceId) ?? -Infinity;
    dateById.set(sourceId, date);
    if (parents.has(sourceId)) continue;
    count += 1;
    if (date >= newestDate) [newest, newestDate] = [sourceId, date];
  }
  return { newest, count };
}
