/** What an import found, and what it did: for the preview, the report and its download. */
import type { ErrorCode } from './errors.ts';
import type { ConversationId } from './ids.ts';
import type { ImportNote, ImportSource, SkipReason } from './imported.ts';

/** What happens with a conversation whose id is there already (our own files only). */
export type ExistingChoice = 'update' | 'copy' | 'skip';

/** One file as it was recognised. */
export interface ImportFileSummary {
  /** Path in the archive, behind the archive's own name. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Id of the reader; null when no reader knows it. */
  readonly format: string | null;
  readonly source: ImportSource | null;
  /** The reader was written from documentation; no real file was seen. */
  readonly isFromDocumentation: boolean;
  /**
   * The conversation here that is all it holds, after whose title it may be called; null where there are
   * more, missing in previews and older versions.
   */
  readonly conversationId?: ConversationId | null | undefined;
}

/** A file, or an entry of an archive, that was refused whole. */
export interface RefusedFile {
  readonly name: string;
  readonly code: ErrorCode;
  readonly detail: string | null;
}

/** What becomes of documents. */
export interface DocumentFates {
  readonly newCount: number;
  readonly updatedCount: number;
  readonly unchangedCount: number;
}

/** Counts of one source. */
export interface ImportSourceSummary {
  readonly source: ImportSource;
  readonly conversationCount: number;
  readonly messageCount: number;
  /** Leaves beyond the first, over all conversations. */
  readonly branchCount: number;
  readonly attachmentCount: number;
  /** Attachments whose bytes are not in the files. */
  readonly missingAttachmentCount: number;
  readonly documentCount: number;
  /** Documents that are not here yet, that changed, that are the same; missing in reports of older versions. */
  readonly documentFates?: DocumentFates | undefined;
  /** Epoch milliseconds of the first and last message; null without any date. */
  readonly earliestAt: number | null;
  readonly latestAt: number | null;
  /** Names of models, most used first, at most 20. */
  readonly chatModels: readonly string[];
  /** Conversations that are not here yet, that grew or changed, that are the same. */
  readonly newCount: number;
  readonly updatedCount: number;
  readonly unchangedCount: number;
}

interface NamedGroup {
  readonly count: number;
  /** Titles or ids of the first ones, at most five. */
  readonly examples: readonly string[];
  /** For each example the conversation here that it is from; missing in previews and older versions. */
  readonly conversationIds?: readonly (ConversationId | null)[];
}

export interface SkippedGroup extends NamedGroup {
  readonly reason: SkipReason;
}

export interface NotedGroup extends NamedGroup {
  readonly note: ImportNote;
}

/** What is in the files, before anything is written. */
export interface ImportPreview {
  readonly files: readonly ImportFileSummary[];
  readonly sources: readonly ImportSourceSummary[];
  readonly skipped: readonly SkippedGroup[];
  readonly notes: readonly NotedGroup[];
  readonly refused: readonly RefusedFile[];
  /** How many more were refused: of very many only the first are named. Missing where that is none. */
  readonly unnamedRefusedCount?: number | undefined;
  /** Conversations of our own files whose id is here already with other content. */
  readonly collisionCount: number;
}

/** What an import did, read back from the database. */
export interface ImportReport extends ImportPreview {
  readonly startedAt: number;
  readonly endedAt: number;
  /** The person stopped it; what is stored is whole conversations. */
  readonly isCancelled: boolean;
  readonly addedMessageCount: number;
  readonly storedAttachmentCount: number;
}

const MAX_EXAMPLE_CHARACTERS = 80;

/** A title or a name as an example of a report. */
export function toExample(label: string): string {
  return Array.from(label.slice(0, 200)).slice(0, MAX_EXAMPLE_CHARACTERS).join('').trim();
}

/** Where a long piece of work stands. */
export interface Progress {
  /** What is happening now. */
  readonly step: string;
  readonly doneBytes: number;
  /** Null where it is not known. */
  readonly totalBytes: number | null;
  /** Conversations or rows done. */
  readonly doneRows: number;
  readonly totalRows: number | null;
}
