import { createAnonymise } from './anonymise.ts';
import { encodePieces } from './encode-pieces.ts';
import { writeArchive } from './export-archive.ts';
import { writePieces, writeUsage } from './export-pieces.ts';
import type { ExportRequest } from './export-request.ts';
import type { ExportSource } from './export-source.ts';
import { bytesReader, readSelected, selectIds } from './running-export.ts';
import type { ExportOptions, ExportTally, RunningExport } from './running-export.ts';

/**
 * Writes what is asked for into `sink` and closes it; one conversation stands in memory at a time.
 * When it fails or is cancelled the sink is aborted with the reason, so that no half a file is left.
 * @throws OnggiError `chat/not-found` when a single conversation is gone, `app/unexpected` for a
 * Markdown file of several, `export/conversation-too-large` for one that could not be read back, `db/*`; the reason of `signal`; what the sink throws.
 */
export async function exportConversations(
  source: ExportSource,
  request: ExportRequest,
  sink: WritableStream<Uint8Array<ArrayBuffer>>,
  options: ExportOptions,
): Promise<ExportTally> {
  const tally = { conversationCount: 0, messageCount: 0, leftOutCount: 0, sizeBytes: 0 };
  const writer = sink.getWriter();
  try {
    const ids = request.kind === 'usage-csv' ? [] : await selectIds(source, request.selection);
    const anonymise =
      request.anonymise &&
      createAnonymise(request.anonymise, { createId: options.createId, conversationIds: ids });
    const write = async (bytes: Uint8Array<ArrayBuffer>): Promise<void> => {
      options.signal?.throwIfAborted();
      tally.sizeBytes += bytes.length;
      await writer.ready;
      await writer.write(bytes);
    };
    await writeFile({ source, request, options, ids, anonymise, tally, write });
    options.signal?.throwIfAborted();
    await writer.close();
    return tally;
  } catch (error) {
    await writer.abort(error).catch(() => undefined);
    throw error;
  } finally {
    writer.releaseLock();
  }
}

async function writeFile(running: RunningExport): Promise<void> {
  const { request, options, source } = running;
  if (request.kind === 'archive' || request.kind === 'markdown-files') {
    const isAnonymised = running.anonymise !== null;
    const isMarkdownOnly = request.kind === 'markdown-files';
    const readBytes = isMarkdownOnly ? undefined : bytesReader(running);
    const { appVersion, now, texts } = options;
    // They belong to no conversation: with all there is, and never where nobody is to be known.
    const isAll = request.selection.kind === 'all' && !isAnonymised;
    const documents = isAll && !isMarkdownOnly ? source.readDocumentPages() : undefined;
    await writeArchive(readSelected(running), running.write, {
      conversationCount: running.ids.length,
      ...{ appVersion, texts, exportedAt: now, isAnonymised, isMarkdownOnly, readBytes, documents },
      mostCharacters: options.mostCharacters?.alone,
    });
    return;
  }
  const pieces = request.kind === 'usage-csv' ? writeUsage(source) : writePieces(running);
  for await (const bytes of encodePieces(pieces)) await running.write(bytes);
}
