/**
 * Small readers of values of unknown shape, for every format. They never throw and never follow a
 * prototype: `__proto__` and `constructor` of a file are keys like any other.
 */
import type { ImportedMessage, ImportNote } from '#domain/imported.ts';
import type { Role } from '#domain/message.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value as an object; an empty one when it is none. */
export function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

/** The value where it is an object. Anything else but null is lost, and is noted as `value_ignored`. */
export function takeObject(value: unknown, notes: Set<ImportNote>): JsonObject | undefined {
  if (isObject(value)) return value;
  if (value !== null && value !== undefined) notes.add('value_ignored');
  return undefined;
}

/** The objects of a list in their order, with what is none noted as of {@link takeObject}. */
export function objectsOf(list: unknown, notes: Set<ImportNote>): readonly JsonObject[] {
  return asArray(list).flatMap((value): readonly JsonObject[] => {
    const object = takeObject(value, notes);
    return object ? [object] : [];
  });
}

/** An own member; undefined when there is none. */
export function member(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** The value as a list; empty when it is none. */
export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A text that is not empty, else null. */
export function asText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** A number, else null; also where it is larger than any that is counted exactly: sums of such are none. */
export function asNumber(value: unknown): number | null {
  const isSound = typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  return isSound ? value : null;
}

/** A whole number from 0, else null. */
export function asCount(value: unknown): number | null {
  const number = asNumber(value);
  return number !== null && number >= 0 ? Math.round(number) : null;
}

/** An id: a text, or a number as text, else null. */
export function asId(value: unknown): string | null {
  return typeof value === 'number' ? String(value) : asText(value);
}

/** A flag that stands in one of several places: set in any, or said not to be; null where none says it. */
export function asFlag(...values: readonly unknown[]): boolean | null {
  if (values.includes(true)) return true;
  return values.includes(false) ? false : null;
}

/** The state of a conversation by the flag of its archive; null where the file does not say. */
export function asArchived(flag: unknown): 'archived' | 'active' | null {
  const isArchived = asFlag(flag);
  return isArchived === null ? null : isArchived ? 'archived' : 'active';
}

const ROLES: ReadonlyMap<string, Role> = new Map([
  ['user', 'user'],
  ['human', 'user'],
  ['assistant', 'assistant'],
  ['ai', 'assistant'],
  ['model', 'assistant'],
  ['bot', 'assistant'],
  ['gpt', 'assistant'],
  ['system', 'system'],
  ['developer', 'system'],
  ['function', 'function'],
  ['tool', 'tool'],
]);

/**
 * The role a name stands for, and the original name where it is not the same word (kept as
 * `metadata.source_role`). Unknown names become `assistant`, with `isKnown` false.
 */
export function readRole(value: unknown): {
  role: Role;
  sourceRole: string | null;
  isKnown: boolean;
} {
  const name = typeof value === 'string' ? value : '';
  const role = ROLES.get(name.toLowerCase());
  if (!role) return { role: 'assistant', sourceRole: name === '' ? null : name, isKnown: false };
  return { role, sourceRole: name === role ? null : name, isKnown: true };
}

/** The messages with parents before children, otherwise in their order; see {@link orderTree}. */
export interface OrderedTree {
  readonly messages: readonly ImportedMessage[];
  /** A parent was missing, or parents formed a circle. */
  readonly isRepaired: boolean;
}

/**
 * Puts parents before children and mends what is no tree: a missing parent is replaced by the nearest
 * known ancestor (`ancestorOf` may name one of a left-out node), else the message becomes a root; a
 * circle is cut where it closes; of two messages with one id the first stays.
 * @param ancestorOf The parent of a node that is not among the messages; undefined when unknown.
 */
export function orderTree(
  messages: readonly ImportedMessage[],
  ancestorOf: (sourceId: string) => string | null | undefined = () => undefined,
): OrderedTree {
  const byId = new Map<string, ImportedMessage>();
  for (const message of messages) {
    if (!byId.has(message.sourceId)) byId.set(message.sourceId, message);
  }
  let isRepaired = byId.size !== messages.length;

  /** Of ids without a message, so that a long chain of them is walked once and not for each message. */
  const nearest = new Map<string, string | null>();

  function nearestKnown(parent: string | null): string | null {
    const passed: string[] = [];
    let current = parent;
    while (current !== null && !byId.has(current)) {
      const found = nearest.get(current);
      if (found !== undefined) {
        current = found;
        break;
      }
      // Met again before its end is known, it is in a circle.
      nearest.set(current, null);
      passed.push(current);
      const next = ancestorOf(current);
      if (next === undefined) isRepaired = true;
      current = next ?? null;
    }
    for (const id of passed) nearest.set(id, current);
    return current;
  }

  const children = new Map<string | null, ImportedMessage[]>();
  for (const message of byId.values()) {
    const parentSourceId = nearestKnown(message.parentSourceId);
    const linked =
      parentSourceId === message.parentSourceId ? message : { ...message, parentSourceId };
    const list = children.get(parentSourceId);
    if (list) list.push(linked);
    else children.set(parentSourceId, [linked]);
  }
  const placed = new Map<string, ImportedMessage>();
  function place(roots: readonly ImportedMessage[]): void {
    const waiting = roots.toReversed();
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      if (placed.has(next.sourceId)) continue;
      placed.set(next.sourceId, next);
      // One by one: a spread of very many arguments overflows the stack.
      for (const child of children.get(next.sourceId)?.toReversed() ?? []) waiting.push(child);
    }
  }
  place(children.get(null) ?? []);
  // What is left hangs on a circle: cut it at the first of them.
  for (const message of byId.values()) {
    if (placed.has(message.sourceId)) continue;
    isRepaired = true;
    place([{ ...message, parentSourceId: null }]);
  }
  return { messages: sourceOrder(placed, [...byId.keys()]), isRepaired };
}

/** As near to the source's order as parents-before-children allows. */
function sourceOrder(
  placed: ReadonlyMap<string, ImportedMessage>,
  order: readonly string[],
): readonly ImportedMessage[] {
  const done = new Set<string>();
  const result: ImportedMessage[] = [];
  for (const id of order) {
    const chain: ImportedMessage[] = [];
    let current = placed.get(id);
    while (current && !done.has(current.sourceId)) {
      done.add(current.sourceId);
      chain.push(current);
      current = current.parentSourceId === null ? undefined : placed.get(current.parentSourceId);
    }
    for (const message of chain.reverse()) result.push(message);
  }
  return result;
}

/** The messages as a chain in their order: for formats without parents. */
export function chain(messages: readonly ImportedMessage[]): readonly ImportedMessage[] {
  let parentSourceId: string | null = null;
  return messages.map((message) => {
    const linked =
      message.parentSourceId === parentSourceId ? message : { ...message, parentSourceId };
    parentSourceId = message.sourceId;
    return linked;
  });
}
