import type { Clock, ConversationId, MessageId } from '#domain/ids.ts';
import type { ImportReport } from '#domain/import-report.ts';
import type { ImportSource } from '#domain/imported.ts';
import type { ImportRun } from '#domain/stored-rows.ts';
import { PART_STARTED_AT, partId } from '#db/import-parts.ts';
import { endImportRun, saveImportPart, saveImportRun } from '#db/import-runs.ts';
import type { AddedRows } from '#db/import-store-rows.ts';
import type { OnggiDatabase } from '#db/open-database.ts';

/** What one transaction of an import does. */
type Part = Partial<
  Pick<
    ImportRun,
    'createdIds' | 'addedIds' | 'changes' | 'addedUsage' | 'addedSessionIds' | 'settings'
  >
>;

/**
 * What an import has stored so far, kept beside it so that it can be undone whatever happens: what is
 * written is put down in the same transaction (`toPart`), and here when that is through. What it changed
 * is put down there only: what is deleted meanwhile is taken out of there.
 */
export interface ImportLog {
  readonly id: string;
  readonly startedAt: number;
  readonly createdIds: ReadonlyMap<ConversationId, ImportSource>;
  readonly addedIds: ReadonlyMap<ConversationId, readonly MessageId[]>;
  readonly attachmentIds: readonly string[];
  readonly createdDocumentIds: ReadonlyMap<string, ImportSource>;
  /** The row for what a transaction does, see [Note: Parts of an import]. */
  toPart(done: Part): ImportRun;
  addDocument(id: string, source: ImportSource): void;
  addRows(rows: AddedRows): void;
  addCreated(id: ConversationId, source: ImportSource): void;
  addAdded(id: ConversationId, messageIds: readonly MessageId[]): void;
  addAttachments(ids: readonly string[]): void;
  /** Writes the row for the first time. */
  save(): Promise<void>;
  /** Writes down a conversation whose bytes are stored before it. */
  saveCreated(id: ConversationId, source: ImportSource): Promise<void>;
  /** Writes the row for the last time. @returns it. */
  end(report: ImportReport): Promise<ImportRun>;
}

export function createImportLog(
  db: OnggiDatabase,
  { id, fileNames, clock }: { id: string; fileNames: readonly string[]; clock: Clock },
): ImportLog {
  const startedAt = clock();
  const createdIds = new Map<ConversationId, ImportSource>();
  const addedIds = new Map<ConversationId, readonly MessageId[]>();
  const attachmentIds: string[] = [];
  const createdDocumentIds = new Map<string, ImportSource>();
  const rows: AddedRows[] = [];
  let partCount = 0;

  function toRow(endedAt: number | null, report: ImportReport | null): ImportRun {
    const addedUsage = rows.flatMap((each) => each.addedUsage);
    const addedSessionIds = rows.flatMap((each) => each.addedSessionIds);
    const settings = rows.find((each) => each.settings)?.settings;
    return {
      id,
      startedAt,
      endedAt,
      fileNames,
      report,
      createdIds: [...createdIds.keys()],
      addedIds: Object.fromEntries(addedIds),
      ...(createdDocumentIds.size > 0 && { createdDocumentIds: [...createdDocumentIds.keys()] }),
      ...(addedUsage.length > 0 && { addedUsage }),
      ...(addedSessionIds.length > 0 && { addedSessionIds }),
      ...(settings && { settings }),
      undoneAt: null,
    };
  }

  function toPart(done: Part): ImportRun {
    partCount += 1;
    const empty = { fileNames: [], report: null, createdIds: [], addedIds: {}, undoneAt: null };
    const place = { id: partId(id, partCount), partOf: id, startedAt: PART_STARTED_AT };
    return { ...place, endedAt: null, ...empty, ...done };
  }

  return {
    id,
    startedAt,
    createdIds,
    addedIds,
    attachmentIds,
    createdDocumentIds,
    toPart,
    addDocument: (documentId, source) => void createdDocumentIds.set(documentId, source),
    addRows: (added) => void rows.push(added),
    addCreated: (conversationId, source) => void createdIds.set(conversationId, source),
    addAdded(conversationId, messageIds) {
      addedIds.set(conversationId, [...(addedIds.get(conversationId) ?? []), ...messageIds]);
    },
    addAttachments(ids) {
      // One by one: a spread of very many arguments overflows the stack.
      for (const each of ids) attachmentIds.push(each);
    },
    save: () => saveImportRun(db, toRow(null, null)),
    async saveCreated(conversationId, source) {
      if (createdIds.has(conversationId)) return;
      await saveImportPart(db, toPart({ createdIds: [conversationId] }));
      createdIds.set(conversationId, source);
    },
    end: (report) => endImportRun(db, toRow(clock(), report)),
  };
}
