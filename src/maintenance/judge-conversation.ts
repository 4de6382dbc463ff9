import { repairTree } from '#backup/repair-tree.ts';
import type { Conversation } from '#domain/conversation.ts';
import type {
  ConversationRepair,
  MessageFacts,
  OldPlace,
  ProblemKind,
} from '#domain/maintenance.ts';

/** A last number this far beyond the messages is damage. */
const MAX_SEQ_GAP = 1e9;

/**
 * What is wrong between a conversation and its messages, and the change that mends it without
 * losing anything; undefined when they agree.
 * @param conversation Undefined for messages that have none.
 * @param missing Attachments that messages name and that are not there. Their bytes cannot come back:
 * the reference says so, as one from an import does whose file was not in it.
 */
export function judgeConversation(
  conversation: Conversation | undefined,
  messages: readonly MessageFacts[],
  missing: ReadonlySet<string> = new Set(),
): ConversationRepair | undefined {
  const { places, moved, missingParentCount, cutCount } = repairTree(messages, false);
  const last = places.at(-1);
  const maxSeq = last?.seq ?? -1;
  const saidSeq = conversation?.lastSeq ?? -1;
  const isLeafThere = places.some(({ id }) => id === conversation?.activeLeafId);
  const isLeafWrong = conversation !== undefined && !isLeafThere && messages.length > 0;
  const tallies = {
    messageCount: messages.length,
    totalTokens: messages.reduce((sum, { tokenCount }) => sum + (tokenCount ?? 0), 0),
    lastSeq: saidSeq > maxSeq && saidSeq - maxSeq <= MAX_SEQ_GAP ? saidSeq : maxSeq,
    activeLeafId: (isLeafThere ? conversation?.activeLeafId : last?.id) ?? null,
  };
  const isMiscounted =
    conversation !== undefined &&
    (conversation.messageCount !== tallies.messageCount ||
      conversation.totalTokens !== tallies.totalTokens ||
      conversation.lastSeq !== tallies.lastSeq);
  const isLeafLeft =
    conversation !== undefined && messages.length === 0 && conversation.activeLeafId !== null;
  const bytesless = messages.filter((message) => bytesNamed(message).some((id) => missing.has(id)));
  const missingBytesCount = bytesless.flatMap(bytesNamed).filter((id) => missing.has(id)).length;
  const renumbered = moved.length - missingParentCount - cutCount;
  const problems = Object.fromEntries(
    (
      [
        ['no-conversation', conversation ? 0 : messages.length],
        ['no-parent', missingParentCount],
        ['circle', cutCount],
        ['order', Math.max(0, renumbered)],
        ['counters', isMiscounted ? 1 : 0],
        // Lowering the sum would be the end of the only trace of them: the person is asked first.
        ['lost-messages', Math.max(0, (conversation?.messageCount ?? 0) - messages.length)],
        ['shown-branch', isLeafWrong || isLeafLeft ? 1 : 0],
        ['no-bytes', missingBytesCount],
      ] as const satisfies readonly (readonly [ProblemKind, number])[]
    ).filter(([, count]) => count > 0),
  );
  if (Object.keys(problems).length === 0) return undefined;
  return {
    problems,
    moved: withFiles(
      moved.map(({ id, parentId, seq }) => ({ id, parentId, seq })),
      bytesless,
      missing,
    ),
    tallies,
  };
}

/** The attachments whose bytes should be here: those of 0 bytes are known not to be. */
export function bytesNamed({ attachments }: Pick<MessageFacts, 'attachments'>): readonly string[] {
  return attachments.flatMap(({ id, sizeBytes }) => (sizeBytes > 0 ? [id] : []));
}

function withFiles(
  moved: readonly OldPlace[],
  bytesless: readonly MessageFacts[],
  missing: ReadonlySet<string>,
): readonly OldPlace[] {
  const changed = new Map(moved.map((place) => [place.id, place]));
  for (const { id, parentId, seq, attachments } of bytesless) {
    const place = changed.get(id) ?? { id, parentId, seq };
    const told = attachments.map((file) =>
      missing.has(file.id) ? { ...file, sizeBytes: 0 } : file,
    );
    changed.set(id, { ...place, attachments: told });
  }
  return [...changed.values()];
}
