import type { Conversation } from '#domain/conversation.ts';
import type { ImportNote, NativeConversation } from '#domain/imported.ts';
import type { MessageId } from '#domain/ids.ts';
import type { Message } from '#domain/message.ts';

/** A message as a file of ours has it, before its place in the tree is known. */
export interface FoundMessage {
  readonly message: Message;
  /** The file says what it follows; otherwise it follows the message before it. */
  readonly hasParent: boolean;
  /** The file says its `seq`. */
  readonly hasSeq: boolean;
}

/**
 * A conversation of our own files with its tree in order: parents before children and `seq` rising,
 * counters and shown branch counted anew. A missing parent, a circle and a second message of the same
 * id are mended and noted. Messages without a place in the file are ordered by time.
 */
export function completeNative(
  conversation: Conversation,
  found: readonly FoundMessage[],
  notes: Set<ImportNote>,
): Pick<NativeConversation, 'conversation' | 'messages'> {
  const linked = linkParents(inOrder(found));
  const { messages, isRepaired } = placeParentsFirst(linked);
  if (isRepaired) notes.add('tree_repaired');
  const hasPlaces = found.every(({ hasSeq }) => hasSeq) && isRising(messages);
  const placed = hasPlaces ? messages : messages.map((message, seq) => ({ ...message, seq }));
  return { conversation: withCounters(conversation, placed, notes), messages: placed };
}

function inOrder(found: readonly FoundMessage[]): readonly FoundMessage[] {
  const key = found.every(({ hasSeq }) => hasSeq) ? 'seq' : 'timestamp';
  return found.toSorted((a, b) => a.message[key] - b.message[key]);
}

function linkParents(found: readonly FoundMessage[]): readonly Message[] {
  let previous: MessageId | null = null;
  return found.map(({ message, hasParent }) => {
    const linked = hasParent ? message : { ...message, parentId: previous };
    previous = message.id;
    return linked;
  });
}

/** As near to the given order as parents-before-children allows. */
function placeParentsFirst(messages: readonly Message[]): {
  messages: readonly Message[];
  isRepaired: boolean;
} {
  const byId = new Map<MessageId, Message>();
  for (const message of messages) if (!byId.has(message.id)) byId.set(message.id, message);
  let isRepaired = byId.size !== messages.length;
  const placed = new Map<MessageId, Message>();
  let last: MessageId | null = null;
  for (const message of byId.values()) {
    for (const next of unplacedLine(message, byId, placed).reverse()) {
      const isAstray = next.parentId !== null && !placed.has(next.parentId);
      if (isAstray) isRepaired = true;
      // The nearest message that is known: what is placed hangs on placed ones only, so no circle arises.
      placed.set(next.id, isAstray ? { ...next, parentId: last } : next);
      last = next.id;
    }
  }
  return { messages: [...placed.values()], isRepaired };
}

/** A message and what it hangs on, upwards, as far as that is not placed yet. */
function unplacedLine(
  message: Message,
  byId: ReadonlyMap<MessageId, Message>,
  placed: ReadonlyMap<MessageId, Message>,
): Message[] {
  const line: Message[] = [];
  const seen = new Set<MessageId>();
  let current: Message | undefined = message;
  while (current && !placed.has(current.id) && !seen.has(current.id)) {
    seen.add(current.id);
    line.push(current);
    current = current.parentId === null ? undefined : byId.get(current.parentId);
  }
  return line;
}

function isRising(messages: readonly Message[]): boolean {
  return messages.every((message, index) => {
    const before = messages[index - 1];
    return message.seq >= 0 && (!before || before.seq < message.seq);
  });
}

function withCounters(
  conversation: Conversation,
  messages: readonly Message[],
  notes: Set<ImportNote>,
): Conversation {
  const messageCount = messages.length;
  const totalTokens = messages.reduce((sum, { tokenCount }) => sum + (tokenCount ?? 0), 0);
  const isWrong =
    messageCount !== conversation.messageCount || totalTokens !== conversation.totalTokens;
  if (isWrong) notes.add('counters_recomputed');
  const lastSeq = Math.max(conversation.lastSeq, messages.at(-1)?.seq ?? -1);
  const { activeLeafId } = conversation;
  const hasLeaf = activeLeafId !== null && messages.some(({ id }) => id === activeLeafId);
  if (activeLeafId !== null && !hasLeaf) notes.add('leaf_guessed');
  const leaf = hasLeaf ? activeLeafId : (messages.at(-1)?.id ?? null);
  return { ...conversation, messageCount, totalTokens, lastSeq, activeLeafId: leaf };
}
