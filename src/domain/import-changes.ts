/** What an import changed in rows that were here, so that undoing it gives back what they said before. */
import type { Conversation } from './conversation.ts';
import { digestValue } from './import-memory.ts';
import type { Message } from './message.ts';
import { nextChangeAt } from './next-change.ts';
import type { ImportChange } from './stored-rows.ts';

/** Fields that a person sets, or that say what the source said last. Texts that grew stay. */
const CONVERSATION_FIELDS = [
  'title',
  'titleOrigin',
  'status',
  'deletedAt',
  'pinned',
  'tags',
  'summary',
  'systemPrompt',
  'temperature',
] as const satisfies readonly (keyof Conversation)[];
const MESSAGE_FIELDS = ['rating', 'feedback'] as const satisfies readonly (keyof Message)[];

/** Of a text that was edited there: undoing takes its earlier version away, which stood beside it. */
const TEXT_FIELDS = [
  'content',
  'reasoning',
  'parts',
  'status',
  'finishReason',
  'tokenCount',
  'promptTokens',
  'completionTokens',
  'costUsd',
  'modelUsed',
] as const satisfies readonly (keyof Message)[];

const FIELDS = { conversations: CONVERSATION_FIELDS, messages: MESSAGE_FIELDS } as const;

/** In the metadata of a row: what the last import said of it. Without the import that made it. */
const isMemory = (key: string): boolean => key.startsWith('import_') && key !== 'import_id';

/** What differs between a row and what an import made of it; undefined where undoing changes nothing. */
export function toImportChange<Table extends keyof typeof FIELDS>(
  table: Table,
  before: { messages: Message; conversations: Conversation }[Table],
  after: { messages: Message; conversations: Conversation }[Table],
): ImportChange | undefined {
  const keys = [...FIELDS[table], ...(isEdited(before, after) ? TEXT_FIELDS : [])];
  const fields = keys.flatMap((key) => {
    const [was, is] = [before, after].map((row) => row[key as keyof typeof row] as unknown);
    return digestValue(was) === digestValue(is)
      ? []
      : [{ key, was: was ?? null, is: digestValue(is) }];
  });
  const memory = { was: memoryOf(before), is: digestValue(memoryOf(after)) };
  if (fields.length === 0 && memory.is === digestValue(memory.was)) return undefined;
  return { table, id: after.id, fields, memory };
}

/**
 * The row as it was before the import, as far as nobody and no other import changed it since.
 * @returns undefined where all was changed since.
 */
export function withoutImportChange<Row extends Conversation | Message>(
  row: Row,
  { fields, memory }: ImportChange,
  now: number,
): Row | undefined {
  const isLeft = ({ key, is }: ImportChange['fields'][number]): boolean =>
    digestValue(row[key as keyof Row]) === is;
  const given = fields.filter(isLeft).map(({ key, was }) => [key, was] as const);
  const isRemembered = digestValue(memoryOf(row)) === memory.is;
  if (given.length === 0 && !isRemembered) return undefined;
  const others = Object.entries(row.metadata).filter(([key]) => !isMemory(key));
  return {
    ...row,
    ...Object.fromEntries(given),
    ...(given.length > 0 && { changedAt: nextChangeAt(row.changedAt ?? 0, now) }),
    ...(isRemembered && { metadata: { ...Object.fromEntries(others), ...memory.was } }),
  };
}

function memoryOf({ metadata }: Conversation | Message): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => isMemory(key)));
}

function isEdited(before: Conversation | Message, after: Conversation | Message): boolean {
  return 'content' in before && 'content' in after && !after.content.startsWith(before.content);
}
