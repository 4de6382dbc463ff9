/**
 * Keeps the text index at what the tables say. It reads the change feed and then the rows that the feed
 * names, as they are now; where the index is missing or cannot be trusted, it reads everything.
 */
import { confirmFeed, isInFeed, markFeed, readFeed } from '#db/feed-reader.ts';
import type { FeedPosition } from '#db/feed-reader.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import {
  readChunkRange,
  readChunksById,
  readConversationsById,
  readDocumentsById,
  readMessageRanges,
  readMessagesById,
} from '#db/search-rows.ts';
import { readTablePages } from '#db/table-pages.ts';
import type { Conversation } from '#domain/conversation.ts';
import type { Message } from '#domain/message.ts';
import type { ChangeFeedRow } from '#domain/stored-rows.ts';
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

/** The name under which the feed knows the text index. */
const READER = 'text';
/** Changes that are read from the feed at once. */
const FEED_ROWS = 100;
/** Changes after which the feed is told that they are in the index. */
const CONFIRMED_EVERY = 50;
/** Rows that are read by id at once; more of one change are taken in several steps. */
const IDS_AT_ONCE = 500;
/** Conversations whose messages are read at once while building, and messages of each. */
const CONVERSATIONS_AT_ONCE = 24;
const SEQS_AT_ONCE = 500;
/** UTF-16 units of text after which a step is written while building. */
const STEP_CHARACTERS = 1_000_000;
/** When so much of the text is dead, and more than this part of it, it is written anew. */
const DEAD_BYTES = 1024 * 1024;
const DEAD_PART = 0.25;
/** How often a comparison is tried that something is written into. */
const COMPARE_TRIES = 5;

export interface IndexProgress {
  readonly phase: 'building' | 'catching-up' | 'ready';
  readonly indexedCount: number;
  readonly totalCount: number;
}

export interface TextIndexer {
  /**
   * Takes in everything that was committed before the call. Calls at the same time share the work.
   * @throws OnggiError `db/*`; what the storage throws.
   */
  catchUp(): Promise<void>;
  /** Reads everything anew. */
  rebuild(): Promise<void>;
  /** Writes the index anew when much of it is dead. */
  compactIfWorth(): Promise<void>;
  /** Overwrites what is left in the files of rows that are gone. Questions are let in between. */
  expunge(): Promise<void>;
  /**
   * Compares index and tables at one moment: everything committed is taken in, `look` looks, and what it
   * saw counts if nothing was written meanwhile; else again, a few times. The index stays as it is until
   * `look` has settled.
   * @returns undefined when something was written each time
   * @throws as {@link catchUp}, and what `look` throws
   */
  compare<T>(look: () => Promise<T>): Promise<T | undefined>;
}

