import type { ConversationId } from './ids.ts';

/** What conversations can leave as. `sqlite` and `postgres` always carry the whole store. */
export const EXPORT_FORMATS = [
  'archive',
  'json',
  'markdown',
  'fine-tuning',
  'sharegpt',
  'usage-csv',
  'sqlite',
  'postgres',
] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/**
 * Formats that take a choice of conversations, and of which an anonymised copy can be made (FORMATS
 * 3.7); the others always carry everything as it is.
 */
export const CONVERSATION_FORMATS: readonly ExportFormat[] = [
  'archive',
  'json',
  'markdown',
  'fine-tuning',
  'sharegpt',
];

export interface AnonymiseChoices {
  readonly dropTitles: boolean;
  /** What the person wrote about answers. */
  readonly dropFeedback: boolean;
  /** Dates without time of day. */
  readonly roundTimes: boolean;
}

export interface ExportRequest {
  readonly format: ExportFormat;
  /** Which conversations; `all` is everything outside the trash. */
  readonly ids: readonly ConversationId[] | 'all';
  readonly withBranches: boolean;
  readonly withAttachments: boolean;
  /** With `all`: the trash too. */
  readonly withTrash: boolean;
  readonly anonymise: AnonymiseChoices | null;
  /** In `fine-tuning`: a model is not to learn from answers rated 1 or 2. */
  readonly skipPoorAnswers: boolean;
}

/** A place in a text that an anonymised copy masks. */
export interface MaskedPlace {
  readonly kind: 'email' | 'phone' | 'card' | 'resident-number' | 'key';
  /** The words as they are, for the person to judge; they never leave the page. */
  readonly text: string;
}

/** A finished export. */
export interface ExportedFile {
  readonly fileName: string;
  readonly sizeBytes: number;
  /** The bytes; null when they were written into a file that the person picked. */
  readonly blob: Blob | null;
  /** Conversations that the format cannot hold. */
  readonly leftOutCount: number;
}
