/** Between reading and storing: what is counted, what is left out, and which of two copies counts. */
import { MAX_FIELD_CHARACTERS } from '#domain/file-fields.ts';
import type {
  ImportNote,
  ImportedConversation,
  NativeConversation,
  ReadItem,
} from '#domain/imported.ts';
import { isMissing } from './collect-attachments.ts';
import { refusalOf } from './item-refusal.ts';
import type { ConversationItem } from './item-refusal.ts';
import { hasNativeBytes } from './native-bytes.ts';
import type { ConversationSize, CountedConversation, ImportTally } from './import-tally.ts';
import type { ReadOutcome } from './read-imports.ts';
import type { RecognizedFile } from './recognize-files.ts';

/** A conversation that is to be compared with the database. */
export type WantedItem = Extract<ReadItem, { readonly kind: 'conversation' | 'native' }> & {
  readonly file: RecognizedFile;
  /** As the report knows it, see `ImportTally.place`. */
  readonly owner: string;
  /** A poorer copy of it came before, in this run. */
  readonly isRepeated: boolean;
};

/** A document that is to be compared with the library. */
export type WantedDocument = Extract<ReadItem, { readonly kind: 'document' }>;

type Counted = Omit<CountedConversation, 'owner' | 'fileName'>;

/** What is remembered of a conversation, to tell whether a second copy says more. */
interface Seen extends ConversationSize {
  readonly updatedAt: number;
  /** Of a derived id: marks of the talk up to its first message, its second … and all. */
  readonly beginnings: Uint32Array | undefined;
}

/**
 * Counts each outcome and passes on conversations and documents. Of one that the files hold twice, the copy
 * with more messages counts, or of two equal ones the newer; the other is `duplicate_in_file`.
 */
export function createItemFilter(
  tally: ImportTally,
): (outcome: ReadOutcome) => WantedItem | WantedDocument | undefined {
  const seen = new Map<string, Seen>();
  const seenDocuments = new Set<string>();

  return (outcome) => {
    if (outcome.kind === 'refused') tally.refuse(outcome.refused);
    else if (outcome.kind === 'note') tally.note(outcome.note, outcome.label);
    if (outcome.kind !== 'item') return undefined;
    const { item, file } = outcome;
    try {
      return take(item, file);
    } catch {
      // Nothing of it was counted yet: it is left out, and the next one follows.
      tally.skip('unreadable_element', nameOfItem(item));
      return undefined;
    }
  };

  function take(item: ReadItem, file: RecognizedFile): WantedItem | WantedDocument | undefined {
    if (item.kind === 'skipped') {
      tally.skip(item.reason, item.label);
      return undefined;
    }
    if (item.kind === 'document') {
      const { source, sourceId, name, text, memoryOf } = item.document;
      // Two memories that do not say whose they are may be those of two accounts.
      const key = [source, sourceId, ...(memoryOf === null ? [text] : [])].join('\n');
      const refusal = seenDocuments.has(key)
        ? 'duplicate_in_file'
        : text.length > MAX_FIELD_CHARACTERS
          ? 'too_large'
          : text.trim() === ''
            ? 'document_without_text'
            : undefined;
      if (refusal) {
        tally.skip(refusal, name);
        return undefined;
      }
      seenDocuments.add(key);
      tally.addDocument(source);
      return item;
    }
    const counted =
      item.kind === 'native'
        ? countNative(item.native, file)
        : countImported(item.conversation, file);
    const refusal = refusalOf(item);
    if (refusal) {
      tally.skip(refusal, counted.label, keyOf(item));
      return undefined;
    }
    const current = toSeen(item, counted);
    const same = seen.get(keyOf(item));
    const taken = same && !isSameTalk(current, same) ? withOwnId(item) : item;
    const owner = keyOf(taken);
    const before = seen.get(owner);
    if (before) tally.skip('duplicate_in_file', counted.label, owner);
    if (before && !isRicher(current, before)) return undefined;
    seen.set(owner, current);
    tally.addConversation({ ...counted, owner, fileName: file.file.name }, before);
    return { ...taken, file, owner, isRepeated: before !== undefined };
  }
}

function nameOfItem(item: ReadItem): string | null {
  if (item.kind === 'skipped') return item.label;
  return item.kind === 'document' ? item.document.name : labelOf(item);
}

/** What the report calls a conversation: its title, else its id. */
export function labelOf(item: ConversationItem): string {
  if (item.kind === 'native') return item.native.conversation.title ?? item.native.conversation.id;
  return item.conversation.title ?? item.conversation.sourceId;
}

/** Two talks without ids that begin alike are one only where one says all that the other does. */
function isSameTalk({ beginnings: one }: Seen, { beginnings: other }: Seen): boolean {
  if (!one || !other) return true;
  const last = Math.min(one.length, other.length) - 1;
  return one[last] === other[last];
}

