/**
 * [Note: What a row may weigh] A backup holds a message as one element, its `metadata` with our own fields
 * in it as JSON text within JSON, where a quotation mark takes four characters; it reads elements of up to
 * `MAX_ELEMENT_CHARACTERS`. A row that is longer would keep every later backup, snapshot and copy from being
 * written. So an import takes of blocks and metadata what has 10 million characters as JSON, which are 20
 * million at most in a backup, and of longer ones their beginning; a message whose texts leave no room for
 * that is refused (`item-refusal.ts`).
 */
import { MAX_FIELD_CHARACTERS } from '#domain/file-fields.ts';
import type { ImportedMessage, ImportNote, ReadItem } from '#domain/imported.ts';
import type { Message } from '#domain/message.ts';
import { isAbove, toJsonText } from './deep-values.ts';
import { mapChanged } from './shallow-extras.ts';

/** Characters that are kept of a block or value for which there is no room. */
const BEGINNING_CHARACTERS = 10_000;
/** Names of values are short; longer ones are left out where there is no room for all. */
const MAX_KEY_CHARACTERS = 1000;

/**
 * The item with blocks and metadata of each message, and metadata of the conversation, that have at most
 * `MAX_FIELD_CHARACTERS` as JSON. It is noted where something was cut, see [Note: What a row may weigh].
 */
export function withBoundedExtras(item: ReadItem): ReadItem {
  if (item.kind === 'conversation') {
    const { conversation } = item;
    const messages = mapChanged(conversation.messages, withBoundedMessage);
    const metadata = boundedMetadata(conversation.metadata);
    if (messages === conversation.messages && metadata === conversation.metadata) return item;
    const notes = withNote(conversation.notes);
    return { ...item, conversation: { ...conversation, messages, metadata, notes } };
  }
  if (item.kind !== 'native') return item;
  const { native } = item;
  const messages = mapChanged(native.messages, withBoundedMessage);
  const metadata = boundedMetadata(native.conversation.metadata);
  if (messages === native.messages && metadata === native.conversation.metadata) return item;
  const conversation = { ...native.conversation, metadata };
  return {
    ...item,
    native: { ...native, conversation, messages, notes: withNote(native.notes) },
  };
}

function withNote(notes: readonly ImportNote[]): readonly ImportNote[] {
  return [...new Set<ImportNote>([...notes, 'extras_cut'])];
}

function withBoundedMessage<Row extends ImportedMessage | Message>(message: Row): Row {
  const { parts, metadata } = message;
  if (!isAbove([parts, metadata], MAX_FIELD_CHARACTERS)) return message;
  const room = createRoom();
  const keptMetadata = keepEntries(metadata, room);
  return { ...message, metadata: keptMetadata, parts: keepBlocks(parts, room) };
}

type Metadata = Readonly<Record<string, unknown>>;

function boundedMetadata(metadata: Metadata): Metadata {
  return isAbove(metadata, MAX_FIELD_CHARACTERS) ? keepEntries(metadata, createRoom()) : metadata;
}

/** What is left of the characters of one row. */
interface Room {
  /** Whether the JSON of a value still goes in; it is taken then. */
  take(value: unknown): boolean;
}

function createRoom(): Room {
  let left = MAX_FIELD_CHARACTERS;
  return {
    take(value) {
      if (isAbove(value, left)) return false;
      // The comma and what stands around the list.
      left -= toJsonText(value).length + 4;
      return true;
    },
  };
}

function keepEntries(metadata: Metadata, room: Room): Metadata {
  const entries = Object.entries(metadata).flatMap(([key, value]): [string, unknown][] => {
    if (key.length > MAX_KEY_CHARACTERS) return [];
    if (room.take([key, value])) return [[key, value]];
    const beginning = beginningOf(value);
    return room.take([key, beginning]) ? [[key, beginning]] : [];
  });
  return Object.fromEntries(entries);
}

/** A block stays an object, because a block is told by its `type`. */
function keepBlocks(parts: readonly unknown[], room: Room): readonly unknown[] {
  const kept: unknown[] = [];
  for (const block of parts) {
    if (room.take(block)) kept.push(block);
    else {
      const beginning = { type: typeOf(block), json: beginningOf(block) };
      if (!room.take(beginning)) break;
      kept.push(beginning);
    }
  }
  return kept;
}

function typeOf(block: unknown): string {
  const isNamed = typeof block === 'object' && block !== null && 'type' in block;
  return isNamed && typeof block.type === 'string' && block.type.length <= MAX_KEY_CHARACTERS
    ? block.type
    : 'json';
}

/** A copy, so that the long text it is cut from does not stay in memory. */
function beginningOf(value: unknown): string {
  const text = typeof value === 'string' ? value : toJsonText(value);
  return structuredClone(text.slice(0, BEGINNING_CHARACTERS));
}
