/** The page's side of importing: one worker a job. */
import * as v from 'valibot';
import { ERROR_CODES } from '#domain/errors.ts';
import type { SessionId } from '#domain/ids.ts';
import type { ExistingChoice, ImportPreview, ImportReport } from '#domain/import-report.ts';
import { IMPORT_NOTES, IMPORT_SOURCES, SKIP_REASONS } from '#domain/imported.ts';
import type { UndoneImport } from '#db/import-runs.ts';
import { toFileLabel } from '#files/file-label.ts';
import { isBackupFormat } from './backup-formats.ts';
import type { ImportFile } from './open-files.ts';
import { parseMessage } from './portability-messages.ts';
import { runJob } from './run-job.ts';
import type { JobOptions } from './run-job.ts';

export interface ImportClientDeps {
  /** A fresh portability worker. */
  readonly createWorker: () => Worker;
  /** Name of the live database. */
  readonly databaseName: () => string;
  /** The present visit. */
  readonly sessionId: () => SessionId;
}

/** Files as a picker gives them, or with the path a drop found them under. */
export type GivenFile = File | ImportFile;

export interface ReadOptions extends JobOptions {
  /** The person was shown sizes and allowed what becomes far larger than usual when unpacked. */
  readonly isFarAllowed?: boolean;
}

export interface ImportClient {
  /**
   * What the files hold; nothing is written. `backup` is the first of the files themselves that is a
   * whole backup: it is restored and not imported.
   * @throws the signal's reason; OnggiError `db/*`, `app/worker-failed`.
   */
  preview(
    files: readonly GivenFile[],
    options?: ReadOptions,
  ): Promise<{ preview: ImportPreview; backup: File | null }>;
  /**
   * Imports the files. A stop by the signal resolves, with the report of what is stored then.
   * @throws OnggiError `db/*`, `app/worker-failed`.
   */
  run(
    files: readonly GivenFile[],
    existing: ExistingChoice,
    options?: ReadOptions,
  ): Promise<{ id: string; report: ImportReport }>;
  /** @throws OnggiError `backup/nothing-to-undo`, `db/*`, `app/worker-failed`. */
  undo(importId: string, options?: JobOptions): Promise<UndoneImport>;
}

/** Imports through workers that `createWorker` makes. */
export function createImportClient({
  createWorker,
  databaseName,
  sessionId,
}: ImportClientDeps): ImportClient {
  const given = (files: readonly GivenFile[], { isFarAllowed = false }: ReadOptions = {}) => ({
    databaseName: databaseName(),
    sessionId: sessionId(),
    files: files.map(toImportFile),
    isFarAllowed,
  });
  return {
    async preview(files, options) {
      const job = { kind: 'preview-import' as const, ...given(files, options) };
      const result = await runJob(createWorker, job, options);
      const preview: ImportPreview = parseMessage(Preview, result);
      return { preview, backup: findBackup(preview, job.files) };
    },
    async run(files, existing, options) {
      const job = { kind: 'run-import' as const, ...given(files, options), existing };
      return parseMessage(Run, await runJob(createWorker, job, options));
    },
    async undo(importId, options) {
      const job = { kind: 'undo-import' as const, databaseName: databaseName(), importId };
      return parseMessage(Undone, await runJob(createWorker, job, options));
    },
  };
}

function toImportFile(given: GivenFile): ImportFile {
  if (!(given instanceof File)) return given;
  return { file: given, path: given.webkitRelativePath || given.name };
}

/** A backup inside of an archive is none of the files: it has to be taken out first. */
function findBackup(preview: ImportPreview, files: readonly ImportFile[]): File | null {
  const names = new Set(
    preview.files.flatMap(({ name, format }) => (isBackupFormat(format) ? [name] : [])),
  );
  const found = files.find(({ path }) => {
    const label = toFileLabel(path);
    return names.has(label) || names.has(label.replace(/\.gz$/i, ''));
  });
  return found?.file ?? null;
}

const Count = v.pipe(v.number(), v.minValue(0));
const Instant = v.nullable(v.number());
const Source = v.picklist(IMPORT_SOURCES);
const Group = { count: Count, examples: v.array(v.string()) };

const PREVIEW = {
  files: v.array(
    v.object({
      name: v.string(),
      sizeBytes: Count,
      format: v.nullable(v.string()),
      source: v.nullable(Source),
      isFromDocumentation: v.boolean(),
    }),
  ),
  sources: v.array(
    v.object({
      source: Source,
      conversationCount: Count,
      messageCount: Count,
      branchCount: Count,
      attachmentCount: Count,
      missingAttachmentCount: Count,
      documentCount: Count,
      documentFates: v.optional(
        v.object({ newCount: Count, updatedCount: Count, unchangedCount: Count }),
      ),
      earliestAt: Instant,
      latestAt: Instant,
      chatModels: v.array(v.string()),
      newCount: Count,
      updatedCount: Count,
      unchangedCount: Count,
    }),
  ),
  skipped: v.array(v.object({ reason: v.picklist(SKIP_REASONS), ...Group })),
  notes: v.array(v.object({ note: v.picklist(IMPORT_NOTES), ...Group })),
  refused: v.array(
    v.object({ name: v.string(), code: v.picklist(ERROR_CODES), detail: v.nullable(v.string()) }),
  ),
  unnamedRefusedCount: v.optional(Count),
  collisionCount: Count,
};
const Preview = v.object(PREVIEW);
const Report = v.object({
  ...PREVIEW,
  startedAt: v.number(),
  endedAt: v.number(),
  isCancelled: v.boolean(),
  addedMessageCount: Count,
  storedAttachmentCount: Count,
});
const Run = v.object({ id: v.string(), report: Report });
const Undone = v.object({
  removedConversationCount: Count,
  keptConversationCount: Count,
  removedMessageCount: Count,
  keptMessageCount: Count,
  removedDocumentCount: Count,
});
