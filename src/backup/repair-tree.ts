import type { MessageId } from '#domain/ids.ts';

/** A message's place in the tree of its conversation. */
export interface TreePlace {
  readonly id: MessageId;
  readonly parentId: MessageId | null;
  readonly seq: number;
  readonly timestamp: number;
}

export interface RepairedTree {
  /** Every message by its new `seq`. */
  readonly places: readonly TreePlace[];
  /** Those whose place changed. */
  readonly moved: readonly TreePlace[];
  /** Messages that named a parent that is not there. */
  readonly missingParentCount: number;
  /** Messages that were taken out of a circle. */
  readonly cutCount: number;
}

/** A number above this is damage: the next one could not be counted any more. */
const MAX_SEQ = 1e12;

/**
 * The same messages as a sound tree: every parent is there and stands before its children, and no
 * number is given twice. What is sound stays as it is. A missing parent is replaced by the message
 * before; of a circle the earliest becomes a root.
 * @param isChain The file said nothing of parents: the messages follow each other by time.
 */
export function repairTree(messages: readonly TreePlace[], isChain: boolean): RepairedTree {
  const ordered = messages.toSorted(isChain ? byTime : bySeq);
  const parents = new Map<MessageId, MessageId | null>();
  const known = new Set(ordered.map(({ id }) => id));
  let missingParentCount = 0;
  for (const [index, { id, parentId }] of ordered.entries()) {
    const before = ordered[index - 1]?.id ?? null;
    if (isChain) parents.set(id, before);
    else if (parentId === null || (known.has(parentId) && parentId !== id)) {
      parents.set(id, parentId);
    } else {
      missingParentCount += 1;
      parents.set(id, before);
    }
  }
  const cutCount = cutCircles(ordered, parents);
  const placed = renumber(ordered, parents);
  const places = placed.toSorted(bySeq);
  const before = new Map(messages.map((message) => [message.id, message]));
  const moved = places.filter(({ id, parentId, seq }) => {
    const old = before.get(id);
    return old?.parentId !== parentId || old.seq !== seq;
  });
  return { places, moved, missingParentCount, cutCount };
}

function bySeq(a: TreePlace, b: TreePlace): number {
  return a.seq - b.seq || a.timestamp - b.timestamp;
}

/** By time, then as they stood in the file. */
function byTime(a: TreePlace, b: TreePlace): number {
  return a.timestamp - b.timestamp || a.seq - b.seq;
}

/** Makes the earliest message of every circle a root. */
function cutCircles(
  ordered: readonly TreePlace[],
  parents: Map<MessageId, MessageId | null>,
): number {
  const rank = new Map(ordered.map(({ id }, index) => [id, index]));
  const sound = new Set<MessageId>();
  let cutCount = 0;
  for (const { id } of ordered) {
    const path = new Set<MessageId>();
    let current: MessageId | null = id;
    while (current !== null && !sound.has(current) && !path.has(current)) {
      path.add(current);
      current = parents.get(current) ?? null;
    }
    if (current !== null && path.has(current)) {
      parents.set(earliestOfCircle(current, parents, rank), null);
      cutCount += 1;
    }
    for (const seen of path) sound.add(seen);
  }
  return cutCount;
}

function earliestOfCircle(
  start: MessageId,
  parents: ReadonlyMap<MessageId, MessageId | null>,
  rank: ReadonlyMap<MessageId, number>,
): MessageId {
  let earliest = start;
  let current = parents.get(start) ?? start;
  while (current !== start) {
    if ((rank.get(current) ?? 0) < (rank.get(earliest) ?? 0)) earliest = current;
    current = parents.get(current) ?? start;
  }
  return earliest;
}

/** The messages with their parents; numbered anew where the numbers are not sound. */
function renumber(
  ordered: readonly TreePlace[],
  parents: ReadonlyMap<MessageId, MessageId | null>,
): readonly TreePlace[] {
  const linked = ordered.map((message) => ({
    ...message,
    parentId: parents.get(message.id) ?? null,
  }));
  if (isSound(linked)) return linked;
  return parentsFirst(linked).map((message, seq) => ({ ...message, seq }));
}

function isSound(messages: readonly TreePlace[]): boolean {
  const seqs = new Map(messages.map(({ id, seq }) => [id, seq]));
  const isEachSound = messages.every(({ parentId, seq }) => {
    if (!Number.isSafeInteger(seq) || seq < 0 || seq > MAX_SEQ) return false;
    return parentId === null || (seqs.get(parentId) ?? Infinity) < seq;
  });
  return isEachSound && new Set(seqs.values()).size === messages.length;
}

/** In the given order, but no message before its parent. */
function parentsFirst(messages: readonly TreePlace[]): TreePlace[] {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const done = new Set<MessageId>();
  const result: TreePlace[] = [];
  for (const message of messages) {
    const waiting: TreePlace[] = [];
    let current: TreePlace | undefined = message;
    while (current && !done.has(current.id)) {
      waiting.push(current);
      done.add(current.id);
      current = current.parentId === null ? undefined : byId.get(current.parentId);
    }
    result.push(...waiting.reverse());
  }
  return result;
}