export function createTextIndexer(
  db: OnggiDatabase,
  index: TextIndex,
  onProgress: (progress: IndexProgress) => void,
  signal: AbortSignal,
): TextIndexer {
  let queue: Promise<unknown> = Promise.resolve();
  let isTrusted = false;
  let confirmedSeq = 0;
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const next = queue.then(work, work);
    queue = next.catch(() => undefined);
    return next;
  };

  const tell = (phase: IndexProgress['phase'], totalCount: number): void =>
    onProgress({ phase, indexedCount: index.table.aliveMessageCount, totalCount });
  const tellReady = (): void => tell('ready', index.table.aliveMessageCount);

  async function build(): Promise<void> {
    let at = index.isWhole || !index.at ? null : index.at;
    if (!at || !(await isInFeed(db, at))) {
      at = await markFeed(db);
      await index.restart(at);
      await confirmFeed(db, READER, at.seq);
    }
    const conversations: Conversation[] = [];
    let totalCount = 0;
    for await (const page of readTablePages(db.relaxed.conversations, ({ id }) => id)) {
      conversations.push(...page);
      for (const { messageCount } of page) totalCount += messageCount;
    }
    conversations.sort((a, b) => b.updatedAt - a.updatedAt);
    const missing = conversations.filter(({ id }) => !isCovered(id));
    const position = at;
    const writer = createWriter(async (step) => {
      await index.append(step, position, false);
      tell('building', Math.max(totalCount, index.table.aliveMessageCount));
    });
    tell('building', totalCount);
    for (let first = 0; first < missing.length; first += CONVERSATIONS_AT_ONCE) {
      await readConversations(missing.slice(first, first + CONVERSATIONS_AT_ONCE), writer);
    }
    await readDocuments(writer);
    await writer.flush();
    await index.append({}, at, true);
  }

  /** Whether all of a conversation or document is in an index that is being built. */
  function isCovered(id: string): boolean {
    const group = index.table.group(id);
    return group !== undefined && !group.isPartial;
  }

  async function readConversations(
    conversations: readonly Conversation[],
    writer: Writer,
  ): Promise<void> {
    let open = [...conversations];
    for (let from = 0; open.length > 0; from += SEQS_AT_ONCE) {
      signal.throwIfAborted();
      const ids = open.map(({ id }) => id);
      const ranges = await readMessageRanges(db, ids, from, from + SEQS_AT_ONCE);
      for (const [at, conversation] of open.entries()) {
        const group = conversationToGroup(conversation);
        const hasMore = conversation.lastSeq >= from + SEQS_AT_ONCE;
        writer.add(ranges[at]?.map(messageText) ?? [], {
          ...group,
          ...(hasMore && { isPartial: true }),
        });
      }
      open = open.filter(({ lastSeq }) => lastSeq >= from + SEQS_AT_ONCE);
      await writer.flushIfFull();
    }
  }

  async function readDocuments(writer: Writer): Promise<void> {
    for await (const page of readTablePages(db.relaxed.documents, ({ id }) => id)) {
      for (const document of page) {
        if (isCovered(document.id)) continue;
        const texts: UnitText[] = [];
        for (let from = 0; ; from += SEQS_AT_ONCE) {
          const chunks = await readChunkRange(db, document.id, from, from + SEQS_AT_ONCE);
          texts.push(...chunks.map((chunk) => passageText(chunk, document.updatedAt)));
          if (chunks.length < SEQS_AT_ONCE) break;
        }
        writer.add(texts, documentToGroup(document));
        await writer.flushIfFull();
      }
    }
  }

  async function follow(): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const changes = await readFeed(db, index.at?.seq ?? 0, FEED_ROWS);
      const last = changes.at(-1);
      if (!last) break;
      if (changes.some(({ isWholesale }) => isWholesale)) {
        await index.restart(await markFeed(db));
        return build().then(follow);
      }
      await applyChanges(changes, last);
      if (changes.length < FEED_ROWS) break;
      tell('catching-up', index.table.aliveMessageCount);
    }
    const { seq = 0 } = index.at ?? {};
    if (seq - confirmedSeq >= CONFIRMED_EVERY) await confirm();
  }

  /** Lets the feed forget what is in the index. Not with every message: that would be one more write. */
  async function confirm(): Promise<void> {
    const { seq } = index.at ?? {};
    if (seq === undefined || seq === confirmedSeq) return;
    await confirmFeed(db, READER, seq);
    confirmedSeq = seq;
  }

  async function applyChanges(
    changes: readonly ChangeFeedRow[],
    { seq, mark }: FeedPosition,
  ): Promise<void> {
    const before = index.at ?? { seq, mark };
    const groups = pick(changes, ({ conversationIds }) => conversationIds);
    const documents = pick(changes, ({ documentIds }) => documentIds);
    const messages = pick(changes, ({ messageIds }) => messageIds);
    const chunks = pick(changes, ({ chunkIds }) => chunkIds);
    if ([groups, documents, messages, chunks].every(({ length }) => length <= IDS_AT_ONCE)) {
      // One step for all, as after every message: what is written costs more than what is in it.
      const named = joinSteps([
        await readGroups(groups, conversationGroups),
        await readGroups(documents, documentGroups),
      ]);
      const isNew = new Map(named.groups?.map((group) => [group.id, group]));
      const texts = [await readMessages(messages, isNew), await readChunks(chunks, isNew)];
      await index.append(joinSteps([named, ...texts]), { seq, mark }, true);
      return;
    }
    for (const ids of slices(groups)) await step(await readGroups(ids, conversationGroups));
    for (const ids of slices(documents)) await step(await readGroups(ids, documentGroups));
    for (const ids of slices(messages)) await step(await readMessages(ids));
    for (const ids of slices(chunks)) await step(await readChunks(ids));
    await index.append({}, { seq, mark }, true);

    async function step(changed: NewStep): Promise<void> {
      if (isEmpty(changed)) return;
      await index.append(changed, before, true);
    }
  }

  const conversationGroups = async (ids: readonly string[]): Promise<(Group | undefined)[]> =>
    (await readConversationsById(db, ids)).map((row) => row && conversationToGroup(row));
  const documentGroups = async (ids: readonly string[]): Promise<(Group | undefined)[]> =>
    (await readDocumentsById(db, ids)).map((row) => row && documentToGroup(row));

  async function readGroups(
    ids: readonly string[],
    readRows: (ids: readonly string[]) => Promise<(Group | undefined)[]>,
  ): Promise<NewStep> {
    if (ids.length === 0) return {};
    const rows = await readRows(ids);
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
  async function readMessages(
    ids: readonly string[],
    isNew: ReadonlyMap<string, Group> = NO_GROUPS,
  ): Promise<NewStep> {
    if (ids.length === 0) return {};
    const rows = await readMessagesById(db, ids);
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
  function isDue({ id, status, content }: Message): boolean {
    const number = index.table.find(unitKey({ kind: 'message', id }));
    if (status !== 'streaming' || number === undefined) return true;
    return content.length > index.table.byteLengthOf(number) / 2;
  }

  async function readChunks(
    ids: readonly string[],
    isNew: ReadonlyMap<string, Group> = NO_GROUPS,
  ): Promise<NewStep> {
    if (ids.length === 0) return {};
    const rows = await readChunksById(db, ids);
    const units = rows.flatMap((row) => {
      const group = row && (isNew.get(row.documentId) ?? index.table.group(row.documentId));
      return group ? [passageText(row, group.updatedAt)] : [];
    });
    const removed = ids
      .filter((_id, at) => !rows[at])
      .map((id) => unitKey({ kind: 'passage', id }));
    return { units: await onlyChanged(units), removed };
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

  async function bring(): Promise<void> {
    // Once is enough: from then on nobody but this takes changes out of the feed that it has not seen.
    isTrusted ||= index.isWhole && index.at !== null && (await isInFeed(db, index.at));
    if (!isTrusted) await build();
    isTrusted = true;
    await follow();
    tellReady();
  }

  return {
    catchUp: () => alone(bring),
    rebuild: () =>
      alone(async () => {
        isTrusted = false;
        await index.restart(await markFeed(db));
        await bring();
      }),
    compactIfWorth: () =>
      alone(async () => {
        await confirm();
        const { deadBytes, byteLength } = index.table;
        if (deadBytes > DEAD_BYTES && deadBytes > byteLength * DEAD_PART) await index.compact();
      }),
    async expunge() {
      while (index.isExpungeDue && !signal.aborted) await alone(() => index.expungeSome());
    },
    compare: (look) =>
      alone(async () => {
        for (let tries = 0; tries < COMPARE_TRIES; tries += 1) {
          await bring();
          const seen = await look();
          if ((await readFeed(db, index.at?.seq ?? 0, 1)).length === 0) return seen;
        }
        return undefined;
      }),
  };
}

/** Collects units until a step is worth writing. */
interface Writer {
  add(texts: readonly UnitText[], group: Group): void;
  flushIfFull(): Promise<void>;
  flush(): Promise<void>;
}

function createWriter(write: (step: NewStep) => Promise<void>): Writer {
  let groups: Group[] = [];
  let units: UnitText[] = [];
  let size = 0;
  async function flush(): Promise<void> {
    const step = { groups, units };
    [groups, units, size] = [[], [], 0];
    if (!isEmpty(step)) await write(step);
  }
  return {
    add(texts, group) {
      groups.push(group);
      const title = group.isPartial ? undefined : titleText(group);
      if (title) units.push(title);
      for (const each of texts) {
        units.push(each);
        size += each.text.length;
      }
    },
    flush,
    flushIfFull: async () => {
      if (size >= STEP_CHARACTERS) await flush();
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

function isEmpty({ groups, goneGroupIds, removed, units }: NewStep): boolean {
  return [groups, goneGroupIds, removed, units].every((list) => !list || list.length === 0);
}

function pick(
  changes: readonly ChangeFeedRow[],
  idsOf: (change: ChangeFeedRow) => readonly string[],
): readonly string[] {
  return [...new Set(changes.flatMap(idsOf))];
}

function* slices(ids: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < ids.length; at += IDS_AT_ONCE) yield ids.slice(at, at + IDS_AT_ONCE);
}
