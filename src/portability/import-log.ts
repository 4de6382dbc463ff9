import type { Clock, ConversationId, MessageId } from '#domain/ids.ts';
import type { ImportReport } from '#domain/import-report.ts';
import type { ImportSource } from '#domain/imported.ts';
import type { ImportRun } from '#domain/stored-rows.ts';
import type { UsageStatistic } from '#domain/usage.ts';
import { saveImportRun } from '#db/import-runs.ts';
import type { OnggiDatabase } from '#db/open-database.ts';

/** What an import has stored so far, kept in its row so that it can be undone whatever happens. */
export interface ImportLog {
  readonly id: string;
  readonly startedAt: number;
  readonly createdIds: ReadonlyMap<ConversationId, ImportSource>;
  readonly addedIds: ReadonlyMap<ConversationId, readonly MessageId[]>;
  readonly attachmentIds: readonly string[];
  readonly createdDocumentIds: ReadonlyMap<string, ImportSource>;
  addDocument(id: string, source: ImportSource): void;
  addUsage(days: readonly UsageStatistic[]): void;
  addCreated(id: ConversationId, source: ImportSource): void;
  addAdded(id: ConversationId, messageIds: readonly MessageId[]): void;
  addAttachments(ids: readonly string[]): void;
  /** Writes the row when much has come since the last time; at once with `isForced`. */
  save(isForced?: boolean): Promise<void>;
  /** Writes the row for the last time. @returns it. */
  end(report: ImportReport): Promise<ImportRun>;
}

/** Entries after which the row is written again. */
const ENTRIES_BETWEEN = 500;

export function createImportLog(
  db: OnggiDatabase,
  { id, fileNames, clock }: { id: string; fileNames: readonly string[]; clock: Clock },
): ImportLog {
  const startedAt = clock();
  const createdIds = new Map<ConversationId, ImportSource>();
  const addedIds = new Map<ConversationId, readonly MessageId[]>();
  const attachmentIds: string[] = [];
  const createdDocumentIds = new Map<string, ImportSource>();
  const addedUsage: UsageStatistic[] = [];
  let unsaved = 0;

  function toRow(endedAt: number | null, report: ImportReport | null): ImportRun {
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
      undoneAt: null,
    };
  }

  return {
    id,
    startedAt,
    createdIds,
    addedIds,
    attachmentIds,
    createdDocumentIds,
    addDocument(documentId, source) {
      createdDocumentIds.set(documentId, source);
      unsaved += 1;
    },
    addUsage(days) {
      for (const each of days) addedUsage.push(each);
      unsaved += days.length;
    },
    addCreated(conversationId, source) {
      createdIds.set(conversationId, source);
      unsaved += 1;
    },
    addAdded(conversationId, messageIds) {
      addedIds.set(conversationId, [...(addedIds.get(conversationId) ?? []), ...messageIds]);
      unsaved += messageIds.length;
    },
    addAttachments(ids) {
      // One by one: a spread of very many arguments overflows the stack.
      for (const each of ids) attachmentIds.push(each);
    },
    async save(isForced = false) {
      // The row grows with the import: written ever more rarely, all writings together stay linear.
      const few = Math.max(ENTRIES_BETWEEN, createdIds.size / 4);
      if (!isForced && unsaved < few) return;
      await saveImportRun(db, toRow(null, null));
      unsaved = 0;
    },
    async end(report) {
      const row = toRow(clock(), report);
      await saveImportRun(db, row);
      return row;
    },
  };
}
