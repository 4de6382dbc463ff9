import type { Clock } from '#domain/ids.ts';
import { toOnggiError } from '#domain/errors.ts';
import type { ExistingChoice, ImportPreview, ImportReport } from '#domain/import-report.ts';
import type { ImportRun } from '#domain/stored-rows.ts';
import { findDocuments } from '#db/documents.ts';
import { countStored, findAttachments } from '#db/imported-conversations.ts';
import { removeBytesWithout, removeStrandedBytes, withImportLock } from '#db/import-runs.ts';
import { addMissingRows } from '#db/import-store-rows.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { createItemFilter } from './filter-items.ts';
import { createImportLog } from './import-log.ts';
import type { ImportLog } from './import-log.ts';
import { createImportTally } from './import-tally.ts';
import type { ImportTally } from './import-tally.ts';
import { createImportWriter } from './import-writer.ts';
import type { ImportWriter } from './import-writer.ts';
import { openFiles } from './open-files.ts';
import type { ImportFile } from './open-files.ts';
import type { PreviewOptions } from './preview-import.ts';
import { readImports } from './read-imports.ts';
import type { ReadImportsOptions } from './read-imports.ts';
import { recognizeFiles } from './recognize-files.ts';
import type { RecognizedFiles } from './recognize-files.ts';
import { createProgressTeller } from './tell-progress.ts';

export interface RunImportOptions extends PreviewOptions {
  readonly existing: ExistingChoice;
  readonly clock: Clock;
}

/**
 * Imports files. Conversations are stored whole, many at a time; a stop, a crash or a full disk leaves
 * whole conversations only, and running again finishes the work. One import at a time over all tabs.
 * Of an SQLite file of ours, days of usage, drafts and visits that are missing here come too, and its
 * settings where the person has not set anything here yet (see {@link addMissingRows}); endpoints with their
 * keys are never taken from a file.
 * @returns the import's row with its report, whose counts are read back from the database. A stop by
 * the signal gives a report too, with `isCancelled`, even while it waits for an import of another tab;
 * what ended it otherwise stands under `refused`.
 * @throws OnggiError `db/*` when not even the import's row can be written.
 */
export async function runImport(
  db: OnggiDatabase,
  given: readonly ImportFile[],
  options: RunImportOptions,
): Promise<ImportRun> {
  const { createId, clock, signal } = options;
  const fileNames = given.slice(0, 100).map(({ path }) => path);
  const log = createImportLog(db, { id: createId(), fileNames, clock });
  try {
    return await withImportLock(db, () => importFiles(db, given, log, options), signal);
  } catch (error) {
    // Work that has begun never throws the stop: it was stopped before its turn came.
    if (!signal?.aborted || error !== signal.reason) throw error;
    return log.end(await toReport(db, createImportTally().toPreview([]), log, options));
  }
}

async function importFiles(
  db: OnggiDatabase,
  given: readonly ImportFile[],
  log: ImportLog,
  options: RunImportOptions,
): Promise<ImportRun> {
  const { signal } = options;
  await removeStrandedBytes(db);
  await log.save();
  const tally = createImportTally();
  const writer = createImportWriter({ ...options, db, tally, log });
  let recognized: RecognizedFiles = { files: [], summaries: [], refused: [] };
  try {
    recognized = await recognizeFiles(await openFiles(given, options), signal);
    for (const refused of recognized.refused) tally.refuse(refused);
    await storeAll(db, recognized, { writer, tally, log }, options);
  } catch (error) {
    if (!signal?.aborted) tally.refuse(toEndOfImport(error));
  }
  // The bytes of a conversation that came before it, when it did not come: a full disk, a refusal.
  await removeBytesWithout(db, [...log.createdIds.keys()]);
  const preview = tally.toPreview(recognized.summaries);
  return log.end(await toReport(db, preview, log, options));
}

async function storeAll(
  db: OnggiDatabase,
  { files }: RecognizedFiles,
  {
    writer,
    tally,
    log,
  }: { readonly writer: ImportWriter; readonly tally: ImportTally; readonly log: ImportLog },
  { signal, onProgress }: RunImportOptions,
): Promise<void> {
  const progress = createProgressTeller(onProgress);
  progress.begin('importing', files);
  const filter = createItemFilter(tally);
  const readOptions: ReadImportsOptions = {
    onBytes: progress.addBytes,
    onStoreRows: async (rows) =>
      log.addRows(await addMissingRows(db, rows, (added) => log.toPart(added))),
    ...(signal && { signal }),
  };
  try {
    for await (const outcome of readImports(files, readOptions)) {
      const wanted = filter(outcome);
      if (!wanted) continue;
      if (wanted.kind === 'document') await writer.addDocument(wanted.document);
      else await writer.add(wanted);
      progress.addRows(1);
    }
  } catch (error) {
    // What was read before a stop is whole: it is stored.
    if (signal?.aborted) await writer.flush();
    throw error;
  }
  await writer.flush();
}

/** What ended an import before its end, named like a file that was refused. */
function toEndOfImport(error: unknown): ImportReport['refused'][number] {
  const { code, detail } = toOnggiError(error);
  return { name: '', code, detail: detail ?? null };
}

/** Counts what is really there (FORMATS 1, rule 13: "success" with nothing stored). */
async function toReport(
  db: OnggiDatabase,
  preview: ImportPreview,
  log: ImportLog,
  { signal, clock }: RunImportOptions,
): Promise<ImportReport> {
  let addedMessageCount = 0;
  const sources = [];
  for (const summary of preview.sources) {
    const created = [...log.createdIds].flatMap(([id, source]) =>
      source === summary.source ? [id] : [],
    );
    const { conversationCount, messageCount } = await countStored(db, created);
    addedMessageCount += messageCount;
    const documentIds = [...log.createdDocumentIds].flatMap(([id, source]) =>
      source === summary.source ? [id] : [],
    );
    const documents = await findDocuments(db, documentIds);
    const documentFates = summary.documentFates && {
      ...summary.documentFates,
      newCount: documents.size,
    };
    sources.push({ ...summary, newCount: conversationCount, documentFates });
  }
  for (const ids of log.addedIds.values()) addedMessageCount += ids.length;
  const stored = await findAttachments(db, log.attachmentIds);
  return {
    ...preview,
    sources,
    startedAt: log.startedAt,
    endedAt: clock(),
    isCancelled: signal?.aborted ?? false,
    addedMessageCount,
    storedAttachmentCount: stored.size,
  };
}
