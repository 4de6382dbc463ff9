/**
 * Keeps a vector index equal to the conversations, in the background: newest first, a batch at a time,
 * taken up where it was after a reload because it looks for what is not covered.
 */
import { readConversationIds, readConversations } from '#db/conversation-ids.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { readAllMessages } from '#db/table-pages.ts';
import type { Conversation } from '#domain/conversation.ts';
import type { Embedder } from '#domain/embedding.ts';
import type { ConversationId } from '#domain/ids.ts';
import { conversationPassages, conversationStamp } from './passages.ts';
import type { PassageText } from './passages.ts';
import type { VectorIndex } from './vector-index.ts';

/** What was embedded is stored when so many vectors, or conversations, have come together. */
const [FLUSH_ROWS, FLUSH_OWNERS] = [2048, 500];
/** Conversations that are looked at together. */
const PAGE_ROWS = 500;
/** What a slow model gave is stored so often, milliseconds, or as soon as a group is whole. */
const FLUSH_MS = 20_000;
/** Conversations are embedded together up to so many messages, or batches: many small ones fill a batch. */
const [GROUP_MESSAGES, GROUP_BATCHES] = [400, 8];

/** Ends the stamp of a conversation with a running answer: it is looked at again. */
const RUNNING = '.running';

export interface MeaningIndexerDeps {
  readonly db: OnggiDatabase;
  readonly embedder: Embedder;
  readonly index: VectorIndex;
  /** Texts that the embedder is given at a time. */
  readonly batchTexts: number;
  /** Whether conversations in the trash are left out. */
  readonly skipsTrash: boolean;
  /** Resolves when work may go on: at once, or after a pause; rejects when it is given up. */
  readonly mayGoOn: () => Promise<void>;
  /** Throws when it is given up. */
  readonly goOn: () => void;
  readonly onProgress: (doneCount: number, totalCount: number) => void;
}

export interface MeaningIndexer {
  /**
   * Looks at every conversation, embeds what is new or changed and lets go of what is gone.
   * @throws what `mayGoOn` throws; OnggiError `db/*`, `model/*`, `app/worker-failed`.
   */
  catchUp(): Promise<void>;
  /** The same for some conversations. */
  follow(ids: readonly ConversationId[]): Promise<void>;
  /**
   * Lets go of those of some conversations that are gone, and of messages that are if asked to, embeds
   * nothing, and overwrites it. It may be called where `mayGoOn` is, and nowhere else while something is
   * indexed.
   */
  letGo(ids: readonly ConversationId[], withMessages: boolean): Promise<void>;
  /** Overwrites what is stored of vectors that do not count any more. */
  expunge(): Promise<void>;
}

