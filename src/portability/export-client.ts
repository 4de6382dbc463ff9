/** The page's side of exporting: one worker a job. */
import type { Clock } from '#domain/ids.ts';
import { fillPicked } from '#files/picked-file.ts';
import type { ArchiveTexts } from './archive-texts.ts';
import type { WholeConversation } from './conversation-fields.ts';
import type { ExportTally } from './running-export.ts';
import { ExportResultMessage, MaskingPreviewMessage } from './export-messages.ts';
import { nameExport } from './export-request.ts';
import type { ExportFile, ExportRequest, ExportSelection } from './export-request.ts';
import { parseMessage } from './portability-messages.ts';
import type { MaskingPreview } from './preview-masking.ts';
import { runJob } from './run-job.ts';
import type { JobOptions } from './run-job.ts';

export interface ExportClientDeps {
  /** A fresh portability worker. */
  readonly createWorker: () => Worker;
  /** Name of the live database. */
  readonly databaseName: () => string;
  readonly appVersion: string;
  readonly clock: Clock;
  /** The words of an archive's pages, in the language of the moment. */
  readonly texts: () => ArchiveTexts;
}

/** What an export gave: a Blob to save under `fileName`, or null where it is in the picked file. */
export interface ExportOutcome extends ExportFile, Readonly<ExportTally> {
  readonly blob: Blob | null;
}

export interface ExportClient {
  /**
   * The name the file should have: to ask for a place before the export begins.
   * @param title Of the one conversation that is exported; it is left out of an anonymised file's name.
   */
  nameFile(request: ExportRequest, title: string | null): ExportFile;
  /**
   * Exports into the picked file, or into a Blob. Stopped or failed, a picked file is as it was, and gone
   * if it was empty (see `fillPicked`).
   * @throws OnggiError `chat/not-found`, `db/*`, `app/worker-failed`; the signal's reason.
   */
  run(
    request: ExportRequest,
    to: {
      readonly title: string | null;
      readonly fileHandle: FileSystemFileHandle | null;
      /** The one conversation of `request`, where it is nowhere stored. */
      readonly inMemory?: WholeConversation | undefined;
    },
    options?: JobOptions,
  ): Promise<ExportOutcome>;
  /**
   * What an anonymised export of those conversations would mask. Nothing is written.
   * @throws OnggiError `db/*`, `app/worker-failed`; the signal's reason.
   */
  previewAnonymised(selection: ExportSelection, options?: JobOptions): Promise<MaskingPreview>;
}

/** Exports through workers that `createWorker` makes. */
export function createExportClient(deps: ExportClientDeps): ExportClient {
  const { createWorker, databaseName, appVersion, clock, texts } = deps;

  function nameFile(request: ExportRequest, title: string | null): ExportFile {
    return nameExport(request, title, clock());
  }

  return {
    nameFile,
    async run(request, { title, fileHandle, inMemory }, options) {
      const file = nameFile(request, title);
      const { kind, selection, anonymise, withBranches, withAttachments, skipsPoorAnswers } =
        request;
      const job = {
        kind: 'export' as const,
        databaseName: databaseName(),
        request: {
          ...{ kind, anonymise, withBranches, withAttachments, skipsPoorAnswers },
          selection: copySelection(selection),
        },
        ...{ appVersion, now: clock(), texts: texts(), fileHandle, inMemory },
      };
      const result = parseMessage(
        ExportResultMessage,
        await fillPicked(fileHandle, () => runJob(createWorker, job, options), options?.signal),
      );
      return { ...file, ...result };
    },
    async previewAnonymised(selection, options) {
      const job = {
        kind: 'preview-anonymised' as const,
        databaseName: databaseName(),
        selection: copySelection(selection),
      };
      return parseMessage(MaskingPreviewMessage, await runJob(createWorker, job, options));
    },
  };
}

/** A list of its own: the page's may be a proxy, which cannot be sent. */
function copySelection(selection: ExportSelection) {
  return selection.kind === 'ids' ? { ...selection, ids: [...selection.ids] } : selection;
}
