/** Stores the conversations of an import, new ones many at a time, each of them whole. */
import type { Clock, CreateId, SessionId } from '#domain/ids.ts';
import type { ExistingChoice } from '#domain/import-report.ts';
import type { ImportedDocument } from '#domain/imported.ts';
import type { Attachment } from '#domain/stored-rows.ts';
import { addWholeConversations } from '#db/imported-conversations.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { labelOf } from './filter-items.ts';
import type { WantedItem } from './filter-items.ts';
import { createStoredFinder } from './find-stored.ts';
import { endsStoring } from './ends-storing.ts';
import type { ImportLog } from './import-log.ts';
import type { ImportTally } from './import-tally.ts';
import { prepareNew } from './prepare-new.ts';
import type { PreparedConversation } from './prepare-new.ts';
import { writeDocument } from './write-document.ts';
import { writeNative } from './write-native.ts';
import { writeUpdate } from './write-update.ts';

export interface ImportWriterParts {
  readonly db: OnggiDatabase;
  readonly tally: ImportTally;
  readonly log: ImportLog;
  readonly sessionId: SessionId;
  readonly createId: CreateId;
  readonly existing: ExistingChoice;
  readonly clock: Clock;
}

export interface ImportWriter {
  /** @throws OnggiError for what ends the whole import, e.g. `db/quota`. */
  add(item: WantedItem): Promise<void>;
  /** Stores a document at once, whole. @throws as {@link add} */
  addDocument(document: ImportedDocument): Promise<void>;
  /** Stores what is waiting. To be called at the end, and before a stop. */
  flush(): Promise<void>;
}

/** Rows of one transaction, if a single conversation does not have more. */
const BATCH_ROWS = 1000;
const BATCH_CONVERSATIONS = 64;
/** Bytes of attachments that wait in memory for their transaction. */
const WAITING_BYTES = 32 * 1024 * 1024;

export function createImportWriter(parts: ImportWriterParts): ImportWriter {
  const { db, tally, log } = parts;
  const findStored = createStoredFinder(db);
  let incoming: WantedItem[] = [];
  let incomingRows = 0;

  async function flush(): Promise<void> {
    const items = incoming;
    [incoming, incomingRows] = [[], 0];
    const imported = items.flatMap((item) => (item.kind === 'conversation' ? [item] : []));
    const found = await findStored(imported.map(({ conversation }) => conversation));
    let waiting: PreparedConversation[] = [];
    let waitingBytes = 0;
    for (const item of imported) {
      if (found.unreadable.has(item.conversation)) {
        tally.skip('storage_refused', labelOf(item), item.owner);
        continue;
      }
      const stored = found.rows.get(item.conversation);
      if (stored) {
        await guarded(item, () => writeUpdate(parts, item, stored));
        continue;
      }
      const next = await guarded(item, () => prepareNew(parts, item));
      if (!next) continue;
      waiting.push(next);
      waitingBytes += sumBytes(next.rows.attachments);
      if (waitingBytes < WAITING_BYTES) continue;
      await storeNew(waiting);
      [waiting, waitingBytes] = [[], 0];
    }
    await storeNew(waiting);
    for (const item of items) {
      if (item.kind === 'native') await guarded(item, () => writeNative(parts, item));
    }
  }

  async function storeNew(waiting: readonly PreparedConversation[]): Promise<void> {
    if (waiting.length === 0) return;
    try {
      await addWholeConversations(
        db,
        waiting.map(({ rows }) => rows),
        log.toPart({ createdIds: waiting.map(({ rows }) => rows.conversation.id) }),
      );
    } catch (error) {
      if (endsStoring(error)) throw error;
      if (waiting.length > 1) {
        // One of them cannot be stored: each by itself, so that the others are.
        for (const each of waiting) await storeNew([each]);
      } else for (const { label, owner } of waiting) tally.skip('storage_refused', label, owner);
      return;
    }
    for (const { rows, source, owner, earlyIds } of waiting) {
      tally.place(owner, rows.conversation.id);
      log.addCreated(rows.conversation.id, source);
      log.addAttachments([...earlyIds, ...rows.attachments.map(({ id }) => id)]);
      tally.addFate(source, 'new');
    }
  }

  /** @returns what the work gives; undefined when it failed for this item alone, which is told. */
  async function guarded<Result>(
    item: WantedItem,
    work: () => Promise<Result>,
  ): Promise<Result | undefined> {
    try {
      return await work();
    } catch (error) {
      if (endsStoring(error)) throw error;
      tally.skip('storage_refused', labelOf(item), item.owner);
      return undefined;
    }
  }

  return {
    async add(item) {
      // A copy that says more updates the one before it, which must be there then.
      if (item.isRepeated) await flush();
      incoming.push(item);
      const { length } = item.kind === 'native' ? item.native.messages : item.conversation.messages;
      incomingRows += length + 1;
      const isFull = incomingRows >= BATCH_ROWS || incoming.length >= BATCH_CONVERSATIONS;
      if (isFull || item.isRepeated) await flush();
    },
    async addDocument(document) {
      const { source, name } = document;
      try {
        const made = { now: parts.clock(), importId: log.id };
        const { id, fate } = await writeDocument(db, document, made);
        if (fate === 'new') log.addDocument(id, source);
        tally.addDocumentFate(source, fate);
      } catch (error) {
        if (endsStoring(error)) throw error;
        tally.skip('storage_refused', name);
      }
    },
    flush,
  };
}

function sumBytes(attachments: readonly Attachment[]): number {
  return attachments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
