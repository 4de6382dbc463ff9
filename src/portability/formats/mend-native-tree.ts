import type { MessageId } from '#domain/ids.ts';
import type { Message } from '#domain/message.ts';

/** Rows of one conversation that form a tree and are in its order. */
export interface MendedTree {
  /** By `seq`, which is unique and rises from parent to child. */
  readonly messages: readonly Message[];
  /** A parent was missing, or parents formed a circle. */
  readonly isRepaired: boolean;
}

/**
 * Makes a tree of rows whose ids are unique. A missing parent becomes `fallbackOf` the row, a circle
 * is cut at the row of it that stands first, and where `seq` is not that of a tree all rows are
 * numbered anew, in their order as far as parents allow.
 */
export function mendNativeTree(
  rows: readonly Message[],
  fallbackOf: (row: Message) => MessageId | null,
): MendedTree {
  const ids = new Set(rows.map(({ id }) => id));
  const linked = rows.map((row) => {
    const { parentId } = row;
    return parentId === null || ids.has(parentId) ? row : { ...row, parentId: fallbackOf(row) };
  });
  const { ordered, isCut } = parentsFirst(linked);
  const messages = hasTreeOrder(ordered)
    ? ordered.toSorted((a, b) => a.seq - b.seq)
    : ordered.map((row, seq) => ({ ...row, seq }));
  return { messages, isRepaired: isCut || linked.some((row, index) => row !== rows[index]) };
}

/** The rows in their order, each after its parent; iterative, because chains are long. */
function parentsFirst(rows: readonly Message[]): { ordered: Message[]; isCut: boolean } {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const placed = new Set<MessageId>();
  const ordered: Message[] = [];
  let isCut = false;
  for (const row of rows) {
    const { chain, isCircle } = chainUp(row, byId, placed);
    isCut ||= isCircle;
    for (const next of chain.reverse()) {
      placed.add(next.id);
      ordered.push(next);
    }
  }
  return { ordered, isCut };
}

/** The row and what is above it, up to a root, a placed row, or the row at which a circle is cut. */
function chainUp(
  row: Message,
  byId: ReadonlyMap<MessageId, Message>,
  placed: ReadonlySet<MessageId>,
): { chain: Message[]; isCircle: boolean } {
  const chain: Message[] = [];
  const seen = new Set<MessageId>();
  let current: Message | undefined = row;
  while (current && !placed.has(current.id)) {
    const { id, parentId }: Message = current;
    if (seen.has(id)) {
      const [first, ...others] = chain.splice(chain.findIndex((one) => one.id === id));
      if (!first) break;
      return { chain: [...chain, ...others, { ...first, parentId: null }], isCircle: true };
    }
    seen.add(id);
    chain.push(current);
    current = parentId === null ? undefined : byId.get(parentId);
  }
  return { chain, isCircle: false };
}

function hasTreeOrder(ordered: readonly Message[]): boolean {
  const seqById = new Map<MessageId, number>();
  const seqs = new Set<number>();
  for (const { id, parentId, seq } of ordered) {
    const below = parentId === null ? -1 : (seqById.get(parentId) ?? Infinity);
    if (seq < 0 || seq <= below || seqs.has(seq)) return false;
    seqs.add(seq);
    seqById.set(id, seq);
  }
  return true;
}