export function createMeaningIndexer(deps: MeaningIndexerDeps): MeaningIndexer {
  const { db, embedder, index, batchTexts, skipsTrash, mayGoOn, goOn, onProgress } = deps;
  const groupMessages = Math.min(GROUP_MESSAGES, batchTexts * GROUP_BATCHES);
  let unflushedOwners = 0;
  /** Those of which something went while others were embedded. */
  const touched = new Set<string>();
  let flushedAt = performance.now();

  async function flush(): Promise<void> {
    await index.flush();
    unflushedOwners = 0;
    flushedAt = performance.now();
  }

  function mustFlush(): boolean {
    if (index.unflushedCount() >= FLUSH_ROWS || unflushedOwners >= FLUSH_OWNERS) return true;
    return performance.now() - flushedAt >= FLUSH_MS;
  }

  async function embed(passages: readonly PassageText[]): Promise<Float32Array<ArrayBuffer>> {
    const { dimension } = embedder;
    const vectors = new Float32Array(passages.length * dimension);
    const order = passages.map((_passage, at) => at);
    // Of texts of one length none is filled up to that of another.
    if (order.length > batchTexts) {
      order.sort((a, b) => (passages[a]?.text.length ?? 0) - (passages[b]?.text.length ?? 0));
    }
    for (let from = 0; from < order.length; from += batchTexts) {
      await mayGoOn();
      const batch = order.slice(from, from + batchTexts);
      const texts = batch.map((at) => passages[at]?.text ?? '');
      const found = await embedder.embed(texts, 'passage');
      batch.forEach((at, row) =>
        vectors.set(found.subarray(row * dimension, (row + 1) * dimension), at * dimension),
      );
    }
    return vectors;
  }

  async function cover(conversations: readonly Conversation[]): Promise<void> {
    touched.clear();
    const owners = await Promise.all(
      conversations.map(async (conversation) => {
        const { id } = conversation;
        const messages = await readAllMessages(db, id);
        const wanted = conversationPassages(conversation, messages);
        // An answer that is cut off by a crash comes to rest without a change of its conversation.
        const isRunning = messages.some(({ status }) => status === 'streaming');
        const stamp = conversationStamp(conversation) + (isRunning ? RUNNING : '');
        return { id, stamp, wanted, missing: index.missing(id, wanted) };
      }),
    );
    const vectors = await embed(owners.flatMap(({ missing }) => missing));
    let from = 0;
    for (const { wanted, missing, ...owner } of owners) {
      const to = from + missing.length * embedder.dimension;
      // Its change is followed later: what it had when it was read is no more.
      if (!touched.has(owner.id)) index.put(owner, wanted, vectors.subarray(from, to));
      from = to;
    }
    unflushedOwners += owners.length;
    if (mustFlush()) await flush();
  }

  /** @param onDone Told how many of `ids` are done. */
  async function coverAll(
    ids: readonly ConversationId[],
    onDone: (doneCount: number) => void,
  ): Promise<void> {
    for (let from = 0; from < ids.length; from += PAGE_ROWS) {
      await mayGoOn();
      const asked = ids.slice(from, from + PAGE_ROWS);
      const page = (await readConversations(db, asked)).filter(
        ({ status }) => !skipsTrash || status !== 'deleted',
      );
      const present = new Set<string>(page.map(({ id }) => id));
      for (const id of asked) if (!present.has(id)) index.remove(id);
      const changed = page.filter(
        (conversation) => index.stampOf(conversation.id) !== conversationStamp(conversation),
      );
      let done = from + asked.length - changed.length;
      onDone(done);
      for (const group of groupBySize(changed, groupMessages)) {
        await cover(group);
        done += group.length;
        onDone(done);
      }
    }
    await flush();
  }

  return {
    async catchUp() {
      const byStatus = [];
      for (const status of ['active', 'archived', 'deleted'] as const) {
        if (skipsTrash && status === 'deleted') continue;
        byStatus.push((await readConversationIds(db, [status])).toReversed());
      }
      const ids = byStatus.flat();
      const present = new Set<string>(ids);
      for (const ownerId of index.ownerIds()) if (!present.has(ownerId)) index.remove(ownerId);
      onProgress(0, ids.length);
      await coverAll(ids, (done) => onProgress(done, ids.length));
    },
    follow: (ids) => coverAll([...new Set(ids)], () => undefined),
    async letGo(ids, withMessages) {
      const known = [...new Set(ids)].filter((id) => index.stampOf(id) !== undefined);
      for (let from = 0; from < known.length; from += PAGE_ROWS) {
        const asked = known.slice(from, from + PAGE_ROWS);
        const rows = new Map((await readConversations(db, asked)).map((row) => [row.id, row]));
        for (const id of asked) {
          const row = rows.get(id);
          const isWanted = row && !(skipsTrash && row.status === 'deleted');
          const isSame = isWanted && index.stampOf(id) === conversationStamp(row);
          if (isWanted && (isSame || !withMessages)) continue;
          touched.add(id);
          if (!isWanted) index.remove(id);
          else index.retain(id, conversationPassages(row, await readAllMessages(db, id)));
        }
      }
      await index.expunge(goOn);
    },
    expunge: () => index.expunge(goOn),
  };
}

/** Neighbours together, up to so many messages; a larger conversation is alone. */
function groupBySize(
  conversations: readonly Conversation[],
  groupMessages: number,
): readonly (readonly Conversation[])[] {
  const groups: Conversation[][] = [];
  let room = 0;
  for (const conversation of conversations) {
    const size = conversation.messageCount + 1;
    const last = groups.at(-1);
    if (last && size <= room) last.push(conversation);
    else {
      groups.push([conversation]);
      room = groupMessages;
    }
    room -= size;
  }
  return groups;
}
