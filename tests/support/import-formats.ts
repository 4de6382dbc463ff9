import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { IMPORT_NOTES, SKIP_REASONS } from '#domain/imported.ts';
import type { ImportedConversation, ImportedMessage, ReadItem } from '#domain/imported.ts';
import type { JsonFormat, JsonSample } from '#portability/formats/format.ts';
import { mangled } from './mangle.ts';

const SHARED = new URL('../../../shared/samples/exports/', import.meta.url);

/** Whether the public samples lie beside the repository. */
export const hasShared = existsSync(SHARED);

/** A public sample, parsed. */
export function readShared(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, SHARED), 'utf8'));
}

/** What is known of a parsed file before it is read; see JsonSample. */
export function sampleOf(value: unknown, name = 'conversations.json'): JsonSample {
  const isArray = Array.isArray(value);
  const elements: unknown[] = isArray ? value.filter((element) => element !== null) : [value];
  const shorten = (whole: unknown): unknown =>
    typeof whole === 'object' && whole !== null && !Array.isArray(whole)
      ? Object.fromEntries(
          Object.entries(whole).map(([key, member]): [string, unknown] => [
            key,
            Array.isArray(member) ? member.slice(0, 3) : member,
          ]),
        )
      : whole;
  const [first, second] = isArray ? elements : elements.map(shorten);
  return { name, isLines: false, isArray, first, second };
}

/** Everything a format reads out of a parsed file, fed as its unit says. */
export function readAll(
  format: JsonFormat,
  value: unknown,
  companions: Readonly<Record<string, unknown>> = {},
): ReadItem[] {
  const context = {
    fileName: 'conversations.json',
    fileDate: Date.UTC(2026, 0, 1),
    companions: new Map(Object.entries(companions)),
  };
  return unitsOf(format, value).flatMap((unit) => [...format.read(unit, context)]);
}

function unitsOf(format: JsonFormat, value: unknown): readonly unknown[] {
  if (format.unit === 'whole') return [value];
  if (Array.isArray(value)) return value;
  const lists = (format.elementKeys ?? []).flatMap((key) => {
    const list: unknown =
      typeof value === 'object' && value !== null
        ? (value as Record<string, unknown>)[key]
        : undefined;
    return Array.isArray(list) ? [list as unknown[]] : [];
  });
  return lists.length > 0 ? lists.flat() : [value];
}

/** The only conversation in the file. */
export function readOne(
  format: JsonFormat,
  value: unknown,
  companions: Readonly<Record<string, unknown>> = {},
): ImportedConversation {
  const items = readAll(format, value, companions);
  expect(items).toHaveLength(1);
  return conversationOf(items[0]);
}

/** The item as a conversation. */
export function conversationOf(item: ReadItem | undefined): ImportedConversation {
  if (item?.kind !== 'conversation') throw new Error(`not a conversation: ${JSON.stringify(item)}`);
  return item.conversation;
}

/** The message with this id. */
export function messageOf(conversation: ImportedConversation, sourceId: string): ImportedMessage {
  const message = conversation.messages.find((one) => one.sourceId === sourceId);
  if (!message) throw new Error(`no message ${sourceId}`);
  return message;
}

/** `id<parent` for each message in its order: the tree at a glance. */
export function treeOf(conversation: ImportedConversation): string[] {
  return conversation.messages.map((one) => `${one.sourceId}<${one.parentSourceId ?? ''}`);
}

/** Reads every mangled copy of a sample and checks that what comes out keeps its promises. */
export function expectToSurviveMangling(
  format: JsonFormat,
  sample: unknown,
  companions: Readonly<Record<string, unknown>> = {},
): void {
  let count = 0;
  for (const { path, value } of mangled(sample)) {
    count += 1;
    try {
      format.matches(sampleOf(value));
      for (const item of readAll(format, value, companions)) expectWellFormed(item);
    } catch (error) {
      throw new Error(`at ${path}`, { cause: error });
    }
  }
  expect(count).toBeGreaterThan(100);
}

