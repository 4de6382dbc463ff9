/** What the portability worker does for an export; fetched when the first is asked for. */
import type { OnggiDatabase } from '#db/open-database.ts';
import type { CreateId } from '#domain/ids.ts';
import { exportConversations } from './export-conversations.ts';
import type { ExportTally } from './running-export.ts';
import type { ExportJob, PreviewAnonymisedJob } from './export-messages.ts';
import { nameExport } from './export-request.ts';
import { createExportSource } from './export-source.ts';
import { openSink } from './file-sink.ts';
import type { JobContext } from './portability-messages.ts';
import { previewAnonymised } from './preview-anonymised.ts';
import type { MaskingPreview } from './preview-masking.ts';

/** What an export job gives: the file as a Blob where none was picked, and what it holds. */
export interface ExportJobResult extends ExportTally {
  readonly blob: Blob | null;
}

/**
 * Runs an export job.
 * @throws what {@link exportConversations} and {@link openSink} throw.
 */
export async function runExportJob(
  db: OnggiDatabase,
  { request, appVersion, now, texts, fileHandle, inMemory }: ExportJob,
  createId: CreateId,
  context: JobContext,
): Promise<ExportJobResult> {
  const { mediaType } = nameExport(request, null, now);
  const stored = createExportSource(db);
  const source = inMemory ? { ...stored, readWhole: () => Promise.resolve(inMemory) } : stored;
  const options = { appVersion, now, texts, createId, ...context };
  const sink = await openSink(fileHandle, mediaType);
  const tally = await exportConversations(source, request, sink.stream, options);
  return { ...tally, blob: sink.result() };
}

/** Runs the preview of an anonymised export. */
export function runPreviewAnonymisedJob(
  db: OnggiDatabase,
  { selection }: PreviewAnonymisedJob,
  context: JobContext,
): Promise<MaskingPreview> {
  return previewAnonymised(createExportSource(db), selection, context);
}
