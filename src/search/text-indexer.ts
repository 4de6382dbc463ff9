/**
 * Keeps the text index at what the tables say. It reads the change feed and then the rows that the feed
 * names, as they are now; where the index is missing or cannot be trusted, it reads everything.
 */
import { confirmFeed, isInFeed, markFeed, readFeed } from '#db/feed-reader.ts';
import type { FeedPosition } from '#db/feed-reader.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { readChanges, readChunkRange, readMessageRanges } from '#db/search-rows.ts';
import type { ReadChanges } from '#db/search-rows.ts';
import { readTablePages } from '#db/table-pages.ts';
import type { Conversation } from '#domain/conversation.ts';
import { createStepReader, IDS_AT_ONCE, isEmpty } from './changed-steps.ts';
import type { NewStep, TextIndex } from './text-index.ts';
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
/** What is taken in as one step. */
const ONE_STEP = { limit: FEED_ROWS, mostRows: IDS_AT_ONCE };
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
  /** See `SearchStatus.version`. */
  readonly version: number;
}

export interface TextIndexer {
  /**
   * Takes in everything that was committed before the call. Calls at the same time share the work.
   * @throws OnggiError `db/*`; what the storage throws.
   */
  catchUp(): Promise<void>;
  /** Reads everything anew. */
  rebuild(): Promise<void>;
  /**
   * Writes the index anew without what is dead in it.
   * @param isOnlyIfWorth Only when much of it is dead.
   * @returns by how many bytes of text it became smaller
   */
  compact(isOnlyIfWorth: boolean): Promise<number>;
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
  const steps = createStepReader(db, index);
  let queue: Promise<unknown> = Promise.resolve();
  let isTrusted = false;
  let confirmedSeq = 0;
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const next = queue.then(work, work);
    queue = next.catch(() => undefined);
    return next;
  };

  const tell = (phase: IndexProgress['phase'], totalCount: number): void =>
    onProgress({
      phase,
      indexedCount: index.table.aliveMessageCount,
      totalCount,
      version: index.version,
    });
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
      const read = await readChanges(db, index.at?.seq ?? 0, ONE_STEP);
      const { changes } = read;
      const last = changes.at(-1);
      if (!last) break;
      if (changes.some(({ isWholesale }) => isWholesale)) {
        await index.restart(await markFeed(db));
        return build().then(follow);
      }
      await applyChanges(read, last);
      if (changes.length < FEED_ROWS) break;
      tell('catching-up', index.table.aliveMessageCount);
    }
    const { seq = 0 } = index.at ?? {};
    if (seq - confirmedSeq >= CONFIRMED_EVERY) await confirm();
  }

  /** Lets the feed forget what is in the files. Not with every message: those would be more writes. */
  async function confirm(): Promise<void> {
    const { seq } = index.at ?? {};
    if (seq === undefined || seq === confirmedSeq) return;
    await index.settle();
    await confirmFeed(db, READER, seq);
    confirmedSeq = seq;
  }

  async function applyChanges(read: ReadChanges, { seq, mark }: FeedPosition): Promise<void> {
    const before = index.at ?? { seq, mark };
    if (read.rows) {
      // One step for all, as after every message: what is written costs more than what is in it.
      await index.append(await steps.ofAll(read.ids, read.rows), { seq, mark }, true);
      return;
    }
    const tellMore = (): void => tell('catching-up', index.table.aliveMessageCount);
    tellMore();
    for await (const step of steps.ofMany(read.ids)) {
      await index.append(step, before, true);
      tellMore();
    }
    await index.append({}, { seq, mark }, true);
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
    compact: (isOnlyIfWorth) =>
      alone(async () => {
        await confirm();
        const { deadBytes, byteLength } = index.table;
        const isWorth = deadBytes > DEAD_BYTES && deadBytes > byteLength * DEAD_PART;
        if (deadBytes === 0 || (isOnlyIfWorth && !isWorth)) return 0;
        await index.compact();
        return byteLength - index.table.byteLength;
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
