/** What an import changed in rows that were here, so that undoing it gives back what they said before. */
import type { Conversation } from './conversation.ts';
import type { MessageId } from './ids.ts';
import { digestValue, isImportMemory } from './import-memory.ts';
import type { Message } from './message.ts';
import { nextChangeAt } from './next-change.ts';
import type { ImportChange } from './stored-rows.ts';

/**
 * Fields that a person sets, or that say what the source said last, in groups that say something only
 * together: a group is given back whole or not at all. Texts that grew stay.
 */
const CONVERSATION_GROUPS = [
  ['title', 'titleOrigin'],
  ['status', 'deletedAt'],
  ['pinned'],
  ['tags'],
  ['summary'],
  ['systemPrompt'],
  ['temperature'],
] as const satisfies readonly (readonly (keyof Conversation)[])[];
/** What the source called the rating: in the metadata, which are given back only as far as this. */
const SOURCE_RATING = 'metadata.source_rating';
const MESSAGE_GROUPS = [
  ['rating', SOURCE_RATING],
  ['feedback'],
] as const satisfies readonly (readonly (keyof Message | typeof SOURCE_RATING)[])[];

/** A text that was edited at its source, or replaced by another one, with all that is said of it. */
const TEXT_GROUP = [
  'content',
  'reasoning',
  'parts',
  'timestamp',
  'status',
  'error',
  'finishReason',
  'tokenCount',
  'promptTokens',
  'completionTokens',
  'isTokenCountEstimated',
  'costUsd',
  'modelUsed',
  'endpointId',
  'temperature',
  'responseTimeMs',
  'timeToFirstTokenMs',
  'attachments',
] as const satisfies readonly (keyof Message)[];

interface Rows {
  readonly conversations: Conversation;
  readonly messages: Message;
}

const GROUPS: Readonly<Record<keyof Rows, readonly (readonly string[])[]>> = {
  conversations: CONVERSATION_GROUPS,
  messages: [...MESSAGE_GROUPS, TEXT_GROUP],
};

/**
 * What differs between a row and what an import made of it; undefined where undoing changes nothing.
 * @param earlierId The row that keeps the text which the import took out of this one.
 */
export function toImportChange<Table extends keyof Rows>(
  table: Table,
  before: Rows[Table],
  after: Rows[Table],
  earlierId?: MessageId,
): ImportChange | undefined {
  const groups = GROUPS[table].filter((group) => group !== TEXT_GROUP || isEdited(before, after));
  const keys = groups.filter((group) => differs(group, before, after)).flat();
  const fields = keys.map((key) => ({
    key,
    was: valueOf(before, key) ?? null,
    is: digestField(after, key),
  }));
  const memory = { was: memoryOf(before), is: digestValue(memoryOf(after)) };
  if (fields.length === 0 && memory.is === digestValue(memory.was)) return undefined;
  const isDated = table === 'messages' && isAllOfIt(before, after, keys);
  return {
    table,
    id: after.id,
    ...('conversationId' in after && { conversationId: after.conversationId }),
    fields,
    memory,
    ...(isDated && {
      changedAt: { was: before.changedAt ?? null, is: after.changedAt ?? null },
    }),
    ...(earlierId !== undefined && keys.includes('content') && { earlierId }),
  };
}

/**
 * The row as it was before the import, as far as nobody and no other import changed it since.
 * @returns undefined where all was changed since.
 */
