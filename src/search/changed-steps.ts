/** What the index has to take in when rows changed: rows, as they are now, against what is in it. */
import { readAllChunks } from '#db/documents.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import {
  readChunksById,
  readConversationsById,
  readDocumentsById,
  readMessagesById,
} from '#db/search-rows.ts';
import type { ChangedIds, NamedRows } from '#db/search-rows.ts';
import { chunkId } from '#domain/library.ts';
import type { Message } from '#domain/message.ts';
import type { DocumentChunk } from '#domain/stored-rows.ts';
import type { NewStep, TextIndex } from './text-index.ts';
import { unitKey } from './unit-table.ts';
import type { Group } from './unit-table.ts';
import {
  conversationToGroup,
  documentToGroup,
  messageText,
  passageText,
  titleText,
} from './unit-texts.ts';
import type { UnitText } from './unit-texts.ts';

/** Rows that are read by id at once; more of one change are taken in several steps. */
export const IDS_AT_ONCE = 500;

export interface StepReader {
  /** One step of everything that changed. */
  ofAll(ids: ChangedIds, rows: NamedRows): Promise<NewStep>;
  /**
   * Steps of at most {@link IDS_AT_ONCE} rows and the rest of documents they are of, to be taken in one after
   * the other; the rows are read for each.
   */
  ofMany(ids: ChangedIds): AsyncGenerator<NewStep>;
}

