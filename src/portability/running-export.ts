import type { ConversationId, CreateId } from '#domain/ids.ts';
import type { Progress } from '#domain/import-report.ts';
import type { Anonymise } from './anonymise.ts';
import type { ArchiveTexts } from './archive-texts.ts';
import { splitBranches } from './conversation-fields.ts';
import type { WholeConversation } from './conversation-fields.ts';
import type { ExportRequest, ExportSelection } from './export-request.ts';
import type { ExportSource } from './export-source.ts';

export interface ExportOptions {
  readonly appVersion: string;
  /** Epoch milliseconds of the export. */
  readonly now: number;
  readonly createId: CreateId;
  readonly texts: ArchiveTexts;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
  /** Longest conversation of a file that holds only it, and of one among others. Only tests give others. */
  readonly mostCharacters?: { readonly alone: number; readonly among: number };
}

/** What an export wrote. */
export interface ExportTally {
  conversationCount: number;
  messageCount: number;
  /** Conversations that were gone meanwhile, or hold nothing that the format can say. */
  leftOutCount: number;
  sizeBytes: number;
}

/** An export that runs: what it reads, and what it has written so far. */
export interface RunningExport {
  readonly source: ExportSource;
  readonly request: ExportRequest;
  readonly options: ExportOptions;
  readonly ids: readonly ConversationId[];
  readonly anonymise: Anonymise | null;
  readonly tally: ExportTally;
  readonly write: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>;
}

/** The conversations of a selection, each once. */
export async function selectIds(
  source: ExportSource,
  selection: ExportSelection,
): Promise<readonly ConversationId[]> {
  if (selection.kind === 'ids') return [...new Set(selection.ids)];
  const { includesTrash } = selection;
  return source.readConversationIds(['active', 'archived', ...(includesTrash ? TRASH : [])]);
}

const TRASH = ['deleted'] as const;

/** The conversations as they are to be written, and counted. */
export async function* readSelected({
  source,
  request,
  options,
  ids,
  anonymise,
  tally,
}: RunningExport): AsyncGenerator<WholeConversation> {
  for (const [doneRows, id] of ids.entries()) {
    options.signal?.throwIfAborted();
    const { sizeBytes: doneBytes } = tally;
    options.onProgress?.({
      ...{ step: 'export', doneBytes, totalBytes: null, doneRows, totalRows: ids.length },
    });
    const stored = await source.readWhole(id);
    if (!stored) {
      tally.leftOutCount += 1;
      continue;
    }
    const { conversation } = stored;
    const messages = request.withBranches ? stored.messages : splitBranches(stored).path;
    const whole = { conversation, messages };
    tally.conversationCount += 1;
    tally.messageCount += messages.length;
    yield anonymise ? anonymise(whole) : whole;
  }
}

/** Reads bytes of attachments where the request wants them. */
export function bytesReader({
  request,
  source,
}: RunningExport): ExportSource['readBytes'] | undefined {
  return request.withAttachments && !request.anonymise ? source.readBytes : undefined;
}
