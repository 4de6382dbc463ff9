import type { Progress } from '#domain/import-report.ts';
import { selectIds } from './running-export.ts';
import type { ExportSelection } from './export-request.ts';
import type { ExportSource } from './export-source.ts';
import { addToMaskingPreview, createMaskingPreview } from './preview-masking.ts';
import type { MaskingPreview } from './preview-masking.ts';

interface PreviewOptions {
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/**
 * What an anonymised export of those conversations would mask. Nothing is written.
 * @throws OnggiError `db/*`; the reason of `signal`.
 */
export async function previewAnonymised(
  source: ExportSource,
  selection: ExportSelection,
  { onProgress, signal }: PreviewOptions = {},
): Promise<MaskingPreview> {
  const ids = await selectIds(source, selection);
  let preview = createMaskingPreview();
  for (const [doneRows, id] of ids.entries()) {
    signal?.throwIfAborted();
    onProgress?.({
      ...{ step: 'preview', doneBytes: 0, totalBytes: null, doneRows, totalRows: ids.length },
    });
    const whole = await source.readWhole(id);
    if (whole) preview = addToMaskingPreview(preview, whole);
  }
  return preview;
}