/** Known by all that it says, because another one began like it. */
function withOwnId(item: ConversationItem): ConversationItem {
  if (item.kind === 'native') return item;
  const { conversation } = item;
  const sourceId = conversation.formerSourceIds.at(-1) ?? conversation.sourceId;
  // It may lie here under the other id: when it was the first of them.
  const formerSourceIds = [conversation.sourceId, ...conversation.formerSourceIds];
  return { ...item, conversation: { ...conversation, sourceId, formerSourceIds } };
}

function beginningsOf(item: ConversationItem): Uint32Array | undefined {
  if (item.kind === 'native' || item.conversation.formerSourceIds.length === 0) return undefined;
  const { formerSourceIds } = item.conversation;
  return Uint32Array.from(formerSourceIds, (id) => Number.parseInt(id.slice(-8), 16));
}

function keyOf(item: ConversationItem): string {
  if (item.kind === 'native') return `native\n${item.native.conversation.id}`;
  return `${item.conversation.source}\n${item.conversation.sourceId}`;
}

/** Numbers only: there may be hundreds of thousands of them. */
function toSeen(item: ConversationItem, counted: Counted): Seen {
  const { updatedAt } = item.kind === 'native' ? item.native.conversation : item.conversation;
  const { messageCount, branchCount, attachmentCount, missingAttachmentCount } = counted;
  return {
    messageCount,
    branchCount,
    attachmentCount,
    missingAttachmentCount,
    updatedAt: updatedAt ?? 0,
    beginnings: beginningsOf(item),
  };
}

function isRicher(current: Seen, before: Seen): boolean {
  if (current.messageCount !== before.messageCount) {
    return current.messageCount > before.messageCount;
  }
  return current.updatedAt > before.updatedAt;
}

function countImported(conversation: ImportedConversation, { findAsset }: RecognizedFile): Counted {
  const { messages } = conversation;
  let attachmentCount = 0;
  let missingCount = 0;
  for (const { attachments } of messages) {
    attachmentCount += attachments.length;
    for (const each of attachments) missingCount += isMissing(each, findAsset) ? 1 : 0;
  }
  const leafCount = countLeaves(
    messages,
    ({ sourceId }) => sourceId,
    ({ parentSourceId }) => parentSourceId,
  );
  return {
    source: conversation.source,
    label: conversation.title ?? conversation.sourceId,
    ...countMessages(messages, leafCount),
    attachmentCount,
    missingAttachmentCount: missingCount,
    notes: withMissing(conversation.notes, missingCount),
  };
}

function countNative(native: NativeConversation, { findAsset }: RecognizedFile): Counted {
  const { conversation, messages, notes } = native;
  const attachments = messages.flatMap((message) => message.attachments);
  const missing = attachments.filter((each) => !hasNativeBytes(native, each, findAsset));
  return {
    source: conversation.source === 'seed' ? 'seed' : 'onggi',
    label: conversation.title ?? conversation.id,
    ...countMessages(
      messages,
      countLeaves(
        messages,
        ({ id }) => id,
        ({ parentId }) => parentId,
      ),
    ),
    attachmentCount: attachments.length,
    missingAttachmentCount: missing.length,
    notes: withMissing(notes, missing.length),
  };
}

function withMissing(notes: readonly ImportNote[], missingCount: number): readonly ImportNote[] {
  return missingCount === 0 ? notes : [...new Set<ImportNote>([...notes, 'asset_missing'])];
}

/** Messages that nothing follows. In a chain, as most are, no set of all ids is made to find one. */
function countLeaves<Row>(
  messages: readonly Row[],
  idOf: (message: Row) => string,
  parentOf: (message: Row) => string | null,
): number {
  let before: string | null = null;
  let isChain = messages.length > 0;
  for (const message of messages) {
    isChain &&= parentOf(message) === before;
    before = idOf(message);
    if (!isChain) break;
  }
  if (isChain) return 1;
  const parents = new Set(messages.map(parentOf));
  return messages.reduce((count, each) => count + (parents.has(idOf(each)) ? 0 : 1), 0);
}

interface MessageSize {
  readonly timestamp: number | null;
  readonly modelUsed: string | null;
}

function countMessages(messages: readonly MessageSize[], leafCount: number) {
  const chatModels = new Map<string, number>();
  let earliestAt: number | null = null;
  let latestAt: number | null = null;
  for (const { timestamp, modelUsed } of messages) {
    if (modelUsed !== null) chatModels.set(modelUsed, (chatModels.get(modelUsed) ?? 0) + 1);
    if (timestamp === null) continue;
    earliestAt = Math.min(earliestAt ?? timestamp, timestamp);
    latestAt = Math.max(latestAt ?? timestamp, timestamp);
  }
  return {
    messageCount: messages.length,
    branchCount: Math.max(0, leafCount - 1),
    earliestAt,
    latestAt,
    chatModels,
  };
}
