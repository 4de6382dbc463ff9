import type { ImportedMessage, ReadItem } from '#domain/imported.ts';
import type { Message } from '#domain/message.ts';
import { MAX_JSON_DEPTH } from '#files/limits.ts';
import { isDeeper, toJsonText } from './deep-values.ts';

/**
 * Deepest nesting that is kept of a single block or value. A backup takes 64 levels of a whole row,
 * and row, list and our own fields around the block need some of them.
 */
const MAX_KEPT_DEPTH = MAX_JSON_DEPTH - 16;

/**
 * The item with every block of `parts` and every value of `metadata` that nests deeper than can be
 * stored as its JSON text: such a block says the same, and no backup or export has to refuse its row.
 */
export function withShallowExtras(item: ReadItem): ReadItem {
  if (item.kind === 'conversation') {
    const { conversation } = item;
    const messages = mapChanged(conversation.messages, withShallowMessage);
    const metadata = withShallowValues(conversation.metadata);
    if (messages === conversation.messages && metadata === conversation.metadata) return item;
    return { ...item, conversation: { ...conversation, messages, metadata } };
  }
  if (item.kind !== 'native') return item;
  const { native } = item;
  const messages = mapChanged(native.messages, withShallowMessage);
  const metadata = withShallowValues(native.conversation.metadata);
  if (messages === native.messages && metadata === native.conversation.metadata) return item;
  const conversation = { ...native.conversation, metadata };
  return { ...item, native: { ...native, conversation, messages } };
}

function withShallowMessage<Row extends ImportedMessage | Message>(message: Row): Row {
  const parts = mapChanged(message.parts, toShallowBlock);
  const metadata = withShallowValues(message.metadata);
  if (parts === message.parts && metadata === message.metadata) return message;
  return { ...message, parts, metadata };
}

/** A block stays an object, because a block is told by its `type`. */
function toShallowBlock(block: unknown): unknown {
  if (!isDeeper(block, MAX_KEPT_DEPTH)) return block;
  const isNamed = typeof block === 'object' && block !== null && 'type' in block;
  const type = isNamed && typeof block.type === 'string' ? block.type : 'json';
  return { type, json: toJsonText(block) };
}

function withShallowValues(
  values: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const entries = Object.entries(values);
  if (!entries.some(([, value]) => isDeeper(value, MAX_KEPT_DEPTH))) return values;
  return Object.fromEntries(
    entries.map(([key, value]) => [
      key,
      isDeeper(value, MAX_KEPT_DEPTH) ? toJsonText(value) : value,
    ]),
  );
}

/** The same list when nothing of it changes: most conversations are left as they are. */
export function mapChanged<Value>(
  values: readonly Value[],
  change: (value: Value) => Value,
): readonly Value[] {
  let changed: Value[] | undefined;
  for (const [index, value] of values.entries()) {
    const next = change(value);
    if (next !== value) changed ??= [...values];
    if (changed) changed[index] = next;
  }
  return changed ?? values;
}