export function createStepReader(db: OnggiDatabase, index: TextIndex): StepReader {
  const conversationGroups = (rows: NamedRows['conversations']): (Group | undefined)[] =>
    rows.map((row) => row && conversationToGroup(row));
  const documentGroups = (rows: NamedRows['documents']): (Group | undefined)[] =>
    rows.map((row) => row && documentToGroup(row));

  function stepOfGroups(ids: readonly string[], rows: readonly (Group | undefined)[]): NewStep {
    const groups = rows.filter((group) => group !== undefined);
    const goneGroupIds = ids.filter((id, at) => !rows[at] && index.table.group(id));
    const renamed = groups.filter(
      ({ id, title }) => (index.table.group(id)?.title ?? '') !== title,
    );
    return {
      groups,
      goneGroupIds,
      removed: renamed.map(({ id }) => unitKey({ kind: 'title', id })),
      units: renamed.flatMap((group) => titleText(group) ?? []),
    };
  }

  /** @param isNew Groups of the same step, by id. */
  async function stepOfMessages(
    ids: readonly string[],
    rows: NamedRows['messages'],
    isNew: ReadonlyMap<string, Group> = NO_GROUPS,
  ): Promise<NewStep> {
    const known = rows.filter(
      (row) => row && (isNew.has(row.conversationId) || index.table.group(row.conversationId)),
    );
    const texts = known.flatMap((row) => (row && isDue(row) ? [messageText(row)] : []));
    const units = await onlyChanged(texts);
    const removed = ids
      .filter((_id, at) => !rows[at])
      .map((id) => unitKey({ kind: 'message', id }))
      .filter((key) => index.table.find(key) !== undefined);
    return { units, removed };
  }

  /** A running answer is taken in again when it has grown by half, so that it is not written a hundred times. */
  function isDue(row: Message): boolean {
    const number = index.table.find(unitKey({ kind: 'message', id: row.id }));
    if (row.status !== 'streaming' || number === undefined) return true;
    const { length } = new TextEncoder().encode(messageText(row).text);
    return length > index.table.byteLengthOf(number) * 1.5;
  }

  async function stepOfChunks(
    ids: readonly string[],
    rows: readonly (DocumentChunk | undefined)[],
    isNew: ReadonlyMap<string, Group> = NO_GROUPS,
  ): Promise<NewStep> {
    const toText = (row: DocumentChunk | undefined): UnitText[] => {
      const group = row && (isNew.get(row.documentId) ?? index.table.group(row.documentId));
      return group ? [passageText(row, group.updatedAt)] : [];
    };
    const removed = ids
      .filter((_id, at) => !rows[at])
      .map((id) => unitKey({ kind: 'passage', id }));
    const changed = new Set(await onlyChanged(rows.flatMap(toText)));
    const changedIds = new Set([...changed].map(({ unit }) => unit.id));
    const fresh = rows.flatMap((row) => (row && changedIds.has(row.id) ? [row] : []));
    const tornIds = new Set(
      fresh.filter((row) => isTorn(row, changedIds)).map(({ documentId }) => documentId),
    );
    const units = [...changed].filter(({ unit }) => !tornIds.has(unit.groupId));
    for (const id of tornIds) units.push(...(await readAllChunks(db, id)).flatMap(toText));
    return { units, removed };
  }

  /**
   * Whether a passage that is added at the end of the index has a neighbour in the middle of it: what goes over
   * their border is only found where they stand one behind the other, so the whole document is added anew.
   */
  function isTorn({ documentId, seq }: DocumentChunk, added: ReadonlySet<string>): boolean {
    const { table } = index;
    const isElsewhere = (id: string, allowed?: number): boolean => {
      const number = added.has(id) ? undefined : table.find(unitKey({ kind: 'passage', id }));
      return number !== undefined && number !== allowed;
    };
    return (
      isElsewhere(chunkId(documentId, seq - 1), table.unitCount - 1) ||
      isElsewhere(chunkId(documentId, seq + 1))
    );
  }

  /** Without those that stand in the index as they are: a rating changes no text. */
  async function onlyChanged(texts: readonly UnitText[]): Promise<UnitText[]> {
    const changed: UnitText[] = [];
    for (const each of texts) if (!(await isIndexed(each))) changed.push(each);
    return changed;
  }

  async function isIndexed({ unit, text }: UnitText): Promise<boolean> {
    const { table } = index;
    const number = table.find(unitKey(unit));
    if (number === undefined) return false;
    const bytes = new TextEncoder().encode(text);
    if (table.byteLengthOf(number) !== bytes.length + 1) return false;
    const stored = new Uint8Array(bytes.length);
    await index.readText(stored, table.starts[number] ?? 0);
    const isSameText = stored.every((byte, at) => byte === bytes[at]);
    return isSameText && JSON.stringify(table.unit(number)) === JSON.stringify(unit);
  }

  async function* stepsOf(ids: ChangedIds): AsyncGenerator<NewStep> {
    for (const some of slices(ids.conversations))
      yield stepOfGroups(some, conversationGroups(await readConversationsById(db, some)));
    for (const some of slices(ids.documents))
      yield stepOfGroups(some, documentGroups(await readDocumentsById(db, some)));
    for (const some of slices(ids.messages))
      yield await stepOfMessages(some, await readMessagesById(db, some));
    for (const some of slices(ids.chunks))
      yield await stepOfChunks(some, await readChunksById(db, some));
  }

  return {
    async ofAll(ids, rows) {
      const named = joinSteps([
        stepOfGroups(ids.conversations, conversationGroups(rows.conversations)),
        stepOfGroups(ids.documents, documentGroups(rows.documents)),
      ]);
      const isNew = new Map(named.groups?.map((group) => [group.id, group]));
      const messages = await stepOfMessages(ids.messages, rows.messages, isNew);
      return joinSteps([named, messages, await stepOfChunks(ids.chunks, rows.chunks, isNew)]);
    },
    async *ofMany(ids) {
      for await (const step of stepsOf(ids)) if (!isEmpty(step)) yield step;
    },
  };
}

const NO_GROUPS: ReadonlyMap<string, Group> = new Map();

function joinSteps(steps: readonly NewStep[]): NewStep {
  return {
    groups: steps.flatMap(({ groups = [] }) => groups),
    goneGroupIds: steps.flatMap(({ goneGroupIds = [] }) => goneGroupIds),
    removed: steps.flatMap(({ removed = [] }) => removed),
    units: steps.flatMap(({ units = [] }) => units),
  };
}

export function isEmpty({ groups, goneGroupIds, removed, units }: NewStep): boolean {
  return [groups, goneGroupIds, removed, units].every((list) => !list || list.length === 0);
}

function* slices(ids: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < ids.length; at += IDS_AT_ONCE) yield ids.slice(at, at + IDS_AT_ONCE);
}
