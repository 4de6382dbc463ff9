import { OnggiError } from '#domain/errors.ts';
import type { ReadItem } from '#domain/imported.ts';
import { asId, asText, member } from './read-value.ts';
import { skipped } from './skipped.ts';

/**
 * What `read` makes of each value. Where it fails, that one is skipped as `unreadable_element` under its
 * name and the next follows: for files that hold several conversations and are read whole.
 * @throws what `read` throws as an OnggiError, because that holds for the file.
 */
export function* readEach<Value>(
  values: Iterable<Value>,
  read: (value: Value) => ReadItem,
  toName: (value: Value) => string | null = nameOf,
): Iterable<ReadItem> {
  for (const value of values) yield readOne(value, read, toName);
}

function readOne<Value>(
  value: Value,
  read: (value: Value) => ReadItem,
  toName: (value: Value) => string | null,
): ReadItem {
  try {
    return read(value);
  } catch (error) {
    if (error instanceof OnggiError) throw error;
    return skipped('unreadable_element', toName(value));
  }
}

const NAMES = ['title', 'name', 'topic', 'userTitle', 'autoTitle'];
const IDS = ['id', 'uuid', 'conversation_id', 'conversationId'];

/** What a conversation of any product is called, for the report; null where it is not told by the usual names. */
export function nameOf(value: unknown): string | null {
  for (const key of NAMES) {
    const name = asText(member(value, key));
    if (name !== null) return name;
  }
  for (const key of IDS) {
    const id = asId(member(value, key));
    if (id !== null) return id;
  }
  return null;
}

/** The next member of an object whose value is a text, a number or another plain word. */
const MEMBER = /\s*[{,]\s*"(\w{1,40})"\s*:\s*("(?:[^"\\]|\\.){0,500}"|[-+.\w]{1,30})/sy;

/** The name out of how the JSON of a conversation begins, as of {@link nameOf}: for one that is not parsed. */
export function nameInHead(head: string): string | null {
  const members = new Map<string, unknown>();
  MEMBER.lastIndex = 0;
  // It ends where a list or an object begins: names in there are those of others.
  for (let found = MEMBER.exec(head); found; found = MEMBER.exec(head)) {
    const [, key = '', value = ''] = found;
    members.set(key, parse(value));
  }
  return nameOf(Object.fromEntries(members));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