export function withoutImportChange<Row extends Conversation | Message>(
  row: Row,
  { table, fields, memory, changedAt: date }: ImportChange,
  now: number,
): Row | undefined {
  const changed = new Set(
    fields.flatMap(({ key, is }) => (digestField(row, key) === is ? [] : key)),
  );
  const kept = new Set(
    GROUPS[table].filter((group) => group.some((key) => changed.has(key))).flat(),
  );
  const given = fields.filter(({ key }) => !changed.has(key) && !kept.has(key));
  const isRemembered = digestValue(memoryOf(row)) === memory.is;
  if (given.length === 0 && !isRemembered) return undefined;
  const { changedAt, ...rest } = row;
  const isAsBefore =
    date !== undefined &&
    given.length === fields.length &&
    isRemembered &&
    (changedAt ?? null) === date.is;
  const dateAfter = isAsBefore ? date.was : nextChangeAt(changedAt ?? 0, now);
  const changedAfter = given.length > 0 ? dateAfter : (changedAt ?? null);
  return {
    ...rest,
    ...Object.fromEntries(
      given.flatMap((field) =>
        field.key === SOURCE_RATING ? [] : [[field.key, givenBack(row, field)] as const],
      ),
    ),
    ...(changedAfter !== null && { changedAt: changedAfter }),
    metadata: withSourceRating(
      isRemembered ? { ...restOf(row), ...memory.was } : row.metadata,
      given.find(({ key }) => key === SOURCE_RATING),
    ),
    // A row without a field that it may lack.
  } as Row;
}

/** A change of a message without the text that it replaced; undefined where it was of nothing else. */
export function withoutTextChange({
  fields,
  memory,
  changedAt: _date,
  earlierId: _earlier,
  ...change
}: ImportChange): ImportChange | undefined {
  const ofText: ReadonlySet<string> = new Set(TEXT_GROUP);
  const kept = fields.filter(({ key }) => !ofText.has(key));
  if (kept.length === 0 && digestValue(memory.was) === memory.is) return undefined;
  return { ...change, fields: kept, memory };
}

/** Whether a row remembers of imports what it did before this change. */
export function hasMemoryBefore(row: Conversation, { memory }: ImportChange): boolean {
  return digestValue(memoryOf(row)) === digestValue(memory.was);
}

/** Files that came before stay as they are now: their bytes may have come since. */
function givenBack(
  row: Conversation | Message,
  { key, was }: ImportChange['fields'][number],
): unknown {
  if (key !== 'attachments' || !('attachments' in row)) return was;
  const here = new Map(row.attachments.map((each) => [each.id, each]));
  return (was as Message['attachments']).map((each) => here.get(each.id) ?? each);
}

function withSourceRating(
  metadata: Readonly<Record<string, unknown>>,
  given: ImportChange['fields'][number] | undefined,
): Readonly<Record<string, unknown>> {
  if (!given) return metadata;
  const { source_rating: _rating, ...rest } = metadata;
  return given.was === null ? rest : { ...rest, source_rating: given.was };
}

function valueOf(row: Conversation | Message, key: string): unknown {
  if (key === SOURCE_RATING) return row.metadata['source_rating'];
  return row[key as keyof typeof row];
}

/** Of files which: what is said of one becomes true when its bytes come. */
function digestField(row: Conversation | Message, key: string): string {
  const isOfFiles = key === 'attachments' && 'attachments' in row;
  return digestValue(isOfFiles ? row.attachments.map(({ id }) => id) : valueOf(row, key));
}

function differs(
  keys: readonly string[],
  before: Conversation | Message,
  after: Conversation | Message,
): boolean {
  return keys.some((key) => digestField(before, key) !== digestField(after, key));
}

/** Whether nothing else of a row was changed, so that it is as it was when these fields are. */
function isAllOfIt(
  before: Conversation | Message,
  after: Conversation | Message,
  keys: readonly string[],
): boolean {
  const noted = new Set([...keys, 'changedAt', 'metadata']);
  const others = Object.keys({ ...before, ...after }).filter((key) => !noted.has(key));
  const rest = (row: Conversation | Message): unknown => {
    const { source_rating: rating, ...left } = restOf(row);
    return noted.has(SOURCE_RATING) ? left : { ...left, source_rating: rating };
  };
  return !differs(others, before, after) && digestValue(rest(before)) === digestValue(rest(after));
}

function memoryOf({ metadata }: Conversation | Message): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => isImportMemory(key)));
}

function restOf({ metadata }: Conversation | Message): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => !isImportMemory(key)));
}

function isEdited(before: Conversation | Message, after: Conversation | Message): boolean {
  return 'content' in before && 'content' in after && !after.content.startsWith(before.content);
}
