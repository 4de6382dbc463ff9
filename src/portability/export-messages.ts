/** Jobs of the portability worker that export, and their results, as messages. */
import * as v from 'valibot';
import type { WholeConversation } from './conversation-fields.ts';
import { ExportRequestMessage, ExportSelectionMessage } from './export-request.ts';
import { MASKABLE_KINDS } from './maskable.ts';

const Words = v.object({
  locale: v.string(),
  heading: v.string(),
  exportedOn: v.string(),
  conversations: v.string(),
  messages: v.string(),
  untitled: v.string(),
  archived: v.string(),
  inTrash: v.string(),
  pinned: v.string(),
  anonymised: v.string(),
  backToList: v.string(),
  reasoning: v.string(),
  otherVersions: v.string(),
  attachments: v.string(),
  documents: v.string(),
  nothing: v.string(),
  roles: v.object({
    user: v.string(),
    assistant: v.string(),
    system: v.string(),
    function: v.string(),
    tool: v.string(),
  }),
});

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

const isFileHandle = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'createWritable' in value;

/** Exports into the picked file, or into a Blob where none was picked. */
export const ExportJobMessage = v.object({
  kind: v.literal('export'),
  databaseName: v.string(),
  request: ExportRequestMessage,
  appVersion: v.string(),
  /** Epoch milliseconds. */
  now: v.number(),
  texts: Words,
  fileHandle: v.nullable(v.custom<FileSystemFileHandle>(isFileHandle)),
  /** The one conversation that is asked for, where it is of the page's memory alone: nothing stores it. */
  inMemory: v.optional(v.custom<WholeConversation>(isObject)),
});

/** Says what an anonymised export would mask. */
export const PreviewAnonymisedJobMessage = v.object({
  kind: v.literal('preview-anonymised'),
  databaseName: v.string(),
  selection: ExportSelectionMessage,
});

export type ExportJob = v.InferOutput<typeof ExportJobMessage>;
export type PreviewAnonymisedJob = v.InferOutput<typeof PreviewAnonymisedJobMessage>;

const Count = v.pipe(v.number(), v.minValue(0));

/** What an export job answers. */
export const ExportResultMessage = v.object({
  blob: v.nullable(v.instance(Blob)),
  conversationCount: Count,
  messageCount: Count,
  leftOutCount: Count,
  sizeBytes: Count,
});

/** What the preview of an anonymised export answers. */
export const MaskingPreviewMessage = v.object({
  counts: v.object({
    email: Count,
    phone: Count,
    card: Count,
    'resident-number': Count,
    key: Count,
  }),
  examples: v.array(
    v.object({
      kind: v.picklist(MASKABLE_KINDS),
      before: v.string(),
      value: v.string(),
      after: v.string(),
    }),
  ),
});
