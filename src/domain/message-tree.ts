import type { MessageId } from './ids.ts';
import type { Message } from './message.ts';

/** A message on the shown branch with its place among the versions that share its parent. */
export interface PathEntry {
  readonly message: Message;
  /** All versions, oldest first, this one included. */
  readonly siblingIds: readonly MessageId[];
  /** Place of this one in `siblingIds`, from 0. */
  readonly siblingIndex: number;
}

/** Children by parent, each list ordered by `seq`; roots are under null. */
function childrenByParent(messages: readonly Message[]): Map<MessageId | null, Message[]> {
  const children = new Map<MessageId | null, Message[]>();
  for (const message of messages) {
    const list = children.get(message.parentId);
    if (list) list.push(message);
    else children.set(message.parentId, [message]);
  }
  for (const list of children.values()) list.sort((a, b) => a.seq - b.seq);
  return children;
}

/**
 * The branch that ends in `leafId`, oldest first. `messages` may be the newest part of a
 * conversation: the path then begins where the part begins. Without a leaf that is among them the
 * newest message is taken. A damaged tree with a circle ends where the circle closes.
 */
export function activePath(
  messages: readonly Message[],
  leafId: MessageId | null,
): readonly PathEntry[] {
  const messagesById = new Map(messages.map((message) => [message.id, message]));
  const children = childrenByParent(messages);
  const path: PathEntry[] = [];
  const seen = new Set<MessageId>();
  let current = (leafId && messagesById.get(leafId)) ?? newest(messages);
  while (current && !seen.has(current.id)) {
    seen.add(current.id);
    const siblingIds = (children.get(current.parentId) ?? [current]).map(({ id }) => id);
    path.push({ message: current, siblingIds, siblingIndex: siblingIds.indexOf(current.id) });
    current = current.parentId === null ? undefined : messagesById.get(current.parentId);
  }
  return path.reverse();
}

function newest(messages: readonly Message[]): Message | undefined {
  return messages.reduce<Message | undefined>(
    (latest, message) => (!latest || message.seq > latest.seq ? message : latest),
    undefined,
  );
}

/** The newest leaf below `id` (or `id` itself): what is shown after a person steps to that version. */
export function newestLeafBelow(messages: readonly Message[], id: MessageId): MessageId {
  const children = childrenByParent(messages);
  const seen = new Set<MessageId>();
  let current = id;
  for (;;) {
    seen.add(current);
    const next = children.get(current)?.at(-1);
    if (!next || seen.has(next.id)) return current;
    current = next.id;
  }
}

/** `id` and everything below it, parents before children. */
export function subtree(messages: readonly Message[], id: MessageId): readonly Message[] {
  const children = childrenByParent(messages);
  const root = messages.find((message) => message.id === id);
  if (!root) return [];
  const found = new Set<Message>([root]);
  for (const message of found) {
    for (const child of children.get(message.id) ?? []) found.add(child);
  }
  return [...found];
}
