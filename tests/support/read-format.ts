/** Runs a reader over a whole file as the import does, and checks what every reader must hold to. */
import { expect } from 'vitest';
import { IMPORT_NOTES, SKIP_REASONS } from '#domain/imported.ts';
import type { ImportedConversation, ReadItem } from '#domain/imported.ts';
import type {
  JsonFormat,
  JsonSample,
  ReadContext,
  TextFormat,
} from '#portability/formats/format.ts';
import { mangled } from './mangle.ts';

const FILE_DATE = Date.UTC(2026, 10, 22, 7);

interface FileOptions {
  readonly fileName?: string;
  readonly companions?: Readonly<Record<string, unknown>>;
}

function contextOf({ fileName = 'export.json', companions = {} }: FileOptions): ReadContext {
  return { fileName, fileDate: FILE_DATE, companions: new Map(Object.entries(companions)) };
}

/** What `matches` gets to see of a file. */
export function sampleOf(value: unknown, isLines = false): JsonSample {
  const list: readonly unknown[] | undefined = Array.isArray(value) ? value : undefined;
  const known = (list ?? [value]).filter((element) => element !== null);
  return {
    name: 'export.json',
    isLines,
    isArray: list !== undefined,
    first: known[0],
    second: known[1],
  };
}

/** Every item of a parsed file, cut into elements as the format asks. */
export function readFile(
  format: JsonFormat,
  value: unknown,
  options: FileOptions = {},
): readonly ReadItem[] {
  const context = contextOf(options);
  return unitsOf(format, value).flatMap((unit) => [...format.read(unit, context)]);
}

function unitsOf(format: JsonFormat, value: unknown): readonly unknown[] {
  if (format.unit === 'whole') return [value];
  if (Array.isArray(value)) return value as readonly unknown[];
  const arrays = (format.elementKeys ?? []).flatMap((key): readonly unknown[][] => {
    const found: unknown =
      typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
    return Array.isArray(found) ? [found as unknown[]] : [];
  });
  return arrays.length > 0 ? arrays.flat() : [value];
}

/** Every item of a text. */
export function readText(
  format: TextFormat,
  text: string,
  options: FileOptions = {},
): readonly ReadItem[] {
  return [...format.read(text, contextOf(options))];
}

export function conversationsOf(items: readonly ReadItem[]): readonly ImportedConversation[] {
  return items.flatMap((item) => (item.kind === 'conversation' ? [item.conversation] : []));
}

/** The one conversation of a file. */
export function onlyConversation(items: readonly ReadItem[]): ImportedConversation {
  const [conversation, ...others] = conversationsOf(items);
  expect(others).toEqual([]);
  if (!conversation) throw new Error(`no conversation in ${JSON.stringify(items)}`);
  return conversation;
}

/** `role: content` of each message, for short comparisons. */
export function spoken({ messages }: ImportedConversation): readonly string[] {
  return messages.map(({ role, content }) => `${role}: ${content}`);
}

/** Contents from the root to the message. */
export function pathTo(conversation: ImportedConversation, sourceId: string | null): string[] {
  const byId = new Map(conversation.messages.map((message) => [message.sourceId, message]));
  const path: string[] = [];
  let current = sourceId === null ? undefined : byId.get(sourceId);
  while (current) {
    path.unshift(current.content);
    current = current.parentSourceId === null ? undefined : byId.get(current.parentSourceId);
  }
  return path;
}

/** Fails when an item is not what {@link ReadItem} promises. */
export function expectWellFormed(items: readonly ReadItem[]): void {
  structuredClone(items);
  for (const item of items) {
    if (item.kind === 'skipped') {
      expect(SKIP_REASONS).toContain(item.reason);
      expect(item.label === null || item.label.length <= 80).toBe(true);
    } else if (item.kind === 'conversation') expectWholeConversation(item.conversation);
  }
}

function expectWholeConversation(conversation: ImportedConversation): void {
  const { messages, tags, notes, title, sourceId, activeLeafSourceId } = conversation;
  expect(sourceId).toBeTypeOf('string');
  expect(sourceId).not.toBe('');
  expect(messages.length).toBeGreaterThan(0);
  expect((tags ?? []).every((tag) => typeof tag === 'string' && tag !== '')).toBe(true);
  expect(notes.every((note) => IMPORT_NOTES.includes(note))).toBe(true);
  expect(title === null || typeof title === 'string').toBe(true);
  for (const date of [conversation.createdAt, conversation.updatedAt]) expectDate(date);
  const seen = new Set<string>();
  for (const message of messages) {
    expect(message.sourceId).not.toBe('');
    expect(seen.has(message.sourceId)).toBe(false);
    if (message.parentSourceId !== null) expect(seen).toContain(message.parentSourceId);
    seen.add(message.sourceId);
    expect(message.content).toBeTypeOf('string');
    expectDate(message.timestamp);
    const { tokenCount, promptTokens, completionTokens, responseTimeMs } = message;
    for (const count of [tokenCount, promptTokens, completionTokens, responseTimeMs]) {
      expect(count === null || (Number.isInteger(count) && count >= 0)).toBe(true);
    }
    for (const text of [message.reasoning, message.modelUsed, message.finishReason]) {
      expect(text === null || (typeof text === 'string' && text !== '')).toBe(true);
    }
    for (const attachment of message.attachments) expect(attachment.name).not.toBe('');
  }
  if (activeLeafSourceId !== null) expect(seen).toContain(activeLeafSourceId);
}

function expectDate(date: number | null): void {
  expect(date === null || (Number.isInteger(date) && Math.abs(date) <= 8.64e15)).toBe(true);
}

/** Replaces every value of the sample in turn: nothing throws, and what comes is well formed. */
export function expectSurvivesMangling(format: JsonFormat, sample: unknown): void {
  for (const { path, value } of mangled(sample)) {
    try {
      format.matches(sampleOf(value));
      expectWellFormed(readFile(format, value));
    } catch (error) {
      throw new Error(`with ${path}`, { cause: error });
    }
  }
}