/** Fails when an item breaks a promise of its type that TypeScript cannot see in data. */
export function expectWellFormed(item: ReadItem): void {
  const problems = problemsOf(item);
  if (problems.length > 0) throw new Error(problems.join('; '));
  structuredClone(item);
}

function problemsOf(item: ReadItem): string[] {
  if (item.kind === 'native') return ['native'];
  if (item.kind === 'skipped') {
    return [
      ...check(SKIP_REASONS.includes(item.reason), 'reason'),
      ...check(isTextOrNull(item.label), 'label'),
    ];
  }
  if (item.kind === 'document') {
    const { sourceId, name, text, collection, createdAt } = item.document;
    return [
      ...check(isFilled(sourceId), 'document id'),
      ...check(isFilled(name) && isFilled(text), 'document text'),
      ...check(isTextOrNull(collection), 'collection'),
      ...check(isNumberOrNull(createdAt), 'document date'),
    ];
  }
  return problemsOfConversation(item.conversation);
}

function problemsOfConversation(conversation: ImportedConversation): string[] {
  const ids = new Set<string>();
  const problems: string[] = [];
  for (const message of conversation.messages) {
    const { sourceId, parentSourceId } = message;
    problems.push(...check(!ids.has(sourceId), `${sourceId} twice`));
    problems.push(...check(parentSourceId === null || ids.has(parentSourceId), 'parent after'));
    problems.push(...problemsOfMessage(message).map((problem) => `${sourceId}: ${problem}`));
    ids.add(sourceId);
  }
  const { activeLeafSourceId: leaf, tags, notes } = conversation;
  const texts = ['title', 'summary', 'chatModel', 'systemPrompt'] as const;
  const numbers = ['createdAt', 'updatedAt', 'temperature'] as const;
  return [
    ...problems,
    ...check(isFilled(conversation.sourceId), 'id'),
    ...check(conversation.messages.length > 0, 'no messages'),
    ...check(leaf === null || ids.has(leaf), 'leaf'),
    ...check(tags === null || tags.every(isFilled), 'tags'),
    ...check(
      notes.every((note) => IMPORT_NOTES.includes(note)),
      'notes',
    ),
    ...check([null, 'active', 'archived', 'deleted'].includes(conversation.status), 'status'),
    ...check([null, true, false].includes(conversation.isPinned), 'pinned'),
    ...texts.flatMap((key) => check(isTextOrNull(conversation[key]), key)),
    ...numbers.flatMap((key) => check(isNumberOrNull(conversation[key]), key)),
  ];
}

function problemsOfMessage(message: ImportedMessage): string[] {
  const texts = ['reasoning', 'finishReason', 'modelUsed', 'feedback'] as const;
  const numbers = [
    'timestamp',
    'tokenCount',
    'promptTokens',
    'completionTokens',
    'costUsd',
    'temperature',
    'responseTimeMs',
    'rating',
  ] as const;
  const roles = ['user', 'assistant', 'system', 'function', 'tool'];
  return [
    ...check(isFilled(message.sourceId), 'id'),
    ...check(typeof message.content === 'string', 'content'),
    ...check(roles.includes(message.role), 'role'),
    ...check(['complete', 'interrupted', 'stopped', 'error'].includes(message.status), 'status'),
    ...check(Array.isArray(message.parts), 'parts'),
    ...check(message.reasoning !== '', 'empty reasoning'),
    ...texts.flatMap((key) => check(isTextOrNull(message[key]), key)),
    ...numbers.flatMap((key) => check(isNumberOrNull(message[key]), key)),
    ...message.attachments.flatMap((attachment) => [
      ...check(isFilled(attachment.name), 'attachment name'),
      ...check(attachment.mediaType?.includes('/') ?? true, 'media type'),
      ...check(isNumberOrNull(attachment.sizeBytes), 'size'),
      ...check(attachment.assetKeys.every(isFilled), 'asset keys'),
    ]),
  ];
}

function check(isGood: boolean, problem: string): string[] {
  return isGood ? [] : [problem];
}

function isFilled(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isTextOrNull(value: unknown): boolean {
  return value === null || isFilled(value);
}

function isNumberOrNull(value: unknown): boolean {
  return value === null || Number.isFinite(value);
}
